from __future__ import annotations

from bastproxy.libs.net.telnet.constants import MSDP
from bastproxy.libs.net.telnet.options.msdp import pack, unpack

PLUGIN = "plugins.a.b"


async def on(world, connections=1):
    """Have the MUD do MSDP."""
    peer = await world.mud.wait_connected(connections)
    assert await peer.offer(MSDP)
    return peer


async def joined(world, *reports):
    client = await world.connect(accept=[MSDP])
    await client.sync()
    for name in reports:
        client.send_msdp("REPORT", name)
    await client.sync()
    return client


def said(peer):
    """Return the MSDP variables that an end has got since last asked."""
    found, peer.msdp[:] = list(peer.msdp), []
    return found


async def test_it_is_offered_to_clients_when_the_mud_does_it(world):
    early, plain = await world.connect(accept=[MSDP]), await world.connect()
    assert not early.telnet.is_remote(MSDP)
    await on(world)
    await early.sync()
    late = await joined(world)
    assert early.telnet.is_remote(MSDP)
    assert late.telnet.is_remote(MSDP)
    assert not plain.telnet.is_remote(MSDP)


async def test_variables_go_both_ways_byte_for_byte(world):
    peer = await on(world)
    client, plain = await joined(world), await world.connect()
    told = pack("ROOM", {"VNUM": "1", "EXITS": {"n": "2"}, "ODD": ["\udcff"]}) + b"\1X\2a\2b"
    world.collect("ev_msdp")
    peer.send_message(MSDP, told)
    await peer.sync()
    for end in (client, plain):
        await end.sync()
    assert client.messages == [(MSDP, told)]
    assert plain.messages == []
    assert world.msdp.get("x") == ["a", "b"]
    asked = pack("LIST", "COMMANDS") + b"\1SEND\2A\2B"
    client.send_message(MSDP, asked)
    await client.sync()
    await peer.sync()
    assert peer.messages == [(MSDP, asked)]


async def test_what_one_client_wants_the_other_does_not_take_away(world):
    peer = await on(world)
    one, two = await joined(world, "HEALTH", "MANA"), await joined(world, "HEALTH")
    await peer.sync()
    assert said(peer) == [("REPORT", "HEALTH"), ("REPORT", "MANA"), ("REPORT", "HEALTH")]
    two.send_msdp("UNREPORT", "HEALTH")
    one.send_msdp("UNREPORT", ["MANA", "HEALTH"])
    two.send_msdp("SEND", "ROOM")
    for client in (two, one):
        await client.sync()
    await peer.sync()
    gone = [pair for pair in said(peer) if pair[0] == "UNREPORT"]
    assert gone == [("UNREPORT", ["MANA", "HEALTH"])]


async def test_after_a_reconnect_the_union_is_reported_again(world):
    await on(world)
    client = await joined(world, "HEALTH")
    await joined(world, "MANA")
    world.msdp.reports.add(PLUGIN, "ROOM")
    assert await world.session.reconnect()
    peer = await on(world, 2)
    assert said(peer) == [("REPORT", ["ROOM", "HEALTH", "MANA"])]
    peer.send_msdp("HEALTH", "5")
    await client.wait_for(lambda: client.msdp)
    assert said(client) == [("HEALTH", "5")]


async def test_who_leaves_takes_what_it_wanted_along(world):
    peer = await on(world)
    client = await joined(world, "HEALTH")
    await peer.sync()
    said(peer)
    client.close()
    await peer.wait_for(lambda: peer.msdp)
    assert said(peer) == [("UNREPORT", ["HEALTH"])]


async def test_who_only_watches_has_no_say(world):
    peer = await on(world)
    client = await world.connect(accept=[MSDP])
    world.session.set_view_only("client-1", True)
    client.send_msdp("REPORT", "HEALTH")
    client.send_msdp("SEND", "HEALTH")
    await client.sync()
    await peer.sync()
    assert said(peer) == []
    world.session.set_view_only("client-1", False)
    await peer.sync()
    assert said(peer) == [("REPORT", ["HEALTH"])]


async def test_one_variable_of_a_message_can_be_withheld(world):
    peer = await on(world)
    client = await joined(world)
    world.on("ev_msdp_mana", lambda record: record.update(send=False))
    peer.send_message(MSDP, pack("HEALTH", "1") + pack("MANA", "2") + pack("ROOM", {"a": "b"}))
    await peer.sync()
    await client.sync()
    assert [unpack(data) for _, data in client.messages] == [
        [("HEALTH", "1")],
        [("ROOM", {"a": "b"})],
    ]
