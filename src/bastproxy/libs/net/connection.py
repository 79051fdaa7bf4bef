"""What the connections to clients and to the MUD share."""

from __future__ import annotations

import asyncio
import ssl
import time
from abc import abstractmethod
from datetime import datetime
from typing import Final

from bastproxy.libs.net.lines import MAX_LINE, UTF_8, Item, Line, LineAssembler
from bastproxy.libs.net.reasons import reason_of
from bastproxy.libs.net.sockets import KEEP_ALIVE, KeepAlive, TcpInfo, keep_alive, tcp_info
from bastproxy.libs.net.telnet import Negotiated, Telnet, name_of
from bastproxy.libs.net.writer import Writer

QUIET_TIME: Final = 0.1
CLOSE_SECONDS: Final = 1.0
"""How long a connection that we close may take to send what it still has."""

CONTROL_LIMIT: Final = 65536
"""Bytes of telnet commands that may wait for a peer which takes nothing."""


class Connection(asyncio.Protocol):
    """One TCP connection with its telnet, bytes in and lines out.

    A subclass says what happens with what comes; it sends through its own queue, which
    :meth:`flush` empties with one write, through its one writer.

    :param quiet_time: seconds of silence after which text without an end is passed on.
    :param times: when a peer that says nothing is asked whether it is still there.
    :ivar peer_name: ``HOST:PORT`` of the other end.
    :ivar encoding: what its text is in, as Python names it.
    :ivar connected_at: local time.
    :ivar bytes_received: as they came over the wire.
    """

    impatient = False
    """Whether a peer that lives and takes nothing is given up."""

    def __init__(
        self,
        telnet: Telnet,
        *,
        quiet_time: float,
        max_line: int = MAX_LINE,
        times: KeepAlive = KEEP_ALIVE,
    ) -> None:
        self.telnet = telnet
        self.quiet_time = quiet_time
        self.peer_name = ""
        self.encoding = UTF_8
        self.connected_at = datetime.now().astimezone()
        self.bytes_received = 0
        self.lines_received = 0
        self.lines_sent = 0
        self.closed = False
        self.taken_until: float | None = None
        self._loop = asyncio.get_running_loop()
        self._assembler = LineAssembler(max_line)
        self._transport: asyncio.Transport | None = None
        self._lost = asyncio.Event()
        self._quiet: asyncio.TimerHandle | None = None
        self._abort: asyncio.TimerHandle | None = None
        self._times = times
        self._watch: asyncio.TimerHandle | None = None
        self._writer = Writer()
        self._heard = self._loop.time()
        self._reading_paused = False
        self._digestion: asyncio.Handle | None = None
        self._digesting = False
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
    def _write_queued(self) -> None:
        """Write what is queued, as far as the transport takes it."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport; asyncio calls it."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = self._writer.transport = transport
        self.peer_name = _name_of(transport.get_extra_info("peername"))
        sock = transport.get_extra_info("socket")
        if sock is not None:
            keep_alive(sock, self._times, impatient=self.impatient)
            self._watch = self._loop.call_later(self._times.interval, self._look_after)
        self._heard = self._loop.time()
        self._opened()
        self._queue_outgoing()
        self.flush()

    def data_received(self, data: bytes) -> None:
        """Take bytes; asyncio calls it."""
        if self.closed:
            return
        self.bytes_received += len(data)
        self._heard = self._loop.time()
        self._take(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass on what is pending and say why it ended; asyncio calls it."""
        self._lost.set()
        if isinstance(exc, TimeoutError) and self.taken_until is None:
            self.taken_until = time.time() - self._times.seconds
        if self._abort is not None:
            self._abort.cancel()
        while self.telnet.more and not self.closed:
            self._take(b"")
        given_up = self._close_reason is not None
        self._end(reason_of(exc), broken=exc is not None or given_up)

    def pause_writing(self) -> None:
        """Keep output queued from now on; asyncio calls it."""
        self._writing_paused = True

    def resume_writing(self) -> None:
        """Write again; asyncio calls it."""
        self._writing_paused = False
        self.flush()

    def pause_reading(self) -> None:
        """Take no more bytes from the peer."""
        self._reading_paused = True
        self._steer_reading()

    def resume_reading(self) -> None:
        """Take bytes again."""
        self._reading_paused = False
        self._steer_reading()

    @property
    def bytes_sent(self) -> int:
        """How many bytes went over the wire to the peer."""
        return self._writer.bytes_sent

    @property
    def lasted(self) -> float:
        """Seconds since it was connected."""
        return (datetime.now().astimezone() - self.connected_at).total_seconds()

    def flush(self) -> None:
        """Write what is queued, with one write where the peer takes it."""
        self._flush_scheduled = False
        if self._transport is None or self._writing_paused or self.closed or self.lost:
            return
        self._write_queued()

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

    @property
    def tls(self) -> str:
        """Version and cipher, such as ``TLSv1.3 TLS_AES_256_GCM_SHA384``; empty when plain."""
        if self._transport is None:
            return ""
        found: ssl.SSLObject | None = self._transport.get_extra_info("ssl_object")
        cipher = found.cipher() if found is not None else None
        return f"{found.version()} {cipher[0]}" if found is not None and cipher else ""

    @property
    def compressed_in(self) -> bool:
        """Whether what comes is compressed now."""
        return self.telnet.compressed

    @property
    def compressed_out(self) -> bool:
        """Whether what we send is compressed now."""
        return self._writer.compressing

    @property
    def ratio_in(self) -> float | None:
        """How many bytes each compressed byte held that came; None when none did."""
        return _ratio(self.telnet.inflated_out, self.telnet.inflated_in)

    @property
    def ratio_out(self) -> float | None:
        """How many bytes each compressed byte held that we sent; None when we sent none."""
        return _ratio(*self._writer.compressed)

    def rtt(self) -> float | None:
        """Return the round-trip time, seconds; None where the system does not tell."""
        info = self._tcp_info()
        return info.rtt if info is not None else None

    def idle_for(self) -> float:
        """Return how long nothing has come, seconds."""
        return self._loop.time() - self._heard

    def silent_for(self) -> float:
        """Return how long we have sent nothing, seconds."""
        return self._loop.time() - self._writer.last

    def decide(self, option: int, *, local: bool, agree: bool) -> Negotiated | None:
        """Answer an :class:`Offered`; return what has settled by it, which is no item."""
        settled = self.telnet.decide(option, local=local, agree=agree)
        self._queue_outgoing()
        return settled

    def request(self, option: int, *, local: bool, on: bool) -> Negotiated | None:
        """Ask for an option to be on or off, on our side (``local``) or on the peer's.

        :returns: what has settled at once, for the peer had asked and waited; most often None.
        """
        telnet = self.telnet
        if local:
            settled = (telnet.enable_local if on else telnet.disable_local)(option)
        else:
            settled = (telnet.enable_remote if on else telnet.disable_remote)(option)
        self._queue_outgoing()
        return settled

    def options(self) -> list[str]:
        """Return the telnet options that are on, and whose: ``TTYPE (ours)``, ``SGA (both)``."""
        telnet = self.telnet
        sides = {(True, True): "both", (True, False): "ours", (False, True): "theirs"}
        found = ((one, (telnet.is_local(one), telnet.is_remote(one))) for one in range(256))
        return [f"{name_of(one)} ({sides[side]})" for one, side in found if side in sides]

    def _take(self, data: bytes) -> None:
        if self._quiet is not None:
            self._quiet.cancel()
            self._quiet = None
        self._deliver(self._assembler.feed(self.telnet.receive(data)))
        self._queue_outgoing()
        self.flush()
        if self._close_reason is not None:
            self._close(self._close_reason)
            return
        if self.telnet.more or self._digesting:
            self._digesting = self.telnet.more
            self._steer_reading()
        if self._assembler.pending or self.telnet.holds_returns:
            self._await_rest()

    def _steer_reading(self) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if self._reading_paused or self._digesting:
            transport.pause_reading()
        else:
            transport.resume_reading()
        if self._digesting and not self._reading_paused and self._digestion is None:
            # A few bytes can be a megabyte of text: others have their turn in between.
            self._digestion = self._loop.call_soon(self._digest)

    def _digest(self) -> None:
        self._digestion = None
        if not self.closed and not self._reading_paused:
            self._take(b"")

    def _look_after(self) -> None:
        self._watch = None
        info = self._tcp_info()
        if info is not None and info.vanished(self._times.seconds):
            self.taken_until = time.time() - info.last_ack
            self._give_up("it does not answer any more")
        elif not self.closed:
            self._watch = self._loop.call_later(self._times.interval, self._look_after)

    def _tcp_info(self) -> TcpInfo | None:
        sock = self._transport.get_extra_info("socket") if self._transport is not None else None
        return tcp_info(sock) if sock is not None and not self.lost else None

    def _give_up(self, reason: str) -> None:
        """End a connection to which nothing can be said any more."""
        self._close_reason = self._close_reason or reason
        if self._transport is not None:
            self._transport.abort()

    def _schedule_flush(self) -> None:
        if not self._flush_scheduled:
            self._flush_scheduled = True
            self._loop.call_soon(self.flush)

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
        transport = self._transport
        if transport is not None and not self.lost:
            self._writer.end_compressing()
        self._end(reason, broken=True)
        if transport is not None and not self.lost:
            transport.close()
            self._abort = self._loop.call_later(CLOSE_SECONDS, transport.abort)

    def _end(self, reason: str, *, broken: bool) -> None:
        if self.closed:
            return
        for timer in (self._quiet, self._watch, self._digestion):
            if timer is not None:
                timer.cancel()
        self._quiet = self._watch = self._digestion = None
        self._deliver([*self._rest(self._held_returns(), broken)])
        self.closed = True
        self._ended(self._close_reason or reason)


def _name_of(address: object) -> str:
    if not isinstance(address, tuple) or len(address) < 2:
        return "unknown"
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"


def _ratio(plain: int, compressed: int) -> float | None:
    return plain / compressed if compressed else None
