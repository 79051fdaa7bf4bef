"""The connection to the MUD; towards it we are a client."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Final, Protocol

from bastproxy.libs.net.connection import CONTROL_LIMIT, QUIET_TIME, Connection, explain
from bastproxy.libs.net.lines import MAX_LINE, Item, Line
from bastproxy.libs.net.telnet import Negotiated, Subnegotiation, Telnet
from bastproxy.libs.net.telnet.constants import ECHO, EOR_OPTION, GMCP, NAWS, SGA, TTYPE
from bastproxy.libs.net.terminal import TerminalCycle, pack_size

CONNECT_SECONDS: Final = 30.0
ADDRESS_SECONDS: Final = 5.0
"""How long one address of several is tried."""

QUEUE_LIMIT: Final = 1 << 22
PATIENCE: Final = 20
"""A MUD that marks its prompts is given so many quiet times to end a line."""


class MudHandler(Protocol):
    """Who is told what the MUD does."""

    def mud_opened(self, mud: MudConnection) -> None:
        """The MUD is connected."""

    def mud_received(self, mud: MudConnection, items: list[Item]) -> None:
        """The MUD has sent lines and messages."""

    def mud_writable(self, mud: MudConnection, writable: bool) -> None:
        """The MUD takes bytes again, or no more for now."""

    def mud_closed(self, mud: MudConnection, reason: str) -> None:
        """The MUD is gone."""


class ConnectError(OSError):
    """The MUD cannot be reached; the message says why, in words for a player."""


class MudConnection(Connection):
    """The MUD.

    :param terminal: returns the name of the player's terminal, or an empty string.
    :param queue_limit: bytes that may wait for a MUD which takes none.
    :ivar host: as the player gave it.
    :ivar marks_prompts: it has sent GA or EOR.
    """

    def __init__(
        self,
        host: str,
        port: int,
        handler: MudHandler,
        *,
        terminal: Callable[[], str] = str,
        quiet_time: float = QUIET_TIME,
        queue_limit: int = QUEUE_LIMIT,
        max_line: int = MAX_LINE,
    ) -> None:
        telnet = Telnet(
            server=False, local=(TTYPE, NAWS, SGA), remote=(ECHO, SGA, EOR_OPTION, GMCP)
        )
        super().__init__(telnet, quiet_time=quiet_time, max_line=max_line)
        self.host = host
        self.port = port
        self.marks_prompts = False
        self._handler = handler
        self._queue_limit = queue_limit
        self._queued: list[bytes] = []
        self._size = 0
        self._types = TerminalCycle(terminal)
        self._window: tuple[int, int] | None = None

    @property
    def echo(self) -> bool:
        """Whether it echoes itself, as MUDs say while a password is typed."""
        return self.telnet.is_remote(ECHO)

    @property
    def gmcp(self) -> bool:
        """Whether it does GMCP."""
        return self.telnet.is_remote(GMCP)

    @property
    def queued(self) -> int:
        """How many bytes wait for it, here and in the transport."""
        buffered = self._transport.get_write_buffer_size() if self._transport is not None else 0
        return self._size + buffered

    @property
    def congested(self) -> bool:
        """Whether it takes no more bytes for now."""
        return self._writing_paused

    def send_text(self, data: bytes) -> bool:
        """Send text bytes; False when too much waits for the MUD already."""
        taken = self._put(self.telnet.text(data))
        self.lines_sent += taken
        return taken

    def send_message(self, option: int, data: bytes) -> bool:
        """Send a message of an out-of-band protocol such as GMCP; False as above."""
        return self._put(self.telnet.subnegotiation(option, data))

    def set_window(self, width: int, height: int) -> None:
        """Tell the size of the player's window now, or when the MUD asks."""
        if self._window != (width, height):
            self._window = width, height
            self._tell_window()

    def pause_writing(self) -> None:
        """Pass it on; asyncio calls it."""
        super().pause_writing()
        self._handler.mud_writable(self, False)

    def resume_writing(self) -> None:
        """Write again and pass it on; asyncio calls it."""
        super().resume_writing()
        if not self._writing_paused and not self.closed:
            self._handler.mud_writable(self, True)

    def _put(self, data: bytes) -> bool:
        if self.closed or self.queued + len(data) > self._queue_limit:
            return False
        self._queued.append(data)
        self._size += len(data)
        if not self._flush_scheduled:
            self._schedule_flush()
        return True

    def _queue_outgoing(self) -> None:
        data = self.telnet.outgoing()
        if not data:
            return
        # It asks and asks, and does not read the answers.
        flooded = self._writing_paused and self._size > CONTROL_LIMIT
        if (flooded or not self._put(data)) and self._transport is not None:
            self._transport.abort()

    def _write_queued(self, transport: asyncio.Transport) -> None:
        if self._queued:
            data = b"".join(self._queued)
            self._queued.clear()
            self._size = 0
            self._write(transport, data)

    def _opened(self) -> None:
        self._handler.mud_opened(self)

    def _received(self, items: list[Item]) -> None:
        for item in items:
            if isinstance(item, Line):
                self.lines_received += 1
                if item.is_prompt and not item.continues:
                    self.marks_prompts = True
            elif isinstance(item, Subnegotiation):
                self._subnegotiated(item.option, item.data)
            elif item == Negotiated(NAWS, True, True):
                self._tell_window()
            elif item == Negotiated(TTYPE, True, True):
                self._types.restart()
        self._handler.mud_received(self, items)

    def _subnegotiated(self, option: int, body: bytes) -> None:
        if option == TTYPE and self.telnet.is_local(TTYPE):
            answer = self._types.answer(body)
            if answer is not None:
                self._put(self.telnet.subnegotiation(TTYPE, answer))

    def _tell_window(self) -> None:
        if self._window is not None and self.telnet.is_local(NAWS):
            # The agreement must be on the wire before the size.
            self._queue_outgoing()
            self._put(self.telnet.subnegotiation(NAWS, pack_size(*self._window)))

    def _ended(self, reason: str) -> None:
        self._handler.mud_closed(self, reason)

    def _quiet_seconds(self) -> float | None:
        if self.marks_prompts and self._assembler.pending.strip(b"\r"):
            return self.quiet_time * PATIENCE
        return self.quiet_time

    def _fragment(self, returns: bytes) -> list[Line]:
        return self._assembler.flush(returns, is_prompt=True)

    def _rest(self, returns: bytes, broken: bool) -> list[Line]:
        return self._assembler.flush(returns, continues=False)


async def open_mud(mud: MudConnection, *, timeout: float = CONNECT_SECONDS) -> None:
    """Connect to the MUD, at the first of its addresses that answers.

    :param timeout: seconds.
    :raises ConnectError: it cannot be reached.
    """
    try:
        async with asyncio.timeout(timeout):
            await _open_any(mud)
    except TimeoutError as error:
        raise ConnectError(f"it does not answer within {timeout:g} seconds") from error
    except OSError as error:
        raise ConnectError(explain(error)) from error
    except (ValueError, OverflowError) as error:  # a name that is none, a port out of range
        raise ConnectError(f"that is no address: {error}") from error


async def _open_any(mud: MudConnection) -> None:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(mud.host, mud.port, type=socket.SOCK_STREAM)
    addresses = dict.fromkeys((str(address[0]), int(address[1])) for *_, address in found)
    *others, last = addresses
    for host, port in others:
        # One that swallows everything, as IPv6 often does, must not use up all of the time.
        with contextlib.suppress(OSError):
            async with asyncio.timeout(ADDRESS_SECONDS):
                await loop.create_connection(lambda: mud, host, port)
                return
    await loop.create_connection(lambda: mud, *last)
