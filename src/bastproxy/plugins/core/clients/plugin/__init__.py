"""Who is connected to the proxy, and sending to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bastproxy.libs.ansi import DEPTHS
from bastproxy.libs.api import AddAPI
from bastproxy.libs.events import RegisterToEvent
from bastproxy.libs.net.telnet.options.charset import codec_of
from bastproxy.libs.session import Session
from bastproxy.libs.session.info import client_info
from bastproxy.libs.tables import table
from bastproxy.plugins._baseplugin import RegisterPluginHook
from bastproxy.plugins.core.clients.plugin.access import Access
from bastproxy.plugins.core.commands import AddArgument, AddCommand, AddParser

SETTINGS = "plugins.core.settings"

Result = tuple[bool, list[str]]

_SETTINGS: Final = (
    ("scrollback_lines", 100, int, "so many lines a client that comes later is shown"),
    ("scrollback_age", 3600, "timelength", "older lines it is not shown; 0: whatever their age"),
    ("compress", True, bool, "offer clients that come compression (MCCP)"),
    ("show_typed", True, bool, "show each client what the others type"),
    ("prompt_again", True, bool, "show the MUD's prompt again after lines that are not the MUD's"),
)


class Plugin(Access):
    """The client side of the proxy."""

    session: Session

    @RegisterPluginHook("__init__", priority=10)
    def _phook_find_engine(self) -> None:
        self.session = self.api("libs.session:get.session")()

    @RegisterPluginHook("initialize")
    def _phook_add_settings(self) -> None:
        add = self.api(f"{SETTINGS}:add")
        for name, default, kind, purpose in _SETTINGS:
            least = {} if kind is bool else {"minimum": 0}
            add(self.plugin_id, name, default, kind, purpose, **least)
        self._use_settings()

    @RegisterToEvent("ev_{plugin_id}_var_scrollback_lines_modified")
    @RegisterToEvent("ev_{plugin_id}_var_scrollback_age_modified")
    @RegisterToEvent("ev_{plugin_id}_var_compress_modified")
    @RegisterToEvent("ev_{plugin_id}_var_show_typed_modified")
    @RegisterToEvent("ev_{plugin_id}_var_prompt_again_modified")
    def _eventcb_settings(self) -> None:
        self._use_settings()

    @AddAPI("send", description="send lines to clients")
    def _api_send(self, lines: str | Sequence[str], clients: Sequence[str] | None = None) -> None:
        """Send lines to all clients, or to those named; they pass ``ev_to_client_data_modify``."""
        self.session.send_to_clients(lines, clients)

    @AddAPI("list", description="the ids of the clients")
    def _api_list(self) -> list[str]:
        """Return the ids of the connected clients, in the order in which they came."""
        return list(self.session.clients)

    @AddAPI("kick", description="disconnect a client")
    def _api_kick(self, client_id: str) -> bool:
        """Disconnect a client; False when there is none of that id."""
        return self.session.kick(client_id)

    @AddAPI("set.view.only", description="let a client only watch, or play")
    def _api_set_view_only(self, client_id: str, view_only: bool = True) -> bool:
        """Let a client only watch; False when there is none of that id."""
        return self.session.set_view_only(client_id, view_only)

    @AddCommand()
    @AddParser(description="list the clients")
    def _command_list(self) -> Result:
        own = self.api("plugins.core.commands:get.current.client")()
        rows = [
            (
                f"{client.client_id}{' (you)' if client.client_id == own else ''}",
                client.peer_name,
                client.terminal_type or "unknown",
                f"{client.width}x{client.height}" if client.width else "unknown",
                "watches" if client.view_only else "plays",
                f"{client.connected_at:%H:%M:%S}",
            )
            for client in self.session.clients.values()
        ]
        waiting = len(self.session.gate.waiting)
        more = [f"{waiting} more {'has' if waiting == 1 else 'have'} not logged in"]
        if not rows:
            return True, ["nobody is connected", *(more if waiting else [])]
        headings = ("client", "address", "terminal", "size", "may", "since")
        return True, [*table(headings, rows), *(more if waiting else [])]

    @AddCommand()
    @AddParser(description="show what was agreed on with a client, and what went over the line")
    @AddArgument("client", nargs="?", default="", help="its id, from the list; yours by default")
    def _command_show(self) -> Result:
        own: str = self.api("plugins.core.commands:get.current.client")()
        client_id = self._client() or own
        client = self.session.clients.get(client_id)
        if client is None:
            return False, [self._unknown(client_id)]
        return True, [client_id, *(f"  {line}" for line in client_info(client))]

    @AddCommand()
    @AddParser(description="say in which encoding a client wants its text")
    @AddArgument("client", help="its id, from the list")
    @AddArgument("encoding", help="such as utf-8, latin-1 or gbk")
    def _command_encoding(self) -> Result:
        client_id = self._client()
        name = self.api("plugins.core.commands:get.current.command.args")()["encoding"]
        client, codec = self.session.clients.get(client_id), codec_of(name)
        if client is None:
            return False, [self._unknown(client_id)]
        if codec is None:
            return False, [f"{name!r} is no encoding of text that is known here"]
        client.use_encoding(codec)
        return True, [f"{client_id} gets its text as {codec}"]

    @AddCommand()
    @AddParser(description="say how many colours a client can show")
    @AddArgument("client", help="its id, from the list")
    @AddArgument("colors", choices=["auto", *DEPTHS], help="auto: as many as it says itself")
    def _command_colors(self) -> Result:
        client_id = self._client()
        wanted = self.api("plugins.core.commands:get.current.command.args")()["colors"]
        client = self.session.clients.get(client_id)
        if client is None:
            return False, [self._unknown(client_id)]
        client.show_colours(None if wanted == "auto" else wanted)
        return True, [f"{client_id} gets its colours as {client.depth}"]

    @AddCommand()
    @AddParser(description="disconnect a client")
    @AddArgument("client", help="its id, from the list")
    def _command_kick(self) -> Result:
        client_id = self._client()
        if self._api_kick(client_id):
            return True, [f"{client_id} is disconnected"]
        return False, [self._unknown(client_id)]

    @AddCommand()
    @AddParser(description="let a client only watch, or play again")
    @AddArgument("client", help="its id, from the list")
    @AddArgument("state", nargs="?", choices=["on", "off"], default="on", help="off: it plays")
    def _command_viewonly(self) -> Result:
        client_id = self._client()
        view_only = self.api("plugins.core.commands:get.current.command.args")()["state"] == "on"
        if self._api_set_view_only(client_id, view_only):
            return True, [f"{client_id} {'watches' if view_only else 'plays'}"]
        return False, [self._unknown(client_id)]

    def _use_settings(self) -> None:
        get = self.api(f"{SETTINGS}:get")
        session = self.session
        session.scrollback.lines = get(self.plugin_id, "scrollback_lines")
        session.scrollback.age = get(self.plugin_id, "scrollback_age")
        session.compress_clients = get(self.plugin_id, "compress")
        session.show_typed = get(self.plugin_id, "show_typed")
        session.prompt_again = get(self.plugin_id, "prompt_again")

    def _client(self) -> str:
        typed: str = self.api("plugins.core.commands:get.current.command.args")()["client"]
        return f"client-{typed}" if typed.isdecimal() else typed

    def _unknown(self, client_id: str) -> str:
        others = ", ".join(self.session.clients)
        there_is = f"there is {others}" if others else "nobody is connected"
        return f"there is no client {client_id!r}; {there_is}"
