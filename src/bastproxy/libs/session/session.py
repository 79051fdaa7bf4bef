"""The session: it owns the connections and leads every line from one side to the other."""

from __future__ import annotations

import os
import ssl
from collections.abc import Collection, Sequence
from pathlib import Path

from bastproxy.libs.access import Attempts, Passwords
from bastproxy.libs.events import Dispatcher
from bastproxy.libs.gmcp import Gmcp
from bastproxy.libs.msdp import Msdp
from bastproxy.libs.net.address import MudAddress
from bastproxy.libs.net.client import QUEUE_LIMIT, ClientConnection
from bastproxy.libs.net.connection import QUIET_TIME
from bastproxy.libs.net.lines import MAX_LINE, Item, Line
from bastproxy.libs.net.mud import CONNECT_SECONDS, MudConnection
from bastproxy.libs.net.telnet import Negotiated, Overflow, Subnegotiation, name_of
from bastproxy.libs.net.telnet.constants import CHARSET, ECHO
from bastproxy.libs.session import declared as ev
from bastproxy.libs.session.clients import Clients
from bastproxy.libs.session.conduct import Conduct
from bastproxy.libs.session.declared import OWNER_ID, declare_events, log
from bastproxy.libs.session.down import Down
from bastproxy.libs.session.entrance import Entrance, Sockets
from bastproxy.libs.session.gate import Gate
from bastproxy.libs.session.info import session_info
from bastproxy.libs.session.login import Answer
from bastproxy.libs.session.login_run import Logins
from bastproxy.libs.session.mudside import MudSide
from bastproxy.libs.session.outofband import OutOfBand
from bastproxy.libs.session.player import Player
from bastproxy.libs.session.scrollback import Scrollback
from bastproxy.libs.session.teller import Teller
from bastproxy.libs.session.up import Up
from bastproxy.libs.tasks import Tasks


class Session(Conduct):
    """One MUD and any number of clients; everything on the event loop's thread.

    :param gmcp: what plugins know of the MUD's GMCP.
    :param msdp: what plugins know of its MSDP.
    :param quiet_time: as in :class:`Conduct`, and so are the other three.
    :param passwords: with which clients log in; by default they need none.
    :param attempts: counts the wrong ones, and bans.
    :ivar clients: the connected clients by id, in the order in which they came.
    :ivar beside: GMCP, MSDP and all else that is no text.
    :ivar gate: where clients wait that have not logged in.
    :ivar listening: where clients connect, in words.
    :ivar intent: whether the player meant the connection to end.
    :ivar reconnector: what connects again.
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
        super().__init__(
            quiet_time=quiet_time,
            connect_timeout=connect_timeout,
            queue_limit=queue_limit,
            max_line=max_line,
        )
        declare_events(dispatcher)
        self._dispatcher = dispatcher
        self._prompt_again = True
        self._sockets = Sockets()
        self.clients = Clients()
        self.beside = OutOfBand(gmcp, msdp, self.clients)
        plain = self.beside.mirror.plain
        self._down = Down(dispatcher, self.clients, plain)
        self._up = Up(dispatcher, self._refused, self._sent, self.clients.end_prompts)
        self._player = Player(self.clients)
        self._teller = Teller(self, self._down.send)
        self.gate = Gate(
            passwords or Passwords(Path(os.devnull)),
            attempts or Attempts(),
            tasks,
            self._admit,
            self.client_received,
        )
        self._entrance = Entrance(self, self, self.gate, lambda: self.private)
        self.listening = self._entrance.listening
        self._logins = Logins(plain, self._answer)
        self._mudside = MudSide(
            dispatcher, tasks, self, self, self._player, self._teller, self._logins
        )
        self.intent = self._mudside.intent
        self.reconnector = self._mudside.reconnector

    @property
    def mud(self) -> MudConnection | None:
        """The MUD, while it is connected."""
        return self._mudside.mud

    @property
    def mud_address(self) -> MudAddress | None:
        """The MUD to connect to, once known."""
        return self._mudside.address

    @property
    def connecting(self) -> bool:
        """Whether the MUD is being connected right now."""
        return self._mudside.connecting

    @property
    def address(self) -> tuple[str, int] | None:
        """Where clients connect first of all, once listening."""
        return self._entrance.address

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
        return await self._entrance.listen(host, port, tls)

    async def close(self) -> None:
        """End everything: listener, clients and MUD."""
        reason = "the proxy ends"
        self._teller.close()
        self._entrance.close(reason)
        self._mudside.close(reason)
        for client in list(self.clients.values()):
            client.close(reason)
        await self._mudside.wait()
        await self._sockets.wait_closed()

    def set_mud_address(self, host: str, port: int, tls: bool = False, verify: bool = True) -> None:
        """Say which MUD to connect to from now on; the arguments are those of a MudAddress."""
        self._mudside.address = MudAddress(host, port, tls, verify)

    async def connect(
        self, host: str, port: int, tls: bool = False, verify: bool = True, *, asked_by: str = ""
    ) -> bool:
        """Connect to a MUD; the arguments are those of a MudAddress.

        :param asked_by: the client that is told how it goes by whoever calls, and not by a notice.
        :returns: False when it cannot be reached, which ``ev_mud_connect_failed`` explains;
            when the attempt was given up; or when another one is connected already.
        """
        return await self._mudside.connect(MudAddress(host, port, tls, verify), asked_by)

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
        self._mudside.disconnect(reason, asked_by)

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
        self._teller.forget(client_id)
        self.beside.client_changed(client)
        self._player.tell_window(self.mud)
        if changed:
            self._teller.may_play(client_id, view_only=view_only)
        return True

    def info(self) -> list[str]:
        """Describe the connections and what went over them, in lines for a player."""
        return session_info(
            self.listening,
            self.mud_address,
            self.mud,
            self.clients.values(),
            connecting=self.connecting,
        )

    def client_opened(self, client: ClientConnection) -> None:
        """Take a new client in; its connection calls it."""
        self._sockets.keep(client)
        if not self._entrance.stops(client):
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
        self._teller.forget(client.client_id)
        self.beside.client_gone(client.client_id)
        self._up.leave(client.client_id)
        self.scrollback.somebody_watches(bool(self.clients), taken_until=client.taken_until)
        self._player.tell_window(self.mud)
        log(f"{client.client_id} has disconnected: {reason}")
        args = {"client_id": client.client_id, "reason": reason}
        self._dispatcher.raise_event(ev.CLIENT_DISCONNECTED, args, OWNER_ID)

    def mud_opened(self, mud: MudConnection) -> None:
        """Take the MUD in; its connection calls it."""
        self._sockets.keep(mud)
        if not self._mudside.opened(mud):
            return
        self._up.begin(mud)
        self._down.begin(mud.encoding)
        self._player.tell_window(mud)
        self._mudside.tell_opened(mud)

    def mud_received(self, mud: MudConnection, items: list[Item]) -> None:
        """Lead what the MUD has sent to the clients; its connection calls it."""
        for item in items:
            if isinstance(item, Line):
                self._down.line(item)
                self._logins.line(item, self._down.encoding)
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
        self._mudside.closed()
        self._up.end()
        self.beside.mud_gone()
        self.clients.end_prompts()
        self.clients.set_echo(False)
        self.clients.read(True)
        self._mudside.tell_closed(mud, reason)

    def _admit(self, client: ClientConnection, view_only: bool) -> None:
        """Take in a client that may come in."""
        client_id = client.client_id
        client.view_only = view_only
        client.prompt_again = self._prompt_again
        self.clients[client_id] = client
        if self.mud is not None:
            client.set_echo(self.mud.echo)
            if self.mud.congested:
                client.pause_reading()
        self._down.replay(client)
        if self.mud is None:
            client.end_prompt()
        self.beside.client_opened(client)
        self.scrollback.somebody_watches(True)
        log(f"{client_id} has connected from {client.peer_name}")
        self._dispatcher.raise_event(ev.CLIENT_CONNECTED, {"client_id": client_id}, OWNER_ID)
        if view_only:
            self._teller.may_play(client_id, view_only=True)
        text = self._mudside.client_came()
        if text:
            self._teller.tell(text, [client_id])

    def _from_client(self, client: ClientConnection, line: Line) -> None:
        if client.view_only:
            self._teller.hint(client.client_id)
            return
        self._logins.by_hand()
        if self._player.typed(client):
            self._player.tell_window(self.mud)
        self._up.line(client, line)

    def _refused(self, client_id: str) -> None:
        """Tell a client that its line went nowhere, as no MUD is connected."""
        self._teller.tell(self._mudside.why_not(), [client_id])

    def _sent(self, text: str, client_id: str, typed: bool) -> None:
        """Take note of a line that went to the MUD for a client."""
        if typed:
            self.intent.typed(text)
        # Where the MUD echoes what is typed, all see it already.
        if self.show_typed and self.mud is not None and not self.mud.echo:
            self._down.typed(text, client_id)

    def _answer(self, answer: Answer) -> None:
        self.intent.answered()
        self._up.answer(answer)

    def _flush(self) -> None:
        self.clients.flush()
        if self.mud is not None:
            self.mud.flush()


def _log_overflow(who: str, item: Overflow) -> None:
    what = name_of(item.option) if item.option is not None else item.what
    log(f"{who} has sent a {what} message of {item.size} bytes: too long, discarded", "warning")
