"""Who may connect: the ban list, and the limits at the gate."""

from __future__ import annotations

import math
from typing import Any, Final

from bastproxy.libs.access import Ban
from bastproxy.libs.access.addresses import host_of, network_of
from bastproxy.libs.api import AddAPI
from bastproxy.libs.events import RegisterToEvent
from bastproxy.libs.session import Session
from bastproxy.libs.tables import table
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook
from bastproxy.plugins.core.commands import AddArgument, AddCommand, AddParser

SETTINGS: Final = "plugins.core.settings"

Result = tuple[bool, list[str]]

_LIMITS: Final = (
    ("ban_after", 10, int, "ban an address after so many wrong passwords in a row; 0: never", 0),
    ("ban_time", "1h", "timelength", "how long such a ban holds", 1),
    ("login_time", "1m", "timelength", "how long a client may take to log in", 5),
    ("most_waiting", 20, int, "how many clients may wait to log in at once", 1),
)


class Access(BasePlugin):
    """The part of the plugin that has to do with who may connect."""

    session: Session

    @RegisterPluginHook("initialize")
    def _phook_access(self) -> None:
        add = self.api(f"{SETTINGS}:add")
        for name, default, kind, purpose, least in _LIMITS:
            add(self.plugin_id, name, default, kind, purpose, minimum=least)
        self.session.gate.attempts.bans.keep_in(self.plugin_info.data_directory / "bans.json")
        self._use_limits()

    @RegisterToEvent("ev_{plugin_id}_var_ban_after_modified")
    @RegisterToEvent("ev_{plugin_id}_var_ban_time_modified")
    @RegisterToEvent("ev_{plugin_id}_var_login_time_modified")
    @RegisterToEvent("ev_{plugin_id}_var_most_waiting_modified")
    def _eventcb_limits(self) -> None:
        self._use_limits()

    @AddAPI("bans.list", description="the addresses from which nobody may connect")
    def _api_bans_list(self) -> list[dict[str, Any]]:
        """Return the bans, oldest first: ``network``, ``until`` (epoch; None), ``reason``."""
        return [
            {"network": ban.network, "until": ban.until, "reason": ban.reason}
            for ban in self.session.gate.attempts.bans.list()
        ]

    @AddAPI("ban", description="let nobody connect from an address")
    def _api_ban(self, address: str, seconds: float | None = None, reason: str = "") -> str:
        """Ban an address or a network, and disconnect who is connected from there.

        :param seconds: how long; None is for ever.
        :returns: what is banned: of an IPv6 address its /64.
        :raises ValueError: it is neither an address nor a network.
        """
        bans = self.session.gate.attempts.bans
        ban = bans.add(address, seconds, reason)
        for client_id, client in list(self.session.clients.items()):
            if bans.of(host_of(client.peer_name)) is not None:
                self.session.kick(client_id)
        self.session.gate.turn_away_banned()
        return ban.network

    @AddAPI("unban", description="let clients connect from an address again")
    def _api_unban(self, address: str) -> bool:
        """End the ban of an address or a network; False when there is none.

        :raises ValueError: it is neither an address nor a network.
        """
        return self.session.gate.attempts.bans.remove(address)

    @AddCommand(group="access")
    @AddParser(description="list the addresses from which nobody may connect")
    def _command_bans(self) -> Result:
        bans = self.session.gate.attempts.bans
        rows = [(ban.network, self._left(ban), ban.reason or "-") for ban in bans.list()]
        if not rows:
            return True, ["nobody is banned"]
        return True, table(("address", "holds for", "because of"), rows)

    @AddCommand(group="access")
    @AddParser(description="let nobody connect from an address, or from that of a client")
    @AddArgument("address", help="such as 192.0.2.7 or 192.0.2.0/24; or a client's id")
    @AddArgument("minutes", nargs="?", type=float, help="how long; otherwise until you unban it")
    def _command_ban(self) -> Result:
        args = self._args()
        address = self._address_of(args["address"])
        minutes: float | None = args["minutes"]
        if minutes is not None and not 0 < minutes < math.inf:
            return False, ["a ban holds for more than 0 minutes"]
        try:
            network = network_of(address)
        except ValueError as error:
            return False, [f"that is no address: {error}"]
        own = self.session.clients.get(self.api("plugins.core.commands:get.current.client")())
        if own is not None:
            here = network_of(host_of(own.peer_name))
            if here.version == network.version and here.overlaps(network):
                return False, ["you are connected from there yourself"]
        seconds = None if minutes is None else minutes * 60
        return True, [f"{self._api_ban(address, seconds, 'a command')} is banned"]

    @AddCommand(group="access")
    @AddParser(description="let clients connect from an address again")
    @AddArgument("address", help="as bans lists it")
    def _command_unban(self) -> Result:
        address = self._args()["address"]
        try:
            if self._api_unban(address):
                return True, [f"{address} may connect again"]
        except ValueError as error:
            return False, [f"that is no address: {error}"]
        return False, [f"{address} is not banned"]

    def _use_limits(self) -> None:
        values = {name: self.api(f"{SETTINGS}:get")(self.plugin_id, name) for name, *_ in _LIMITS}
        gate = self.session.gate
        gate.attempts.ban_after = values["ban_after"]
        gate.attempts.ban_seconds = values["ban_time"]
        gate.seconds = values["login_time"]
        gate.most_waiting = values["most_waiting"]

    def _address_of(self, typed: str) -> str:
        client = self.session.clients.get(f"client-{typed}" if typed.isdecimal() else typed)
        return host_of(client.peer_name) if client is not None else typed

    def _left(self, ban: Ban) -> str:
        left = self.session.gate.attempts.bans.seconds_left(ban)
        if left is None:
            return "ever"
        return f"{math.ceil(left / 60)} min" if left > 60 else f"{math.ceil(left)} s"

    def _args(self) -> dict[str, Any]:
        args: dict[str, Any] = self.api("plugins.core.commands:get.current.command.args")()
        return args
