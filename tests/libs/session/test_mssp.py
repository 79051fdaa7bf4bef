from __future__ import annotations

from bastproxy.libs.net.telnet.constants import MSSP
from bastproxy.testing.peer import TestClient

BODY = b"\1NAME\2Low Tolling\1PLAYERS\0027"


async def told(world) -> None:
    peer = world.mud.peer
    await peer.offer(MSSP)
    await peer.sync()
    peer.send_message(MSSP, BODY)
    await peer.sync()


async def test_what_the_mud_says_of_itself_reaches_clients_and_plugins(world):
    client = TestClient(accept=[MSSP])
    await world.join(client)
    await client.sync()
    assert not client.telnet.is_remote(MSSP)
    await told(world)
    assert world.session.beside.mssp.values == {"NAME": ["Low Tolling"], "PLAYERS": ["7"]}
    await client.sync()
    await client.sync()
    late = TestClient(accept=[MSSP])
    await world.join(late)
    await late.sync()
    await late.sync()
    for one in (client, late):
        assert one.mssp == {"NAME": ["Low Tolling"], "PLAYERS": ["7"]}


async def test_the_next_mud_tells_its_own(world):
    await told(world)
    await world.lose_mud()
    assert world.session.beside.mssp.values == {}
