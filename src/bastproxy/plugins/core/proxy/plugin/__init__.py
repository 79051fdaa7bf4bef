"""The connection to the MUD: its address, and connecting, disconnecting and sending."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bastproxy.config import ConfigError, parse_address
from bastproxy.libs.api import AddAPI
from bastproxy.libs.events import RegisterToEvent
from bastproxy.libs.records import LogRecord
from bastproxy.libs.session import Session
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook
from bastproxy.plugins.core.commands import AddArgument, AddCommand, AddParser

SETTINGS = "plugins.core.settings"

Result = tuple[bool, list[str]]


class Plugin(BasePlugin):
    """The MUD side of the proxy."""

    session: Session

    @RegisterPluginHook("__init__", priority=10)
    def _phook_find_engine(self) -> None:
        self.session = self.api("libs.session:get.session")()
        self.failure = ""

    @RegisterPluginHook("initialize")
    def _phook_initialize(self) -> None:
        add = self.api(f"{SETTINGS}:add")
        add(self.plugin_id, "mud", "", str, "the MUD to connect to, HOST:PORT")
        add(
            self.plugin_id,
            "auto_connect",
            True,
            bool,
            "connect to the MUD when a client comes",
        )
        if self.session.mud_address is None:
            self._use_remembered_address()
        if not self.api(f"{SETTINGS}:get")(self.plugin_id, "auto_connect"):
            self.session.auto_connect = False

    @RegisterToEvent("ev_{plugin_id}_var_mud_modified")
    def _eventcb_mud(self) -> None:
        record = self.api("libs.events:get.dispatcher")().current_record()
        self._use_remembered_address(record["oldvalue"])

    @RegisterToEvent("ev_mud_connect_failed")
    def _eventcb_failed(self) -> None:
        record = self.api("libs.events:get.dispatcher")().current_record()
        self.failure = f"{record['host']} {record['port']} cannot be reached: {record['reason']}"

    @RegisterToEvent("ev_{plugin_id}_var_auto_connect_modified")
    def _eventcb_auto_connect(self) -> None:
        self.session.auto_connect = self.api(f"{SETTINGS}:get")(self.plugin_id, "auto_connect")

    @AddAPI("send", description="send lines to the MUD")
    def _api_send(self, lines: str | Sequence[str]) -> None:
        """Send lines to the MUD; they pass ``ev_to_mud_data_modify`` as a player's do."""
        self.session.send_to_mud(lines)

    @AddAPI("is.connected", description="is the MUD connected")
    def _api_is_connected(self) -> bool:
        """Say whether the MUD is connected."""
        return self.session.mud is not None

    @AddAPI("connect", description="connect to a MUD")
    def _api_connect(self, host: str = "", port: int = 0) -> bool:
        """Begin to connect, to the MUD given or else the last one; events say how it goes.

        :returns: False when no address is known, or the MUD is connected already.
        """
        if self.session.mud is not None:
            return False
        if host:
            self.session.set_mud_address(host, port)
        if self.session.mud_address is None:
            return False
        self.spawn(self.session.connect(*self.session.mud_address), "connect")
        return True

    @AddAPI("disconnect", description="disconnect from the MUD")
    def _api_disconnect(self) -> bool:
        """Disconnect; False when the MUD is not connected."""
        if self.session.mud is None:
            return False
        self.session.disconnect("the player has disconnected")
        return True

    @AddCommand()
    @AddParser(description="connect to the MUD, or to another one from now on")
    @AddArgument("host", nargs="?", default="", help="HOST, or HOST:PORT")
    @AddArgument("port", nargs="?", default="", help="its port")
    async def _command_connect(self) -> Result:
        args = self._args()
        address = None
        if args["host"]:
            text = f"{args['host']}:{args['port']}" if args["port"] else args["host"]
            try:
                address = parse_address(text)
            except ConfigError as error:
                return False, [str(error)]
        if self.session.mud is not None:
            return False, ["the MUD is connected; disconnect first"]
        if address is not None:
            self.session.set_mud_address(address.host, address.port)
        if self.session.mud_address is None:
            return False, ["no MUD is known yet; give its host and port"]
        host, port = self.session.mud_address
        self.failure = ""
        if not await self.session.connect(host, port):
            return False, [self._failure()]
        if address is not None:  # one that answers is worth remembering
            self.api(f"{SETTINGS}:change")(self.plugin_id, "mud", str(address))
        return True, [f"connected to {host} {port}"]

    @AddCommand()
    @AddParser(description="disconnect from the MUD")
    def _command_disconnect(self) -> Result:
        if self._api_disconnect():
            return True, ["disconnected"]
        return False, ["the MUD is not connected"]

    @AddCommand()
    @AddParser(description="disconnect from the MUD and connect again")
    async def _command_reconnect(self) -> Result:
        if self.session.mud_address is None:
            return False, ["no MUD is known yet; use connect"]
        self.failure = ""
        if await self.session.reconnect():
            return True, ["connected again"]
        return False, [self._failure()]

    @AddCommand()
    @AddParser(description="show the connection to the MUD, and what went over it")
    def _command_info(self) -> Result:
        return True, self.session.info()

    @AddCommand()
    @AddParser(description="save everything and end the proxy")
    def _command_shutdown(self) -> Result:
        self.api("app:stop")()
        return True, ["the proxy ends"]

    def _args(self) -> dict[str, Any]:
        args: dict[str, Any] = self.api("plugins.core.commands:get.current.command.args")()
        return args

    def _use_remembered_address(self, otherwise: str = "") -> None:
        text = self.api(f"{SETTINGS}:get")(self.plugin_id, "mud")
        if not text:
            return
        try:
            address = parse_address(text)
        except ConfigError as error:
            self._refuse(f"the setting mud: {error}")
            self.api(f"{SETTINGS}:change")(self.plugin_id, "mud", otherwise)
        else:
            self.session.set_mud_address(address.host, address.port)

    def _refuse(self, reason: str) -> None:
        LogRecord(reason, level="error", sources=[self.plugin_id])()
        client_id = self.api("plugins.core.commands:get.current.client")()
        if client_id:
            self.session.send_to_clients(reason, [client_id])

    def _failure(self) -> str:
        return self.failure or "the MUD cannot be reached; the log has the reason"
