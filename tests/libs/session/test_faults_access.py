"""Those who have not logged in: they see nothing, cause nothing, and hold up nobody."""

from __future__ import annotations

import asyncio
import random
import re
import threading
import time

import pytest
from argon2 import PasswordHasher

from bastproxy.libs.access import Attempts, Passwords, passwords
from bastproxy.libs.net.telnet.constants import (
    AARDWOLF,
    DO,
    GMCP,
    IAC,
    MSDP,
    MSP,
    MXP,
    NAWS,
    WILL,
)
from bastproxy.testing.peer import TestClient

PASSWORD = "sesame"
MESSAGES = [GMCP, MSDP, MXP, MSP, AARDWOLF]


class Lag:
    """How long the event loop has kept a timer waiting at the worst, in seconds."""

    TICK = 0.002

    def __enter__(self):
        self.worst = 0.0
        self._loop = asyncio.get_running_loop()
        self._tick(self._loop.time())
        return self

    def __exit__(self, *_):
        self._tick(self._due)  # what has held it up until now
        self._timer.cancel()

    def _tick(self, due):
        now = self._loop.time()
        self.worst = max(self.worst, now - due)
        self._due = now + self.TICK
        self._timer = self._loop.call_at(self._due, self._tick, self._due)


class HastyClock:
    """A clock by which everybody has always waited long enough."""

    def __init__(self):
        self.now = 1e9

    def __call__(self):
        self.now += 100
        return self.now


@pytest.fixture
def locked(tmp_path, monkeypatch):
    """What makes a session ask for a password, which costs little to try."""
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: cheap)
    known = Passwords(tmp_path / "access.toml")
    known.set("play", PASSWORD)
    return {"passwords": known}


async def until(condition, seconds=10):
    """Wait until something holds that nobody announces."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - there is no event of it
            await asyncio.sleep(0)


async def log_in(world, **options):
    client = await world.connect(**options)
    await client.wait_for(lambda: client.prompts or b"password:" in client.raw, "the question")
    await client.send_line(PASSWORD)
    await until(lambda: world.session.clients)
    await client.sync()
    return client


async def test_200_who_connect_and_hang_keep_nobody_from_playing(make_world, locked):
    world = await make_world(**locked)
    player = await log_in(world)
    world.session.gate.seconds = 0.5
    strangers = [TestClient() for _ in range(200)]
    for stranger in strangers:
        await world.join(stranger)
    assert len(world.session.gate.waiting) <= world.session.gate.most_waiting // 4
    await player.send_line("look")
    assert await world.mud.read_line() == "look"
    await world.mud.send_line("you see nothing")
    await player.read_until("you see nothing")
    for stranger in strangers:
        await stranger.wait_closed()
        assert b"nothing" not in stranger.raw
        assert b"too many wait" in stranger.raw or b"not logged in" in stranger.raw
    assert world.session.gate.waiting == []
    another = await world.connect()
    await another.wait_for(lambda: another.prompts, "the question")
    await another.send_line(PASSWORD)
    await another.sync()
    await world.mud.send_line("hello")
    await another.read_until("hello")
    await world.stop()


async def test_wrong_passwords_at_speed_hold_up_nobody(make_world, locked, monkeypatch):
    """Real argon2, dearer than usual, without a pause: the event loop goes on meanwhile."""
    world = await make_world(attempts=Attempts(HastyClock()), **locked)
    player = await log_in(world)
    real = PasswordHasher(time_cost=2, memory_cost=65536, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: real)
    locked["passwords"].remove("play")
    locked["passwords"].set("play", "open " + PASSWORD)
    took, threads = [], set()

    def match(hashes, password):
        threads.add(threading.current_thread())
        began = time.monotonic()
        kind = matches(hashes, password)
        took.append(time.monotonic() - began)
        return kind

    matches = passwords._match
    monkeypatch.setattr(passwords, "_match", match)
    strangers = [await world.connect() for _ in range(3)]
    with Lag() as lag:
        for stranger in strangers:
            await stranger.send(b"".join(b"guess %d\r\n" % n for n in range(50)))
        lines = 0
        async with asyncio.timeout(30):
            while len(took) < 4:
                await player.send_line(f"look {lines}")
                assert await world.mud.read_line() == f"look {lines}"
                lines += 1
    assert threading.main_thread() not in threads
    assert lines > 20
    assert lag.worst < min(took) * 0.8
    assert [*world.session.clients] == ["client-1"]
    for stranger in strangers:
        stranger.close()
    await world.stop()


async def test_strangers_see_nothing_and_cause_nothing(make_world, locked, caplog):
    caplog.set_level("DEBUG")
    world = await make_world(**locked)
    world.session.notices = True
    player = await log_in(world, gmcp=True, accept=[MSDP, MXP, MSP])
    peer = world.mud.peer
    for option in (GMCP, MSDP, MXP, MSP):
        await peer.offer(option)
    await player.sync()
    await peer.sync()
    assert all(peer.telnet.is_local(option) for option in (GMCP, MSDP, MXP, MSP))
    events = world.collect(*(event.name for event in world.dispatcher.events()))
    known = world.session.info()
    wire = peer.wire_bytes
    stranger = await world.connect(
        gmcp=True,
        mccp2=True,
        mccp3=True,
        accept=[MSDP, MXP, MSP, AARDWOLF],
        terminals=["STRANGE", "STRANGER"],
        window=(7, 7),
        variables={"CLIENT_NAME": "STRANGER"},
    )
    await stranger.wait_for(lambda: stranger.prompts, "the question")
    for option in MESSAGES:
        stranger.send_raw(bytes((IAC, DO, option, IAC, WILL, option)))
        stranger.send_message(option, b'Core.Supports.Set ["Strange 1"]')
    stranger.send_message(GMCP, b'Core.Hello {"client": "STRANGER"}')
    stranger.send_message(MSDP, b"\1REPORT\2STRANGE")
    stranger.send_message(NAWS, bytes((0, 9, 0, 9)))
    await stranger.send(b"strange begin")
    await stranger.sync()
    await stranger.sync()
    # As long as nobody has said anything, nothing has happened.
    assert events == []
    assert peer.wire_bytes == wire
    await world.mud.send_line("secret line")
    await world.mud.send_prompt("secret prompt")
    await world.mud.send_gmcp("Secret.Message", {"a": "secret"})
    peer.send_msdp("SECRET", "secret")
    peer.send_message(MXP, b"secret")
    world.mud.echo(True)
    world.session.send_to_clients("secret of a plugin")
    await player.read_until("secret of a plugin")
    world.mud.echo(False)
    await world.mud.sync()
    await player.sync()
    await stranger.sync()
    assert b"secret" not in stranger.raw + b"".join(body for _, body in stranger.messages)
    assert {option for option, _ in stranger.messages}.isdisjoint(MESSAGES)
    assert bytes(stranger.raw) == b"[bastproxy] password: "
    assert not {MSDP, MXP, MSP, AARDWOLF} & {o for o in range(256) if stranger.telnet.is_remote(o)}
    assert [*world.session.clients] == ["client-1"]
    assert not any("client-2" in str(event) for event in events)
    assert not re.search("strange", caplog.text + str(known) + str(world.session.info()), re.I)
    assert not any("trange" in line for line in peer.lines)
    await stranger.send(b"\r\n")
    await stranger.read_until("that is not the password")
    stranger.close()
    await stranger.wait_closed()
    await player.send_line("look")
    await world.mud.read_until("look")
    assert peer.lines[-1] == "look"
    assert not any("client-2" in str(event) for event in events)
    await world.stop()


@pytest.mark.parametrize("seed", range(5))
async def test_whatever_a_stranger_sends_the_mud_hears_nothing_of_it(make_world, locked, seed):
    world = await make_world(**locked)
    player = await log_in(world)
    await world.mud.sync()
    wire = world.mud.peer.wire_bytes
    events = world.collect(*(event.name for event in world.dispatcher.events()))
    stranger = await world.connect()
    stranger.data_received = lambda data: None
    (waiting,) = world.session.gate.waiting
    known, noise = waiting.bytes_received, random.Random(seed).randbytes(40_000)
    stranger.send_raw(noise)
    await until(lambda: waiting.closed or waiting.bytes_received >= known + len(noise))
    await player.sync()
    assert events == []
    assert world.mud.peer.wire_bytes == wire
    assert [*world.session.clients] == ["client-1"]
    await world.stop()
