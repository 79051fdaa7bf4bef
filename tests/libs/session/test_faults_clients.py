"""Clients that hang: everybody else has everything, and they are told what they missed."""

from __future__ import annotations

import asyncio
import random
import socket

import pytest

from bastproxy.testing.peer import TestClient

NOTICE = "lines were left out, because this client was reading too slowly."
LIMIT = 100_000


def line(number):
    """One that cannot be compressed to nothing."""
    noise = random.Random(number).randbytes(190).hex()
    return f"{number:07} The goblin misses you with its rusty sword {noise}, and you laugh at it."


async def until(condition, seconds=10):
    """Wait until something holds that nobody announces."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - there is no event of it
            await asyncio.sleep(0)


def narrow(client, known):
    """Have the kernel keep little of what a client does not take."""
    for end, option in ((client, socket.SO_RCVBUF), (known, socket.SO_SNDBUF)):
        sock = end._transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, option, 8192)


async def hang(world, count):
    """Connect clients that take nothing."""
    for _ in range(count):
        client = TestClient()
        await world.join(client)
        client.pause_reading()
    await until(lambda: len(world.session.clients) == count)
    for client, known in zip(world.clients, world.session.clients.values(), strict=True):
        narrow(client, known)


async def play(world, reader, count, *, step, pad=""):
    """Have the MUD say numbered lines; the reader, who shares our loop, keeps up."""
    for known in range(step, count + 1, step):
        lines = [line(number) for number in range(known - step, known)]
        await world.mud.send("".join(f"{one}{pad}\r\n" for one in lines).encode())
        await reader.wait_for(lambda known=known: len(reader.lines) >= known, "every line")
    assert [int(one[:7]) for one in reader.lines] == [*range(count)]


def check_gaps(client, count):
    """Each line came once, whole and in order, or was announced as left out."""
    left_out, numbers = 0, []
    for one in client.lines:
        if one.endswith(NOTICE):
            left_out += int(one.split()[1])
        else:
            numbers.append(int(one[:7]))
            assert one == line(numbers[-1])
    assert numbers == sorted(set(numbers))
    assert len(numbers) + left_out == count
    return left_out


async def test_200_clients_that_hang_cost_the_others_nothing(world):
    world.session.queue_limit = LIMIT
    await hang(world, 200)
    reader = await world.connect()
    reader.timeout = 30
    await play(world, reader, 600, step=50, pad="." * 2_000)
    hanging = [*world.session.clients.values()][:200]
    assert all(client.lines_left_out for client in hanging)
    assert all(client.queued <= LIMIT for client in hanging)
    # The one step that the transport was given last is beside the queue.
    assert all(client._transport.get_write_buffer_size() < 400_000 for client in hanging)
    await reader.send_line("look")
    assert await world.mud.read_line() == "look"
    for client in world.clients[:200]:
        client.reset()
    await until(lambda: len(world.session.clients) == 1)
    await world.mud.send_line("alone at last")
    await reader.read_until("alone at last")


@pytest.mark.parametrize("mccp2", [False, True])
async def test_a_client_that_stops_reading_for_an_hour_misses_what_it_is_told(world, mccp2):
    """Five long lines a second make some 8 MB in an hour."""
    reader = await world.connect()
    idle = await world.connect(mccp2=mccp2)
    reader.timeout = idle.timeout = 30
    if mccp2:
        await idle.wait_for(lambda: idle.compressed[0], "MCCP2")
    idle.pause_reading()
    behind = world.session.clients["client-2"]
    sock = behind._transport.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 17)
    count = 3_600 * 5
    await play(world, reader, count, step=1_000)
    assert behind.queued <= behind.queue_limit
    idle.resume_reading()
    await idle.read_until(line(count - 1))
    await idle.sync()
    assert not idle.broken
    assert check_gaps(idle, count) == behind.lines_left_out > 0
    await idle.send_line("look")
    assert await world.mud.read_line() == "look"
