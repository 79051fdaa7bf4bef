from __future__ import annotations

import json

from bastproxy.libs.net.telnet.constants import GMCP

PLUGIN = "plugins.a.b"


async def on(world, connections=1):
    """Have the MUD do GMCP."""
    peer = await world.mud.wait_connected(connections)
    assert await peer.offer(GMCP)
    return peer


async def joined(world, *packages, hello=None):
    client = await world.connect(gmcp=True)
    if hello is not None:
        await client.send_gmcp("Core.Hello", hello)
    if packages:
        await client.send_gmcp("Core.Supports.Set", list(packages))
    await client.sync()
    return client


async def settled(world, peer, *clients):
    for client in clients:
        await client.sync()
    await peer.sync()


def said(peer):
    """Return the GMCP messages that an end has got since last asked."""
    found, peer.gmcp[:] = list(peer.gmcp), []
    return found


async def leave(world, client):
    found = world.collect("ev_client_disconnected")
    client.close()
    await client.wait_closed()
    peer = world.mud.peer
    await peer.sync()
    assert found


async def test_two_clients_ask_for_their_union(world):
    peer = await on(world)
    one = await joined(world, "Char 1", "Room 1", hello={"client": "one"})
    await peer.sync()
    assert said(peer) == [
        ("Core.Hello", {"client": "one"}),
        ("Core.Supports.Set", ["Char 1", "Room 1"]),
    ]
    two = await joined(world, "Room 2", "Comm 1", hello={"client": "two"})
    await peer.sync()
    assert said(peer) == [("Core.Supports.Add", ["Room 2", "Comm 1"])]
    await one.send_gmcp("Core.Supports.Remove", ["Room", "Char"])
    await settled(world, peer, one)
    assert said(peer) == [("Core.Supports.Remove", ["Char"])]
    await leave(world, one)
    assert said(peer) == []
    assert world.gmcp.hello.begin(["client-1"]) is None
    await leave(world, two)
    assert said(peer) == [("Core.Supports.Remove", ["Room", "Comm"])]


async def test_after_a_reconnect_the_mud_hears_it_all_again(world):
    """MMapper #321: after the proxy had connected anew, GMCP was dead."""
    await on(world)
    one = await joined(world, "Char 1", hello={"client": "one"})
    two = await joined(world, "Room 1")
    world.gmcp.supports.add(PLUGIN, "Comm")
    assert await world.session.reconnect()
    peer = await on(world, 2)
    assert said(peer) == [
        ("Core.Hello", {"client": "one"}),
        ("Core.Supports.Set", ["Comm 1", "Char 1", "Room 1"]),
    ]
    await peer.send_gmcp("Char.Vitals", {"hp": 1})
    assert await one.read_gmcp() == await two.read_gmcp() == ("Char.Vitals", {"hp": 1})


async def test_a_mud_that_stops_doing_gmcp_and_begins_again_hears_it_again(world):
    peer = await on(world)
    client = await joined(world, "Char 1")
    await peer.offer(GMCP, on=False)
    assert not world.gmcp.is_on
    await client.send_gmcp("Core.Ping")
    await client.sync()
    said(peer)
    assert await peer.offer(GMCP)
    assert said(peer) == [("Core.Supports.Set", ["Char 1"])]


async def test_a_late_client_is_told_what_holds(world):
    peer = await on(world)
    await joined(world, "Char 1", "Comm 1", "Core 1", "Room 1")
    for package, data in (
        ("Char.Vitals", {"hp": 1}),
        ("Room.Info", {"num": 5}),
        ("Comm.Channel.Text", {"text": "hi"}),
        ("Core.Goodbye", "bye"),
        ("Char.Items.Add", {"id": 1}),
        ("Char.Vitals", {"hp": 2}),
        ("Other.Thing", 1),
    ):
        await peer.send_gmcp(package, data)
    await peer.sync()
    late = await joined(world, "Char 1", "Comm 1", "Core 1", "Other 1")
    assert said(late) == [("Char.Vitals", {"hp": 2})]
    await late.send_gmcp("Core.Supports.Add", ["Room 1", "Char 1", "Char.Vitals 1"])
    await late.sync()
    assert said(late) == [("Room.Info", {"num": 5})]


async def test_a_client_that_only_watches_is_told_too_and_asks_for_nothing(world):
    peer = await on(world)
    await joined(world, "Char 1", hello={"client": "one"})
    await peer.send_gmcp("Char.Vitals", {"hp": 1})
    await peer.sync()
    said(peer)
    watcher = await world.connect(gmcp=True)
    world.session.set_view_only("client-2", True)
    await watcher.send_gmcp("Core.Hello", {"client": "two"})
    await watcher.send_gmcp("Core.Supports.Set", ["Char 1", "Room 1"])
    await watcher.send_gmcp("Char.Login", {})
    await settled(world, peer, watcher)
    assert said(watcher) == [("Char.Vitals", {"hp": 1})]
    assert said(peer) == []
    world.session.set_view_only("client-2", False)
    await peer.sync()
    assert said(peer) == [("Core.Supports.Add", ["Room 1"])]


async def test_one_that_may_play_now_introduces_itself(world):
    peer = await on(world)
    watcher = await world.connect(gmcp=True)
    world.session.set_view_only("client-1", True)
    await watcher.send_gmcp("Core.Hello", {"client": "it"})
    await watcher.send_gmcp("Core.Supports.Set", ["Char 1"])
    await settled(world, peer, watcher)
    assert said(peer) == []
    world.session.set_view_only("client-1", False)
    await peer.sync()
    assert said(peer) == [("Core.Hello", {"client": "it"}), ("Core.Supports.Set", ["Char 1"])]


async def test_a_client_that_turns_gmcp_off_asks_for_nothing_more(world):
    peer = await on(world)
    client = await joined(world, "Char 1")
    await peer.sync()
    said(peer)
    await client.ask(GMCP, on=False)
    await peer.sync()
    assert said(peer) == [("Core.Supports.Remove", ["Char"])]


async def test_a_plugin_withholds_a_message_or_says_who_gets_it(world):
    peer = await on(world)
    one, two = await joined(world, "Char 1"), await joined(world, "Char 1")
    world.on("ev_gmcp_char.vitals", lambda record: record.update(send=False))
    world.on("ev_gmcp_room.info", lambda record: record.update(clients=["client-2"]))
    for package in ("Char.Vitals", "Room.Info", "Char.Name"):
        await peer.send_gmcp(package, 1)
    await peer.sync()
    for client in (one, two):
        await client.sync()
    assert said(one) == [("Char.Name", 1)]
    assert said(two) == [("Room.Info", 1), ("Char.Name", 1)]


async def test_broken_json_reaches_the_clients_byte_for_byte(world):
    peer = await on(world)
    client = await joined(world)
    client._subnegotiation = lambda option, data: client.messages.append((option, data))
    found = world.collect("ev_gmcp")
    messages = [b'Char.Vitals {"hp":', b"", b"\xff\xfe {\x00}", b'x{"a":1}', b"[" * 5000]
    for message in messages:
        peer.send_message(GMCP, message)
    await peer.sync()
    await client.sync()
    assert client.messages == [(GMCP, message) for message in messages]
    assert [bool(record["error"]) for record in found] == [True, True, False]


async def test_thousands_of_packages_are_asked_for_piece_by_piece(world):
    world.gmcp.supports.add(PLUGIN, [f"Package{number}.Long.Name" for number in range(5000)])
    peer = await on(world)
    await peer.sync()
    lists = [data for package, data in said(peer) if package.startswith("Core.Supports")]
    assert sum(map(len, lists)) == 5000
    assert max(len(json.dumps(data)) for data in lists) < 5000
