"""The connection to the MUD: made, lost, made again, ended; and the login on it."""

from __future__ import annotations

from typing import Any

from bastproxy.libs.events import Dispatcher
from bastproxy.libs.net.address import MudAddress
from bastproxy.libs.net.mud import ConnectError, MudConnection, MudHandler, open_mud
from bastproxy.libs.net.reasons import CLOSED_BY_PEER
from bastproxy.libs.session import declared as ev
from bastproxy.libs.session import notices
from bastproxy.libs.session.conduct import Conduct
from bastproxy.libs.session.declared import OWNER_ID, log
from bastproxy.libs.session.dialler import Dialler
from bastproxy.libs.session.login_run import Logins
from bastproxy.libs.session.player import Player
from bastproxy.libs.session.reconnect import Intent, Reconnector
from bastproxy.libs.session.teller import Teller
from bastproxy.libs.tasks import Tasks


class MudSide:
    """Connects the MUD when that is wanted, and says so to players and plugins.

    :param handler: told what the MUD does.
    :param player: whose terminal the MUD is told.
    :ivar mud: the MUD, while it is connected.
    :ivar address: the MUD to connect to, once known.
    :ivar intent: whether the player meant the connection to end.
    :ivar reconnector: what connects again.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        tasks: Tasks,
        conduct: Conduct,
        handler: MudHandler,
        player: Player,
        teller: Teller,
        logins: Logins,
    ) -> None:
        self.mud: MudConnection | None = None
        self.address: MudAddress | None = None
        self.intent = Intent()
        self.reconnector = Reconnector(tasks, self._connect_again, self._announce)
        self._dispatcher = dispatcher
        self._tasks = tasks
        self._conduct = conduct
        self._handler = handler
        self._player = player
        self._teller = teller
        self._logins = logins
        self._dialler = Dialler(tasks, self._open)
        self._why = ""
        self._by_hand = False
        self._closed = False

    @property
    def connecting(self) -> bool:
        """Whether the MUD is being connected right now."""
        return self._dialler.busy

    async def connect(self, address: MudAddress, asked_by: str) -> bool:
        """Connect to a MUD; see :meth:`Session.connect`."""
        self._by_hand = False
        self.reconnector.cancel()
        if self.mud is not None:
            return self.mud.address == address
        if self._closed:
            return False
        self.address = address
        with self._teller.asked_by(asked_by):
            return await self._dialler.dial(address)

    def disconnect(self, reason: str, asked_by: str = "") -> None:
        """Disconnect from the MUD, or stop connecting; see :meth:`Session.disconnect`."""
        self._by_hand = True
        self.reconnector.cancel()
        self._dialler.cancel()
        if self.mud is not None:
            with self._teller.asked_by(asked_by):
                self.mud.close(reason)

    def close(self, reason: str) -> None:
        """Disconnect, and connect no more."""
        self._closed = True
        self.disconnect(reason)

    async def wait(self) -> None:
        """Wait until nothing is tried any more."""
        await self._dialler.give_up()
        await self.reconnector.wait()

    def client_came(self) -> str:
        """Connect the MUD for a client, if that is wanted; else return what to tell the client."""
        if self.mud is not None or self.connecting:
            return ""
        if self.address is None or not self._conduct.auto_connect or self._by_hand:
            return self.why_not()
        self._tasks.spawn(OWNER_ID, self.connect(self.address, ""), "connect")
        return ""

    def why_not(self) -> str:
        """Say why no MUD takes a line now."""
        if self.connecting:
            return notices.being_connected(self.address)
        if self.reconnector.waiting:
            return notices.not_yet(self.address)
        return notices.not_connected(self.address, self._conduct.hold_prefixes)

    def opened(self, mud: MudConnection) -> bool:
        """Take the MUD that is connected now; False when it is not wanted any more."""
        if self._closed or self.mud is not None:
            mud.close("it is not wanted any more")
            return False
        self.mud = mud
        # A MUD that was reached again may be restarting; at the first try somebody looks on.
        self._logins.begin(mud.close if self.reconnector.waiting else None)
        self.intent.begin()
        return True

    def closed(self) -> None:
        """Let the MUD go."""
        self.mud = None
        self._logins.stop()

    def tell_opened(self, mud: MudConnection) -> None:
        """Say that it is connected."""
        text = notices.connected(mud.address)
        log(text)
        self._raise(ev.MUD_CONNECTED, mud.address)
        self._teller.tell_others(text)

    def tell_closed(self, mud: MudConnection, reason: str) -> None:
        """Say that it is gone, and connect again if that is wanted."""
        text = notices.disconnected(mud.address, reason)
        log(text)
        self._raise(ev.MUD_DISCONNECTED, mud.address, reason=reason)
        orderly = reason == CLOSED_BY_PEER
        if self._by_hand:
            self._teller.tell_others(text)
        elif self._conduct.auto_reconnect and self.intent.wants_back(orderly=orderly):
            self._why = text  # the first try is announced with it
            self.reconnector.lost(mud.lasted)
        else:
            self._teller.tell(f"{text}; {self._how_to_connect()}")

    async def _connect_again(self) -> bool:
        if self.mud is not None or self.address is None or self._closed:
            return True
        return await self._dialler.dial(self.address)

    def _announce(self, delay: float) -> None:
        why, self._why = self._why, ""
        self._teller.tell(notices.connecting_again(why, delay))

    async def _open(self, address: MudAddress) -> bool:
        plan = self._conduct.login_plan
        await self._logins.prepare(plan, address)
        mud = self._new_mud(address)
        try:
            await open_mud(mud, timeout=self._conduct.connect_timeout)
        except ConnectError as error:
            self._tell_failed(address, str(error))
            return False
        if plan is not None and not mud.closing and (objection := plan.objection(address)):
            log(objection, "warning")
            self._teller.tell(objection)
        return not mud.closing

    def _new_mud(self, address: MudAddress) -> MudConnection:
        conduct, player = self._conduct, self._player
        return MudConnection(
            address.host,
            address.port,
            self._handler,
            tls=address.tls,
            verify=address.verify,
            options=conduct.mud_options,
            terminal=lambda: player.terminal,
            mtts=lambda: player.mtts,
            ip_address=lambda: player.ip_address,
            quiet_time=conduct.quiet_time,
            max_line=conduct.max_line,
        )

    def _tell_failed(self, address: MudAddress, reason: str) -> None:
        text = notices.unreachable(address, reason)
        log(text, "warning")
        self._raise(ev.MUD_CONNECT_FAILED, address, reason=reason)
        if self.reconnector.waiting:
            self._why = text
        else:
            self._teller.tell_others(f"{text}; {self._how_to_connect()}")

    def _how_to_connect(self) -> str:
        return notices.how_to_connect(self.address, self._conduct.hold_prefixes)

    def _raise(self, name: str, address: MudAddress, **more: Any) -> None:
        args = {"host": address.host, "port": address.port, **more}
        self._dispatcher.raise_event(name, args, OWNER_ID)
