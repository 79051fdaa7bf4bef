"""A peer that sends too much at once loses its own connection at most, and holds up nobody."""

from __future__ import annotations

import asyncio
import tracemalloc

import pytest

from bastproxy.libs.net.telnet.compression import BOMB_BYTES
from bastproxy.libs.net.telnet.constants import GMCP, IAC, MCCP2, SB, SE

MEGABYTE = 1 << 20
SB_GMCP = bytes((IAC, SB, GMCP))
IAC_SE = bytes((IAC, SE))


class Memory:
    """How much more memory is in use at the worst than at the beginning, in bytes."""

    def __enter__(self):
        tracemalloc.start()
        self._before = tracemalloc.get_traced_memory()[0]
        return self

    def __exit__(self, *_):
        tracemalloc.stop()

    @property
    def peak(self):
        return tracemalloc.get_traced_memory()[1] - self._before


def count_only(peer):
    """Have an end keep nothing of what it gets, and only count it."""
    peer.data_received = lambda data: setattr(peer, "wire_bytes", peer.wire_bytes + len(data))


async def pour(peer, data, count):
    """Send something again and again, no faster than it is taken."""
    for _ in range(count):
        if peer.closed.is_set():
            return
        peer.send_raw(data)
        await until(lambda: not peer._transport.get_write_buffer_size() or peer.closed.is_set())


async def until(condition, seconds=10):
    """Wait until something holds that nobody announces."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - there is no event of it
            await asyncio.sleep(0)


async def test_a_bomb_of_the_mud_ends_its_connection_and_nothing_else(world):
    client, idle = await world.connect(), await world.connect()
    idle.pause_reading()
    count_only(client)
    peer = world.mud.peer
    assert await peer.offer(MCCP2)
    found = world.collect("ev_mud_disconnected")
    block = bytes(MEGABYTE)
    with Memory() as memory:
        await pour(peer, block, 80)
        await until(lambda: found)
        assert memory.peak < 16 * MEGABYTE
    assert "decompression bomb" in found[0]["reason"]
    assert client.wire_bytes > BOMB_BYTES - MEGABYTE  # so it was one
    assert not client.closed.is_set()
    assert await world.session.connect(world.mud.host, world.mud.port)
    await world.mud.wait_connected(2)
    newcomer = await world.connect()
    await world.mud.send_line("hello again")
    await newcomer.read_until("hello again")
    await newcomer.send_line("look")
    assert await world.mud.read_line() == "look"


async def test_a_bomb_of_a_client_ends_its_connection_and_nothing_else(world):
    other = await world.connect()
    bomber = await world.connect(mccp3=True)
    await bomber.wait_for(lambda: bomber.compressed[1], "MCCP3")
    receive = world.mud.peer.data_received
    count_only(world.mud.peer)
    found = world.collect("ev_client_disconnected")
    block = bytes(MEGABYTE)
    with Memory() as memory:
        await pour(bomber, block, 80)
        await until(lambda: found)
        assert memory.peak < 16 * MEGABYTE
    assert "decompression bomb" in found[0]["reason"]
    assert world.mud.peer.wire_bytes > BOMB_BYTES - MEGABYTE
    world.mud.peer.data_received = receive
    await other.send_line("\r\nlook")
    await world.mud.read_until("look")
    await world.mud.send_line("you see nothing")
    assert await other.read_line() == "you see nothing"


async def test_others_have_their_turn_while_a_few_bytes_become_many_lines(world):
    reader, other = await world.connect(), await world.connect()
    count_only(reader)
    peer = world.mud.peer
    assert await peer.offer(MCCP2)
    other.pause_reading()
    peer.timeout = 30
    lines = 6 << 16
    peer.send_raw(b"\n" * lines)
    await other.send_line("look")
    assert await world.mud.read_line() == "look"
    assert reader.wire_bytes < lines * 3 // 4
    await until(lambda: reader.wire_bytes >= lines, 60)


@pytest.mark.parametrize(("down", "ends"), [(True, False), (False, True)])
async def test_a_message_of_100_mb_is_discarded(world, caplog, down, ends):
    client = await world.connect(gmcp=True)
    assert await world.mud.peer.offer(GMCP)
    sender, receiver = (world.mud.peer, client) if down else (client, world.mud.peer)
    known = len(receiver.messages)
    await sender.send_line("before")
    block = b"\xff\xff" + b"x" * (MEGABYTE - 1)
    with Memory() as memory:
        sender.send_raw(SB_GMCP + b"Too.Much ")
        await pour(sender, block, 100)
        assert memory.peak < 8 * MEGABYTE
    if ends:
        sender.send_raw(IAC_SE + SB_GMCP + b"Fits.In 1" + IAC_SE)
        await sender.send_line("after")
        await receiver.read_until("before\r\nafter\r\n")
        assert receiver.messages[known:] == [(GMCP, b"Fits.In 1")]
        assert f"a GMCP message of {100 * MEGABYTE + 9} bytes: too long" in caplog.text
    else:
        found = world.collect("ev_mud_disconnected" if down else "ev_client_disconnected")
        sender.reset()
        await until(lambda: found)
        assert receiver.messages[known:] == []
        assert bytes(receiver.raw) == b"before\r\n"
