"""Timers, threads and files of a plugin over a reload, a roll-back and an unload."""

import asyncio
import gc
import threading
import weakref

import pytest

from bastproxy.testing import ProxyHarness

MINE = "plugins.games.mine"
LOADER = "libs.plugins.loader"
FIELDS = '["log", "go_on"]'


def plugin(initialize="pass", constructor="pass", uninitialize="pass", kept=FIELDS):
    def indented(code):
        return "\n".join(f"        {line}" for line in code.strip().splitlines())

    return f"""
class Resource:
    def __init__(self, log, name):
        self.log, self.name = log, name

    def close(self):
        self.log.append(f"{{self.name}} closed")


class Plugin(BasePlugin):
    def __init__(self, plugin_id, plugin_info):
        super().__init__(plugin_id, plugin_info)
        self.attributes_to_save_on_reload = {kept}
        self.log = []
        self.go_on = None
        self.kept = None
{indented(constructor)}

    @RegisterPluginHook("initialize")
    def _phook_initialize(self):
{indented(initialize)}

    @RegisterPluginHook("uninitialize")
    def _phook_uninitialize(self):
{indented(uninitialize)}

    def tick(self, what="tick"):
        self.log.append(what)
        if self.go_on is not None:
            self.go_on.set()

    def until(self, stop):
        stop.wait()
        return "stopped"
"""


BROKEN = plugin("1 / 0")


async def ended(rig):
    """Wait for the loader to have ended what old generations ran."""
    await asyncio.gather(*rig.kernel.tasks.of(LOADER))
    assert rig.kernel.work.is_settled()


def owned(rig):
    return sorted((line.kind, line.name) for line in rig.kernel.ledger.lines(MINE))


def reload(rig, source):
    rig.write(MINE, source)
    return rig.call("reload.plugin", MINE)


@pytest.fixture
async def ticking(rig):
    """A plugin with a timer that its constructor has begun, and one of initialize."""
    rig.write(
        MINE, plugin("self.call_every(3600, self.tick)", "self.call_later(3600, self.tick, 'once')")
    )
    rig.load(MINE)
    return rig


def timers(rig):
    return sorted(name for kind, name in owned(rig) if kind == "timer")


async def test_timers_end_with_a_reload(ticking):
    assert timers(ticking) == ["tick every 3600 s", "tick once, after 3600 s"]
    assert reload(ticking, plugin())
    assert timers(ticking) == []


async def test_after_a_roll_back_every_timer_is_there_once(ticking):
    before = timers(ticking)
    for _ in range(3):
        assert not reload(ticking, BROKEN)
    assert timers(ticking) == before


async def test_a_timer_that_comes_due_in_a_swap_fires_after_the_roll_back(rig):
    rig.write(MINE, plugin(constructor="self.call_later(0, self.tick)"))
    rig.load(MINE)
    instance = rig.instance(MINE)
    instance.go_on = asyncio.Event()
    assert not reload(rig, BROKEN)
    assert instance.log == []
    async with asyncio.timeout(5):
        await instance.go_on.wait()
    assert instance.log == ["tick"]


async def test_a_timer_of_old_code_does_not_fire_after_the_commit(rig):
    rig.write(MINE, plugin(constructor="self.call_later(0, self.tick, 'old')"))
    rig.load(MINE)
    assert reload(rig, plugin(constructor="self.call_later(0, self.tick, 'new')"))
    instance = rig.instance(MINE)
    instance.go_on = asyncio.Event()
    async with asyncio.timeout(5):
        await instance.go_on.wait()
    assert instance.log == ["new"]


async def test_timers_of_failed_code_never_fire(rig):
    rig.write(MINE, plugin())
    rig.load(MINE)
    assert not reload(rig, plugin("self.call_later(0, self.tick, 'failed')\n1 / 0"))
    assert timers(rig) == []
    for _ in range(3):
        await asyncio.sleep(0)
    assert rig.instance(MINE).log == []


async def test_a_thread_is_stopped_and_awaited_after_a_commit(rig):
    rig.write(MINE, plugin("self.thread = self.run_in_thread(self.until)"))
    rig.load(MINE)
    result = rig.instance(MINE).thread
    assert reload(rig, plugin())
    await ended(rig)
    assert result.result() == "stopped"


async def test_a_thread_goes_on_through_a_roll_back(rig):
    rig.write(MINE, plugin(constructor="self.thread = self.run_in_thread(self.until)"))
    rig.load(MINE)
    result = rig.instance(MINE).thread
    assert not reload(rig, BROKEN)
    await ended(rig)
    assert not result.done()
    assert ("thread", "until") in owned(rig)
    rig.call("unload.plugin", MINE)
    assert await result == "stopped"


async def test_a_thread_begun_in_initialize_runs_once_after_a_roll_back(rig):
    rig.write(MINE, plugin("self.thread = self.run_in_thread(self.until)"))
    rig.load(MINE)
    first = rig.instance(MINE).thread
    assert not reload(rig, BROKEN)
    await ended(rig)
    assert first.done()
    assert not rig.instance(MINE).thread.done()
    running = [thread for thread in threading.enumerate() if thread.name == f"{MINE}:until"]
    assert len(running) == 1
    rig.call("unload.plugin", MINE)
    await ended(rig)


async def test_a_thread_is_asked_to_stop_before_initialize_begins_it_again(rig):
    source = plugin(
        "if self.kept is not None:\n    self.log.append(self.kept.is_set())\n"
        "self.thread = self.run_in_thread(self.until)"
    )
    rig.write(MINE, source)
    rig.load(MINE)
    begun, loop = asyncio.Event(), asyncio.get_running_loop()
    instance = rig.instance(MINE)
    await_stop = instance.until

    def until(stop):
        instance.kept = stop
        loop.call_soon_threadsafe(begun.set)
        return await_stop(stop)

    instance.until = until
    assert not reload(rig, BROKEN)  # the revived instance begins it with this function
    await begun.wait()
    assert not instance.kept.is_set()
    assert not reload(rig, BROKEN)
    assert instance.log == [True]
    await ended(rig)
    rig.call("unload.plugin", MINE)
    await ended(rig)


async def test_a_thread_that_does_not_end_is_named(rig, monkeypatch):
    monkeypatch.setattr("bastproxy.libs.plugins.transaction.SETTLE_SECONDS", 0.01)
    free = threading.Event()
    rig.write(MINE, plugin())
    rig.load(MINE)
    result = rig.instance(MINE).run_in_thread(free.wait)
    assert reload(rig, plugin())
    await ended(rig)
    assert f"the thread {MINE}:wait (" in rig.log
    assert "of an old generation does not end" in rig.log
    free.set()
    await result


OPENS = "self.file = self.own(Resource(self.log, '{}'))"


async def test_a_file_is_closed_after_a_commit(rig):
    rig.write(MINE, plugin(OPENS.format("old")))
    rig.load(MINE)
    log = rig.instance(MINE).log
    assert reload(rig, plugin(OPENS.format("new")))
    assert log == []
    await ended(rig)
    assert log == ["old closed"]
    assert owned(rig).count(("resource", "Resource new")) == 1


async def test_a_file_of_the_constructor_stays_open_through_a_roll_back(rig):
    rig.write(MINE, plugin(constructor=OPENS.format("mine")))
    rig.load(MINE)
    assert not reload(rig, plugin(OPENS.format("new") + "\n1 / 0"))
    await ended(rig)
    instance = rig.instance(MINE)
    assert instance.log == ["new closed"]  # the list is shared, since it is kept
    assert rig.call("unload.plugin", MINE)
    await ended(rig)
    assert instance.log == ["new closed", "mine closed"]


async def test_a_file_that_initialize_opens_again_after_a_roll_back_is_open_once(rig):
    rig.write(MINE, plugin(OPENS.format("mine")))
    rig.load(MINE)
    before, first = owned(rig), rig.instance(MINE).file
    assert not reload(rig, BROKEN)
    await ended(rig)
    assert owned(rig) == before
    assert rig.instance(MINE).file is not first
    assert rig.instance(MINE).log == ["mine closed"]


KEEPS = "self.kept = self.own(self.kept or Resource(self.log, 'connection'))"


async def test_a_connection_that_is_kept_and_owned_again_stays_open(rig):
    source = plugin(KEEPS, kept='["log", "kept"]')
    rig.write(MINE, source)
    rig.load(MINE)
    kept = rig.instance(MINE).kept
    assert reload(rig, source)
    assert not reload(rig, plugin(KEEPS + "\n1 / 0", kept='["log", "kept"]'))
    await ended(rig)
    assert rig.instance(MINE).kept is kept
    assert kept.log == []
    rig.call("unload.plugin", MINE)
    await ended(rig)
    assert kept.log == ["connection closed"]


def test_without_an_event_loop_a_file_is_closed_at_once(rig):
    rig.write(MINE, plugin(OPENS.format("mine")))
    rig.load(MINE)
    log = rig.instance(MINE).log
    assert rig.call("unload.plugin", MINE)
    assert log == ["mine closed"]


async def test_a_plugin_that_fails_to_load_leaves_nothing_open(rig):
    log = []
    rig.kernel.registry.add("tests.log", "get", lambda: log)
    rig.write(
        MINE,
        plugin(
            "self.own(Resource(self.api('tests.log:get')(), 'file'))\n"
            "self.call_every(1, self.tick)\nself.run_in_thread(self.until)\n1 / 0"
        ),
    )
    assert rig.call("load.plugins", [MINE])["bad_plugins"] == [MINE]
    await ended(rig)
    assert log == ["file closed"]
    assert owned(rig) == []


async def test_a_resource_can_be_disowned(rig):
    rig.write(MINE, plugin(OPENS.format("mine"), uninitialize="self.disown(self.file)"))
    rig.load(MINE)
    log = rig.instance(MINE).log
    assert rig.call("unload.plugin", MINE)
    await ended(rig)
    assert log == []


async def test_owned_work_of_all_kinds_keeps_no_old_generation(rig):
    source = plugin(
        OPENS.format("mine") + "\nself.timer = self.call_every(3600, self.tick)\n"
        "self.call_later(3600, self.tick)\nself.thread = self.run_in_thread(self.until)",
        kept="[]",
    )
    rig.write(MINE, source)
    rig.load(MINE)
    gone = []
    for number in range(4):
        gone.append(weakref.ref(rig.instance(MINE)))
        assert reload(rig, source if number % 2 else source + "\n")
        await ended(rig)
    gc.collect()
    assert [ref() for ref in gone] == [None] * 4
    assert rig.left_in_memory() == []
    rig.call("unload.plugin", MINE)
    await ended(rig)


DOCUMENTED = """
import threading

from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook


class Plugin(BasePlugin):
    @RegisterPluginHook("initialize")
    def _phook_initialize(self):
        self.call_every(60, self.look_around)
        directory = self.api(f"{self.plugin_id}:get.data.directory")()
        self.log = self.own((directory / "log.txt").open("a"))
        self.spawn(self.write(), "write")
        self.thread = self.run_in_thread(until)
        self.counted = self.run_in_thread(count_lines, __file__)

    async def write(self):
        try:
            await self.thread
        finally:
            self.log.write("the end")

    async def look_around(self):
        pass


def until(stop: threading.Event):
    stop.wait()


def count_lines(path, stop: threading.Event):
    count = 0
    with open(path) as lines:
        for _ in lines:
            count += 1
            if stop.is_set():
                break
    return count
"""


async def test_the_end_of_the_proxy_ends_the_work_of_all(tmp_path):
    async with ProxyHarness(home=tmp_path, mud=False) as proxy:
        path = proxy.write_plugin(MINE, DOCUMENTED)
        proxy.load(MINE)
        instance = proxy.api("libs.plugins.loader:get.plugin.instance")(MINE)
        lines = (path / "plugin" / "__init__.py").read_text().splitlines()
        assert await instance.counted == len(lines)
        shown = await proxy.command("#bp.plugins.show mine")
        for owned in ("timer", "thread", "resource", "task"):
            assert any(line.strip().startswith(owned) for line in shown), shown
    assert instance.log.closed
    assert (tmp_path / "data" / MINE / "log.txt").read_text() == "the end"
    assert not [thread for thread in threading.enumerate() if MINE in thread.name]
