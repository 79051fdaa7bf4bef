"""Options that the proxy does not do itself: the MUD gets what its clients agree to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from bastproxy.libs.net.client import ClientConnection
from bastproxy.libs.net.mud import MIRRORED, MudConnection
from bastproxy.libs.net.telnet import Negotiated, Offered
from bastproxy.libs.session.plain import Plain, does

OPTIONS: Final = frozenset(MIRRORED)


class _Side(NamedTuple):
    """An option on one side of the connection to the MUD.

    :ivar local: the MUD has asked us to do it; otherwise it has offered to.
    """

    option: int
    local: bool


class _Offer:
    """What the MUD has offered, and what became of it.

    :ivar answer: what the MUD was told; None while it waits.
    :ivar refused: the ids of the clients that do not want it.
    """

    def __init__(self) -> None:
        self.answer: bool | None = None
        self.refused: set[str] = set()


class Mirror:
    """Offers to the clients what the MUD offers, and answers it as they do.

    The MUD hears yes when the first client that plays says so, and no when all have refused;
    while nobody is connected it waits.

    :param clients: all clients by id, kept up to date by their owner.
    :ivar plain: takes markup out of the text for clients that do not do it.
    """

    def __init__(self, clients: Mapping[str, ClientConnection]) -> None:
        self.plain = Plain()
        self._clients = clients
        self._mud: MudConnection | None = None
        self._offers: dict[_Side, _Offer] = {}

    def offered(self, mud: MudConnection, item: Offered) -> None:
        """The MUD offers an option, or asks us for one, and waits for an answer."""
        if item.option not in OPTIONS:
            return
        self._mud = mud
        side = _Side(item.option, item.local)
        offer = self._offers.setdefault(side, _Offer())
        offer.answer = None
        for client in self._clients.values():
            if client.client_id not in offer.refused:
                client.offer(item.option, local=not item.local)
        self._settle(side)

    def mud_negotiated(self, mud: MudConnection, item: Negotiated) -> None:
        """The MUD has taken an option back, or agreed to it after all."""
        if item.option not in OPTIONS:
            return
        side = _Side(item.option, item.local)
        if item.enabled:
            self._mud = mud
            self._offers.setdefault(side, _Offer()).answer = True
        elif self._offers.pop(side, None) is not None:
            self._withdraw(side)
        self._follow()

    def encoding_changed(self) -> None:
        """The MUD's text is in another encoding from now on."""
        self._follow()

    def mud_gone(self) -> None:
        """The MUD is gone, and with it what it offered."""
        sides = list(self._offers)
        self._offers.clear()
        self._mud = None
        for side in sides:
            self._withdraw(side)
        self._follow()

    def client_opened(self, client: ClientConnection) -> None:
        """A client has come: it is offered what the MUD has."""
        for side in self._offers:
            client.offer(side.option, local=not side.local)

    def client_negotiated(self, client: ClientConnection, item: Negotiated) -> None:
        """A client has agreed to an option, refused it, or had enough of it."""
        side = _Side(item.option, not item.local)
        offer = self._offers.get(side)
        if offer is None:
            return
        if item.enabled:
            offer.refused.discard(client.client_id)
        else:
            offer.refused.add(client.client_id)
        self._settle(side)

    def client_changed(self, client: ClientConnection) -> None:
        """A client only watches from now on, or plays again."""
        for side in list(self._offers):
            self._settle(side)

    def client_gone(self, client_id: str) -> None:
        """A client is gone."""
        for side, offer in list(self._offers.items()):
            offer.refused.discard(client_id)
            self._settle(side)

    def from_mud(self, option: int, data: bytes) -> None:
        """Pass a message of the MUD to every client that does the option."""
        for client in self._clients.values():
            if does(client, option):
                client.send_message(option, data)

    def from_client(self, client: ClientConnection, option: int, data: bytes) -> None:
        """Pass a message of a client on; a client that only watches has no say."""
        mud = self._mud
        if mud is not None and not client.view_only and does(mud, option):
            mud.send_message(option, data)

    def _settle(self, side: _Side) -> None:
        """Answer the MUD, if the clients have; after a no, a yes is asked for."""
        mud, offer = self._mud, self._offers[side]
        if mud is None or offer.answer:
            return
        players = [client for client in self._clients.values() if not client.view_only]
        if any(_agrees(client, side) for client in players):
            if offer.answer is None:
                mud.decide(side.option, local=side.local, agree=True)
            else:
                mud.request(side.option, local=side.local, on=True)
            offer.answer = True
            self._follow()
        elif (
            offer.answer is None
            and players
            and all(client.client_id in offer.refused for client in players)
        ):
            mud.decide(side.option, local=side.local, agree=False)
            offer.answer = False

    def _withdraw(self, side: _Side) -> None:
        for client in self._clients.values():
            client.withdraw(side.option, local=not side.local)

    def _follow(self) -> None:
        """Have the markup taken out that the MUD uses now."""
        mud = self._mud
        on = [] if mud is None else [option for option in OPTIONS if does(mud, option)]
        self.plain.use(on, "utf-8" if mud is None else mud.encoding)


def _agrees(client: ClientConnection, side: _Side) -> bool:
    telnet = client.telnet
    return telnet.is_remote(side.option) if side.local else telnet.is_local(side.option)
