import asyncio
import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bastproxy.libs.work.recurrence import Every
from bastproxy.plugins.core.timers.libs.definition import Definition
from bastproxy.plugins.core.timers.libs.file import TimerFile
from bastproxy.testing import ProxyHarness
from bastproxy.testing.peer import TestClient

TIMERS = "plugins.core.timers"
MINE = "plugins.games.mine"
RELOAD = "libs.plugins.loader:reload.plugin"

SOURCE = """
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook


class Plugin(BasePlugin):
    @RegisterPluginHook("initialize")
    def _phook_initialize(self):
        self.data.setdefault("rung", [])
        self.api("plugins.core.timers:add")("tick", self.ring, 3600)
        self.api("plugins.core.timers:add")("fast", self.ring_later, 0.01, once=True)
        add_at = self.api("plugins.core.timers:add.at")
        add_at("meal", self.ring, "18:30", zone="Europe/Berlin", days="mon")

    def ring(self):
        self.data["rung"].append("tick")

    async def ring_later(self):
        self.api("plugins.core.events:raise.event")("ev_mine_rung")
"""


@pytest.fixture
async def proxy(tmp_path: Path) -> AsyncIterator[ProxyHarness]:
    async with ProxyHarness(tmp_path) as proxy:
        yield proxy


def file_of(home: Path) -> Path:
    return home / "data" / TIMERS / "timers.toml"


def kept(home: Path) -> dict[str, Definition]:
    said: list[str] = []
    found = TimerFile(file_of(home), said.append).read()
    assert said == []
    return found


def beats(proxy: ProxyHarness) -> dict[tuple[str, str], float]:
    """Return when each timer is due, exactly."""
    entries = proxy.app.kernel.work.schedules._entries.values()
    return {(one.owner_id, one.name): one.due for one in entries}


def write(home: Path, text: str) -> None:
    file_of(home).parent.mkdir(parents=True)
    file_of(home).write_text(text)


async def test_a_timer_of_a_plugin_by_its_apis(proxy):
    rung = proxy.events("ev_mine_rung")
    proxy.write_plugin(MINE, SOURCE)
    proxy.load(MINE)
    await rung.wait()
    found = proxy.api(f"{TIMERS}:list")(MINE)
    assert [(one["name"], one["when"], one["calls"]) for one in found] == [
        ("tick", "every 1h", 0),
        ("meal", "at 18:30 on mon Europe/Berlin", 0),
    ]
    assert found[0]["due"] == pytest.approx(time.time() + 3600, abs=20)
    assert await proxy.command("#bp.timers.off mine:tick") == [
        f"timer mine:tick is off until {MINE} is loaded again"
    ]
    assert proxy.api(f"{TIMERS}:list")(MINE)[0]["due"] is None
    lines = await proxy.command("#bp.timers.list")
    assert lines[1].split() == ["mine:tick", "every", "1h", "off", "0", "a", "plugin's"]
    proxy.write_plugin("plugins.other.mine", SOURCE)
    proxy.load("plugins.other.mine")
    assert await proxy.command("#bp.timers.on mine:tick") == [
        "which one do you mean: plugins.games.mine:tick or plugins.other.mine:tick?"
    ]
    assert proxy.api("libs.plugins.loader:unload.plugin")("plugins.other.mine")
    assert proxy.api("libs.plugins.loader:unload.plugin")(MINE)
    assert proxy.api(f"{TIMERS}:list")() == []


async def test_a_plugin_changes_its_timers(proxy):
    rung = asyncio.Event()
    add, get = proxy.api(f"{TIMERS}:add"), proxy.api(f"{TIMERS}:get")
    assert add("tick", rung.set, 0.01, enabled=False)
    assert get("tick")["enabled"] is False
    assert proxy.api(f"{TIMERS}:enable")("tick")
    await asyncio.wait_for(rung.wait(), 5)
    assert proxy.api(f"{TIMERS}:enable")("tick", False)
    assert proxy.api(f"{TIMERS}:remove")("tick")
    assert not proxy.api(f"{TIMERS}:remove")("tick")
    assert not proxy.api(f"{TIMERS}:enable")("tick")
    assert get("tick") is None
    with pytest.raises(ValueError, match="cannot be called every 0"):
        add("tick", rung.set, 0)
    with pytest.raises(ValueError, match="no time of day"):
        proxy.api(f"{TIMERS}:add.at")("tick", rung.set, "noon")


async def test_a_timer_of_a_player_sends(proxy):
    answer = await proxy.command("#bp.timers.add tick 0.1s -send look -send 'say it'")
    assert answer[0].startswith("timer tick added: every 0.1, next in ")
    assert [await proxy.mud.read_line() for _ in range(3)] == ["look", "say it", "look"]
    assert await proxy.command("#bp.timers.off tick") == ["timer tick is off"]
    lines = await proxy.command("#bp.timers.list")
    assert lines[1].split()[:4] == ["tick", "every", "0.1", "off"]
    assert lines[1].endswith("look; say it")
    assert await proxy.command("#bp.timers.on tick") == ["timer tick is on"]
    assert await proxy.command("#bp.timers.on tick") == ["timer tick is on"]
    assert await proxy.mud.read_line() in ("look", "say it")
    assert await proxy.command("#bp.timers.remove tick") == ["timer tick removed"]
    assert await proxy.command("#bp.timers.list") == ["there are no timers"]


async def test_a_timer_of_a_player_runs_commands(proxy):
    client = await proxy.connect()
    await proxy.command("#bp.timers.add once in 0.1s -send '#bp.timers.add made 1h -send look'")
    await client.read_until("timer made added: every 1h")
    assert list(kept(proxy.home)) == ["made"]


async def test_a_timer_of_a_player_does_what_typing_does(proxy):
    proxy.api("plugins.client.variables:set")("food", "bread")
    await proxy.command("#bp.aliases.add meal -send 'eat ${food}'")
    await proxy.command("#bp.timers.add noon in 0.1s -send 'meal;drink ${food} juice'")
    assert await proxy.mud.read_line() == "eat bread"
    assert await proxy.mud.read_line() == "drink bread juice"


async def test_a_timer_rings_without_the_client_plugins_too(proxy):
    for plugin_id in ("plugins.client.aliases", "plugins.client.input"):
        proxy.api("libs.plugins.loader:unload.plugin")(plugin_id)
    client = await proxy.connect()
    await proxy.command("#bp.timers.add noon in 0.1s -send 'look;' -send #bp.timers.list")
    assert await proxy.mud.read_line() == "look;"
    await client.read_until("there are no timers")


async def test_once_it_has_rung_a_timer_for_once_is_gone(proxy):
    await proxy.command("#bp.timers.add ship in 0.1s -send 'board ship'")
    assert kept(proxy.home)["ship"].once
    assert await proxy.mud.read_line() == "board ship"
    assert kept(proxy.home) == {}
    assert await proxy.command("#bp.timers.list") == ["there are no timers"]


async def test_what_is_wrong_is_said(proxy):
    for typed, expected in (
        ("add tick often -send look", "'often' is no length of time"),
        ("add tick 30s", "a timer needs something to send"),
        ("add tick 0s -send look", "a timer rings at most every 0.1 seconds"),
        ("add tick 18:61 -send look", "'18:61' is no time of day"),
        ("add tick 18:30 -zone Berlin -send look", "there is no time zone 'Berlin'"),
        ("add tick 30s -days mon -send look", "a zone and days are for a time of day"),
        ("add a:b 30s -send look", "'a:b' is no name for a timer"),
        ("remove tock", "there is no timer 'tock'"),
        ("on tock", "there is no timer 'tock'"),
        ("off plugins.games.x:tock", "there is no timer 'plugins.games.x:tock'"),
    ):
        assert (await proxy.command(f"#bp.timers.{typed}"))[0].startswith(expected)
    assert not file_of(proxy.home).exists()


async def test_each_is_saved_at_once_and_taken_up_at_the_next_start(tmp_path):
    async with ProxyHarness(tmp_path) as proxy:
        await proxy.command("#bp.timers.add tick 30s -send look")
        await proxy.command(
            "#bp.timers.add meal at 18:30 -zone Europe/Berlin -d mon -s 'eat bread'"
        )
        assert (await proxy.command("#bp.timers.add ship in 10m -send board"))[0].endswith("in 10m")
        await proxy.command("#bp.timers.off tick")
        once = await proxy.command("#bp.timers.add eve 23:59 -once -zone UTC -send sleep")
        assert once[0].startswith("timer eve added: once at 23:59 UTC, next 20")
        await proxy.command("#bp.timers.remove eve")
        before = kept(proxy.home)
        assert list(before) == ["tick", "meal", "ship"]
    async with ProxyHarness(tmp_path) as proxy:
        assert kept(proxy.home) == before
        found = {one["name"]: one for one in proxy.api(f"{TIMERS}:list")(TIMERS)}
        assert list(found) == ["meal", "ship"]
        assert found["ship"]["due"] == pytest.approx(before["ship"].due, abs=1)
        assert await proxy.command("#bp.timers.on tick") == ["timer tick is on"]
        replaced = await proxy.command("#bp.timers.add tick 60s -send look")
        assert replaced == ["timer tick replaced: every 1m, next in 1m"]


async def test_one_for_once_that_was_missed_is_kept_switched_off_and_told(tmp_path):
    write(
        tmp_path,
        '[ship]\nevery = "10m"\nsend = ["board"]\nonce = true\ndue = 2026-01-01T00:00:00Z\n',
    )
    async with ProxyHarness(tmp_path) as proxy:
        assert any("ship was to ring once while the proxy did not run" in one for one in proxy.log)
        assert not kept(tmp_path)["ship"].enabled
        assert (await proxy.command("#bp.timers.list"))[1].split()[:4] == [
            "ship",
            "in",
            "10m",
            "off",
        ]
        await proxy.command("#bp.timers.on ship")
        assert kept(tmp_path)["ship"].due == pytest.approx(time.time() + 600, abs=20)


async def test_a_broken_file_is_kept_and_told(tmp_path):
    write(tmp_path, "[tick\n")
    async with ProxyHarness(tmp_path) as proxy:
        assert any("it is kept as" in one for one in proxy.log)
        await proxy.command("#bp.timers.add tock 30s -send look")
    assert file_of(tmp_path).with_name("timers.toml.broken").read_text() == "[tick\n"
    assert list(kept(tmp_path)) == ["tock"]


async def test_a_full_disk_is_told_and_the_next_change_saves_it_all(proxy, monkeypatch):
    def full(path, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    name = "bastproxy.libs.tablefile.write_whole"
    with monkeypatch.context() as patch:
        patch.setattr(name, full)
        answer = await proxy.command("#bp.timers.add tick 30s -send look")
        assert "cannot be written: No space left on device" in answer[1]
        await proxy.command("#bp.timers.add gone 30s -send look")
        await proxy.command("#bp.timers.remove gone")
    assert not file_of(proxy.home).exists()
    assert proxy.api(RELOAD)(TIMERS)  # it is written with the new code, which works
    assert list(kept(proxy.home)) == ["tick"]
    assert [one["name"] for one in proxy.api(f"{TIMERS}:list")(TIMERS)] == ["tick"]


@pytest.mark.parametrize("plugin_id", [TIMERS, "plugins.core.commands", "plugins.core.events"])
async def test_a_reload_keeps_them_and_their_beat(proxy, plugin_id):
    proxy.write_plugin(MINE, SOURCE)
    proxy.load(MINE)
    await proxy.command("#bp.timers.add slow 1h -send look")
    await proxy.command("#bp.timers.add fast 0.1s -send fast")
    await proxy.command("#bp.timers.add ship in 10m -send board")
    assert await proxy.mud.read_line() == "fast"
    before = beats(proxy)
    for _ in range(2):
        assert proxy.api(RELOAD)(plugin_id)
    assert proxy.api(RELOAD)(MINE)
    after = beats(proxy)
    for key in ((TIMERS, "slow"), (TIMERS, "ship"), (MINE, "tick"), (MINE, "meal")):
        assert after[key] == before[key]
    fast = next(one for one in proxy.api(f"{TIMERS}:list")(TIMERS) if one["name"] == "fast")
    assert fast["calls"] >= 1
    assert await proxy.mud.read_line() == "fast"
    await proxy.command("#bp.timers.remove slow")
    assert list(kept(proxy.home)) == ["fast", "ship"]


async def test_a_reload_that_fails_keeps_them_and_their_beat(proxy, monkeypatch):
    await proxy.command("#bp.timers.add slow 1h -send look")
    assert proxy.api(RELOAD)(TIMERS)
    await proxy.command("#bp.timers.add later 1h -send look")
    await proxy.command("#bp.timers.add ship in 10m -send board")
    before = beats(proxy)
    schedules = proxy.app.kernel.work.schedules
    add, failed = schedules.add, []

    def fail_once(*args, **keywords):
        if failed:
            return add(*args, **keywords)
        failed.append(args)
        raise RuntimeError("no more room")

    monkeypatch.setattr(schedules, "add", fail_once)
    assert not proxy.api(RELOAD)(TIMERS)
    assert failed
    assert beats(proxy) == before
    assert list(kept(proxy.home)) == ["slow", "later", "ship"]


async def test_a_reload_reads_what_was_edited(proxy):
    await proxy.command("#bp.timers.add tick 1h -send look")
    path = file_of(proxy.home)
    path.write_text(path.read_text().replace("1h", "2h") + "\n[tock]\nevery = 60\nsend = 'x'\n")
    assert proxy.api(RELOAD)(TIMERS)
    found = proxy.api(f"{TIMERS}:list")()
    assert [(one["name"], one["when"]) for one in found] == [
        ("tick", "every 2h"),
        ("tock", "every 1m"),
    ]


async def test_what_came_due_in_a_reload_rings_after_it(proxy, monkeypatch):
    await proxy.command("#bp.timers.add ship in 0.1s -send board")
    schedules = proxy.app.kernel.work.schedules
    real, late = schedules.wall, []
    monkeypatch.setattr(schedules, "wall", lambda: real() + sum(late))
    late.append(5)
    assert proxy.api(RELOAD)(TIMERS)
    assert await proxy.mud.read_line() == "board"
    assert kept(proxy.home) == {}


async def test_nothing_is_sent_as_a_password(proxy):
    client = await proxy.connect()
    await proxy.command("#bp.timers.add tick 0.1s -send look")
    assert await proxy.mud.read_line() == "look"
    proxy.mud.echo(True)
    await proxy.mud.sync()
    heard = len(proxy.mud.peer.lines)
    await proxy.command("#bp.timers.add ship in 0.1s -send board")
    await client.read_until("the timer ship has rung, but the MUD asks for a password")
    assert len(proxy.mud.peer.lines) == heard
    proxy.mud.echo(False)
    assert await proxy.mud.read_line() == "look"


async def test_without_a_mud_nothing_is_lost_but_what_rings_once_is_told(proxy):
    client = await proxy.connect()
    proxy.app.session.auto_reconnect = False
    gone = proxy.events("ev_mud_disconnected")
    proxy.mud.disconnect()
    await gone.wait()
    await proxy.command("#bp.timers.add ship in 0.1s -send board")
    await client.read_until("the timer ship has rung, but the MUD is not connected")


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
async def test_nothing_is_lost_by_a_kill(tmp_path):
    arguments = ["--home", str(tmp_path), "--listen", "127.0.0.1:0"]
    process = subprocess.Popen(  # noqa: ASYNC220
        [sys.executable, "-m", "bastproxy", "run", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    client = TestClient()
    try:
        assert process.stdout is not None
        line = await asyncio.to_thread(process.stdout.readline)
        host, _, port = line.split()[-1].rpartition(":")
        await client.connect(host, int(port))
        for number in range(20):
            await client.send_line(f"#bp.timers.add tick{number} {number + 1}h -send look")
        await client.read_until("timer tick19 added")
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        await asyncio.to_thread(process.communicate)
        client.close()
        await client.wait_closed()
    assert {name: one.rule for name, one in kept(tmp_path).items()} == {
        f"tick{number}": Every((number + 1) * 3600) for number in range(20)
    }
    async with ProxyHarness(tmp_path) as proxy:
        assert len(proxy.api(f"{TIMERS}:list")(TIMERS)) == 20
