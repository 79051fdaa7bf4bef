"""What a player defines is there after a reload of any plugin, and after a kill; and it works."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

from bastproxy.testing import ProxyHarness, ScriptedMud, TestClient

LOADER = "libs.plugins.loader"
WAIT = 20

DEFINITIONS = r"""
variables.set food bread
triggers.add '^(\w+) are hungry' -send 'eat ${food}, $1' -name hungry -group needs
triggers.add '^A fly buzzes' -gag
triggers.add thirsty -send drink -name drink
triggers.off drink
triggers.add sleepy -send sleep -group night
triggers.group night off
timers.add tick 0.1s -send 'timer ticks'
timers.add never 0.1s -send 'timer never'
timers.off never
timers.add daily at 03:00 -zone Europe/Berlin -days sat,sun -send 'timer daily'
timers.add later in 2h -send 'timer later'
aliases.add k 'kill %1;loot'
aliases.add '^x(\d+)$' 'examine $1.rat' -regex
aliases.add gone 'never'
aliases.off gone
highlights.add orc red
highlights.add elf blue -group fair
highlights.group fair off
substitutes.add '(\w+) hits' '$1 HITS'
gags.add '^\w+ yawns'
notify.add '^\w+ tells you' -name tells
notify.set mark '*** '
notify.set bell false
notify.set limit 1000
input.set speedwalk ,
queue.set mark >
sessionlog.on plain
""".strip().splitlines()

HEARD = """
You are hungry.
You are thirsty.
You are sleepy.
A fly buzzes.
An orc and an elf.
Bob hits you.
Bob yawns.
Bob tells you: hello
""".strip().splitlines()

SHOWN = [
    *HEARD[:3],
    "An \x1b[31morc\x1b[0m and an elf.",
    "Bob HITS you.",
    "*** Bob tells you: hello",
]

TYPED = {
    "k rat": ["kill rat", "loot"],
    "x3": ["examine 3.rat"],
    "gone": ["gone"],
    ",2n": ["n", "n"],
    ">cast light": ["cast light"],
    "!remember": ["remember me"],
}

LISTED = {
    "triggers.list": ["hungry", "drink", "night"],
    "timers.list": ["tick", "never", "daily", "03:00", "Europe/Berlin", "later"],
    "sessionlog.show": ["logged as plain"],
    "variables.list": ["bread"],
}


async def typed(client, line):
    """Type a line; return what the proxy says to it."""
    before = len(client.lines)
    await client.send_line(line)
    await client.sync()
    return client.lines[before:]


async def define(client):
    await typed(client, "remember me")
    for command in DEFINITIONS:
        answer = await typed(client, f"#bp.{command}")
        assert answer, command


async def check(mud, client, what):
    """Check that all that was defined works."""
    await mud.sync()
    before = len(mud.peer.lines), len(client.lines)
    for line in HEARD:
        await mud.send_line(line)
    await mud.sync()
    await client.sync()
    assert client.lines[before[1] :] == SHOWN, what
    for line in TYPED:
        await typed(client, line)
        await mud.send_prompt("> ")  # the queue goes on
    await mud.sync()
    got = [line for line in mud.peer.lines[before[0] :] if not line.startswith("timer ")]
    assert got == ["eat bread, You", *(part for parts in TYPED.values() for part in parts)], what
    rung = len(mud.peer.lines)
    await mud.peer.wait_for(lambda: "timer ticks" in mud.peer.lines[rung:], f"{what}: the timer")
    assert {line for line in mud.peer.lines if line.startswith("timer ")} == {"timer ticks"}, what
    for command, words in LISTED.items():
        answer = "\n".join(await typed(client, f"#bp.{command}"))
        assert [word for word in words if word not in answer] == [], (what, answer)


def kept(home):
    """Return what is in the files that keep definitions."""
    return {str(path.relative_to(home)): path.read_text() for path in home.glob("data/*/*.toml")}


@pytest.mark.parametrize("kind", ["client", "core"])
async def test_definitions_survive_a_reload_of_each_plugin(tmp_path, kind):
    async with ProxyHarness(tmp_path) as proxy:
        client = await proxy.connect()
        await define(client)
        await check(proxy.mud, client, "before")
        files = kept(tmp_path)
        assert len(files) >= 10
        loaded = proxy.api(f"{LOADER}:get.loaded.plugins.list")()
        plugin_ids = [name for name in loaded if name.startswith(f"plugins.{kind}.")]
        assert len(plugin_ids) >= 10
        for plugin_id in plugin_ids:
            assert proxy.api(f"{LOADER}:reload.plugin")(plugin_id), plugin_id
            await check(proxy.mud, client, f"after a reload of {plugin_id}")
        assert kept(tmp_path) == files
        counted = proxy.api("plugins.client.statistics:get")()
        assert counted["lines_in"] >= len(HEARD) * (len(plugin_ids) + 1)
        assert [line for line in proxy.log if not line.startswith("INFO")] == []


async def test_definitions_survive_a_reload_of_all_plugins_at_once(tmp_path):
    async with ProxyHarness(tmp_path) as proxy:
        client = await proxy.connect()
        await define(client)
        loaded = proxy.api(f"{LOADER}:get.loaded.plugins.list")()
        proxy.api(f"{LOADER}:reload.plugins")(loaded)
        await check(proxy.mud, client, "after a reload of all")


async def test_definitions_survive_an_orderly_restart(tmp_path):
    async with ProxyHarness(tmp_path) as proxy:
        await define(await proxy.connect())
        files = kept(tmp_path)
    async with ProxyHarness(tmp_path) as proxy:
        await check(proxy.mud, await proxy.connect(), "after a restart")
        assert kept(tmp_path) == files


@contextmanager
def running(home, mud):
    """Run the proxy as a program; yield host and port. It is killed at the end of the block."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "bastproxy", "run"),
            *("--home", str(home), "--listen", "127.0.0.1:0", "--mud", f"{mud.host}:{mud.port}"),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        host, _, port = process.stdout.readline().split()[-1].rpartition(":")
        yield host, int(port)
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.communicate()


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
async def test_definitions_survive_a_kill(tmp_path):
    mud = ScriptedMud(timeout=WAIT)
    await mud.start()
    try:
        with running(tmp_path, mud) as address:
            client = await player(mud, address, 1)
            await typed(client, "remember me")
            await written(tmp_path / "data/plugins.client.input/history.json", "remember me")
            await define(client)
            files = kept(tmp_path)
        assert kept(tmp_path) == files
        with running(tmp_path, mud) as address:
            client = await player(mud, address, 2)
            await check(mud, client, "after a kill")
            assert kept(tmp_path) == files
            await check(mud, client, "once more")
    finally:
        await mud.stop()


async def written(path, text):
    """Wait until a text is in a file; what is typed is kept a moment later."""
    async with asyncio.timeout(WAIT):
        while not (path.exists() and text in path.read_text()):  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.01)


async def player(mud, address, connections):
    """Return a client that is connected, through the proxy, to the MUD."""
    client = TestClient(timeout=WAIT)
    await client.connect(*address)
    await mud.wait_connected(connections)
    await mud.sync()
    await client.sync()
    return client
