"""What the connections to clients and to the MUD share."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from abc import abstractmethod
from datetime import datetime
from typing import Final

from bastproxy.libs.net.lines import MAX_LINE, Item, Line, LineAssembler
from bastproxy.libs.net.telnet import Telnet

QUIET_TIME: Final = 0.1
CLOSE_SECONDS: Final = 1.0
"""How long a connection that we close may take to send what it still has."""

CONTROL_LIMIT: Final = 65536
"""Bytes of telnet commands that may wait for a peer which takes nothing."""


class Connection(asyncio.Protocol):
    """One TCP connection with its telnet, bytes in and lines out.

    A subclass says what happens with what comes; it sends through its own queue, which
    :meth:`flush` empties with one write.

    :param quiet_time: seconds of silence after which text without an end is passed on.
    :ivar peer_name: ``HOST:PORT`` of the other end.
    :ivar connected_at: local time.
    """

    def __init__(self, telnet: Telnet, *, quiet_time: float, max_line: int = MAX_LINE) -> None:
        self.telnet = telnet
        self.quiet_time = quiet_time
        self.peer_name = ""
        self.connected_at = datetime.now().astimezone()
        self.bytes_received = 0
        self.bytes_sent = 0
        self.lines_received = 0
        self.lines_sent = 0
        self.closed = False
        self._loop = asyncio.get_running_loop()
        self._assembler = LineAssembler(max_line)
        self._transport: asyncio.Transport | None = None
        self._lost = asyncio.Event()
        self._quiet: asyncio.TimerHandle | None = None
        self._abort: asyncio.TimerHandle | None = None
        self._writing_paused = False
        self._flush_scheduled = False
        self._receiving = False
        self._close_reason: str | None = None

    @abstractmethod
    def _opened(self) -> None:
        """The connection stands."""

    @abstractmethod
    def _received(self, items: list[Item]) -> None:
        """Take what one chunk of bytes said."""

    @abstractmethod
    def _ended(self, reason: str) -> None:
        """The connection is gone; called once."""

    @abstractmethod
    def _quiet_seconds(self) -> float | None:
        """Return how long to wait for the rest of a line; None is until it comes."""

    @abstractmethod
    def _fragment(self, returns: bytes) -> list[Line]:
        """Return the text that silence has ended; ``returns`` came last of it."""

    @abstractmethod
    def _rest(self, returns: bytes, broken: bool) -> list[Line]:
        """Return the text that the end of the connection has ended; ``broken`` is not in order."""

    @abstractmethod
    def _queue_outgoing(self) -> None:
        """Queue what telnet has to say."""

    @abstractmethod
    def _write_queued(self, transport: asyncio.Transport) -> None:
        """Write what is queued, as far as the transport takes it."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport; asyncio calls it."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.peer_name = _name_of(transport.get_extra_info("peername"))
        sock = transport.get_extra_info("socket")
        if sock is not None:
            # A peer that vanished without a word is noticed some day.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self._opened()
        self._queue_outgoing()
        self.flush()

    def data_received(self, data: bytes) -> None:
        """Take bytes; asyncio calls it."""
        if self.closed:
            return
        if self._quiet is not None:
            self._quiet.cancel()
            self._quiet = None
        self.bytes_received += len(data)
        self._deliver(self._assembler.feed(self.telnet.receive(data)))
        self._queue_outgoing()
        self.flush()
        if self._close_reason is not None:
            self._close(self._close_reason)
        elif self._assembler.pending or data.endswith(b"\r"):
            self._await_rest()

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass on what is pending and say why it ended; asyncio calls it."""
        self._lost.set()
        if self._abort is not None:
            self._abort.cancel()
        self._end(_reason_of(exc), broken=exc is not None)

    def pause_writing(self) -> None:
        """Keep output queued from now on; asyncio calls it."""
        self._writing_paused = True

    def resume_writing(self) -> None:
        """Write again; asyncio calls it."""
        self._writing_paused = False
        self.flush()

    def pause_reading(self) -> None:
        """Take no more bytes from the peer."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Take bytes again."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def flush(self) -> None:
        """Write what is queued, with one write where the peer takes it."""
        self._flush_scheduled = False
        if self._transport is not None and not self._writing_paused and not self.closed:
            self._write_queued(self._transport)

    def close(self, reason: str) -> None:
        """End the connection; what was received before is dealt with first."""
        if self._receiving:
            self._close_reason = self._close_reason or reason
        else:
            self._close(reason)

    @property
    def lost(self) -> bool:
        """Whether the socket is closed."""
        return self._lost.is_set()

    @property
    def closing(self) -> bool:
        """Whether it is closed, or will be when what it has sent is dealt with."""
        return self.closed or self._close_reason is not None

    async def wait_closed(self) -> None:
        """Wait until the socket is closed."""
        if self._transport is not None:
            await self._lost.wait()

    def _schedule_flush(self) -> None:
        if not self._flush_scheduled:
            self._flush_scheduled = True
            self._loop.call_soon(self.flush)

    def _write(self, transport: asyncio.Transport, data: bytes) -> None:
        self.bytes_sent += len(data)
        transport.write(data)

    def _await_rest(self) -> None:
        seconds = self._quiet_seconds()
        if seconds is not None:
            self._quiet = self._loop.call_later(seconds, self._silence)

    def _silence(self) -> None:
        self._quiet = None
        self._deliver([*self._fragment(self._held_returns())])
        self.flush()
        if self._close_reason is not None:
            self._close(self._close_reason)

    def _deliver(self, items: list[Item]) -> None:
        if not items:
            return
        self._receiving = True
        try:
            self._received(items)
        finally:
            self._receiving = False

    def _held_returns(self) -> bytes:
        return b"".join(event.data for event in self.telnet.flush())  # type: ignore[union-attr]

    def _close(self, reason: str) -> None:
        if self.closed:
            return
        self.flush()
        self._end(reason, broken=True)
        transport = self._transport
        if transport is not None and not self._lost.is_set():
            transport.close()
            self._abort = self._loop.call_later(CLOSE_SECONDS, transport.abort)

    def _end(self, reason: str, *, broken: bool) -> None:
        if self.closed:
            return
        if self._quiet is not None:
            self._quiet.cancel()
            self._quiet = None
        self._deliver([*self._rest(self._held_returns(), broken)])
        self.closed = True
        self._ended(self._close_reason or reason)


def explain(error: OSError) -> str:
    """Say in words for a player why a connection or a listener failed."""
    if isinstance(error, socket.gaierror):
        return "there is no such host"
    if isinstance(error, TimeoutError):
        return "it does not answer"
    if error.errno == errno.ECONNREFUSED:
        return "it refuses the connection; nothing listens there"
    return os.strerror(error.errno).lower() if error.errno else str(error)


def _reason_of(exc: Exception | None) -> str:
    if exc is None:
        return "the other end has closed the connection"
    if isinstance(exc, ConnectionResetError | BrokenPipeError):
        return "the connection was reset"
    return explain(exc) if isinstance(exc, OSError) else str(exc)


def _name_of(address: object) -> str:
    if not isinstance(address, tuple) or len(address) < 2:
        return "unknown"
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"
