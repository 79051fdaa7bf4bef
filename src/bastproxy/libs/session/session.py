"""The session: it owns the connections and leads every line from one side to the other."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from typing import Any, Final

from bastproxy.libs.events import Dispatcher
from bastproxy.libs.net.client import QUEUE_LIMIT, ClientConnection
from bastproxy.libs.net.connection import QUIET_TIME, Connection
from bastproxy.libs.net.lines import MAX_LINE, Item, Line
from bastproxy.libs.net.listener import Listener
from bastproxy.libs.net.mud import CONNECT_SECONDS, ConnectError, MudConnection, open_mud
from bastproxy.libs.net.telnet import Negotiated, Overflow, Subnegotiation, name_of
from bastproxy.libs.net.telnet.constants import ECHO, GMCP
from bastproxy.libs.records import LogRecord
from bastproxy.libs.session import declared as ev
from bastproxy.libs.session import notices
from bastproxy.libs.session.clients import Clients
from bastproxy.libs.session.declared import OWNER_ID, declare_events
from bastproxy.libs.session.dialler import Dialler
from bastproxy.libs.session.gmcp import GmcpRelay
from bastproxy.libs.session.info import session_info
from bastproxy.libs.session.path import LinePath, Piece, piece_of
from bastproxy.libs.session.player import Player
from bastproxy.libs.session.turns import Turns
from bastproxy.libs.tasks import Tasks

_GMCP_ON: Final = Negotiated(GMCP, False, True)


class Session:
    """One MUD and any number of clients; everything on the event loop's thread.

    :param quiet_time: seconds of silence after which text without an end is passed on.
    :param connect_timeout: seconds.
    :param queue_limit: bytes that a slow client may be behind.
    :param max_line: bytes; a longer line is passed on in fragments.
    :ivar clients: the connected clients by id, in the order in which they came.
    :ivar mud: the MUD, while it is connected.
    :ivar mud_address: host and port of the MUD to connect to, once known.
    :ivar address: where clients connect, once listening.
    :ivar auto_connect: whether the MUD is connected when a client comes.
    :ivar notices: whether clients are told what the proxy does.
    :ivar hold_prefixes: a client's line that begins so is held until its end has come.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        tasks: Tasks,
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
        self.clients = Clients()
        self.mud: MudConnection | None = None
        self.mud_address: tuple[str, int] | None = None
        self.address: tuple[str, int] | None = None
        self.auto_connect = False
        self.notices = True
        self.hold_prefixes: set[bytes] = set()
        self._dispatcher = dispatcher
        self._tasks = tasks
        declare_events(dispatcher)
        self._down = LinePath(
            dispatcher, (ev.FROM_MUD, ev.TO_CLIENT_MODIFY), ev.TO_CLIENT_READ, for_clients=True
        )
        self._up = LinePath(
            dispatcher, (ev.FROM_CLIENT, ev.TO_MUD_MODIFY), ev.TO_MUD_READ, for_clients=False
        )
        self._gmcp = GmcpRelay()
        self._player = Player(self.clients)
        self._turns = Turns(self._write_to_mud)
        self._dialler = Dialler(tasks, self._open)
        self._listener = Listener(self._new_client)
        self._serials = itertools.count(1)
        self._sockets: set[Connection] = set()
        self._by_hand = False
        self._closing = False
        self._overflowed = False

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
        await self._dialler.give_up()
        for connection in list(self._sockets):
            await connection.wait_closed()
        self._sockets.clear()

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
        if self._closing:
            return False
        self.set_mud_address(host, port)
        return await self._dialler.dial((host, port))

    async def reconnect(self) -> bool:
        """Disconnect, if connected, and connect again; False when that fails."""
        if self.mud_address is None:
            return False
        self.disconnect("the player connects again")
        return await self.connect(*self.mud_address)

    def disconnect(self, reason: str) -> None:
        """Disconnect from the MUD, or stop connecting, until the player connects again."""
        self._by_hand = True
        self._dialler.cancel()
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
                for client in self.clients.among(made.clients):
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
        self._player.tell_window(self.mud)
        return True

    def info(self) -> list[str]:
        """Describe the connections and what went over them, in lines for a player."""
        return session_info(self.address, self.mud_address, self.mud, self.clients.values())

    def client_opened(self, client: ClientConnection) -> None:
        """Take a new client in; its connection calls it."""
        if self._closing:
            client.close("the proxy ends")
            return
        self._keep(client)
        self.clients[client.client_id] = client
        if self.mud is not None:
            client.set_echo(self.mud.echo)
            if self.mud.congested:
                client.pause_reading()
        _log(f"{client.client_id} has connected from {client.peer_name}")
        self._raise(ev.CLIENT_CONNECTED, client_id=client.client_id)
        if self.mud is not None or self._dialler.busy:
            return
        if self.mud_address is not None and self.auto_connect and not self._by_hand:
            self._tasks.spawn(OWNER_ID, self.connect(*self.mud_address), "connect")
        else:
            self._tell_not_connected(client.client_id)

    def client_received(self, client: ClientConnection, items: list[Item]) -> None:
        """Lead what a client has sent to the MUD; its connection calls it."""
        for item in items:
            if client.closing:
                break
            if isinstance(item, Line):
                self._from_client(client, item)
            elif isinstance(item, Subnegotiation):
                if item.option == GMCP:
                    self._gmcp.to_mud(client, item.data, self.mud)
            elif isinstance(item, Overflow):
                _log_overflow(client.client_id, item)
        self._flush()

    def client_resized(self, client: ClientConnection) -> None:
        """Tell the MUD, if it is the client that plays; its connection calls it."""
        self._player.tell_window(self.mud)

    def client_closed(self, client: ClientConnection, reason: str) -> None:
        """Let a client go; its connection calls it."""
        if self.clients.pop(client.client_id, None) is None:
            return
        self._gmcp.forget(client.client_id)
        self._turns.leave(client.client_id)
        self._player.tell_window(self.mud)
        _log(f"{client.client_id} has disconnected: {reason}")
        self._raise(ev.CLIENT_DISCONNECTED, client_id=client.client_id, reason=reason)

    def mud_opened(self, mud: MudConnection) -> None:
        """Take the MUD in; its connection calls it."""
        self._keep(mud)
        if self._closing or self.mud is not None:
            mud.close("it is not wanted any more")
            return
        self.mud = mud
        self._player.tell_window(mud)
        _log(notices.connected((mud.host, mud.port)))
        self._raise(ev.MUD_CONNECTED, host=mud.host, port=mud.port)
        self._notice(notices.connected((mud.host, mud.port)))

    def mud_received(self, mud: MudConnection, items: list[Item]) -> None:
        """Lead what the MUD has sent to the clients; its connection calls it."""
        for item in items:
            if isinstance(item, Line):
                if self._down.idle:
                    self._pass_down(item)
                else:
                    self._from_mud(item)
            elif isinstance(item, Subnegotiation):
                if item.option == GMCP:
                    self._gmcp.to_clients(item.data, self.clients.values())
            elif isinstance(item, Negotiated):
                if item.option == ECHO and not item.local:
                    self.clients.set_echo(item.enabled)
                elif item == _GMCP_ON:
                    self._gmcp.introduce(self.clients, mud)
            elif isinstance(item, Overflow):
                _log_overflow("the MUD", item)
        self._flush()

    def mud_writable(self, mud: MudConnection, writable: bool) -> None:
        """Hold the clients up while the MUD takes nothing; its connection calls it."""
        if mud is self.mud:
            self._overflowed = self._overflowed and not writable
            self.clients.read(writable)

    def mud_closed(self, mud: MudConnection, reason: str) -> None:
        """Let the MUD go; its connection calls it."""
        if mud is not self.mud:
            return
        self.mud = None
        self._overflowed = False
        self._turns.clear()
        self.clients.set_echo(False)
        self.clients.read(True)
        _log(notices.disconnected((mud.host, mud.port), reason))
        self._raise(ev.MUD_DISCONNECTED, host=mud.host, port=mud.port, reason=reason)
        self._notice(notices.disconnected((mud.host, mud.port), reason))

    async def _open(self, host: str, port: int) -> bool:
        mud = MudConnection(
            host,
            port,
            self,
            terminal=lambda: self._player.terminal,
            quiet_time=self.quiet_time,
            max_line=self.max_line,
        )
        try:
            await open_mud(mud, timeout=self.connect_timeout)
        except ConnectError as error:
            text = notices.unreachable((host, port), str(error))
            _log(text, "warning")
            self._raise(ev.MUD_CONNECT_FAILED, host=host, port=port, reason=str(error))
            self._notice(f"{text}; {notices.how_to_connect(self.hold_prefixes)}")
            return False
        return not mud.closing

    def _from_mud(self, line: Line) -> None:
        if line.continues and line.terminator and not line.raw:
            self._pass_down(line)  # the rest of a line end, which is no line
            return
        for piece in self._down.run(piece_of(line, lead=True)):
            data = piece.data + piece.terminator
            prompt = piece.is_prompt and not piece.continues
            for client in self.clients.among(piece.clients):
                client.send_text(data, ends=piece.ends, prompt=prompt)
            self._down.sent(piece)

    def _pass_down(self, line: Line) -> None:
        data = line.raw + line.terminator
        prompt = line.is_prompt and not line.continues
        for client in self.clients.values():
            client.send_text(data, ends=line.ends, prompt=prompt)

    def _from_client(self, client: ClientConnection, line: Line) -> None:
        if client.view_only:
            if not client.told_view_only:
                client.told_view_only = True
                self._notice(notices.ONLY_WATCHING, [client.client_id])
            return
        if self._player.typed(client):
            self._player.tell_window(self.mud)
        # While the MUD echoes, it is a password: nobody sees it, nothing logs it.
        if self.mud is not None and (self.mud.echo or self._up.idle):
            self._turns.put(client.client_id, line.raw + line.terminator, ends=line.ends)
        else:
            self._to_mud(self._up.run(piece_of(line, client.client_id)))

    def _to_mud(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            if self.mud is None:
                if piece.ends and piece.client_id:
                    self._tell_not_connected(piece.client_id)
                return
            owner = "" if piece.internal else piece.client_id
            self._turns.put(owner, piece.data + piece.terminator, ends=piece.ends)
            self._up.sent(piece)

    def _write_to_mud(self, data: bytes) -> None:
        mud = self.mud
        if mud is None or mud.send_text(data) or self._overflowed:
            return
        self._overflowed = True
        _log(
            f"{mud.host} {mud.port} takes nothing, and too much waits for it; lines sent now "
            "are lost",
            "error",
        )

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
        if self.mud is not None and self.mud.echo:
            return False
        return any(
            beginning.startswith(prefix) or prefix.startswith(beginning)
            for prefix in self.hold_prefixes
        )

    def _keep(self, connection: Connection) -> None:
        """Remember a socket, so that :meth:`close` can wait for it, and forget dead ones."""
        self._sockets = {socket for socket in self._sockets if not socket.lost}
        self._sockets.add(connection)

    def _tell_not_connected(self, client_id: str) -> None:
        self._notice(notices.not_connected(self.mud_address, self.hold_prefixes), [client_id])

    def _notice(self, text: str, client_ids: Sequence[str] | None = None) -> None:
        if self.notices and not self._closing:
            self.send_to_clients(f"[bastproxy] {text}", client_ids)

    def _raise(self, name: str, **args: Any) -> None:
        self._dispatcher.raise_event(name, args, OWNER_ID)

    def _flush(self) -> None:
        self.clients.flush()
        if self.mud is not None:
            self.mud.flush()


def _lines_of(lines: str | Sequence[str]) -> list[str]:
    texts = [lines] if isinstance(lines, str) else lines
    return [line.removesuffix("\r") for text in texts for line in str(text).split("\n")]


def _log(message: str, level: str = "info") -> None:
    LogRecord(message, level=level, sources=[OWNER_ID])()


def _log_overflow(who: str, item: Overflow) -> None:
    what = name_of(item.option) if item.option is not None else item.what
    _log(f"{who} has sent a {what} message of {item.size} bytes: too long, discarded", "warning")
