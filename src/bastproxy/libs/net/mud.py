"""The connection to the MUD; towards it we are a client."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from bastproxy.libs.net.address import MudAddress, MudOptions
from bastproxy.libs.net.connection import CONTROL_LIMIT, QUIET_TIME, Connection
from bastproxy.libs.net.introduction import MTTS, Introduction, Message
from bastproxy.libs.net.lines import MAX_LINE, UTF_8, Item, Line
from bastproxy.libs.net.reaching import reach
from bastproxy.libs.net.reasons import explain
from bastproxy.libs.net.sockets import KEEP_ALIVE, KeepAlive
from bastproxy.libs.net.telnet import Broken, Negotiated, Subnegotiation, Telnet
from bastproxy.libs.net.telnet.constants import (
    AARDWOLF,
    ATCP,
    CHARSET,
    ECHO,
    EOR_OPTION,
    GMCP,
    IAC,
    MCCP2,
    MCCP3,
    MSDP,
    MSP,
    MSSP,
    MXP,
    NAWS,
    NEW_ENVIRON,
    NOP,
    SGA,
    TTYPE,
    ZMP,
)
from bastproxy.libs.net.telnet.options.charset import codec_of
from bastproxy.libs.net.telnet.options.naws import pack_size
from bastproxy.libs.net.telnet.options.ttype import Mtts
from bastproxy.libs.net.tls import client_context

CONNECT_SECONDS: Final = 30.0
QUEUE_LIMIT: Final = 1 << 22
PATIENCE: Final = 20
"""A MUD that marks its prompts is given so many quiet times to end a line."""

MIRRORED: Final = (MXP, MSP, ZMP, ATCP, AARDWOLF)
"""Options that we do not do ourselves: whether the MUD gets them is up to the clients."""

_LOCAL: Final = (TTYPE, NAWS, SGA, NEW_ENVIRON, CHARSET)
_REMOTE: Final = (ECHO, SGA, EOR_OPTION, CHARSET, GMCP, MSDP, MSSP)
_COMPRESSION: Final = (MCCP2, MCCP3)
_ANSWERED: Final = (TTYPE, NEW_ENVIRON, CHARSET)


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

    :param options: what the player wants of it.
    :param terminal: returns the name of the player's terminal, or an empty string.
    :param mtts: returns what the player's client can do.
    :param ip_address: returns the address of the player's client, or an empty string.
    :param queue_limit: bytes that may wait for a MUD which takes none.
    :ivar address: as the player gave it.
    :ivar marks_prompts: it has sent GA or EOR.
    """

    impatient = True

    def __init__(
        self,
        host: str,
        port: int,
        handler: MudHandler,
        *,
        tls: bool = False,
        verify: bool = True,
        options: MudOptions = MudOptions(),  # noqa: B008 - it is frozen
        terminal: Callable[[], str] = str,
        mtts: Callable[[], Mtts] = lambda: MTTS,
        ip_address: Callable[[], str] = str,
        quiet_time: float = QUIET_TIME,
        queue_limit: int = QUEUE_LIMIT,
        max_line: int = MAX_LINE,
        times: KeepAlive = KEEP_ALIVE,
    ) -> None:
        telnet = Telnet(
            server=False,
            local=_LOCAL,
            remote=(*_REMOTE, *(_COMPRESSION if options.compress else ())),
            deferred_local=MIRRORED,
            deferred_remote=MIRRORED,
        )
        super().__init__(telnet, quiet_time=quiet_time, max_line=max_line, times=times)
        self.address = MudAddress(host, port, tls, verify)
        self.marks_prompts = False
        self.encoding = codec_of(options.encoding) or UTF_8
        self._options = options
        self._handler = handler
        self._queue_limit = queue_limit
        self._queued: list[bytes] = []
        self._size = 0
        self._introduction = Introduction(options, terminal, mtts, ip_address)
        self._nop: asyncio.TimerHandle | None = None

    @property
    def host(self) -> str:
        """As the player gave it."""
        return self.address.host

    @property
    def port(self) -> int:
        """As the player gave it."""
        return self.address.port

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
        self._queue_outgoing()  # the agreement must be on the wire before what it allows
        return self._put(self.telnet.subnegotiation(option, data))

    def set_window(self, width: int, height: int) -> None:
        """Tell the size of the player's window now, or when the MUD asks."""
        if self._introduction.window != (width, height):
            self._introduction.window = width, height
            if self.telnet.is_local(NAWS):
                self._tell((NAWS, pack_size(width, height)))

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
        if flooded or not self._put(data):
            self._give_up("it asks, and does not read the answers")

    def _write_queued(self) -> None:
        if self._queued:
            data = b"".join(self._queued)
            self._queued.clear()
            self._size = 0
            self._writer.write(data)

    def _opened(self) -> None:
        if self._options.keep_alive > 0:
            self._nop = self._loop.call_later(self._options.keep_alive, self._stay_awake)
        self._handler.mud_opened(self)

    def _received(self, items: list[Item]) -> None:
        for item in items:
            if isinstance(item, Line):
                self.lines_received += 1
                if item.is_prompt and not item.continues:
                    self.marks_prompts = True
            elif isinstance(item, Subnegotiation):
                self._subnegotiated(item)
            elif isinstance(item, Negotiated):
                self._negotiated(item)
            elif isinstance(item, Broken):
                self.close(item.reason)
        self._handler.mud_received(self, items)

    def _subnegotiated(self, item: Subnegotiation) -> None:
        option, telnet = item.option, self.telnet
        if option in _ANSWERED and (telnet.is_local(option) or telnet.is_remote(option)):
            self._tell(self._introduction.answer(item.option, item.data))
            self.encoding = self._introduction.charset.codec or self.encoding

    def _negotiated(self, item: Negotiated) -> None:
        if item.option == MCCP3:
            self._compress(self.telnet.is_remote(MCCP3))
        else:
            self._tell(self._introduction.agreed(item))

    def _tell(self, message: Message | None) -> None:
        if message is not None:
            self.send_message(*message)

    def _compress(self, on: bool) -> None:
        """Compress what we send from here on, or no more (MCCP3)."""
        if on == self.compressed_out:
            return
        self._queue_outgoing()
        self._write_queued()
        if on:
            self._writer.write(self.telnet.subnegotiation(MCCP3, b""))
            self._writer.begin_compressing()
        else:
            self._writer.end_compressing()

    def _stay_awake(self) -> None:
        seconds = self._options.keep_alive
        left = seconds - min(self.idle_for(), self.silent_for())
        if left <= 0:
            self._put(bytes((IAC, NOP)))
            left = seconds
        self._nop = self._loop.call_later(left, self._stay_awake)

    def _ended(self, reason: str) -> None:
        if self._nop is not None:
            self._nop.cancel()
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
    address = mud.address
    tls = client_context(verify=address.verify) if address.tls else None
    try:
        async with asyncio.timeout(timeout):
            await reach(lambda: mud, mud.host, mud.port, tls)
    except TimeoutError as error:
        doubt = "; does it speak TLS on that port?" if tls is not None else ""
        raise ConnectError(f"it does not answer within {timeout:g} seconds{doubt}") from error
    except OSError as error:
        reset = tls is not None and isinstance(error, ConnectionResetError)
        why = "it ended the connection instead of speaking TLS" if reset else explain(error)
        raise ConnectError(why) from error
    except (ValueError, OverflowError) as error:  # a name that is none, a port out of range
        raise ConnectError(f"that is no address: {error}") from error
