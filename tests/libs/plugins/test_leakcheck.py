"""The check for leaks when idle, with a time of its own."""

import asyncio
import gc
from itertools import pairwise

import pytest

from bastproxy.config import Options
from bastproxy.libs.ledger import Ledger, initializing
from bastproxy.libs.plugins.leakcheck import LeakCheck
from bastproxy.libs.tasks import Tasks
from bastproxy.testing import ProxyHarness

MINE = "plugins.games.mine"


class Time:
    """Time that passes in sleeps; at some of them something is received."""

    def __init__(self) -> None:
        self.now = 0.0
        self.received = 0
        self.busy_until = 0.0
        self.slept = 0

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += 1
        assert self.slept < 1000, "it waits for ever"
        if self.now <= self.busy_until:
            self.received += 1
        await asyncio.sleep(0)


@pytest.fixture
def time(rig):
    time = Time()
    check = rig.loader.leak_check
    check.after, check.sleep, check.clock = 5.0, time.sleep, lambda: time.now
    check.activity = lambda: time.received
    collected = rig.collected = []
    check.collect = lambda generation: (
        collected.append((generation, time.now)),
        gc.collect(generation),
    )
    return time


@pytest.fixture
async def loaded(rig, time):
    rig.write(MINE, answer=1)
    rig.load(MINE)
    return rig


async def checked(rig):
    """Wait until the check has ended."""
    tasks = rig.kernel.tasks.of("libs.plugins.loader")
    assert any(task.get_name().endswith("leak check") for task in tasks)
    async with asyncio.timeout(5):
        await asyncio.gather(*tasks)


def warnings(rig):
    return [line for line in rig.log.splitlines() if "still in memory" in line]


async def test_a_leak_is_told_once_with_what_says_more(loaded):
    kept = loaded.instance(MINE)
    assert loaded.call("reload.plugin", MINE)
    await checked(loaded)
    told = (
        f"{MINE}: generation 1 is still in memory although it was unloaded; "
        f"#bp.plugins.show {MINE} says who holds it"
    )
    assert warnings(loaded) == [told]
    assert loaded.call("reload.plugin", MINE)
    await checked(loaded)
    assert warnings(loaded) == [told]
    del kept


async def test_an_unload_is_checked_too(loaded):
    kept = loaded.instance(MINE)
    assert loaded.call("unload.plugin", MINE)
    await checked(loaded)
    assert len(warnings(loaded)) == 1
    del kept


async def test_what_is_gone_is_not_told(loaded):
    assert loaded.call("reload.plugin", MINE)
    await checked(loaded)
    assert warnings(loaded) == []
    assert loaded.left_in_memory() == []


async def test_the_old_generation_is_collected_only_if_something_is_left(loaded, time):
    gc.collect()  # so that what follows is young
    loaded.loader.lifecycle.unloaded._generations.clear()
    loaded.loader.leak_check.schedule()
    await checked(loaded)
    assert loaded.collected == [(0, 6.0)]
    kept = loaded.instance(MINE)
    assert loaded.call("reload.plugin", MINE)
    await checked(loaded)
    assert loaded.collected[1:] == [(0, 12.0), (1, 13.0), (2, 14.0)]
    del kept


async def test_nothing_is_collected_while_something_is_received(loaded, time):
    time.busy_until = 30.0
    kept = loaded.instance(MINE)
    assert loaded.call("reload.plugin", MINE)
    await checked(loaded)
    assert [generation for generation, _ in loaded.collected] == [0, 1, 2]
    assert min(when for _, when in loaded.collected) == 31.0
    del kept


async def test_a_full_collection_comes_once_a_minute_at_most(loaded, time):
    kept = [loaded.instance(MINE)]
    for _ in range(3):
        assert loaded.call("reload.plugin", MINE)
        kept.append(loaded.instance(MINE))
        await checked(loaded)
    full = [when for generation, when in loaded.collected if generation == 2]
    assert len(full) == 3
    assert all(after - before >= 60 for before, after in pairwise(full))
    assert len(warnings(loaded)) == 3


async def test_reloads_in_a_row_are_checked_together_after_the_last(loaded, time):
    for _ in range(3):
        assert loaded.call("reload.plugin", MINE)
    running = loaded.kernel.tasks.of("libs.plugins.loader")
    assert len([task for task in running if "leak check" in task.get_name()]) == 1
    await checked(loaded)
    assert [generation for generation, _ in loaded.collected] in ([0], [0, 1], [0, 1, 2])


async def test_a_reload_during_a_check_begins_another_one(loaded, time):
    kept = loaded.instance(MINE)
    assert loaded.call("reload.plugin", MINE)
    sleep, check = time.sleep, loaded.loader.leak_check

    async def reload_first(seconds):
        if time.now == 5.0:
            assert loaded.call("reload.plugin", MINE)
        await sleep(seconds)

    check.sleep = reload_first
    await checked(loaded)
    assert [generation for generation, _ in loaded.collected].count(0) == 2
    assert len(warnings(loaded)) == 1
    del kept


async def test_it_ends_with_the_loader(make_rig):
    rig = make_rig()
    rig.loader.leak_check.after = 3600.0
    rig.write(MINE, answer=1)
    rig.load(MINE)
    assert rig.call("reload.plugin", MINE)
    (task,) = rig.kernel.tasks.of("libs.plugins.loader")
    rig.loader.stop()
    await rig.kernel.tasks.settle()
    assert task.cancelled()


def test_without_an_event_loop_nothing_is_checked(rig):
    rig.loader.leak_check.after = 0.0
    rig.write(MINE, answer=1)
    rig.load(MINE)
    assert rig.call("reload.plugin", MINE)
    assert rig.kernel.tasks.of("libs.plugins.loader") == []


async def test_its_task_keeps_no_context_of_the_caller(rig, time):
    seen = []

    class Spying(Tasks):
        def spawn(self, *args, **kwargs):
            seen.append(initializing.get())
            return super().spawn(*args, **kwargs)

    check = LeakCheck(Spying(Ledger()), rig.loader.lifecycle.unloaded, 0.0)
    check.sleep = time.sleep
    token = initializing.set(MINE)
    check.schedule()
    initializing.reset(token)
    assert seen == [""]
    await check._task


async def test_it_is_off_unless_it_is_asked_for(tmp_path):
    assert Options(home=tmp_path).leak_check_after is None
    async with ProxyHarness(home=tmp_path, mud=False) as proxy:
        assert proxy.app.loader.leak_check.after is None


async def test_the_harness_passes_it_on_and_what_is_received_counts(tmp_path):
    async with ProxyHarness(home=tmp_path, leak_check_after=3600.0) as proxy:
        check = proxy.app.loader.leak_check
        assert check.after == 3600.0
        client = await proxy.connect()
        before = check.activity()
        assert check.activity() == before
        await proxy.mud.send_line("a rat is here")
        await client.read_line()
        assert check.activity() != before
