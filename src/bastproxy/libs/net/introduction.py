"""What the MUD is told of us and of the player: terminal, window, environment, encoding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from bastproxy import __version__
from bastproxy.libs.net.address import MudOptions
from bastproxy.libs.net.charsets import CharsetTalk
from bastproxy.libs.net.telnet import Negotiated
from bastproxy.libs.net.telnet.constants import CHARSET, NAWS, NEW_ENVIRON, TTYPE
from bastproxy.libs.net.telnet.options import environ
from bastproxy.libs.net.telnet.options.naws import pack_size
from bastproxy.libs.net.telnet.options.ttype import PROXY_NAME, Mtts, TerminalCycle

MTTS: Final = Mtts.ANSI | Mtts.UTF8 | Mtts.COLORS_256
"""What a player's terminal is taken to do until it says."""

_PROXY: Final = Mtts.PROXY | Mtts.MNES

Message = tuple[int, bytes]
"""An option, and the body of a subnegotiation."""


class Introduction:
    """Answers a MUD's questions, and tells what it has agreed to hear.

    :param terminal: returns the name of the player's terminal, or an empty string.
    :param mtts: returns what the player's client can do.
    :param ip_address: returns the address of the player's client, or an empty string.
    :ivar window: columns and rows of the player's window; None while unknown.
    :ivar charset: the talk about the encoding.
    """

    def __init__(
        self,
        options: MudOptions,
        terminal: Callable[[], str],
        mtts: Callable[[], Mtts],
        ip_address: Callable[[], str],
    ) -> None:
        self.window: tuple[int, int] | None = None
        preferred = [options.encoding] if options.encoding else []
        self.charset = CharsetTalk(preferred, [[*preferred, "UTF-8"]])
        self._preferred = options.encoding
        self._terminal = terminal
        self._mtts = mtts
        self._ip_address = ip_address if options.ip_address else str
        self._types = TerminalCycle(terminal, mtts)

    def agreed(self, item: Negotiated) -> Message | None:
        """Return what to tell the MUD now that it has agreed to an option of ours."""
        if not (item.local and item.enabled):
            return None
        if item.option == NAWS and self.window is not None:
            return NAWS, pack_size(*self.window)
        if item.option == TTYPE:
            self._types.restart()
        elif item.option == CHARSET:
            request = self.charset.begin()
            return (CHARSET, request) if request is not None else None
        return None

    def answer(self, option: int, body: bytes) -> Message | None:
        """Return the answer to a subnegotiation, if it wants one."""
        if option == TTYPE:
            answer = self._types.answer(body)
        elif option == NEW_ENVIRON:
            answer = self._environ(body)
        elif option == CHARSET:
            answer = self.charset.answer(body)
        else:
            return None
        return (option, answer) if answer is not None else None

    def _environ(self, body: bytes) -> bytes | None:
        asked = environ.parse(body)
        if asked is None or asked.kind != "send":
            return None
        values = {
            "CLIENT_NAME": PROXY_NAME,
            "CLIENT_VERSION": __version__,
            "TERMINAL_TYPE": self._terminal().upper() or "ANSI",
            "MTTS": str(int(self._mtts() | _PROXY)),
            "CHARSET": (self.charset.codec or self._preferred or "utf-8").upper(),
            "IPADDRESS": self._ip_address(),
        }
        names = asked.values or values
        return environ.pack_is({name: values[name] for name in names if values.get(name)})
