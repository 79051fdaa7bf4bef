"""What is written to one connection: all of it goes through here, compressed or not."""

from __future__ import annotations

import asyncio

from bastproxy.libs.net.telnet import Deflater


class Writer:
    """Writes to a transport, and compresses what it writes while that is agreed.

    :ivar transport: where it goes; None before there is one.
    :ivar bytes_sent: as they went over the wire.
    :ivar last: when something was written last, in the event loop's time.
    """

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.bytes_sent = 0
        self._loop = asyncio.get_running_loop()
        self.last = self._loop.time()
        self._deflater: Deflater | None = None
        self._ended = (0, 0)  # bytes before and after, of the compressed streams that are over

    @property
    def compressing(self) -> bool:
        """Whether what is written is compressed now."""
        return self._deflater is not None

    @property
    def compressed(self) -> tuple[int, int]:
        """How many bytes were compressed, and to how many."""
        before, after = self._ended
        if self._deflater is not None:
            return before + self._deflater.bytes_in, after + self._deflater.bytes_out
        return before, after

    def write(self, data: bytes) -> None:
        """Write bytes."""
        self._write(data if self._deflater is None else self._deflater.compress(data))

    def begin_compressing(self) -> None:
        """Compress what is written from now on; what says so to the peer was the last before."""
        if self._deflater is None:
            self._deflater = Deflater()

    def end_compressing(self) -> None:
        """End the compressed stream in good order; what is written from now on is plain."""
        deflater = self._deflater
        if deflater is not None:
            self._write(deflater.finish())
            self._ended, self._deflater = self.compressed, None

    def _write(self, data: bytes) -> None:
        if data and self.transport is not None:
            self.bytes_sent += len(data)
            self.last = self._loop.time()
            self.transport.write(data)
