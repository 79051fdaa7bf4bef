"""MSSP: what the MUD says of itself, kept and passed on."""

from __future__ import annotations

from collections.abc import Mapping

from bastproxy.libs.net.client import ClientConnection
from bastproxy.libs.net.telnet.constants import MSSP
from bastproxy.libs.net.telnet.options.mssp import unpack


class MsspRelay:
    """Keeps what the MUD has told, and offers it to the clients.

    :param clients: all clients by id, kept up to date by their owner.
    :ivar values: each variable with its values; empty where the MUD has told nothing.
    """

    def __init__(self, clients: Mapping[str, ClientConnection]) -> None:
        self.values: dict[str, list[str]] = {}
        self._clients = clients
        self._body = b""

    def from_mud(self, body: bytes) -> None:
        """Take what the MUD tells, and pass it to the clients that want it."""
        self._body = body
        self.values = unpack(body)
        for client in self._clients.values():
            if client.telnet.is_local(MSSP):
                client.send_message(MSSP, body)
            else:
                client.offer(MSSP)

    def client_opened(self, client: ClientConnection) -> None:
        """A client has come."""
        if self._body:
            client.offer(MSSP)

    def client_on(self, client: ClientConnection) -> None:
        """A client wants it."""
        if self._body:
            client.send_message(MSSP, self._body)

    def mud_gone(self) -> None:
        """Forget it; the next MUD tells its own."""
        self._body = b""
        self.values = {}
