from __future__ import annotations

import asyncio
import socket

from bastproxy.libs.net.telnet.constants import DO, IAC, WILL

LINE = b"%06d The quick brown fox jumps over the lazy dog.\r\n"


async def counted(client, count):
    await client.wait_for(lambda: len(client.lines) >= count, f"line {count}")


async def test_a_flood_reaches_everybody_but_who_does_not_read(make_world):
    world = await make_world(queue_limit=200_000)
    one, two = await world.connect(), await world.connect()
    idle = await world.connect()
    idle.timeout = one.timeout = two.timeout = 30
    idle.pause_reading()
    count = 100_000
    # A reader that shares our event loop gets its turn between the parts.
    for start in range(0, count, 2_000):
        await world.mud.send(b"".join(LINE % n for n in range(start, start + 2_000)))
        await counted(one, start + 2_000)
        await counted(two, start + 2_000)
    for client in (one, two):
        assert [int(line[:6]) for line in client.lines] == list(range(count))
    behind = world.session.clients["client-3"]
    assert behind.queued <= 200_000
    assert behind.lines_left_out > 0
    idle.resume_reading()
    await counted(idle, count - behind.lines_left_out + 1)
    notice = f"[bastproxy] {behind.lines_left_out} lines were left out, because this client was"
    assert [line for line in idle.lines if line.startswith(notice)]
    numbers = [int(line[:6]) for line in idle.lines if line[:6].isdigit()]
    assert numbers == sorted(numbers)
    assert numbers[-1] == count - 1
    await world.stop()


async def test_a_line_of_10_mb_from_a_client_arrives_whole(world):
    client = await world.connect()
    found = world.collect("ev_from_client_event")
    world.mud.peer.timeout = 30
    await client.send(b"x" * 10_000_000 + b"\r\n")
    line = await world.mud.read_line()
    assert len(line) == 10_000_000
    assert max(len(one["line"]) for one in found) == 65536
    assert [one["continues"] for one in found] == [True] * (len(found) - 1) + [False]
    await client.send_line("look")
    assert await world.mud.read_line() == "look"


async def test_a_client_that_vanishes_inside_a_line_leaves_no_trace(world):
    other = await world.connect()
    world.session.quiet_time = 60
    client = await world.connect()
    await client.send(b"drop every")
    await client.sync()
    found = world.collect("ev_client_disconnected")
    client.reset()
    while not found:
        await other.sync()
    assert "reset" in found[0]["reason"]
    await other.send_line("look")
    assert await world.mud.read_line() == "look"


async def test_a_mud_that_resets_the_connection_is_reported(world):
    client = await world.connect()
    world.session.notices = True
    found = world.collect("ev_mud_disconnected")
    await world.mud.send_line("last words")
    await client.read_line()
    world.mud.peer.reset()
    assert "the connection was reset" in await client.read_line()
    assert found[0]["reason"] == "the connection was reset"


async def test_clients_are_held_up_while_the_mud_takes_nothing(world):
    client = await world.connect()
    mud = world.mud.peer
    mud.timeout = client.timeout = 30
    mud.pause_reading()
    known = world.session.clients["client-1"]
    sent = 0
    congested = asyncio.Event()
    told = world.session.mud_writable
    pauses = []

    def writable(connection, yes):
        told(connection, yes)
        pauses.append(yes)
        congested.set()

    world.session.mud_writable = writable
    data = b"say something rather long that fills the buffers\r\n" * 2_000
    while not congested.is_set():
        await client.send(data)
        sent += 1
        await asyncio.sleep(0)
    assert not known._transport.is_reading()
    queued = world.session.mud.queued
    for _ in range(20):
        await client.send(data)
        sent += 1
        await asyncio.sleep(0)
    assert world.session.mud.queued == queued
    newcomer = await world.connect_only()
    assert not world.session.clients[newcomer]._transport.is_reading()
    mud.resume_reading()
    await counted(mud, sent * 2_000)
    assert len(mud.lines) == sent * 2_000
    assert pauses[-1]
    assert known._transport.is_reading()


async def test_a_plugin_cannot_fill_the_memory_with_lines_for_a_mud_that_hangs(world, caplog):
    world.mud.peer.pause_reading()
    line = "x" * 10_000
    for _ in range(2_000):
        world.session.send_to_mud(line)
    assert world.session.mud.queued <= 1 << 22
    assert caplog.text.count("lines sent now are lost") == 1


async def test_a_peer_that_asks_and_does_not_read_the_answers_is_cut_off(world):
    client = await world.connect()
    client.pause_reading()
    sock = client._transport.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    asks = bytes((IAC, DO, 99, IAC, WILL, 99)) * 50_000
    found = world.collect("ev_client_disconnected")
    while not found:
        client.send_raw(asks)
        await asyncio.sleep(0)
    assert world.session.clients == {}


async def test_many_clients_come_and_go(world):
    for _ in range(50):
        client = await world.connect()
        client.close()
        await client.wait_closed()
    last = await world.connect()
    assert list(world.session.clients) == ["client-51"]
    assert len(world.session._sockets) <= 3
    await world.mud.send_line("hello")
    assert await last.read_line() == "hello"


async def test_closing_ends_everything(make_world):
    world = await make_world()
    client = await world.connect()
    found = world.collect("ev_client_disconnected", "ev_mud_disconnected")
    await world.session.close()
    await client.wait_closed()
    await world.mud.peer.wait_closed()
    assert {one["reason"] for one in found} == {"the proxy ends"}
    assert not await world.session.connect(world.mud.host, world.mud.port)
    await world.stop()


async def test_closing_does_not_wait_for_a_client_that_hangs(make_world):
    world = await make_world()
    client = await world.connect()
    client.pause_reading()
    for _ in range(100):
        world.session.send_to_clients("x" * 100_000)
    async with asyncio.timeout(5):
        await world.session.close()
    client.resume_reading()
    await client.wait_closed()
    await world.stop()
