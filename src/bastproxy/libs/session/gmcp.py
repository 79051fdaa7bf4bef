"""GMCP between the MUD and the clients: messages are passed on as they are."""

from __future__ import annotations

from collections.abc import Mapping

from bastproxy.libs.gmcp import Gmcp, covers, is_state
from bastproxy.libs.gmcp.packages import HELLO, VERBS
from bastproxy.libs.net.client import ClientConnection
from bastproxy.libs.net.mud import MudConnection
from bastproxy.libs.net.telnet.constants import GMCP
from bastproxy.libs.net.telnet.options.gmcp import split


class GmcpRelay:
    """Passes messages on, and keeps the MUD's list of packages that of everybody together.

    :param clients: all clients by id, kept up to date by their owner.
    """

    def __init__(self, gmcp: Gmcp, clients: Mapping[str, ClientConnection]) -> None:
        self._gmcp = gmcp
        self._clients = clients

    def mud_on(self, mud: MudConnection) -> None:
        """The MUD does GMCP now: repeat what was said to one that has not heard it."""

        def write(message: bytes) -> bool:
            return mud.send_message(GMCP, message)

        self._gmcp.begin((mud.host, mud.port), write, self._speakers())

    def mud_gone(self) -> None:
        """The MUD does GMCP no more, or is gone."""
        self._gmcp.end()

    def client_on(self, client: ClientConnection) -> None:
        """A client does GMCP now; what it is told it has to ask for first."""
        self._gmcp.supports.set_muted(client.client_id, client.view_only)

    def client_changed(self, client: ClientConnection) -> None:
        """A client only watches from now on, or plays again."""
        self._introduce(client)
        self._gmcp.supports.set_muted(client.client_id, client.view_only)

    def client_gone(self, client_id: str) -> None:
        """A client is gone, or does GMCP no more."""
        self._gmcp.hello.forget(client_id)
        self._gmcp.supports.forget(client_id)

    def from_mud(self, option: int, data: bytes) -> None:
        """Pass a message of the MUD to every client that does GMCP."""
        send, among = self._gmcp.received(data)
        if not send:
            return
        for client in self._clients.values():
            if client.gmcp and (among is None or client.client_id in among):
                client.send_message(option, data)

    def from_client(self, client: ClientConnection, option: int, data: bytes) -> None:
        """Pass a message of a client on; a client that only watches has no say."""
        package = split(data)[0].lower()
        if package in VERBS:
            self._supports(client, package, data)
        elif package == HELLO:
            self._gmcp.hello.take(client.client_id, data)
            self._introduce(client)
        elif not client.view_only:
            self._gmcp.write(data)

    def _introduce(self, client: ClientConnection) -> None:
        """Have the MUD hear the hello of a client, unless it has heard that of another one."""
        hello = self._gmcp.hello
        message = hello.of(client.client_id)
        if message is None or client.view_only or not self._gmcp.is_on:
            return
        if hello.may_speak(client.client_id, self._speakers()):
            self._gmcp.write(message)

    def _supports(self, client: ClientConnection, verb: str, message: bytes) -> None:
        supports = self._gmcp.supports
        supports.set_muted(client.client_id, client.view_only)
        told, known = supports.told(), supports.asked.of(client.client_id)
        new = supports.said(client.client_id, verb, message)
        if not new or not told:
            return
        # What others have asked for already the MUD does not tell again.
        for package, last in self._gmcp.values.items():
            if (
                is_state(package)
                and covers(told, package)
                and covers(new, package)
                and not covers(known, package)
            ):
                client.send_message(GMCP, last)

    def _speakers(self) -> list[str]:
        return [client.client_id for client in self._clients.values() if not client.view_only]
