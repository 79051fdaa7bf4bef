"""The connection of one client; towards it we are the server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from bastproxy.libs.ansi import Depth
from bastproxy.libs.net.abilities import Abilities
from bastproxy.libs.net.connection import CONTROL_LIMIT, QUIET_TIME, Connection
from bastproxy.libs.net.introduction import Message
from bastproxy.libs.net.lines import MAX_LINE, Item, Line
from bastproxy.libs.net.queue import Entry, Kind, OutputQueue
from bastproxy.libs.net.sockets import KEEP_ALIVE, KeepAlive
from bastproxy.libs.net.tail import Tail, tail_after
from bastproxy.libs.net.telnet import Broken, Negotiated, Subnegotiation, Telnet
from bastproxy.libs.net.telnet.constants import (
    CHARSET,
    ECHO,
    EOR_OPTION,
    GMCP,
    MCCP2,
    MCCP3,
    NAWS,
    NEW_ENVIRON,
    SGA,
    TTYPE,
)
from bastproxy.libs.net.telnet.options.ttype import Mtts, TerminalNames

QUEUE_LIMIT: Final = 1 << 20
_STEP: Final = 1 << 18

_OFFERED: Final = (EOR_OPTION, GMCP, CHARSET)
_ASKED: Final = (TTYPE, NAWS, NEW_ENVIRON)
_TOLD: Final = (*_ASKED, CHARSET)

CRLF: Final = b"\r\n"

# Looked up once: see the queue.
_LINE: Final = Kind.LINE
_PART: Final = Kind.PART


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

    Beside what every client is offered, :meth:`offer` offers what only some MUDs do.

    :param held: says of the beginning of a line whether to wait for its end.
    :param compress: offer MCCP2 and MCCP3.
    :param queue_limit: bytes that a slow client may be behind; then the oldest lines go.
    :ivar client_id: such as ``client-1``.
    :ivar view_only: it watches, and what it types goes nowhere.
    :ivar depth: how many colours it is shown: as many as it says itself (MTTS), all while it
        does not say, or what :meth:`show_colours` has set.
    :ivar prompt_again: after lines that are not the MUD's it gets the MUD's prompt again.
    """

    def __init__(
        self,
        client_id: str,
        handler: ClientHandler,
        *,
        quiet_time: float = QUIET_TIME,
        held: Callable[[bytes], bool] = lambda _: False,
        compress: bool = True,
        queue_limit: int = QUEUE_LIMIT,
        max_line: int = MAX_LINE,
        times: KeepAlive = KEEP_ALIVE,
    ) -> None:
        local = (SGA, *_OFFERED, *((MCCP2, MCCP3) if compress else ()))
        telnet = Telnet(server=True, local=local, remote=(*_ASKED, CHARSET))
        super().__init__(telnet, quiet_time=quiet_time, max_line=max_line, times=times)
        self.client_id = client_id
        self.view_only = False
        self.prompt_again = False
        self.depth: Depth = "true"
        self._wanted_depth: Depth | None = None
        self._wanted_encoding: str | None = None
        self._tail: Tail | None = None
        self._abilities = Abilities()
        self._handler = handler
        self._held = held
        self._queue = OutputQueue(queue_limit)
        self._compresses = compress
        self._compressing = False  # at the end of the queue

    @property
    def terminal(self) -> TerminalNames:
        """The names that it gives itself and its terminal."""
        return self._abilities.terminal

    @property
    def terminal_type(self) -> str:
        """What it calls itself first; empty while unknown."""
        return self._abilities.terminal.client

    @property
    def mtts(self) -> Mtts | None:
        """What it says that it can do; None while it does not say."""
        return self._abilities.mtts

    @property
    def environ(self) -> dict[str, str]:
        """The variables that it has told, such as MNES' ``CLIENT_NAME``."""
        return self._abilities.environ

    def show_colours(self, depth: Depth | None) -> None:
        """Show it so many colours; None is as many as it says itself."""
        self._wanted_depth = depth
        self.depth = depth or self._abilities.depth

    def use_encoding(self, codec: str | None) -> None:
        """Take this for the encoding of its text, whatever it says itself; None is what it says.

        :param codec: as Python names it.
        """
        self._wanted_encoding = codec
        self.encoding = codec or self._abilities.encoding or self.encoding

    @property
    def width(self) -> int:
        """Columns of its window, 0 while unknown."""
        return self._abilities.window[0]

    @property
    def height(self) -> int:
        """Rows of its window, 0 while unknown."""
        return self._abilities.window[1]

    @property
    def charset_settled(self) -> bool:
        """Whether it has said what it wants its text in; else ``encoding`` is a guess."""
        return self._abilities.encoding is not None

    @property
    def gmcp(self) -> bool:
        """Whether it does GMCP."""
        return self.telnet.is_local(GMCP)

    @property
    def lines_left_out(self) -> int:
        """How many lines it missed because it read too slowly."""
        return self._queue.dropped

    @property
    def queue_limit(self) -> int:
        """How many bytes it may be behind."""
        return self._queue.limit

    @property
    def queued(self) -> int:
        """How many bytes wait for it here."""
        return self._queue.size

    def send_text(self, data: bytes, *, ends: bool = True, prompt: bool = False) -> None:
        """Send text bytes.

        :param ends: they end a line; otherwise the line stays open.
        :param prompt: mark them as a prompt, as this client understands it.
        """
        opens = prompt or not ends
        self._tail = tail_after(self._tail, data, marked=prompt) if opens else None
        data = self.telnet.text(data)
        if prompt:
            mark = self.telnet.prompt()
            data += mark
            ends = bool(mark)
        elif not ends and not self._queue.open and not data.strip(b"\r"):
            ends = True  # the rest of a line end opens no line
        if ends:
            self.lines_sent += 1
        self._put((data, _LINE if ends else _PART))

    def shared_line(self, data: bytes) -> Entry:
        """Encode text bytes that end a line, for this client and all others of its encoding."""
        return self.telnet.text(data), _LINE

    def send_shared(self, line: Entry) -> None:
        """Send what :meth:`shared_line` has made, of this client or of another one."""
        self._tail = None
        self.lines_sent += 1
        self._put(line)

    def send_line(self, data: bytes) -> None:
        """Send a line that is not the MUD's; an open line is ended first, and so is a prompt."""
        tail = self._tail
        if tail is not None:
            if tail.behind:
                self._put((CRLF, _LINE))
            tail.behind = False
            tail.due = not tail.over
        self._put_line(data)

    def send_typed(self, data: bytes) -> None:
        """Send a line that somebody else has typed: behind the prompt, as if it were echoed."""
        tail = self._tail
        if tail is not None:
            tail.behind = False
            tail.end()
        self._put_line(data)

    def end_prompt(self) -> None:
        """Take note that the MUD's prompt, if there is one, asks nothing any more."""
        if self._tail is not None:
            self._tail.end()

    def send_message(self, option: int, data: bytes) -> None:
        """Send a message of an out-of-band protocol such as GMCP."""
        self._put((self.telnet.subnegotiation(option, data), Kind.MESSAGE))

    def offer(self, option: int, *, local: bool = True) -> None:
        """Offer to do an option, as MUDs do; or ask the client to do it."""
        self.request(option, local=local, on=True)

    def withdraw(self, option: int, *, local: bool = True) -> None:
        """Stop doing an option, or ask the client to stop; take an open offer back."""
        self.request(option, local=local, on=False)

    def set_echo(self, on: bool) -> None:
        """Take over the echo, so that the client shows nothing of what is typed; or give it back.

        ECHO is offered alone: together with SGA it would mean character mode.
        """
        self.request(ECHO, local=True, on=on)

    def flush(self) -> None:
        """Write what is queued, and the MUD's prompt once more after lines that are not its own."""
        tail = self._tail
        if tail is not None and tail.due:
            self._write_again(tail)
        super().flush()

    def _write_again(self, tail: Tail) -> None:
        tail.due = False
        if not self.prompt_again or self.closed:
            return
        tail.behind = True
        mark = self.telnet.prompt() if tail.marked else b""
        self.lines_sent += bool(mark)
        self._put((self.telnet.text(tail.text) + mark, _LINE if mark else _PART))

    def _put_line(self, data: bytes) -> None:
        self.lines_sent += 1
        self._put((self.telnet.text(data + CRLF), _LINE))

    def _put(self, entry: Entry) -> None:
        if self.closed:
            return
        queue = self._queue
        queue.append(entry)
        if queue.is_full:
            super().flush()  # in the middle of a burst, where no prompt belongs
            queue.trim()
        elif not self._flush_scheduled:
            self._schedule_flush()

    def _put_control(self, data: bytes, kind: Kind = Kind.CONTROL) -> None:
        self._put((data, kind))
        if self._queue.control_size > CONTROL_LIMIT:
            self._give_up("it asks, and does not read the answers")

    def _queue_outgoing(self) -> None:
        data = self.telnet.outgoing()
        if data:
            self._put_control(data)

    def _write_queued(self) -> None:
        queue, writer = self._queue, self._writer
        while queue and not self._writing_paused:
            writer.write(queue.take(_STEP))
            switch = queue.switch
            if switch is None:
                continue
            if switch is Kind.COMPRESS:
                writer.begin_compressing()
            else:
                writer.end_compressing()

    def _opened(self) -> None:
        for option in _OFFERED:
            self.telnet.enable_local(option)
        if self._compresses:
            self.telnet.enable_local(MCCP2)
        for option in _ASKED:
            self.telnet.enable_remote(option)
        self._queue_outgoing()
        self._handler.client_opened(self)

    def _received(self, items: list[Item]) -> None:
        for item in items:
            if isinstance(item, Line):
                self.lines_received += 1
                if item.ends and self._tail is not None and not self.telnet.is_local(ECHO):
                    self._tail.behind = False  # it has echoed the line end itself
            elif isinstance(item, Subnegotiation):
                self._subnegotiated(item)
            elif isinstance(item, Negotiated):
                self._negotiated(item)
            elif isinstance(item, Broken):
                self.close(item.reason)
        self._handler.client_received(self, items)

    def _subnegotiated(self, item: Subnegotiation) -> None:
        if item.option not in _TOLD:
            return
        self._tell(self._abilities.take(item.option, item.data))
        self.encoding = self._wanted_encoding or self._abilities.encoding or self.encoding
        self.depth = self._wanted_depth or self._abilities.depth
        if item.option == NAWS:
            self._handler.client_resized(self)

    def _negotiated(self, item: Negotiated) -> None:
        if item.option == MCCP2:
            self._compress(self.telnet.is_local(MCCP2))
            return
        self._tell(self._abilities.agreed(item))
        if item.option == _ASKED[-1] and self._compresses:
            # It has answered all. Clients that use telnetlib3 compress at MCCP3's offer, but what
            # they answer to the rest of the same packet goes out plain: it must come by itself.
            self._loop.call_soon(self._offer_mccp3)

    def _offer_mccp3(self) -> None:
        if not self.closed:
            self.flush()
            self.request(MCCP3, local=True, on=True)

    def _tell(self, message: Message | None) -> None:
        if message is not None:
            # The agreement must be on the wire before what it allows.
            self._queue_outgoing()
            self._put_control(self.telnet.subnegotiation(*message))

    def _compress(self, on: bool) -> None:
        """Compress what is queued from here on, or no more (MCCP2)."""
        if on == self._compressing:
            return
        self._compressing = on
        self._queue_outgoing()
        if on:
            self._put_control(self.telnet.subnegotiation(MCCP2, b""), Kind.COMPRESS)
        else:
            self._put_control(b"", Kind.PLAIN)

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
