"""What a client tells of its terminal: its size (NAWS, RFC 1073), its types (TTYPE, RFC 1091)."""

from __future__ import annotations

from typing import Final

from bastproxy.libs.net.telnet import Negotiated, Subnegotiation, TelnetEvent
from bastproxy.libs.net.telnet.constants import NAWS, TTYPE

IS: Final = b"\0"
SEND: Final = b"\1"
MAX_TYPES: Final = 4
MAX_TYPE: Final = 40


class Terminal:
    """A client's terminal.

    :ivar width: columns, 0 while unknown.
    :ivar types: its names for itself, the client's own name first.
    """

    def __init__(self) -> None:
        self.width = 0
        self.types: list[str] = []

    def receive(self, event: TelnetEvent) -> bytes:
        """Take an event.

        :returns: the TTYPE request to send now, or nothing.
        """
        if isinstance(event, Negotiated):
            asked = event.option == TTYPE and not event.local and event.enabled
            return SEND if asked else b""
        if not isinstance(event, Subnegotiation):
            return b""
        if event.option == NAWS and len(event.data) == 4:
            self.width = int.from_bytes(event.data[:2], "big")
        if event.option == TTYPE and event.data[:1] == IS:
            return self._name(event.data[1 : MAX_TYPE + 1].decode("ascii", "replace"))
        return b""

    def _name(self, name: str) -> bytes:
        # A client repeats its last name when it has no more (RFC 1091).
        if name in self.types or len(self.types) >= MAX_TYPES:
            return b""
        self.types.append(name)
        return SEND if len(self.types) < MAX_TYPES else b""
