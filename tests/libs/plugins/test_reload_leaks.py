"""Nothing of an old generation stays: no object, no line in the ledger, no memory."""

import asyncio
import gc
import mmap
import os
import sys
import threading
from pathlib import Path
from statistics import median
from time import process_time

import pytest

from bastproxy import plugins
from bastproxy.testing import ProxyHarness

MINE = "plugins.games.mine"
LONG = os.environ.get("BASTPROXY_TEST_LONG") == "1"
RELOADS = 1020 if LONG else 120  # a multiple of 60
CORE_RELOADS = 1000 if LONG else 10
BLOCK = 100 if LONG else 10  # so many reloads are looked at together
MOST_GROWTH = 2 << 20  # bytes of resident memory, from the first block to the last
STATM = Path("/proc/self/statm")

ONE_OF_EVERYTHING = """
import asyncio
import enum
from collections import defaultdict, namedtuple
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Generic, Optional, TypeVar

from bastproxy.libs.api import AddAPI
from bastproxy.libs.events import RegisterToEvent
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook
from bastproxy.plugins.core.commands import AddArgument, AddCommand, AddParser

from ..libs.edited import BROKEN
from ..libs.things import Thing

T = TypeVar("T")
class Colour(enum.Enum):
    RED = 1

@dataclass(frozen=True, slots=True)
class Frozen:
    thing: Thing

class Box(Generic[T]):
    def __init__(self, item: Optional[Thing]) -> None:
        self.item = item

Pair = namedtuple("Pair", "left right")

@lru_cache
def cached(x):
    return x, Thing

def wait(plugin, stop):
    stop.wait()

class Plugin(BasePlugin):
    def __init__(self, plugin_id, plugin_info):
        super().__init__(plugin_id, plugin_info)
        self.attributes_to_save_on_reload = ["kept", "table", "count"]
        cached(1)
        self.count = 0
        self.kept = [Thing(), Frozen(Thing()), Box(Thing()), Colour.RED, Pair(Thing(), self.tick),
                     self.tick, Thing, cached, partial(self.tick, 1), {Colour.RED: Box}]
        self.table = defaultdict(Thing, a=Thing())
        self.data["me"] = {"thing": Thing(), "method": self.tick}
        self.spawn(self.work(), "early")

    @RegisterPluginHook("initialize")
    def _phook_initialize(self):
        self.count += 1
        assert not BROKEN
        add = self.api("plugins.core.settings:add")
        add(self.plugin_id, "limit", 5, int, "how many")
        self.api("libs.api:add")(self.plugin_id, "late", lambda: self.tick())
        self.api("plugins.core.commands:add.command")("late", self.tick)
        events = "plugins.core.events"
        self.api(f"{events}:add.event")("ev_mine", self.plugin_id, description=["mine"])
        self.api(f"{events}:register.to.event")("ev_mine", self.tick)
        self.api(f"{events}:register.to.event")("ev_mine", self.later)
        self.api(f"{events}:raise.event")("ev_mine")
        self.spawn(self.work(), "started")
        self.call_later(3600, self.tick)
        self.call_every(3600, self.tick)
        self.run_in_thread(wait, self)
        directory = self.api(f"{self.plugin_id}:get.data.directory")()
        self.own((directory / "log.txt").open("a"))

    async def work(self):
        await asyncio.Event().wait()

    async def later(self):
        await asyncio.Event().wait()

    def tick(self, *args):
        return True, [str(self.count)]

    @AddAPI("answer")
    def _api_answer(self):
        return self.count

    @RegisterToEvent(event_name="ev_to_client_data_modify")
    def _eventcb_line(self):
        pass

    @RegisterToEvent(event_name="ev_plugin_save")
    async def _eventcb_save(self):
        await asyncio.sleep(0)

    @AddCommand()
    @AddParser(description="greet")
    @AddArgument("name", nargs="?", help="whom")
    def _command_greet(self):
        return True, []
"""
FILES = {
    "libs/__init__.py": "",
    "libs/things.py": "class Thing:\n    def __init__(self):\n        self.me = self\n",
    "libs/edited.py": "BROKEN = False\n",
    "commands/__init__.py": "",
    "commands/more.py": "from bastproxy.plugins.core.commands import AddCommand\n\n"
    "@AddCommand()\ndef more(plugin):\n    return True, []\n",
    "_patch_base.py": "from bastproxy.libs.api import AddAPI\n\n"
    "@AddAPI('patched')\ndef patched(self):\n    return self.plugin_id\n",
}


@pytest.fixture
async def proxy(tmp_path):
    async with ProxyHarness(home=tmp_path, mud=False) as harness:
        yield harness


def reloads(proxy, plugin_id):
    return proxy.api("libs.plugins.loader:reload.plugin")(plugin_id)


def living(proxy):
    return proxy.api("libs.plugins.loader:get.unloaded.plugins.in.memory")()


def resident():
    """Return the resident memory of this process in bytes, where the system tells it."""
    if not STATM.exists():
        return 0
    return int(STATM.read_text().split()[1]) * mmap.PAGESIZE


async def settle(proxy):
    assert await proxy.app.kernel.work.settle(5) == []
    await asyncio.sleep(0)


def sizes(proxy):
    kernel = proxy.app.kernel
    return {
        "ledger": len(kernel.ledger),
        "apis": sum(len(slot.registrations) for slot in kernel.registry._slots.values()),
        "lookups": sum(len(slot.lookups) for slot in kernel.registry._slots.values()),
        "callbacks": len(kernel.dispatcher._by_serial),
        "commands": len(proxy.app.commands._by_serial),
        "settings": len(proxy.app.settings._by_serial),
        "tasks": len(kernel.tasks._running),
        "threads": threading.active_count(),
        "unloaded": len(proxy.app.loader.lifecycle.unloaded._generations),
        "modules": len(sys.modules),
        "code": len(proxy.app.loader.store._prepared),
    }


async def test_many_reloads_of_one_of_everything_leave_nothing(proxy, monkeypatch, caplog):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)  # to spend no time on compiling
    directory = proxy.write_plugin(MINE, ONE_OF_EVERYTHING, files=FILES)
    proxy.load(MINE)
    edited = directory / "libs" / "edited.py"
    blocks: list[int] = []
    memory: list[int] = []
    times: list[list[float]] = [[]]
    counts = {}
    for number in range(1, RELOADS + 1):
        edited.write_text(f"NUMBER = {number}\nBROKEN = {number % 5 == 0}\n")
        started = process_time()
        assert reloads(proxy, MINE) is (number % 5 != 0)
        times[-1].append(process_time() - started)
        await settle(proxy)
        if number % (RELOADS // 6) == 0:
            assert living(proxy) == []
            caplog.clear()  # what is logged is kept for the report of a failure
            proxy._collector.messages.clear()
            gc.collect()
            blocks.append(sys.getallocatedblocks())
            memory.append(resident())
            times.append([])
            counts[number] = sizes(proxy)
    if LONG:
        print(f"{[round(median(some) * 1e3, 2) for some in times[:-1]]} ms, {memory} bytes")
        assert memory[-1] - memory[0] < MOST_GROWTH, memory
        assert min(times[-2]) < 2 * min(times[0]), times
    assert counts[RELOADS] == counts[RELOADS // 6]
    # pytest keeps the log of each failure; a generation that stayed would be hundreds each time
    assert blocks[-1] - blocks[1] < 5 * RELOADS, blocks
    assert proxy.api(f"{MINE}:answer")() == RELOADS + 1  # initialize runs for a roll-back too
    assert proxy.api("plugins.core.log:patched")() == "plugins.core.log"
    own = sys.modules[f"bastproxy.{MINE}.plugin"]
    kept = proxy.api("libs.plugins.loader:get.plugin.instance")(MINE)
    assert {type(thing) for thing in kept.kept[:3]} == {own.Thing, own.Frozen, own.Box}


def core_plugins():
    directory = Path(plugins.__file__).parent / "core"
    return sorted(path.parent.name for path in directory.glob("*/plugin"))


@pytest.mark.parametrize("name", core_plugins())
async def test_reloads_of_a_core_plugin_leave_nothing_and_lose_nobodys(proxy, name, caplog):
    plugin_id = f"plugins.core.{name}"
    proxy.write_plugin(MINE, ONE_OF_EVERYTHING, files=FILES)
    proxy.load(MINE)
    client = await proxy.connect()
    assert reloads(proxy, plugin_id)
    await settle(proxy)
    living(proxy)
    before = sizes(proxy)
    owned = {
        owner: sorted((line.kind, line.name) for line in proxy.app.kernel.ledger.lines(owner))
        for owner in proxy.app.kernel.ledger.owners()
        if owner.startswith("plugins.")
    }
    times: list[list[float]] = []
    memory: list[int] = []
    for _ in range(CORE_RELOADS // BLOCK):
        times.append([])
        for _ in range(BLOCK):
            started = process_time()
            assert reloads(proxy, plugin_id), proxy.log
            times[-1].append(process_time() - started)
            await settle(proxy)
        caplog.clear()  # what is logged is kept for the report of a failure
        proxy._collector.messages.clear()
        gc.collect()
        memory.append(resident())
    if LONG:  # few reloads say nothing about time and memory
        print(f"{name}: {[round(median(some) * 1e3, 2) for some in times]} ms, {memory} bytes")
        assert memory[-1] - memory[0] < MOST_GROWTH, memory
        assert min(times[-1]) < 2 * min(times[0]), times
    assert [left for left in living(proxy) if left["plugin_id"] == plugin_id] == []
    assert sizes(proxy) == before
    assert owned == {
        owner: sorted((line.kind, line.name) for line in proxy.app.kernel.ledger.lines(owner))
        for owner in owned
    }
    await client.send_line("#bp.mine.greet")
    await client.sync()
    assert await proxy.command("#bp.mine.late") == ["1"]
    assert proxy.api("plugins.core.settings:get")(MINE, "limit") == 5
    record = proxy.api("plugins.core.events:raise.event")("ev_mine")
    assert record.event_name == "ev_mine"
    client.close()


async def test_a_leak_is_told_and_no_longer_when_it_is_gone(proxy):
    proxy.write_plugin(MINE, ONE_OF_EVERYTHING, files=FILES)
    proxy.load(MINE)
    held = [proxy.api("libs.plugins.loader:get.plugin.instance")(MINE).tick]
    assert reloads(proxy, MINE)
    await settle(proxy)
    (left,) = living(proxy)
    assert (left["plugin_id"], left["generation"], left["instance"]) == (MINE, 1, True)
    assert left["holders"], "nobody is named"
    held.clear()
    assert living(proxy) == []
