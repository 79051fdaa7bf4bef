"""The subnegotiation that is being received, its size bounded."""

from __future__ import annotations

from bastproxy.libs.net.telnet.events import Overflow, Subnegotiation


class Collector:
    """Gathers ``option data...`` between IAC SB and IAC SE (RFC 855).

    Beyond ``limit`` bytes of data it only counts.
    """

    __slots__ = ("_body", "_limit", "_option", "_size")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._option: int | None = None
        self._body = bytearray()
        self._size = 0

    def add(self, data: bytes) -> None:
        """Take bytes of it, undoubled; the first of all is the option."""
        if not data:
            return
        if self._option is None:
            self._option, data = data[0], data[1:]
        self._size += len(data)
        if self._size <= self._limit:
            self._body += data
        else:
            self._body.clear()

    def finish(self, *, complete: bool) -> Subnegotiation | Overflow | None:
        """Return what it was; None when it was broken off, or had not even an option."""
        if self._option is None:
            return None
        if self._size > self._limit:
            return Overflow("subnegotiation", self._option, self._size)
        return Subnegotiation(self._option, bytes(self._body)) if complete else None
