"""Terminal types (TTYPE, RFC 1091), and what a terminal can do (MTTS).

https://tintin.mudhalla.net/protocols/mtts/ describes MTTS.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import IntFlag
from typing import Final

IS: Final = b"\0"
SEND: Final = b"\1"

PROXY_NAME: Final = "BASTPROXY"

_MAX_NAMES: Final = 5
_MAX_NAME: Final = 40  # RFC 1091 (from RFC 1010): the length of a terminal's name
_MTTS: Final = re.compile(r"MTTS (\d+)", re.ASCII | re.IGNORECASE)


class Mtts(IntFlag):
    """What a terminal can do: the number after ``MTTS``."""

    ANSI = 1
    VT100 = 2
    UTF8 = 4
    COLORS_256 = 8
    MOUSE = 16
    OSC_PALETTE = 32
    SCREEN_READER = 64
    PROXY = 128
    TRUECOLOR = 256
    MNES = 512
    MSLP = 1024
    SSL = 2048


_KNOWN: Final = (Mtts.SSL << 1) - 1


class TerminalNames:
    """The names that a client has given, in its order.

    :ivar names: for a MUD client its own name, its terminal's and ``MTTS n``; for a plain
        terminal its name alone.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self._done = False

    def take(self, body: bytes) -> bool:
        """Take a TTYPE subnegotiation, and return whether to ask for another name."""
        if self._done or body[:1] != IS:
            return False
        name = _printable(body[1:])
        # The list ends by repeating its last name, or by beginning again.
        if not name or name in self.names:
            self._done = True
        else:
            self.names.append(name)
            self._done = len(self.names) >= _MAX_NAMES
        return not self._done

    @property
    def client(self) -> str:
        """The first name: the client's, or its terminal's; empty while unknown."""
        return self.names[0] if self.names else ""

    @property
    def terminal(self) -> str:
        """The terminal's name; empty while unknown."""
        terminals = [name for name in self.names if _MTTS.fullmatch(name) is None]
        return terminals[min(1, len(terminals) - 1)] if terminals else ""

    @property
    def mtts(self) -> Mtts | None:
        """What the client says that it can do; None when it does not say."""
        for name in self.names:
            if found := _MTTS.fullmatch(name):
                # Bits without a name are left out: enum remembers every value it ever saw.
                return Mtts(int(found[1]) & _KNOWN)
        return None


class TerminalCycle:
    """What we answer a MUD that asks for our terminal type, one name after another.

    The last one is repeated, which ends the list.

    :param terminal: returns the name of the player's terminal, or an empty string.
    :param mtts: returns what the player's client can do; that we are a proxy and can MNES is
        added.
    """

    def __init__(self, terminal: Callable[[], str], mtts: Callable[[], Mtts]) -> None:
        self._terminal = terminal
        self._mtts = mtts
        self._asked = 0

    def restart(self) -> None:
        """Begin again with the first name."""
        self._asked = 0

    def answer(self, body: bytes) -> bytes | None:
        """Return the body of the answer to a TTYPE subnegotiation, if it wants one."""
        if body != SEND:
            return None
        names = (self._name, self._terminal_name, self._abilities)
        name = names[min(self._asked, len(names) - 1)]()
        self._asked = min(self._asked + 1, len(names))
        return IS + name.encode("ascii", "replace")

    def _name(self) -> str:
        return PROXY_NAME

    def _terminal_name(self) -> str:
        return self._terminal().upper() or "ANSI"

    def _abilities(self) -> str:
        return f"MTTS {int(self._mtts() | Mtts.PROXY | Mtts.MNES)}"


def _printable(data: bytes) -> str:
    text = data[:_MAX_NAME].decode("ascii", "replace")
    return "".join(letter if letter.isprintable() else "?" for letter in text).strip()
