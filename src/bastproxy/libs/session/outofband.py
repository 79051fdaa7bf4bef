"""What goes beside the text: GMCP, MSDP, MSSP and the options that both ends settle themselves."""

from __future__ import annotations

from bastproxy.libs.gmcp import Gmcp
from bastproxy.libs.msdp import Msdp
from bastproxy.libs.net.client import ClientConnection
from bastproxy.libs.net.lines import Item
from bastproxy.libs.net.mud import MudConnection
from bastproxy.libs.net.telnet import Negotiated, Offered, Subnegotiation
from bastproxy.libs.net.telnet.constants import CHARSET, GMCP, MSDP, MSSP
from bastproxy.libs.session.clients import Clients
from bastproxy.libs.session.gmcp import GmcpRelay
from bastproxy.libs.session.mirror import OPTIONS, Mirror
from bastproxy.libs.session.msdp import MsdpRelay
from bastproxy.libs.session.mssp import MsspRelay


class OutOfBand:
    """Hands each message and each settled option to the relay that it concerns.

    :param clients: all clients by id, kept up to date by their owner.
    :ivar mirror: the options that the MUD and the clients settle with each other.
    :ivar mssp: what the MUD says of itself.
    """

    def __init__(self, gmcp: Gmcp, msdp: Msdp, clients: Clients) -> None:
        self.mirror = Mirror(clients)
        self.mssp = MsspRelay(clients)
        self._gmcp = GmcpRelay(gmcp, clients)
        self._msdp = MsdpRelay(msdp, clients)
        self._relays: dict[int, GmcpRelay | MsdpRelay] = {GMCP: self._gmcp, MSDP: self._msdp}

    def client_opened(self, client: ClientConnection) -> None:
        """A client was admitted; it may have settled options before."""
        self._msdp.client_opened(client)
        self.mssp.client_opened(client)
        self.mirror.client_opened(client)
        if client.telnet.is_local(GMCP):
            self._gmcp.client_on(client)

    def client_changed(self, client: ClientConnection) -> None:
        """A client only watches from now on, or plays again."""
        self._gmcp.client_changed(client)
        self._msdp.client_changed(client)
        self.mirror.client_changed(client)

    def client_gone(self, client_id: str) -> None:
        """A client is gone."""
        self._gmcp.client_gone(client_id)
        self._msdp.client_gone(client_id)
        self.mirror.client_gone(client_id)

    def from_client(self, client: ClientConnection, item: Item) -> None:
        """Take a message or a settled option of a client."""
        if isinstance(item, Subnegotiation):
            relay = self._relay(item.option)
            if relay is not None:
                relay.from_client(client, item.option, item.data)
        elif isinstance(item, Negotiated):
            self._client_negotiated(client, item)

    def mud_gone(self) -> None:
        """The MUD is gone."""
        self._gmcp.mud_gone()
        self._msdp.mud_gone()
        self.mssp.mud_gone()
        self.mirror.mud_gone()

    def from_mud(self, mud: MudConnection, item: Item) -> None:
        """Take a message, an offer or a settled option of the MUD."""
        if isinstance(item, Subnegotiation):
            self._mud_message(item)
        elif isinstance(item, Offered):
            self.mirror.offered(mud, item)
        elif isinstance(item, Negotiated):
            self._mud_negotiated(mud, item)

    def _mud_message(self, item: Subnegotiation) -> None:
        relay = self._relay(item.option)
        if relay is not None:
            relay.from_mud(item.option, item.data)
        elif item.option == MSSP:
            self.mssp.from_mud(item.data)
        elif item.option == CHARSET:
            self.mirror.encoding_changed()

    def _relay(self, option: int) -> GmcpRelay | MsdpRelay | Mirror | None:
        """Return who passes the messages of an option on, if anybody does."""
        return self.mirror if option in OPTIONS else self._relays.get(option)

    def _client_negotiated(self, client: ClientConnection, item: Negotiated) -> None:
        relay = self._relays.get(item.option)
        if item.option in OPTIONS:
            self.mirror.client_negotiated(client, item)
        elif not item.local:
            return
        elif item.option == MSSP and item.enabled:
            self.mssp.client_on(client)
        elif relay is not None and item.enabled:
            relay.client_on(client)
        elif relay is not None:
            relay.client_gone(client.client_id)

    def _mud_negotiated(self, mud: MudConnection, item: Negotiated) -> None:
        relay = self._relays.get(item.option)
        if item.option in OPTIONS:
            self.mirror.mud_negotiated(mud, item)
        elif relay is None or item.local:
            return
        elif item.enabled:
            relay.mud_on(mud)
        else:
            relay.mud_gone()
