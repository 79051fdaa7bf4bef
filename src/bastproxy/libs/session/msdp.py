"""MSDP between the MUD and the clients: messages are passed on as they are."""

from __future__ import annotations

from collections.abc import Mapping

from bastproxy.libs.msdp import Msdp
from bastproxy.libs.net.client import ClientConnection
from bastproxy.libs.net.mud import MudConnection
from bastproxy.libs.net.telnet.constants import MSDP


class MsdpRelay:
    """Offers MSDP to the clients of a MUD that does it, and passes messages on.

    :param clients: all clients by id, kept up to date by their owner.
    """

    def __init__(self, msdp: Msdp, clients: Mapping[str, ClientConnection]) -> None:
        self._msdp = msdp
        self._clients = clients

    def mud_on(self, mud: MudConnection) -> None:
        """The MUD does MSDP now: have it report what clients and plugins want."""

        def write(body: bytes) -> bool:
            return mud.send_message(MSDP, body)

        self._msdp.begin((mud.host, mud.port), write)
        for client in self._clients.values():
            client.offer(MSDP)

    def mud_gone(self) -> None:
        """The MUD does MSDP no more, or is gone; the clients keep it on for the next one."""
        self._msdp.end()

    def client_opened(self, client: ClientConnection) -> None:
        """A client has come."""
        if self._msdp.is_on:
            client.offer(MSDP)

    def client_on(self, client: ClientConnection) -> None:
        """A client does MSDP now; it asks for what it wants."""
        self._msdp.reports.set_muted(client.client_id, client.view_only)

    def client_changed(self, client: ClientConnection) -> None:
        """A client only watches from now on, or plays again."""
        self._msdp.reports.set_muted(client.client_id, client.view_only)

    def client_gone(self, client_id: str) -> None:
        """A client is gone, or does MSDP no more."""
        self._msdp.reports.forget(client_id)

    def from_mud(self, option: int, data: bytes) -> None:
        """Pass a message of the MUD to every client that does MSDP."""
        for body, (send, among) in self._msdp.received(data):
            if not send:
                continue
            for client in self._clients.values():
                if client.telnet.is_local(MSDP) and (among is None or client.client_id in among):
                    client.send_message(option, body)

    def from_client(self, client: ClientConnection, option: int, data: bytes) -> None:
        """Pass a message of a client on; a client that only watches has no say."""
        self._msdp.reports.set_muted(client.client_id, client.view_only)
        for body in self._msdp.reports.said(client.client_id, data):
            if not client.view_only:
                self._msdp.write(body)
