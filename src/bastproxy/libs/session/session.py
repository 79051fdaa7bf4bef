"""The session: it owns the connections and leads every line from one side to the other."""

from __future__ import annotations

import asyncio
import itertools
import os
import ssl
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from bastproxy.libs.access import Attempts, Passwords
from bastproxy.libs.events import Dispatcher
from bastproxy.libs.gmcp import Gmcp
from bastproxy.libs.msdp import Msdp
from bastproxy.libs.net.address import MudAddress, MudOptions
from bastproxy.libs.net.client import CRLF, QUEUE_LIMIT, ClientConnection
from bastproxy.libs.net.connection import QUIET_TIME, Connection
from bastproxy.libs.net.lines import MAX_LINE, Item, Line, encode
from bastproxy.libs.net.listener import Listener
from bastproxy.libs.net.mud import CONNECT_SECONDS, ConnectError, MudConnection, open_mud
from bastproxy.libs.net.reasons import CLOSED_BY_PEER
from bastproxy.libs.net.telnet import Negotiated, Overflow, Subnegotiation, name_of
from bastproxy.libs.net.telnet.constants import CHARSET, ECHO
from bastproxy.libs.records import LogRecord
from bastproxy.libs.session import declared as ev
from bastproxy.libs.session import notices
from bastproxy.libs.session.clients import Clients
from bastproxy.libs.session.declared import OWNER_ID, declare_events
from bastproxy.libs.session.dialler import Dialler
from bastproxy.libs.session.down import Down
from bastproxy.libs.session.gate import Gate
from bastproxy.libs.session.info import session_info
from bastproxy.libs.session.login import Answer, Login, LoginPlan
from bastproxy.libs.session.login_run import LoginRun
from bastproxy.libs.session.outofband import OutOfBand
from bastproxy.libs.session.player import Player
from bastproxy.libs.session.reconnect import Intent, Reconnector
from bastproxy.libs.session.scrollback import Scrollback
from bastproxy.libs.session.up import Up
from bastproxy.libs.tasks import Tasks

HINT_SECONDS: Final = 30.0
"""So often at most one who only watches is told so when he types."""


class Session:
    """One MUD and any number of clients; everything on the event loop's thread.

    :param gmcp: what plugins know of the MUD's GMCP.
    :param msdp: what plugins know of its MSDP.
    :param quiet_time: seconds of silence after which text without an end is passed on.
    :param connect_timeout: seconds.
    :param queue_limit: bytes that a slow client may be behind.
    :param max_line: bytes; a longer line is passed on in fragments.
    :param passwords: with which clients log in; by default they need none.
    :param attempts: counts the wrong ones, and bans.
    :ivar clients: the connected clients by id, in the order in which they came.
    :ivar mud: the MUD, while it is connected.
    :ivar mud_address: the MUD to connect to, once known.
    :ivar mud_options: how to speak with the MUD that is connected next.
    :ivar compress_clients: whether clients that come are offered compression.
    :ivar beside: GMCP, MSDP and all else that is no text.
    :ivar address: where clients connect first of all, once listening.
    :ivar listening: all of these addresses, in words.
    :ivar auto_connect: whether the MUD is connected when a client comes.
    :ivar notices: whether clients are told what the proxy does.
    :ivar show_typed: whether clients see what others type.
    :ivar gate: where clients wait that have not logged in.
    :ivar login_plan: how to log in to the MUD, if the proxy is to do that.
    :ivar auto_reconnect: whether a MUD that was lost is connected again.
    :ivar intent: whether the player meant the connection to end.
    :ivar reconnector: what connects again.
    :ivar hold_prefixes: a client's line that begins so is held until its end has come.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        tasks: Tasks,
        gmcp: Gmcp,
        msdp: Msdp,
        *,
        quiet_time: float = QUIET_TIME,
        connect_timeout: float = CONNECT_SECONDS,
        queue_limit: int = QUEUE_LIMIT,
        max_line: int = MAX_LINE,
        passwords: Passwords | None = None,
        attempts: Attempts | None = None,
    ) -> None:
        self.quiet_time = quiet_time
        self.connect_timeout = connect_timeout
        self.queue_limit = queue_limit
        self.max_line = max_line
        self.clients = Clients()
        self.mud: MudConnection | None = None
        self.mud_address: MudAddress | None = None
        self.mud_options = MudOptions()
        self.compress_clients = True
        self.address: tuple[str, int] | None = None
        self.listening: list[str] = []
        self.auto_connect = False
        self.auto_reconnect = True
        self.notices = True
        self.show_typed = True
        self.hold_prefixes: set[bytes] = set()
        self._dispatcher = dispatcher
        self._tasks = tasks
        declare_events(dispatcher)
        self._up = Up(dispatcher, self._tell_not_connected, self._sent, self._wrote)
        self.gate = Gate(
            passwords or Passwords(Path(os.devnull)),
            attempts or Attempts(),
            tasks,
            self._admit,
            self.client_received,
        )
        self.login_plan: LoginPlan | None = None
        self._login: LoginRun | None = None
        self._next_login: Login | None = None
        self.intent = Intent()
        self.reconnector = Reconnector(tasks, self._connect_again, self._announce)
        self.beside = OutOfBand(gmcp, msdp, self.clients)
        self._down = Down(dispatcher, self.clients, self.beside.mirror.plain)
        self._player = Player(self.clients)
        self._dialler = Dialler(tasks, self._open)
        self._listener = Listener(self._new_client)
        self._serials = itertools.count(1)
        self._sockets: set[Connection] = set()
        self._hinted: dict[str, float] = {}
        self._prompt_again = True
        self._asking: set[str] = set()
        self._why = ""
        self._by_hand = False
        self._closing = False

    @property
    def private(self) -> bool:
        """Whether what is typed now is taken for a password, as the MUD has taken over the echo."""
        return self._up.private

    @property
    def scrollback(self) -> Scrollback:
        """What went to all clients."""
        return self._down.scrollback

    @property
    def prompt_again(self) -> bool:
        """Whether clients get the prompt again after lines that are not the MUD's."""
        return self._prompt_again

    @prompt_again.setter
    def prompt_again(self, on: bool) -> None:
        self._prompt_again = on
        for client in self.clients.values():
            client.prompt_again = on

    async def listen(
        self, host: str, port: int, tls: ssl.SSLContext | None = None
    ) -> tuple[str, int]:
        """Listen for clients, at one address or more; port 0 takes a free one.

        :param tls: the context for clients that speak TLS.
        :returns: the address listened on.
        :raises OSError: it cannot be listened on; ``strerror`` says why.
        """
        address = await self._listener.listen(host, port, tls)
        if self.address is None:
            self.address = address
        self.listening.append(f"{MudAddress(*address)}{' (TLS)' if tls else ''}")
        return address

    async def close(self) -> None:
        """End everything: listener, clients and MUD."""
        self._closing = True
        self._listener.close()
        self.disconnect("the proxy ends")
        self.gate.close("the proxy ends")
        for client in list(self.clients.values()):
            client.close("the proxy ends")
        await self._dialler.give_up()
        await self.reconnector.wait()
        for connection in list(self._sockets):
            await connection.wait_closed()
        self._sockets.clear()

    def set_mud_address(self, host: str, port: int, tls: bool = False, verify: bool = True) -> None:
        """Say which MUD to connect to from now on; the arguments are those of a MudAddress."""
        self.mud_address = MudAddress(host, port, tls, verify)

    async def connect(
        self, host: str, port: int, tls: bool = False, verify: bool = True, *, asked_by: str = ""
    ) -> bool:
        """Connect to a MUD; the arguments are those of a MudAddress.

        :param asked_by: the client that is told how it goes by whoever calls, and not by a notice.
        :returns: False when it cannot be reached, which ``ev_mud_connect_failed`` explains;
            or when another one is connected already.
        """
        self._by_hand = False
        self.reconnector.cancel()
        address = MudAddress(host, port, tls, verify)
        if self.mud is not None:
            return self.mud.address == address
        if self._closing:
            return False
        self.mud_address = address
        with self._asked_by(asked_by):
            return await self._dialler.dial(address)

    async def reconnect(self, *, asked_by: str = "") -> bool:
        """Disconnect, if connected, and connect again; False when that fails."""
        if self.mud_address is None:
            return False
        self.disconnect("the player connects again", asked_by=asked_by)
        return await self.connect(*self.mud_address, asked_by=asked_by)

    def disconnect(self, reason: str, *, asked_by: str = "") -> None:
        """Disconnect from the MUD, or stop connecting, until the player connects again.

        :param asked_by: as for :meth:`connect`.
        """
        self._by_hand = True
        self.reconnector.cancel()
        self._dialler.cancel()
        if self.mud is not None:
            with self._asked_by(asked_by):
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
        self._down.send(lines, client_ids, exclude=exclude)

    def send_to_mud(self, lines: str | Sequence[str], *, client_id: str = "") -> None:
        """Send lines of the proxy or a plugin; they pass ``ev_to_mud_data_modify``.

        :param client_id: the client for whom they are sent, if any.
        """
        self._up.send(lines, client_id=client_id)

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
        changed = view_only != client.view_only
        client.view_only = view_only
        self._hinted.pop(client_id, None)
        self.beside.client_changed(client)
        self._player.tell_window(self.mud)
        if changed:
            self._notice(notices.ONLY_WATCHING if view_only else notices.PLAYING, [client_id])
        return True

    def info(self) -> list[str]:
        """Describe the connections and what went over them, in lines for a player."""
        return session_info(self.listening, self.mud_address, self.mud, self.clients.values())

    def client_opened(self, client: ClientConnection) -> None:
        """Take a new client in; its connection calls it."""
        if self._closing:
            client.close("the proxy ends")
            return
        self._keep(client)
        if not self.gate.opened(client):
            self._admit(client, view_only=False)

    def client_received(self, client: ClientConnection, items: list[Item]) -> None:
        """Lead what a client has sent to the MUD; its connection calls it."""
        if client.client_id not in self.clients:
            self.gate.received(client, items)
            return
        for item in items:
            if client.closing:
                break
            if isinstance(item, Line):
                self._from_client(client, item)
            elif isinstance(item, Overflow):
                _log_overflow(client.client_id, item)
            else:
                self.beside.from_client(client, item)
        self._flush()

    def client_resized(self, client: ClientConnection) -> None:
        """Tell the MUD, if it is the client that plays; its connection calls it."""
        self._player.tell_window(self.mud)

    def client_closed(self, client: ClientConnection, reason: str) -> None:
        """Let a client go; its connection calls it."""
        self.gate.closed(client)
        if self.clients.pop(client.client_id, None) is None:
            return
        self._hinted.pop(client.client_id, None)
        self.beside.client_gone(client.client_id)
        self._up.leave(client.client_id)
        self.scrollback.somebody_watches(bool(self.clients))
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
        self._up.begin(mud)
        self._down.encoding = mud.encoding
        self._begin_login(mud)
        self.intent.begin()
        self._player.tell_window(mud)
        _log(notices.connected(mud.address))
        self._raise(ev.MUD_CONNECTED, host=mud.host, port=mud.port)
        self._notice(notices.connected(mud.address), exclude=self._asking)

    def mud_received(self, mud: MudConnection, items: list[Item]) -> None:
        """Lead what the MUD has sent to the clients; its connection calls it."""
        for item in items:
            if isinstance(item, Line):
                self._down.line(item)
                if self._login is not None:
                    self._log_in(self._login, item)
            elif isinstance(item, Overflow):
                _log_overflow("the MUD", item)
            else:
                if isinstance(item, Subnegotiation) and item.option == CHARSET:
                    self._down.encoding = mud.encoding  # of what comes after it
                if isinstance(item, Negotiated) and item.option == ECHO and not item.local:
                    self._up.echo_changed()
                    self.clients.set_echo(item.enabled)
                self.beside.from_mud(mud, item)
        self._flush()

    def mud_writable(self, mud: MudConnection, writable: bool) -> None:
        """Hold the clients up while the MUD takes nothing; its connection calls it."""
        if mud is self.mud:
            if writable:
                self._up.writable()
            self.clients.read(writable)

    def mud_closed(self, mud: MudConnection, reason: str) -> None:
        """Let the MUD go; its connection calls it."""
        if mud is not self.mud:
            return
        self.mud = None
        self._up.end()
        self.beside.mud_gone()
        if self._login is not None:
            self._login.stop()
            self._login = None
        self._wrote()
        self.clients.set_echo(False)
        self.clients.read(True)
        text = notices.disconnected(mud.address, reason)
        _log(text)
        self._raise(ev.MUD_DISCONNECTED, host=mud.host, port=mud.port, reason=reason)
        orderly = reason == CLOSED_BY_PEER
        if self._by_hand:
            self._notice(text, exclude=self._asking)
        elif self.auto_reconnect and self.intent.wants_back(orderly=orderly):
            self._why = text  # the first try is announced with it
            self.reconnector.lost(mud.lasted)
        else:
            self._notice(f"{text}; {notices.how_to_connect(self.mud_address, self.hold_prefixes)}")

    async def _open(self, address: MudAddress) -> bool:
        plan = self.login_plan
        self._next_login = await plan.begin(address) if plan is not None else None
        player = self._player
        mud = MudConnection(
            address.host,
            address.port,
            self,
            tls=address.tls,
            verify=address.verify,
            options=self.mud_options,
            terminal=lambda: player.terminal,
            mtts=lambda: player.mtts,
            ip_address=lambda: player.ip_address,
            quiet_time=self.quiet_time,
            max_line=self.max_line,
        )
        try:
            await open_mud(mud, timeout=self.connect_timeout)
        except ConnectError as error:
            text = notices.unreachable(address, str(error))
            _log(text, "warning")
            self._raise(
                ev.MUD_CONNECT_FAILED, host=address.host, port=address.port, reason=str(error)
            )
            if self.reconnector.waiting:
                self._why = text
            else:
                how = notices.how_to_connect(self.mud_address, self.hold_prefixes)
                self._notice(f"{text}; {how}", exclude=self._asking)
            return False
        return not mud.closing

    def _admit(self, client: ClientConnection, view_only: bool) -> None:
        """Take in a client that may come in."""
        client.view_only = view_only
        client.prompt_again = self._prompt_again
        self.clients[client.client_id] = client
        if self.mud is not None:
            client.set_echo(self.mud.echo)
            if self.mud.congested:
                client.pause_reading()
        self._down.replay(client)
        if self.mud is None:
            client.end_prompt()
        self.beside.client_opened(client)
        self.scrollback.somebody_watches(True)
        _log(f"{client.client_id} has connected from {client.peer_name}")
        self._raise(ev.CLIENT_CONNECTED, client_id=client.client_id)
        if view_only:
            self._notice(notices.ONLY_WATCHING, [client.client_id])
        if self.mud is not None or self._dialler.busy:
            return
        if self.mud_address is not None and self.auto_connect and not self._by_hand:
            self._tasks.spawn(OWNER_ID, self.connect(*self.mud_address), "connect")
        else:
            self._tell_not_connected(client.client_id)

    def _begin_login(self, mud: MudConnection) -> None:
        login, self._next_login = self._next_login, None
        if login is not None and not login.done:
            # A MUD that was reached again may be restarting; at the first try somebody looks on.
            give_up = mud.close if self.reconnector.waiting else None
            self._login = LoginRun(login, self.beside.mirror.plain, self._answer, give_up)

    def _log_in(self, login: LoginRun, line: Line) -> None:
        login.line(line, self._down.encoding)
        if login.done:
            self._login = None

    def _answer(self, answer: Answer) -> None:
        """Answer what the MUD asks at a login."""
        if self.mud is None:
            return
        self.intent.answered()
        if answer.secret:
            self._up.write(encode(answer.text, self.mud.encoding) + CRLF)
        else:
            self.send_to_mud(answer.text)

    def _from_client(self, client: ClientConnection, line: Line) -> None:
        if client.view_only:
            self._hint(client)
            return
        if self._login is not None:
            self._login.by_hand()
        if self._player.typed(client):
            self._player.tell_window(self.mud)
        self._up.line(client, line)

    def _hint(self, client: ClientConnection) -> None:
        """Tell one who only watches that he does, unless that was just said."""
        now = asyncio.get_running_loop().time()
        last = self._hinted.get(client.client_id)
        if last is None or now - last >= HINT_SECONDS:
            self._hinted[client.client_id] = now
            self._notice(notices.ONLY_WATCHING, [client.client_id])

    def _sent(self, text: str, client_id: str, typed: bool) -> None:
        """Take note of a line that went to the MUD for a client."""
        if typed:
            self.intent.typed(text)
        # Where the MUD echoes what is typed, all see it already.
        if self.show_typed and self.mud is not None and not self.mud.echo:
            self._down.typed(text, client_id)

    def _wrote(self) -> None:
        """The MUD was told something, or is gone: its prompt asks nothing any more."""
        for client in self.clients.values():
            client.end_prompt()

    async def _connect_again(self) -> bool:
        if self.mud is not None or self.mud_address is None or self._closing:
            return True
        return await self._dialler.dial(self.mud_address)

    def _announce(self, delay: float) -> None:
        why, self._why = self._why, ""
        self._notice(notices.connecting_again(why, delay))

    def _new_client(self) -> ClientConnection:
        return ClientConnection(
            f"client-{next(self._serials)}",
            self,
            quiet_time=self.quiet_time,
            held=self._is_held,
            compress=self.compress_clients,
            queue_limit=self.queue_limit,
            max_line=self.max_line,
        )

    def _is_held(self, beginning: bytes) -> bool:
        if self._up.private:
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
        if self.reconnector.waiting:
            text = notices.not_yet(self.mud_address)
        else:
            text = notices.not_connected(self.mud_address, self.hold_prefixes)
        self._notice(text, [client_id])

    def _notice(
        self,
        text: str,
        client_ids: Sequence[str] | None = None,
        *,
        exclude: Collection[str] = (),
    ) -> None:
        if self.notices and not self._closing:
            self.send_to_clients(f"[bastproxy] {text}", client_ids, exclude=exclude)

    @contextmanager
    def _asked_by(self, client_id: str) -> Iterator[None]:
        """Keep notices of the connection from a client that is told of it otherwise."""
        if client_id:
            self._asking.add(client_id)
        try:
            yield
        finally:
            self._asking.discard(client_id)

    def _raise(self, name: str, **args: Any) -> None:
        self._dispatcher.raise_event(name, args, OWNER_ID)

    def _flush(self) -> None:
        self.clients.flush()
        if self.mud is not None:
            self.mud.flush()


def _log(message: str, level: str = "info") -> None:
    LogRecord(message, level=level, sources=[OWNER_ID])()


def _log_overflow(who: str, item: Overflow) -> None:
    what = name_of(item.option) if item.option is not None else item.what
    _log(f"{who} has sent a {what} message of {item.size} bytes: too long, discarded", "warning")
