"""Who is connected to the proxy, and sending to them."""

from __future__ import annotations

from collections.abc import Sequence

from bastproxy.libs.api import AddAPI
from bastproxy.libs.session import Session
from bastproxy.libs.tables import table
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook
from bastproxy.plugins.core.commands import AddArgument, AddCommand, AddParser

Result = tuple[bool, list[str]]


class Plugin(BasePlugin):
    """The client side of the proxy."""

    session: Session

    @RegisterPluginHook("__init__", priority=10)
    def _phook_find_engine(self) -> None:
        self.session = self.api("libs.session:get.session")()

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
        if not rows:
            return True, ["nobody is connected"]
        headings = ("client", "address", "terminal", "size", "may", "since")
        return True, table(headings, rows)

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

    def _client(self) -> str:
        typed: str = self.api("plugins.core.commands:get.current.command.args")()["client"]
        return f"client-{typed}" if typed.isdecimal() else typed

    def _unknown(self, client_id: str) -> str:
        others = ", ".join(self.session.clients)
        there_is = f"there is {others}" if others else "nobody is connected"
        return f"there is no client {client_id!r}; {there_is}"
