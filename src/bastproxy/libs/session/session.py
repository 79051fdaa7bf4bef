"""The session: it owns the connections and leads every line from one side to the other."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Collection, Sequence
from typing import Any, Final

from bastproxy.libs.events import Dispatcher
from bastproxy.libs.ledger import Ledger
from bastproxy.libs.net.client import QUEUE_LIMIT, ClientConnection
from bastproxy.libs.net.connection import QUIET_TIME
from bastproxy.libs.net.lines import MAX_LINE, Item, Line, encode
from bastproxy.libs.net.listener import Listener
from bastproxy.libs.net.mud import CONNECT_SECONDS, ConnectError, MudConnection, open_mud
from bastproxy.libs.net.telnet import Negotiated, Overflow, Subnegotiation, name_of
from bastproxy.libs.net.telnet.constants import ECHO, GMCP
from bastproxy.libs.records import LogRecord
from bastproxy.libs.session import declared as ev
from bastproxy.libs.session.declared import OWNER_ID, declare_events
from bastproxy.libs.session.gmcp import GmcpRelay
from bastproxy.libs.session.info import session_info
from bastproxy.libs.session.notices import how_to_connect, notice
from bastproxy.libs.session.path import CRLF, LinePath, Piece, piece_of
from bastproxy.libs.session.turns import Turns
from bastproxy.libs.tasks import Tasks

_ECHO_ON: Final = Negotiated(ECHO, False, True)
_ECHO_OFF: Final = Negotiated(ECHO, False, False)
_GMCP_ON: Final = Negotiated(GMCP, False, True)


class Session:
    """One MUD and any number of clients; everything on the event loop's thread.

    :param quiet_time: seconds of silence after which text without an end is passed on.
    :param connect_timeout: seconds.
    :param queue_limit: bytes that a slow client may be behind.
    :ivar clients: the connected clients by id, in the order in which they came.
    :ivar mud: the MUD, while it is connected.
    :ivar mud_address: host and port of the MUD to connect to, once known.
    :ivar auto_connect: whether the MUD is connected when a client comes.
    :ivar notices: whether clients are told what the proxy does.
    :ivar hold_prefixes: a client's line that begins so is held until its end has come.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        tasks: Tasks,
        ledger: Ledger,
        *,
        quiet_time: float = QUIET_TIME,
        connect_timeout: float = CONNECT_SECONDS,
        queue_limit: int = QUEUE_LIMIT,
        max_line: int = MAX_LINE,
    ) -> None:
        self.quiet_time = quiet_time
        self.connect_timeout = connect_timeout
        self.queue_limit = queue_limit
        self.max_line = max_line
        self.clients: dict[str, ClientConnection] = {}
        self.mud: MudConnection | None = None
        self.mud_address: tuple[str, int] | None = None
        self.address: tuple[str, int] | None = None
        self.auto_connect = False
        self.notices = True
        self.hold_prefixes: set[bytes] = set()
        self._dispatcher = dispatcher
        self._tasks = tasks
        self._ledger = ledger
        declare_events(dispatcher)
        self._down = LinePath(
            dispatcher, (ev.FROM_MUD, ev.TO_CLIENT_MODIFY), ev.TO_CLIENT_READ, for_clients=True
        )
        self._up = LinePath(
            dispatcher, (ev.FROM_CLIENT, ev.TO_MUD_MODIFY), ev.TO_MUD_READ, for_clients=False
        )
        self._gmcp = GmcpRelay()
        self._turns = Turns(self._write_to_mud)
        self._listener = Listener(self._new_client)
        self._serials = itertools.count(1)
        self._opening: asyncio.Task[bool] | None = None
        self._ending: set[ClientConnection | MudConnection] = set()
        self._by_hand = False
        self._closing = False
        self._overflowed = False
        self._active: ClientConnection | None = None

    async def listen(self, host: str, port: int) -> tuple[str, int]:
        """Listen for clients; port 0 takes a free one.

        :returns: the address listened on.
        :raises OSError: it cannot be listened on; ``strerror`` says why.
        """
        self.address = await self._listener.listen(host, port)
        return self.address

    async def close(self) -> None:
        """End everything: listener, clients and MUD."""
        self._closing = True
        self._listener.close()
        self.disconnect("the proxy ends")
        for client in list(self.clients.values()):
            client.close("the proxy ends")
        opening = self._opening
        if opening is not None:
            opening.cancel()
            await asyncio.wait([opening])
        for connection in list(self._ending):
            await connection.wait_closed()
        self._ending.clear()

    def set_mud_address(self, host: str, port: int) -> None:
        """Say which MUD to connect to from now on."""
        self.mud_address = (host, port)

    async def connect(self, host: str, port: int) -> bool:
        """Connect to a MUD.

        :returns: False when it cannot be reached, which ``ev_mud_connect_failed`` explains;
            or when another one is connected already.
        """
        self._by_hand = False
        if self.mud is not None:
            return (self.mud.host, self.mud.port) == (host, port)
        self.set_mud_address(host, port)
        if self._closing:
            return False
        if self._opening is None:
            self._opening = self._tasks.spawn(OWNER_ID, self._open(host, port), "connect")
        opening = self._opening
        await asyncio.wait([opening])
        return not opening.cancelled() and opening.result()

    async def reconnect(self) -> bool:
        """Disconnect, if connected, and connect again; False when that fails."""
        if self.mud_address is None:
            return False
        self.disconnect("the player connects again")
        return await self.connect(*self.mud_address)

    def disconnect(self, reason: str) -> None:
        """Disconnect from the MUD, or stop connecting, until the player connects again."""
        self._by_hand = True
        if self._opening is not None:
            self._opening.cancel()
        if self.mud is not None:
            self.mud.close(reason)

    def send_to_clients(
        self,
        lines: str | Sequence[str],
        client_ids: Sequence[str] | None = None,
        *,
        exclude: Collection[str] = (),
    ) -> None:
        """Send lines of the proxy or a plugin; they pass ``ev_to_client_data_modify``.

        :param client_ids: who gets them; None is all.
        :param exclude: who does not.
        """
        ids = None if client_ids is None else list(client_ids)
        if exclude:
            ids = [one for one in (self.clients if ids is None else ids) if one not in exclude]
        for text in _lines_of(lines):
            piece = Piece(text)
            piece.clients = None if ids is None else list(ids)
            for made in self._down.run(piece, first=1):
                for client in self._receivers(made):
                    client.send_line(made.data)
                self._down.sent(made)

    def send_to_mud(self, lines: str | Sequence[str], *, client_id: str = "") -> None:
        """Send lines of the proxy or a plugin; they pass ``ev_to_mud_data_modify``.

        :param client_id: the client for whom they are sent, if any.
        """
        for text in _lines_of(lines):
            piece = Piece(text)
            piece.client_id = client_id
            self._to_mud(self._up.run(piece, first=1))

    def kick(self, client_id: str) -> bool:
        """Disconnect a client; False when there is none of that id."""
        client = self.clients.get(client_id)
        if client is None:
            return False
        client.close("it was disconnected by a command")
        return True

    def set_view_only(self, client_id: str, view_only: bool) -> bool:
        """Let a client only watch, or play; False when there is none of that id."""
        client = self.clients.get(client_id)
        if client is None:
            return False
        client.view_only = view_only
        client.told_view_only = False
        self._tell_window()
        return True

    def info(self) -> list[str]:
        """Describe the connections and what went over them, in lines for a player."""
        return session_info(self.address, self.mud_address, self.mud, self.clients.values())

    # What the clients do.

    def client_opened(self, client: ClientConnection) -> None:
        """Take a new client in; its connection calls it."""
        if self._closing:
            client.close("the proxy ends")
            return
        self.clients[client.client_id] = client
        self._ending.add(client)
        if self.mud is not None and self.mud.echo:
            client.set_echo(True)
        self._raise(ev.CLIENT_CONNECTED, client_id=client.client_id)
        if self.mud is not None or self._opening is not None:
            return
        if self.mud_address is None:
            text = f"no MUD is known yet; {how_to_connect(self.hold_prefixes)}"
            self._notice(text, [client.client_id])
        elif self.auto_connect and not self._by_hand:
            self._tasks.spawn(OWNER_ID, self.connect(*self.mud_address), "connect")
        else:
            self._tell_unconnected(client.client_id)

    def client_received(self, client: ClientConnection, items: list[Item]) -> None:
        """Lead what a client has sent to the MUD; its connection calls it."""
        for item in items:
            if client.closing and not client.ending:
                break
            kind = type(item)
            if kind is Line:
                self._from_client(client, item)  # type: ignore[arg-type]
            elif kind is Subnegotiation:
                if item.option == GMCP:  # type: ignore[union-attr]
                    self._gmcp.to_mud(client, item.data, self.mud)  # type: ignore[union-attr]
            elif kind is Overflow:
                _log_overflow(client.client_id, item)
        self._flush()

    def client_resized(self, client: ClientConnection) -> None:
        """Tell the MUD, if it is the client that plays; its connection calls it."""
        self._tell_window()

    def client_closed(self, client: ClientConnection, reason: str) -> None:
        """Let a client go; its connection calls it."""
        if self.clients.pop(client.client_id, None) is None:
            return
        self._gmcp.forget(client.client_id)
        self._turns.leave(client.client_id)
        if self._active is client:
            self._active = None
            self._tell_window()
        self._raise(ev.CLIENT_DISCONNECTED, client_id=client.client_id, reason=reason)

    # What the MUD does.

    def mud_opened(self, mud: MudConnection) -> None:
        """Take the MUD in; its connection calls it."""
        if self._closing or self.mud is not None:
            mud.close("it is not wanted any more")
            return
        self.mud = mud
        self._ending.add(mud)
        self._turns.clear()
        self._tell_window()
        self._raise(ev.MUD_CONNECTED, host=mud.host, port=mud.port)
        self._notice(f"connected to {mud.host} {mud.port}")

    def mud_received(self, mud: MudConnection, items: list[Item]) -> None:
        """Lead what the MUD has sent to the clients; its connection calls it."""
        down = self._down
        for item in items:
            kind = type(item)
            if kind is Line:
                if down.idle:
                    self._pass_down(item)  # type: ignore[arg-type]
                else:
                    self._from_mud(item)  # type: ignore[arg-type]
            elif kind is Subnegotiation:
                if item.option == GMCP:  # type: ignore[union-attr]
                    self._gmcp.to_clients(item.data, self.clients.values())  # type: ignore[union-attr]
            elif item == _ECHO_ON or item == _ECHO_OFF:
                self._set_echo(item == _ECHO_ON)
            elif item == _GMCP_ON:
                self._gmcp.introduce(self.clients, mud)
            elif kind is Overflow:
                _log_overflow("the MUD", item)
        self._flush()

    def mud_writable(self, mud: MudConnection, writable: bool) -> None:
        """Hold the clients up while the MUD takes nothing; its connection calls it."""
        if mud is self.mud:
            self._overflowed = self._overflowed and not writable
            for client in self.clients.values():
                (client.resume_reading if writable else client.pause_reading)()

    def mud_closed(self, mud: MudConnection, reason: str) -> None:
        """Let the MUD go; its connection calls it."""
        if mud is not self.mud:
            return
        self.mud = None
        self._turns.clear()
        self._set_echo(False)
        for client in self.clients.values():
            client.resume_reading()
        self._raise(ev.MUD_DISCONNECTED, host=mud.host, port=mud.port, reason=reason)
        if not self._closing:
            self._notice(f"{mud.host} {mud.port} is disconnected: {reason}")

    async def _open(self, host: str, port: int) -> bool:
        mud = MudConnection(
            host,
            port,
            self,
            terminal=self._terminal,
            quiet_time=self.quiet_time,
            max_line=self.max_line,
        )
        try:
            await open_mud(mud, timeout=self.connect_timeout)
            return True
        except ConnectError as error:
            self._opening = None
            LogRecord(
                f"cannot connect to {host} {port}: {error}", level="warning", sources=[OWNER_ID]
            )()
            self._raise(ev.MUD_CONNECT_FAILED, host=host, port=port, reason=str(error))
            self._notice(
                f"cannot connect to {host} {port}: {error}; {how_to_connect(self.hold_prefixes)}"
            )
            return False
        finally:
            self._opening = None

    def _from_mud(self, line: Line) -> None:
        if line.terminator == b"\r" and not line.raw:
            self._pass_down(line)  # the rest of a line end is no line
            return
        for piece in self._down.run(piece_of(line, lead=True)):
            data = piece.data + piece.terminator
            prompt = piece.is_prompt and not piece.continues
            ends = piece.ends
            for client in self._receivers(piece):
                client.send_text(data, ends=ends, prompt=prompt)
            self._down.sent(piece)

    def _pass_down(self, line: Line) -> None:
        data = line.raw + line.terminator
        prompt = line.is_prompt and not line.continues
        ends = not line.continues and line.terminator != b""
        for client in self.clients.values():
            client.send_text(data, ends=ends, prompt=prompt)

    def _from_client(self, client: ClientConnection, line: Line) -> None:
        if client.view_only:
            self._tell_view_only(client)
            return
        if client is not self._active:
            self._active = client
            self._tell_window()
        ends = bool(line.terminator) and not line.continues
        if self.mud is not None and self.mud.echo:
            # A password: nobody sees it, nothing logs it.
            self._turns.put(client.client_id, line.raw + line.terminator, ends=ends)
        elif self.mud is not None and self._up.idle:
            self._turns.put(client.client_id, line.raw + line.terminator, ends=ends)
        else:
            self._to_mud(self._up.run(piece_of(line, client.client_id)))

    def _to_mud(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            if self.mud is None:
                self._tell_unconnected(piece.client_id)
                return
            self._turns.put(piece.client_id, piece.data + piece.terminator, ends=piece.ends)
            self._up.sent(piece)

    def _write_to_mud(self, data: bytes) -> None:
        mud = self.mud
        if mud is None:
            return
        if mud.send_text(data):
            mud.lines_sent += 1
        elif not self._overflowed:
            self._overflowed = True
            LogRecord(
                f"{mud.host} {mud.port} takes no more lines, and too many wait for it; "
                "what is sent now is lost",
                level="error",
                sources=[OWNER_ID],
            )()

    def _receivers(self, piece: Piece) -> list[ClientConnection]:
        if piece.clients is None:
            return list(self.clients.values())
        ids = dict.fromkeys(piece.clients)
        return [self.clients[client_id] for client_id in ids if client_id in self.clients]

    def _new_client(self) -> ClientConnection:
        return ClientConnection(
            f"client-{next(self._serials)}",
            self,
            quiet_time=self.quiet_time,
            held=self._is_held,
            queue_limit=self.queue_limit,
            max_line=self.max_line,
        )

    def _is_held(self, beginning: bytes) -> bool:
        return any(
            beginning.startswith(prefix) or prefix.startswith(beginning)
            for prefix in self.hold_prefixes
        )

    def _set_echo(self, on: bool) -> None:
        for client in self.clients.values():
            client.set_echo(on)

    def _player(self) -> ClientConnection | None:
        """The client that was active last; before any was, the newest."""
        playing = [client for client in self.clients.values() if not client.view_only]
        if self._active in playing:
            return self._active
        sized = [client for client in playing if client.width]
        return (sized or playing or [None])[-1]

    def _terminal(self) -> str:
        player = self._player()
        return player.terminal.terminal if player is not None else ""

    def _tell_window(self) -> None:
        player = self._player()
        if self.mud is not None and player is not None and (player.width or player.height):
            self.mud.set_window(player.width, player.height)

    def _tell_view_only(self, client: ClientConnection) -> None:
        if not client.told_view_only:
            client.told_view_only = True
            self._notice("you are only watching: what you type goes nowhere", [client.client_id])

    def _tell_unconnected(self, client_id: str) -> None:
        if client_id:
            where = "no MUD" if self.mud_address is None else "{} {}".format(*self.mud_address)
            text = f"{where} is not connected; {how_to_connect(self.hold_prefixes)}"
            self._notice(text, [client_id])

    def _notice(self, text: str, client_ids: Sequence[str] | None = None) -> None:
        if self.notices:
            self.send_to_clients(notice(text), client_ids)

    def _raise(self, name: str, **args: Any) -> None:
        self._dispatcher.raise_event(name, args, OWNER_ID)

    def _flush(self) -> None:
        for client in list(self.clients.values()):
            client.flush()
        if self.mud is not None:
            self.mud.flush()


def _lines_of(lines: str | Sequence[str]) -> list[str]:
    texts = [lines] if isinstance(lines, str) else lines
    return [line.removesuffix("\r") for text in texts for line in str(text).split("\n")]


def _log_overflow(who: str, item: object) -> None:
    if isinstance(item, Overflow) and item.option is not None:
        LogRecord(
            f"{who} has sent a {name_of(item.option)} message of {item.size} bytes, which is "
            "too long; it was discarded",
            level="warning",
            sources=[OWNER_ID],
        )()
