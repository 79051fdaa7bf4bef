"""The connection to the MUD: its address, and connecting, disconnecting and sending."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from bastproxy.config import ConfigError, parse_mud
from bastproxy.config.address import TLS
from bastproxy.libs.api import AddAPI
from bastproxy.libs.events import RegisterToEvent
from bastproxy.libs.net.address import MudAddress, MudOptions
from bastproxy.libs.net.telnet.options.charset import codec_of
from bastproxy.libs.records import LogRecord
from bastproxy.libs.session import Session
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook
from bastproxy.plugins.core.commands import AddArgument, AddCommand, AddParser

SETTINGS = "plugins.core.settings"

Result = tuple[bool, list[str]]

_SETTINGS: Final = (
    ("mud", "", str, "the MUD to connect to, HOST:PORT or tls://HOST:PORT"),
    ("auto_connect", True, bool, "connect to the MUD when a client comes"),
    ("reconnect", True, bool, "connect again when the MUD is lost, and nobody has quit"),
    ("quit_words", "quit @quit logout logoff", str, "what you type to leave the MUD for good"),
    ("tls_verify", True, bool, "refuse a MUD whose certificate is not good"),
    ("encoding", "", str, "the MUD's, such as latin-1; empty: UTF-8 unless the MUD says otherwise"),
    ("compress", True, bool, "let the MUD compress what it sends (MCCP)"),
    ("ip_address", False, bool, "tell the MUD the address of your client (MNES IPADDRESS)"),
    ("keep_alive", 0, "timelength", "send a telnet NOP after so long a silence; 0: never"),
)


class Plugin(BasePlugin):
    """The MUD side of the proxy."""

    session: Session

    @RegisterPluginHook("__init__", priority=10)
    def _phook_find_engine(self) -> None:
        self.session = self.api("libs.session:get.session")()
        self.failures: dict[tuple[str, int], str] = {}

    @RegisterPluginHook("initialize")
    def _phook_initialize(self) -> None:
        add = self.api(f"{SETTINGS}:add")
        for name, default, kind, purpose in _SETTINGS:
            add(self.plugin_id, name, default, kind, purpose)
        if self.session.mud_address is None:
            self._use_remembered_address()
        if not self._setting("auto_connect"):
            self.session.auto_connect = False
        self._use_options()

    @RegisterToEvent("ev_{plugin_id}_var_reconnect_modified")
    @RegisterToEvent("ev_{plugin_id}_var_quit_words_modified")
    @RegisterToEvent("ev_{plugin_id}_var_compress_modified")
    @RegisterToEvent("ev_{plugin_id}_var_ip_address_modified")
    @RegisterToEvent("ev_{plugin_id}_var_keep_alive_modified")
    def _eventcb_options(self) -> None:
        self._use_options()

    @RegisterToEvent("ev_{plugin_id}_var_encoding_modified")
    def _eventcb_encoding(self) -> None:
        record = self.api("libs.events:get.dispatcher")().current_record()
        if record["newvalue"] and codec_of(record["newvalue"]) is None:
            self._refuse(f"the setting encoding: {record['newvalue']!r} is not known here")
            self.api(f"{SETTINGS}:change")(self.plugin_id, "encoding", record["oldvalue"])
        else:
            self._use_options()

    @RegisterToEvent("ev_{plugin_id}_var_tls_verify_modified")
    def _eventcb_tls_verify(self) -> None:
        address = self.session.mud_address
        if address is not None:
            self.session.set_mud_address(*address[:3], self._setting("tls_verify"))

    @RegisterToEvent("ev_{plugin_id}_var_mud_modified")
    def _eventcb_mud(self) -> None:
        record = self.api("libs.events:get.dispatcher")().current_record()
        self._use_remembered_address(record["oldvalue"])

    @RegisterToEvent("ev_mud_connect_failed")
    def _eventcb_failed(self) -> None:
        record = self.api("libs.events:get.dispatcher")().current_record()
        self.failures[record["host"], record["port"]] = record["reason"]

    @RegisterToEvent("ev_{plugin_id}_var_auto_connect_modified")
    def _eventcb_auto_connect(self) -> None:
        self.session.auto_connect = self._setting("auto_connect")

    @AddAPI("send", description="send lines to the MUD")
    def _api_send(self, lines: str | Sequence[str]) -> None:
        """Send lines to the MUD; they pass ``ev_to_mud_data_modify`` as a player's do."""
        self.session.send_to_mud(lines)

    @AddAPI("is.connected", description="is the MUD connected")
    def _api_is_connected(self) -> bool:
        """Say whether the MUD is connected."""
        return self.session.mud is not None

    @AddAPI("connect", description="connect to a MUD")
    def _api_connect(self, host: str = "", port: int = 0, tls: bool = False) -> bool:
        """Begin to connect, to the MUD given or else the last one; events say how it goes.

        :param tls: the MUD speaks TLS on that port.
        :returns: False when no address is known, or the MUD is connected already.
        """
        if self.session.mud is not None:
            return False
        if host:
            self.session.set_mud_address(host, port, tls, self._setting("tls_verify"))
        if self.session.mud_address is None:
            return False
        self.spawn(self.session.connect(*self.session.mud_address), "connect")
        return True

    @AddAPI("disconnect", description="disconnect from the MUD")
    def _api_disconnect(self) -> bool:
        """Disconnect, or connect again no more; False when there is nothing to end."""
        return self._disconnect()

    @AddAPI("mssp.get", description="what the MUD says of itself")
    def _api_mssp_get(self) -> dict[str, list[str]]:
        """Return the variables of MSSP, each with its values; empty when the MUD tells none."""
        return dict(self.session.beside.mssp.values)

    @AddCommand()
    @AddParser(description="connect to the MUD, or to another one from now on")
    @AddArgument("host", nargs="?", default="", help="HOST, HOST:PORT or tls://HOST:PORT")
    @AddArgument("port", nargs="?", default="", help="its port")
    @AddArgument("-t", "--tls", action="store_true", help="it speaks TLS on that port")
    async def _command_connect(self) -> Result:
        args = self._args()
        address = None
        if args["host"]:
            try:
                address = parse_mud(
                    _joined(args["host"], args["port"]), verify=self._setting("tls_verify")
                )
            except ConfigError as error:
                return False, [str(error)]
            address = address._replace(tls=address.tls or args["tls"])
        if self.session.mud is not None:
            return False, ["the MUD is connected; disconnect first"]
        address_now = address or self.session.mud_address
        if address_now is None:
            return False, ["no MUD is known yet; give its host and port"]
        self.failures.pop(address_now[:2], None)
        if not await self.session.connect(*address_now, asked_by=self._client()):
            return False, [self._failure(address_now)]
        if address is not None:  # one that answers is worth remembering
            self.api(f"{SETTINGS}:change")(self.plugin_id, "mud", str(address))
        return True, [f"connected to {address_now}"]

    @AddCommand()
    @AddParser(description="disconnect from the MUD")
    def _command_disconnect(self) -> Result:
        connected = self.session.mud is not None
        if self._disconnect(self._client()):
            return True, ["disconnected" if connected else "it is tried no more"]
        return False, ["the MUD is not connected"]

    @AddCommand()
    @AddParser(description="disconnect from the MUD and connect again")
    async def _command_reconnect(self) -> Result:
        address = self.session.mud_address
        if address is None:
            return False, ["no MUD is known yet; use connect"]
        self.failures.pop(address[:2], None)
        if await self.session.reconnect(asked_by=self._client()):
            return True, ["connected again"]
        return False, [self._failure(address)]

    @AddCommand()
    @AddParser(description="show the connection to the MUD, and what went over it")
    def _command_info(self) -> Result:
        return True, self.session.info()

    @AddCommand()
    @AddParser(description="save everything and end the proxy")
    def _command_shutdown(self) -> Result:
        self.api("app:stop")()
        return True, ["the proxy ends"]

    def _disconnect(self, asked_by: str = "") -> bool:
        session = self.session
        if session.mud is None and not session.connecting and not session.reconnector.waiting:
            return False
        session.disconnect("the player has disconnected", asked_by=asked_by)
        return True

    def _client(self) -> str:
        client_id: str = self.api("plugins.core.commands:get.current.client")()
        return client_id

    def _args(self) -> dict[str, Any]:
        args: dict[str, Any] = self.api("plugins.core.commands:get.current.command.args")()
        return args

    def _use_remembered_address(self, otherwise: str = "") -> None:
        text = self._setting("mud")
        if not text:
            return
        try:
            address = parse_mud(text, verify=self._setting("tls_verify"))
        except ConfigError as error:
            self._refuse(f"the setting mud: {error}")
            self.api(f"{SETTINGS}:change")(self.plugin_id, "mud", otherwise)
        else:
            self.session.set_mud_address(*address)

    def _use_options(self) -> None:
        """Have the session go by the settings; the MUD that is connected is left as it is."""
        session = self.session
        session.auto_reconnect = self._setting("reconnect")
        words = self._setting("quit_words").replace(",", " ").casefold().split()
        session.intent.quit_words = tuple(words)
        profile = self.api("app:get.options")().profile
        of_profile = profile.codec if profile is not None else ""
        session.mud_options = MudOptions(
            compress=self._setting("compress"),
            ip_address=self._setting("ip_address"),
            encoding=self._setting("encoding") or of_profile,
            keep_alive=self._setting("keep_alive"),
        )

    def _setting(self, name: str) -> Any:
        return self.api(f"{SETTINGS}:get")(self.plugin_id, name)

    def _refuse(self, reason: str) -> None:
        LogRecord(reason, level="error", sources=[self.plugin_id])()
        if client_id := self._client():
            self.session.send_to_clients(reason, [client_id])

    def _failure(self, address: MudAddress) -> str:
        reason = self.failures.get(address[:2], "")
        if not reason:  # somebody wanted something else meanwhile
            return f"{address} is not connected: the attempt was given up"
        return f"{address} cannot be reached: {reason}"


def _joined(host: str, port: str) -> str:
    """Return an address that was typed in two words, or one, as one."""
    if not port:
        return host
    name = host.removeprefix(TLS)
    if name.count(":") > 1 and not name.startswith("["):  # IPv6
        host = f"{host.removesuffix(name)}[{name}]"
    return f"{host}:{port}"
