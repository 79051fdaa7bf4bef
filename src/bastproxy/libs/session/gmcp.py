"""GMCP between the MUD and the clients: messages are passed on as they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from bastproxy.libs.net.client import ClientConnection
from bastproxy.libs.net.mud import MudConnection
from bastproxy.libs.net.telnet.constants import GMCP

_HELLO: Final = b"core.hello"
_SUPPORTS: Final = b"core.supports."
_MAX_MESSAGES: Final = 64
_MAX_BYTES: Final = 8192


class Said:
    """What one client has said of itself, to be repeated to a MUD that has not heard it."""

    def __init__(self) -> None:
        self._hello: bytes | None = None
        self._supports: list[bytes] = []

    def note(self, message: bytes) -> None:
        """Remember a message if it is ``Core.Hello`` or ``Core.Supports.*``."""
        package = message.split(b" ", 1)[0].lower()
        if len(message) > _MAX_BYTES:
            return
        if package == _HELLO:
            self._hello = message
        elif package == _SUPPORTS + b"set":
            self._supports = [message]
        elif package.startswith(_SUPPORTS):
            # Said again, it counts from now. The first is the Set, which the others build on.
            others = [said for said in self._supports if said != message]
            self._supports = [*others[:1], *others[1:][2 - _MAX_MESSAGES :], message]

    def messages(self) -> list[bytes]:
        """Return what to repeat, in order."""
        return [*([self._hello] if self._hello is not None else []), *self._supports]


class GmcpRelay:
    """Passes messages on, and introduces the clients to a MUD that begins to do GMCP."""

    def __init__(self) -> None:
        self._said: dict[str, Said] = {}

    def to_clients(self, message: bytes, clients: Iterable[ClientConnection]) -> None:
        """Pass a message of the MUD to every client that does GMCP."""
        for client in clients:
            if client.gmcp:
                client.send_message(GMCP, message)

    def to_mud(self, client: ClientConnection, message: bytes, mud: MudConnection | None) -> None:
        """Pass a message of a client on; a client that only watches has no say."""
        self._said.setdefault(client.client_id, Said()).note(message)
        if mud is not None and mud.gmcp and not client.view_only:
            mud.send_message(GMCP, message)

    def introduce(self, clients: Mapping[str, ClientConnection], mud: MudConnection) -> None:
        """Repeat what the clients have said of themselves."""
        for client_id, said in self._said.items():
            client = clients.get(client_id)
            if client is not None and not client.view_only:
                for message in said.messages():
                    mud.send_message(GMCP, message)

    def forget(self, client_id: str) -> None:
        """Forget a client that is gone."""
        self._said.pop(client_id, None)
