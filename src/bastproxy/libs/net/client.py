"""The connection of one client; towards it we are the server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from bastproxy.libs.net.connection import CONTROL_LIMIT, QUIET_TIME, Connection
from bastproxy.libs.net.lines import MAX_LINE, Item, Line
from bastproxy.libs.net.queue import Kind, OutputQueue
from bastproxy.libs.net.telnet import Negotiated, Subnegotiation, Telnet
from bastproxy.libs.net.telnet.constants import ECHO, EOR_OPTION, GMCP, NAWS, SGA, TTYPE
from bastproxy.libs.net.terminal import SEND, TerminalNames, unpack_size

QUEUE_LIMIT: Final = 1 << 20
_STEP: Final = 1 << 18

CRLF: Final = b"\r\n"


class ClientHandler(Protocol):
    """Who is told what the clients do."""

    def client_opened(self, client: ClientConnection) -> None:
        """A client has connected."""

    def client_received(self, client: ClientConnection, items: list[Item]) -> None:
        """A client has sent lines and messages."""

    def client_resized(self, client: ClientConnection) -> None:
        """A client has told the size of its window."""

    def client_closed(self, client: ClientConnection, reason: str) -> None:
        """A client is gone."""


class ClientConnection(Connection):
    """One client.

    :param held: says of the beginning of a line whether to wait for its end.
    :param queue_limit: bytes that a slow client may be behind; then the oldest lines go.
    :ivar client_id: such as ``client-1``.
    :ivar view_only: it watches, and what it types goes nowhere.
    :ivar width: columns, 0 while unknown.
    :ivar height: rows, 0 while unknown.
    """

    encoding = "utf-8"

    def __init__(
        self,
        client_id: str,
        handler: ClientHandler,
        *,
        quiet_time: float = QUIET_TIME,
        held: Callable[[bytes], bool] = lambda _: False,
        queue_limit: int = QUEUE_LIMIT,
        max_line: int = MAX_LINE,
    ) -> None:
        telnet = Telnet(server=True, local=(SGA, EOR_OPTION, GMCP), remote=(TTYPE, NAWS))
        super().__init__(telnet, quiet_time=quiet_time, max_line=max_line)
        self.client_id = client_id
        self.view_only = False
        self.told_view_only = False
        self.width = 0
        self.height = 0
        self.terminal = TerminalNames()
        self._handler = handler
        self._held = held
        self._queue = OutputQueue(queue_limit)

    @property
    def terminal_type(self) -> str:
        """What it calls itself first; empty while unknown."""
        return self.terminal.client

    @property
    def gmcp(self) -> bool:
        """Whether it does GMCP."""
        return self.telnet.is_local(GMCP)

    @property
    def lines_left_out(self) -> int:
        """How many lines it missed because it read too slowly."""
        return self._queue.dropped

    @property
    def queued(self) -> int:
        """How many bytes wait for it here."""
        return self._queue.size

    def send_text(self, data: bytes, *, ends: bool = True, prompt: bool = False) -> None:
        """Send text bytes.

        :param ends: they end a line; otherwise the line stays open.
        :param prompt: mark them as a prompt, as this client understands it.
        """
        data = self.telnet.text(data)
        if prompt:
            mark = self.telnet.prompt()
            data += mark
            ends = bool(mark)
        elif not ends and not self._queue.open and not data.strip(b"\r"):
            ends = True  # the rest of a line end opens no line
        if ends:
            self.lines_sent += 1
        self._put(data, Kind.LINE if ends else Kind.PART)

    def send_line(self, data: bytes) -> None:
        """Send a line that is not the MUD's; an open line is ended first."""
        if self._queue.open:
            self._put(CRLF, Kind.LINE)
        self.send_text(data + CRLF)

    def send_message(self, option: int, data: bytes) -> None:
        """Send a message of an out-of-band protocol such as GMCP."""
        self._put(self.telnet.subnegotiation(option, data), Kind.MESSAGE)

    def set_echo(self, on: bool) -> None:
        """Take over the echo, so that the client shows nothing of what is typed; or give it back.

        ECHO is offered alone: together with SGA it would mean character mode.
        """
        (self.telnet.enable_local if on else self.telnet.disable_local)(ECHO)
        self._queue_outgoing()

    def _put(self, data: bytes, kind: Kind) -> None:
        if self.closed:
            return
        queue = self._queue
        queue.add(data, kind)
        if queue.size > queue.limit:
            self.flush()
            queue.trim()
        elif not self._flush_scheduled:
            self._schedule_flush()

    def _queue_outgoing(self) -> None:
        data = self.telnet.outgoing()
        if data:
            self._put(data, Kind.CONTROL)
            if self._queue.control_size > CONTROL_LIMIT and self._transport is not None:
                # It asks and asks, and does not read the answers.
                self._transport.abort()

    def _write_queued(self, transport: asyncio.Transport) -> None:
        while self._queue and not self._writing_paused:
            self._write(transport, self._queue.take(_STEP))

    def _opened(self) -> None:
        self.telnet.enable_local(EOR_OPTION)
        self.telnet.enable_local(GMCP)
        self.telnet.enable_remote(TTYPE)
        self.telnet.enable_remote(NAWS)
        self._queue_outgoing()
        self._handler.client_opened(self)

    def _received(self, items: list[Item]) -> None:
        for item in items:
            if isinstance(item, Line):
                self.lines_received += 1
            elif isinstance(item, Subnegotiation):
                self._subnegotiated(item.option, item.data)
            elif item == Negotiated(TTYPE, False, True):
                self._put(self.telnet.subnegotiation(TTYPE, SEND), Kind.CONTROL)
        self._handler.client_received(self, items)

    def _subnegotiated(self, option: int, body: bytes) -> None:
        if option == TTYPE and self.telnet.is_remote(TTYPE):
            if self.terminal.take(body):
                self._put(self.telnet.subnegotiation(TTYPE, SEND), Kind.CONTROL)
        elif option == NAWS:
            size = unpack_size(body)
            if size is not None:
                self.width, self.height = size
                self._handler.client_resized(self)

    def _ended(self, reason: str) -> None:
        self._handler.client_closed(self, reason)

    def _quiet_seconds(self) -> float | None:
        return self.quiet_time

    def _fragment(self, returns: bytes) -> list[Line]:
        if returns:
            # Enter in character mode may be a bare carriage return.
            return self._assembler.flush(returns, continues=False)
        if self._held(self._assembler.pending):
            return []
        return self._assembler.flush()

    def _rest(self, returns: bytes, broken: bool) -> list[Line]:
        # Half a line of a client that was cut off is nothing that it wanted to say.
        return [] if broken else self._assembler.flush(returns)
