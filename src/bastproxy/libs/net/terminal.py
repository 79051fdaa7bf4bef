"""Terminal types (RFC 1091, MTTS) and window sizes (RFC 1073), asked for and told."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final

IS: Final = b"\0"
SEND: Final = b"\1"

PROXY_NAME: Final = "BASTPROXY"
MTTS: Final = 1 | 4 | 8 | 128
"""ANSI, UTF-8, 256 colours, and that we are a proxy."""

_MAX_NAMES: Final = 5
_MAX_NAME: Final = 40  # RFC 1091 (from RFC 1010): the length of a terminal's name


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
        terminals = [name for name in self.names if not name.upper().startswith("MTTS ")]
        return terminals[min(1, len(terminals) - 1)] if terminals else ""


class TerminalCycle:
    """What we answer a MUD that asks for our terminal type, one name after another.

    The last one is repeated, which ends the list.

    :param terminal: returns the name of the player's terminal, or an empty string.
    """

    def __init__(self, terminal: Callable[[], str]) -> None:
        self._terminal = terminal
        self._asked = 0

    def restart(self) -> None:
        """Begin again with the first name."""
        self._asked = 0

    def answer(self, body: bytes) -> bytes | None:
        """Return the body of the answer to a TTYPE subnegotiation, if it wants one."""
        if body != SEND:
            return None
        names = (PROXY_NAME, self._terminal().upper() or "ANSI", f"MTTS {MTTS}")
        name = names[min(self._asked, len(names) - 1)]
        self._asked += 1
        return IS + name.encode("ascii", "replace")


def pack_size(width: int, height: int) -> bytes:
    """Return the body of a NAWS subnegotiation, columns and rows; 0 is unknown."""
    return struct.pack(">HH", min(width, 65535), min(height, 65535))


def unpack_size(body: bytes) -> tuple[int, int] | None:
    """Return columns and rows of a NAWS subnegotiation; None when it is none."""
    return struct.unpack(">HH", body) if len(body) == 4 else None


def _printable(data: bytes) -> str:
    text = data[:_MAX_NAME].decode("ascii", "replace")
    return "".join(letter if letter.isprintable() else "?" for letter in text).strip()
