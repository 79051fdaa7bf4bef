"""Which client plays: the MUD is told of its window and its terminal."""

from __future__ import annotations

from collections.abc import Mapping

from bastproxy.libs.net.client import ClientConnection
from bastproxy.libs.net.introduction import MTTS
from bastproxy.libs.net.mud import MudConnection
from bastproxy.libs.net.telnet.options.ttype import Mtts


class Player:
    """The client that typed last; before any has, the newest that knows its window.

    :param clients: all clients by id, kept up to date by their owner.
    """

    def __init__(self, clients: Mapping[str, ClientConnection]) -> None:
        self._clients = clients
        self._active = ""

    @property
    def client(self) -> ClientConnection | None:
        """The client, or None when nobody plays."""
        playing = [client for client in self._clients.values() if not client.view_only]
        for client in playing:
            if client.client_id == self._active:
                return client
        sized = [client for client in playing if client.width]
        candidates = sized or playing
        return candidates[-1] if candidates else None

    @property
    def terminal(self) -> str:
        """The name of its terminal; empty while unknown."""
        client = self.client
        return client.terminal.terminal if client is not None else ""

    @property
    def mtts(self) -> Mtts:
        """What it can do, as it says; what most can while it does not."""
        client = self.client
        found = client.mtts if client is not None else None
        return found if found is not None else MTTS

    @property
    def ip_address(self) -> str:
        """Where it connects from; empty while nobody plays."""
        client = self.client
        return client.peer_name.rpartition(":")[0].strip("[]") if client is not None else ""

    def typed(self, client: ClientConnection) -> bool:
        """Note who has typed, and return whether somebody else did before."""
        if client.client_id == self._active:
            return False
        self._active = client.client_id
        return True

    def tell_window(self, mud: MudConnection | None) -> None:
        """Tell the MUD the size of its window, if that is known."""
        client = self.client
        if mud is not None and client is not None and (client.width or client.height):
            mud.set_window(client.width, client.height)
