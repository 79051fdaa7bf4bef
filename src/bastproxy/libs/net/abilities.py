"""What a client tells of itself: terminal, window, environment, encoding."""

from __future__ import annotations

from typing import Final

from bastproxy.libs.ansi import Depth
from bastproxy.libs.net.charsets import CharsetTalk
from bastproxy.libs.net.introduction import Message
from bastproxy.libs.net.lines import UTF_8
from bastproxy.libs.net.telnet import Negotiated
from bastproxy.libs.net.telnet.constants import CHARSET, NAWS, NEW_ENVIRON, TTYPE
from bastproxy.libs.net.telnet.options import environ
from bastproxy.libs.net.telnet.options.charset import codec_of
from bastproxy.libs.net.telnet.options.naws import unpack_size
from bastproxy.libs.net.telnet.options.ttype import SEND, Mtts, TerminalNames

# By name as well, for some answer a question for all with nothing; and all that users have set.
_WANTED: Final = (
    environ.pack_send(["CLIENT_NAME", "CLIENT_VERSION", "TERMINAL_TYPE", "MTTS", "CHARSET", "TERM"])
    + b"\3"  # USERVAR
)

# UTF-8 stands alone: clients are known that take the last of a list, or the one they know best.
_REQUESTS: Final = (
    ("UTF-8",),
    (
        "ISO-8859-1",
        "ISO-8859-15",
        "WINDOWS-1252",
        "ISO-8859-2",
        "WINDOWS-1250",
        "KOI8-R",
        "WINDOWS-1251",
        "GB18030",
        "GBK",
        "BIG5",
        "EUC-KR",
        "CP437",
        "US-ASCII",
    ),
)


class Abilities:
    """Asks a client, and keeps what it has answered.

    :ivar terminal: the names it has given.
    :ivar environ: variables it has told (NEW-ENVIRON), MNES' among them.
    :ivar window: columns and rows, 0 while unknown.
    """

    def __init__(self) -> None:
        self.terminal = TerminalNames()
        self.environ: dict[str, str] = {}
        self.window = (0, 0)
        self._charset = CharsetTalk(["UTF-8"], _REQUESTS)

    @property
    def mtts(self) -> Mtts | None:
        """What it says that it can do (MTTS, or MNES); None while it does not say."""
        mtts = self.terminal.mtts
        if mtts is not None:
            return mtts
        told = self.environ.get("MTTS", "")
        # Bits that nobody has named mean nothing to us.
        known = (Mtts.SSL << 1) - 1
        return Mtts(int(told) & known) if told.isdecimal() and len(told) < 10 else None

    @property
    def depth(self) -> Depth:
        """How many colours it shows; all while it does not say."""
        mtts = self.mtts
        if mtts is None or Mtts.TRUECOLOR in mtts:
            return "true"
        # Whoever forgets the bit ANSI is more common than a terminal without.
        return "256" if Mtts.COLORS_256 in mtts else "16"

    @property
    def encoding(self) -> str | None:
        """What it wants its text in, as Python names it; None while it does not say."""
        told = self._charset.codec or codec_of(self.environ.get("CHARSET", ""))
        if told is not None:
            return told
        return UTF_8 if Mtts.UTF8 in (self.mtts or Mtts(0)) else None

    def agreed(self, item: Negotiated) -> Message | None:
        """Return what to ask now that an option is on."""
        if not item.enabled:
            return None
        if item.option == CHARSET and item.local:
            request = self._charset.begin()
            return (CHARSET, request) if request is not None else None
        if item.option == TTYPE and not item.local:
            return TTYPE, SEND
        if item.option == NEW_ENVIRON and not item.local:
            return NEW_ENVIRON, _WANTED
        return None

    def take(self, option: int, body: bytes) -> Message | None:
        """Take a subnegotiation; return what to answer, if anything."""
        if option == TTYPE:
            return (TTYPE, SEND) if self.terminal.take(body) else None
        if option == NAWS:
            self.window = unpack_size(body) or self.window
        elif option == NEW_ENVIRON:
            self._take_environ(body)
        elif option == CHARSET:
            answer = self._charset.answer(body)
            return (CHARSET, answer) if answer is not None else None
        return None

    def _take_environ(self, body: bytes) -> None:
        told = environ.parse(body)
        if told is not None and told.kind != "send":
            kept = {**self.environ, **told.values}
            named = [(name, value) for name, value in kept.items() if value]
            # It may tell of changes for ever.
            self.environ = dict(named[-environ.MAX_VARIABLES :])
