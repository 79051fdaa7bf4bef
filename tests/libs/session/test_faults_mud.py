"""A MUD that breaks off, that contradicts, or that takes nothing."""

from __future__ import annotations

import asyncio
import os
import re

import pytest

from bastproxy.libs.net.sockets import KeepAlive
from bastproxy.libs.net.telnet.constants import (
    DO,
    DONT,
    GMCP,
    IAC,
    MCCP2,
    MCCP3,
    MXP,
    SB,
    WILL,
    WONT,
)
from bastproxy.libs.session import mudside
from bastproxy.libs.session.reconnect import Backoff

ANSWERS = {WILL: DONT, WONT: DO, DO: WONT, DONT: WILL}


async def until(condition, seconds=10):
    """Wait until something holds that nobody announces."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - there is no event of it
            await asyncio.sleep(0)


async def lose(world, peer):
    """Have the MUD reset the connection, and return the end of the next one."""
    world.session.reconnector.backoff = Backoff(first=0.01)
    found = world.collect("ev_mud_disconnected")
    peer.reset()
    await until(lambda: found)
    assert found[0]["reason"] == "the connection was reset"
    return await world.mud.wait_connected(2)


async def goes_on(client, peer):
    """Check that nothing of what was broken off is in the way."""
    known = len(client.lines)
    assert await peer.offer(GMCP)
    await peer.send_line("hello again")
    await peer.send_gmcp("Char.Name", {"name": "Bast"})
    await client.wait_for(lambda: client.gmcp[-1:] == [("Char.Name", {"name": "Bast"})])
    assert client.lines[known:] == ["hello again"]
    await client.send_line("look")
    assert await peer.read_line() == "look"


@pytest.mark.parametrize("cut", [0, 1, 10, 40])
async def test_a_reset_inside_a_compressed_block(world, cut):
    client = await world.connect(gmcp=True)
    peer = world.mud.peer
    await client.send_line("north")  # somebody plays, so it is to be connected again
    await world.mud.read_line()
    assert await peer.offer(MCCP2)
    deflater, peer._deflater = peer._deflater, None
    whole = deflater.compress(b"whole\r\nhalf a line ")
    peer.send_raw(whole + deflater.compress(os.urandom(60))[:cut])
    await client.read_until(b"whole\r\nhalf a line ")
    again = await lose(world, peer)
    assert not world.session.mud.compressed_in
    client.lines.clear()
    await again.send(b"\r\n")
    await client.read_line()
    await goes_on(client, again)
    assert await again.offer(MCCP2)
    await again.send_line("compressed again")
    await client.read_until("compressed again\r\n")
    assert world.session.mud.compressed_in


@pytest.mark.parametrize(
    "rest",
    [
        bytes((IAC,)),
        bytes((IAC, SB)),
        bytes((IAC, SB, GMCP)),
        bytes((IAC, SB, GMCP)) + b"Char.Vitals {",
        bytes((IAC, SB, GMCP)) + b"Char.Vitals {}\xff",
        bytes((IAC, SB, MCCP2)),
        bytes((IAC, WILL)),
    ],
)
async def test_a_reset_inside_a_command(world, rest):
    client = await world.connect(gmcp=True)
    peer = world.mud.peer
    assert await peer.offer(GMCP)
    await client.send_line("north")
    await world.mud.read_line()
    peer.send_raw(b"whole\r\n" + rest)
    await client.read_line()
    again = await lose(world, peer)
    await goes_on(client, again)
    assert len(client.gmcp) == 1


async def test_a_mud_that_contradicts_whatever_we_say_holds_up_nobody(world):
    """One that asks and asks is answered; each of its words gets one of ours at most."""
    client = await world.connect()
    peer = world.mud.peer
    mine, theirs = [0], [0]

    def contradict(data):
        for command in re.findall(rb"\xff[\xfb-\xfe].", data, re.DOTALL):
            theirs[0] += 1
            if mine[0] < 20_000:
                say(ANSWERS[command[1]], command[2])

    def say(verb, option):
        mine[0] += 1
        peer._transport.write(bytes((IAC, verb, option)))

    receive, peer.data_received = peer.data_received, contradict
    for option in set(range(256)) - {MCCP3}:  # so that it can read what we say
        for verb in (WILL, DO):
            say(verb, option)
    lines = 0
    async with asyncio.timeout(20):
        while mine[0] < 20_000:
            await peer.send_line(f"line {lines}")
            assert await client.read_line() == f"line {lines}"
            lines += 1
    assert lines > 10
    assert theirs[0] <= mine[0]
    peer.data_received = receive
    await client.send_line("look")
    assert (await world.mud.read_until("look")).endswith(b"look\r\n")


@pytest.mark.parametrize("down", [True, False])
async def test_a_peer_that_sends_everything_back_comes_to_rest(world, down):
    client = await world.connect()
    peer = world.mud.peer if down else client
    other = client if down else world.mud.peer
    sent = [0]

    def reflect(data):
        sent[0] += len(data)
        peer._transport.write(data)

    peer.data_received = reflect
    peer.send_raw(b"".join(bytes((IAC, verb, n)) for n in range(256) for verb in (WILL, DO)))
    quiet = 0
    async with asyncio.timeout(10):
        while quiet < 3:
            before = sent[0]
            await peer.send(b"tick\n")
            count = other.raw.count(b"tick") + 1
            await other.wait_for(lambda count=count: other.raw.count(b"tick") >= count)
            quiet = quiet + 1 if sent[0] == before else 0
    assert sent[0] < 256 * 3 * 20


async def test_an_option_offered_and_withdrawn_without_end_ends_where_it_ends(world):
    client, idle = await world.connect(accept=[MXP]), await world.connect(accept=[MXP])
    idle.pause_reading()
    peer = world.mud.peer
    for _ in range(300):
        peer._transport.write(bytes((IAC, WILL, MXP, IAC, WONT, MXP)) * 10)
        await asyncio.sleep(0)
    peer._transport.write(bytes((IAC, WILL, MXP)))
    await peer.send_line("done")
    await client.read_until("done")
    await client.wait_for(lambda: client.telnet.is_remote(MXP), "MXP")
    assert len(world.session.clients) == 2
    assert world.session.clients["client-2"].queued < 1000
    idle.resume_reading()
    await idle.wait_for(lambda: idle.telnet.is_remote(MXP), "MXP")
    await idle.read_until("done")


@pytest.mark.parametrize("compressed", [False, True])
async def test_while_the_mud_takes_nothing_all_else_goes_on(world, compressed):
    client, other = await world.connect(gmcp=True), await world.connect()
    peer = world.mud.peer
    if compressed:
        assert await peer.offer(MCCP3)
        await peer.wait_for(lambda: peer.compressed[0], "MCCP3")
    peer.pause_reading()
    async with asyncio.timeout(10):
        while not world.session.mud.congested:
            await client.send(os.urandom(50_000).hex().encode() + b"\r\n")
            await asyncio.sleep(0)
    await peer.send_line("you are hit")
    peer.send_message(GMCP, b"Char.Vitals {}")
    for one in (client, other):
        await one.read_until("you are hit")
    late = await world.connect_only()
    assert late in world.session.clients
    other.close()
    await other.wait_closed()
    async with asyncio.timeout(5):
        while "client-2" in world.session.clients:
            await peer.send_line("you are hit again")  # none is read from, so this tells
            await asyncio.sleep(0)
    world.session.disconnect("the player has had enough")
    assert world.session.mud is None
    assert await world.session.connect(world.mud.host, world.mud.port)
    again = await world.mud.wait_connected(2)
    peer.resume_reading()
    await again.send_line("hello again")
    await client.read_until("hello again")
    known = len(again.lines)
    await client.send_line("look")
    await again.wait_for(lambda: "look" in again.lines[known:])


async def test_a_mud_that_takes_nothing_for_too_long_is_given_up(make_world, monkeypatch):
    def impatient(*args, **options):
        return real(*args, times=KeepAlive(1, 1, 1), **options)

    real = mudside.MudConnection
    monkeypatch.setattr(mudside, "MudConnection", impatient)
    world = await make_world()
    client = await world.connect()
    found = world.collect("ev_mud_disconnected")
    world.mud.peer.pause_reading()
    line = b"x" * 10_000 + b"\r\n"
    async with asyncio.timeout(10):
        while not world.session.mud.congested:
            await client.send(line * 20)
            await asyncio.sleep(0)
    await until(lambda: found, 20)
    assert world.session.mud is None
    assert found[0]["reason"]
    world.mud.peer.resume_reading()
    assert await world.session.connect(world.mud.host, world.mud.port)
    again = await world.mud.wait_connected(2)
    await again.send_line("hello again")
    await client.read_until("hello again")
    await world.stop()
