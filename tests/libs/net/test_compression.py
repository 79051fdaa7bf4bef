from __future__ import annotations

import os
import re
import zlib

import pytest

from bastproxy.libs.net.address import MudOptions
from bastproxy.libs.net.client import QUEUE_LIMIT
from bastproxy.libs.net.telnet.constants import DO, DONT, IAC, MCCP2, MCCP3, SB, SE, WILL
from bastproxy.testing.peer import ScriptedMud, TestClient

MARK2 = bytes((IAC, SB, MCCP2, IAC, SE))
LEFT_OUT = re.compile(r"\[bastproxy\] (\d+) lines? w\w+ left out")


def tapped(peer):
    """Return what comes over the wire to a peer from now on."""
    wire = bytearray()
    receive = peer.data_received

    def data_received(data):
        wire.extend(data)
        receive(data)

    peer.data_received = data_received
    return wire


def line(number):
    return b"%06d A gnarled old tree stands here, as it has since the world was made." % number


# towards a client


async def test_everything_after_the_marker_is_compressed_and_nothing_before(clients):
    peer = TestClient(mccp2=True)
    wire = tapped(peer)
    await clients.connect(peer)
    client = clients.client
    for number in range(100):
        client.send_line(line(number))
    assert await peer.read_lines(100) == [line(number).decode() for number in range(100)]
    before, marker, after = bytes(wire).partition(MARK2)
    assert marker
    assert bytes((IAC, WILL, MCCP2)) in before
    assert zlib.decompressobj().decompress(after).endswith(line(99) + b"\r\n")
    assert peer.compressed == (True, False)
    assert client.compressed_out
    assert not client.compressed_in
    assert client.ratio_out > 2
    assert client.bytes_sent == len(wire) == peer.wire_bytes


async def test_compression_ends_and_begins_again_when_the_client_wants_it(clients):
    peer = await clients.connect(mccp2=True)
    client = clients.client
    wire = tapped(peer)
    number = 0
    for _ in range(3):
        for on in (False, True):
            client.send_line(line(number))
            assert await peer.ask(MCCP2, on) is on
            client.send_line(line(number + 1))
            client.flush()
            await peer.read_lines(2)
            assert peer.compressed[0] is on
            assert client.compressed_out is on
            assert (line(number + 1) in wire) is not on
            number += 2
    assert peer.lines == [line(n).decode() for n in range(number)]
    assert client.ratio_out > 0


async def test_who_takes_its_word_back_at_once_gets_no_marker(clients):
    peer = await clients.connect()
    client = clients.client
    wire = tapped(peer)
    peer.send_raw(bytes((IAC, DO, MCCP2, IAC, DONT, MCCP2)))
    await peer.sync()
    client.send_line(b"plain")
    await peer.read_line()
    assert MARK2 not in wire
    assert not client.compressed_out


async def test_compression_that_begins_while_much_is_queued_for_a_slow_client(clients):
    peer = await clients.connect(mccp2=True)
    client = clients.client
    assert not await peer.ask(MCCP2, False)
    peer.pause_reading()
    sent = 0
    while not client._writing_paused:
        client.send_line(os.urandom(3000).hex().encode())
        client.flush()
        sent += 1
    for _ in range(20):
        client.send_line(os.urandom(3000).hex().encode())
    queued = client.queued
    assert queued > 20 * 6000
    # What the client asks for comes through although it does not read.
    peer.telnet.enable_remote(MCCP2)
    peer._flush()
    await clients.wait_for(lambda: client.telnet.is_local(MCCP2))
    assert client.queued >= queued
    assert not client.compressed_out
    for number in range(500):
        client.send_line(line(number))
    peer.resume_reading()
    await peer.wait_for(lambda: len(peer.lines) >= sent + 520)
    assert peer.lines[sent + 20 :] == [line(number).decode() for number in range(500)]
    assert client.compressed_out
    assert not peer.broken


async def test_a_compressed_client_that_is_slow_is_told_what_it_missed(clients):
    peer = await clients.connect(mccp2=True)
    client = clients.client
    peer.pause_reading()
    total = 0
    while not client.lines_left_out:
        # Nothing compresses random digits below half, so the sockets fill up.
        for _ in range(100):
            client.send_line(b"%07d %b" % (total, os.urandom(2000).hex().encode()))
            total += 1
        client.flush()
        assert client.queued <= QUEUE_LIMIT + 100_000
    client.send_line(b"the end")
    peer.resume_reading()
    await peer.wait_for(lambda: peer.lines[-1:] == ["the end"])
    assert not peer.broken
    seen = [line for line in peer.lines if line[:7].isdigit()]
    missed = sum(int(found[1]) for line in peer.lines if (found := LEFT_OUT.match(line)))
    assert len(seen) + missed == total
    assert missed == client.lines_left_out
    numbers = [int(line[:7]) for line in seen]
    assert numbers == sorted(set(numbers))


async def test_what_a_client_compresses_is_understood(clients):
    peer = await clients.connect(mccp3=True)
    client = clients.client
    for number in range(100):
        await peer.send_line(line(number).decode())
    await clients.wait_for(lambda: len(clients.lines) == 100)
    assert clients.lines == [line(number) for number in range(100)]
    assert client.compressed_in
    assert client.ratio_in > 1
    assert client.bytes_received < sum(map(len, clients.lines))


async def test_both_ways_at_once(clients):
    peer = await clients.connect(mccp2=True, mccp3=True, gmcp=True)
    assert peer.compressed == (True, True)
    await peer.send_gmcp("Core.Ping")
    await peer.send_line("look")
    await clients.wait_for(lambda: clients.lines)
    clients.client.send_line(b"\xff a tree")
    await peer.read_until(b"\xff a tree")


async def test_a_flood_in_a_few_bytes_holds_up_nobody(clients):
    peer, other = await clients.connect(mccp3=True), await clients.connect()
    total = 60_000
    peer.send_raw((b"x" * 79 + b"\n") * total)
    await other.send_line("other")
    await clients.wait_for(lambda: len(clients.lines) == total + 1)
    assert clients.lines.index(b"other") < total // 2


async def test_a_flood_waits_while_reading_is_paused(clients):
    peer = await clients.connect(mccp3=True)
    client = clients.client
    clients.client_received = lambda connection, items: (
        clients._received(connection, items),
        connection.pause_reading(),
    )
    peer.send_raw(b"x" * 79 + b"\n")
    total = 100_000
    peer.send_raw((b"x" * 79 + b"\n") * total)
    await clients.wait_for(lambda: clients.lines)
    while len(clients.lines) < total + 1:
        known = len(clients.lines)
        client.resume_reading()
        await clients.wait_for(lambda known=known: len(clients.lines) > known)
        assert len(clients.lines) - known < 30_000  # what one call may inflate
    assert len(clients.lines) == total + 1


async def test_a_bomb_ends_the_connection(clients, monkeypatch):
    monkeypatch.setattr("bastproxy.libs.net.telnet.compression.BOMB_BYTES", 4 << 20)
    peer = await clients.connect(mccp3=True)
    bomb = zlib.compressobj(9)
    parts = [bomb.compress(bytes(1 << 20)) for _ in range(6)]
    assert clients.client.compressed_in
    # Its stream has begun already: the header is not wanted again.
    peer._deflater = None
    peer.send_raw(b"".join(parts)[2:])
    await peer.wait_closed()
    assert "bomb" in clients.ended
    assert sum(map(len, clients.lines)) < 6 << 20


async def test_a_corrupt_stream_ends_the_connection_after_what_was_good(clients):
    peer = await clients.connect(mccp3=True)
    await peer.send_line("good")
    await clients.wait_for(lambda: clients.lines)
    peer._deflater = None
    peer.send_raw(b"\xff" * 100)
    await peer.wait_closed()
    assert "corrupt" in clients.ended
    assert clients.lines == [b"good"]


async def test_a_stream_is_ended_in_good_order_when_we_close(clients):
    peer = await clients.connect(mccp2=True)
    clients.client.send_line(b"bye")
    clients.client.close("it was enough")
    await peer.wait_closed()
    assert peer.lines == ["bye"]
    assert not peer.compressed[0]
    assert not peer.broken


# towards the MUD


async def test_what_the_mud_compresses_is_understood(mud):
    peer = await mud.connect(ScriptedMud(mccp2=True))
    assert peer.compressed == (False, True)
    for number in range(100):
        await peer.send_line(line(number).decode())
    await mud.wait_for(lambda: len(mud.lines) == 100)
    assert mud.lines == [line(number) for number in range(100)]
    assert mud.mud.compressed_in
    assert mud.mud.ratio_in > 1


async def test_the_mud_ends_compression_and_begins_again(mud):
    peer = await mud.connect(ScriptedMud(mccp2=True))
    for on in (False, True, False):
        await peer.send_line(f"before {on}")
        await peer.offer(MCCP2, on)
        await peer.send_line(f"after {on}")
        await mud.wait_for(lambda on=on: f"after {on}".encode() in mud.lines[-1:])
        assert mud.mud.compressed_in is on
    assert len(mud.lines) == 6


async def test_we_compress_what_the_mud_lets_us(mud):
    scripted = ScriptedMud(mccp3=True)
    peer = await mud.connect(scripted)
    wire = tapped(peer)
    mud.mud.send_text(b"look\r\n")
    assert await peer.read_line() == "look"
    assert b"look" not in wire
    assert (peer.compressed, mud.mud.compressed_out) == ((True, False), True)
    assert not await peer.offer(MCCP3, False)
    mud.mud.send_text(b"north\r\n")
    assert await peer.read_line() == "north"
    assert b"north" in wire
    assert not peer.broken
    assert not mud.mud.compressed_out


async def test_compression_that_begins_while_the_mud_takes_nothing(mud):
    peer = await mud.connect(ScriptedMud())
    peer.pause_reading()
    while not mud.mud.congested:
        mud.mud.send_text(b"x" * 50_000 + b"\r\n")
        mud.mud.flush()
    mud.mud.send_text(b"plain\r\n")
    peer.telnet.enable_local(MCCP3)
    peer._flush()
    await mud.wait_for(lambda: mud.mud.compressed_out)
    mud.mud.send_text(b"compressed\r\n")
    peer.resume_reading()
    await peer.wait_for(lambda: peer.lines[-1:] == ["compressed"])
    assert peer.lines[-2] == "plain"
    assert not peer.broken


@pytest.mark.parametrize("cut", [1, 10, 40])
async def test_a_mud_that_resets_inside_a_compressed_block(mud, cut):
    peer = await mud.connect(ScriptedMud(mccp2=True), options=MudOptions())
    await peer.send_line("whole")
    data = peer._deflater.compress(b"half a line " + os.urandom(50))
    peer._deflater = None
    peer.send_raw(data[:cut])
    await mud.wait_for(lambda: mud.lines)
    peer.reset()
    await mud.wait_for(lambda: mud.ended is not None)
    assert mud.ended == "the connection was reset"
    assert mud.lines[0] == b"whole"
