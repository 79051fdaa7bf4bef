"""What happens when new code fails after its reload: with the whole proxy, for all engines."""

import asyncio
import gc
import logging
import sys
import threading
import weakref
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bastproxy.testing import ProxyHarness

MINE = "plugins.games.mine"
USER = "plugins.games.user"
LOADER = "libs.plugins.loader"
CHANGED = f"{LOADER}:plugin.get.changed.files"

HEAD = """\
import asyncio
from dataclasses import dataclass
from bastproxy.libs.api import AddAPI
from bastproxy.libs.events import RegisterToEvent
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook
from bastproxy.plugins.core.commands import AddCommand, AddParser


@dataclass
class Kill:
    name: str
    count: int = 1


class Plugin(BasePlugin):
    def __init__(self, plugin_id, plugin_info):
        super().__init__(plugin_id, plugin_info)
        self.attributes_to_save_on_reload = ["kills", "best"]
        self.kills = [Kill("rat")]
        self.best = self.kills[0]

    @AddAPI("state", description="its state")
    def _api_state(self):
        return self.kills, self.data

    @AddAPI("later", description="import late")
    def _api_later(self):
        from bastproxy.plugins.games.mine.libs.late import LATE
        return LATE
"""
GOOD = f"""{HEAD}
    @AddAPI("answer", description="answers")
    def _api_answer(self):
        return "old"
"""
BAD = f"""{HEAD}
    @AddAPI("answer", description="answers")
    def _api_answer(self):
        return "new"

    @RegisterToEvent("ev_test")
    def _eventcb_test(self):
        self.kills.append(Kill("bug"))
        self.data["spoilt"] = True
        raise ValueError("no luck")

    @AddCommand()
    @AddParser(description="fail")
    def _command_fail(self):
        raise ValueError("no command")

    @RegisterPluginHook("save")
    def _phook_save(self):
        raise ValueError("no hook")

    @AddAPI("go", description="start a task")
    def _api_go(self):
        return self.spawn(self.fail())

    async def fail(self):
        raise ValueError("no task")
"""
LATE = {"libs/late.py": "LATE = 'old'\n"}


class Clock:
    """A clock that goes when it is told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Bench:
    """A proxy with a plugin that can be edited, reloaded, and made to fail."""

    def __init__(self, proxy: ProxyHarness) -> None:
        self.proxy = proxy
        self.clock = Clock()
        self.loader = proxy.app.loader
        self.loader.probation.clock = self.clock
        self.back = proxy.events("ev_plugin_rolled_back")

    def write(self, source: str, plugin_id: str = MINE, **options: Any) -> Path:
        return self.proxy.write_plugin(plugin_id, source, **options)

    def reload(self, *plugin_ids: str) -> None:
        result = self.call("reload.plugins", list(plugin_ids or [MINE]))
        assert result.error is None, result.error

    def call(self, name: str, *args: Any) -> Any:
        return self.proxy.api(f"{LOADER}:{name}")(*args)

    def ask(self, name: str = "answer", plugin_id: str = MINE) -> Any:
        return self.proxy.api(f"{plugin_id}:{name}")()

    def kills(self) -> list[tuple[str, int]]:
        return [(kill.name, kill.count) for kill in self.ask("state")[0]]

    def fail(self, times: int = 5) -> None:
        """Have the callback fail."""
        for _ in range(times):
            self.proxy.app.kernel.dispatcher.raise_event("ev_test")

    async def turn(self) -> None:
        """Let the event loop do what is due."""
        for _ in range(5):
            await asyncio.sleep(0)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with ProxyHarness(tmp_path / "home", mud=False, notices=True) as proxy:
        bench = Bench(proxy)
        bench.write(GOOD, files=LATE)
        proxy.load(MINE)
        proxy.api(f"{LOADER}:get.plugin.instance")(MINE).data["mark"] = [1]
        yield bench


async def test_a_callback_that_keeps_failing_brings_the_old_code_and_state_back(bench):
    client = await bench.proxy.connect()
    bench.ask("state")[0][0].count = 7
    bench.write(BAD)
    bench.reload()
    bench.fail()
    assert bench.ask() == "new"  # never in the midst of an event
    (event,) = await bench.back.wait()
    assert (event["plugin_id"], event["automatic"], event["members"]) == (MINE, True, [MINE])
    assert event["reason"] == (
        "5 errors since its reload, the last one: "
        "_eventcb_test failed in the event ev_test: ValueError: no luck"
    )
    assert bench.ask() == "old"
    assert bench.kills() == [("rat", 7)]
    assert bench.ask("state")[1] == {"mark": [1]}
    instance = bench.call("get.plugin.instance", MINE)
    assert instance.best is instance.kills[0]
    assert type(instance.best) is vars(sys.modules[type(instance).__module__])["Kill"]
    said = f"[bastproxy] {MINE} went back to the version before: {event['reason']}"
    await client.wait_for(lambda: said in client.lines, "the notice")
    assert client.lines.count(said) == 1
    assert any(f"{MINE} went back" in line for line in bench.proxy.log)


async def test_the_files_stay_as_they_were_saved_and_count_as_changed(bench):
    directory = bench.write(BAD)
    bench.reload()
    bench.fail()
    await bench.back.wait()
    path = directory / "plugin" / "__init__.py"
    assert path.read_text() == BAD
    assert bench.proxy.api(CHANGED)(MINE) == [str(path)]
    bench.write(BAD.replace("raise ", "return "))
    bench.reload()
    assert bench.ask() == "new"
    assert bench.proxy.api(CHANGED)(MINE) == []


async def test_a_command_that_keeps_failing_counts(bench):
    bench.write(BAD)
    bench.reload()
    for _ in range(5):
        await bench.proxy.command("#bp.mine.fail")
    (event,) = await bench.back.wait()
    assert "the command 'fail' failed" in event["reason"]
    assert bench.ask() == "old"


async def test_tasks_that_fail_count(bench):
    bench.write(BAD)
    bench.reload()
    for _ in range(5):
        bench.ask("go")
    (event,) = await bench.back.wait()
    assert "ValueError: no task" in event["reason"]
    assert bench.ask() == "old"


async def test_hooks_that_fail_count(bench):
    bench.write(BAD)
    bench.reload()
    for _ in range(5):
        bench.proxy.app.kernel.dispatcher.raise_event("ev_plugin_save", {"plugin_id": MINE})
    (event,) = await bench.back.wait()
    assert "the hook save failed" in event["reason"]


async def test_fewer_errors_change_nothing(bench):
    bench.write(BAD)
    bench.reload()
    bench.fail(4)
    await bench.turn()
    assert bench.ask() == "new"
    assert len(bench.back) == 0


async def test_errors_after_the_time_change_nothing_and_nothing_is_kept(bench):
    bench.write(BAD)
    bench.reload()
    bench.fail(4)
    bench.clock.now += 60
    bench.fail(10)
    await bench.turn()
    assert bench.ask() == "new"
    assert not bench.call("rollback.plugin", MINE)
    assert "the way back is open" in bench.call("get.plugin.error", MINE)


async def test_what_is_kept_is_let_go_of_when_the_time_is_over(bench):
    probation = bench.loader.probation
    now = asyncio.get_running_loop().time()
    bench.write(BAD)
    bench.reload()
    assert 59 < probation._timer.when() - now < 120
    bench.clock.now += 59
    probation._end_old_ones()
    assert len(probation._trials) == 1
    assert probation._listener in logging.getLogger("bastproxy").handlers
    bench.clock.now += 1
    probation._end_old_ones()
    assert (probation._trials, probation._timer) == ([], None)
    assert probation._listener not in logging.getLogger("bastproxy").handlers


async def test_time_and_number_are_settings(bench):
    await bench.proxy.command("#bp.plugins.set probation 5m")
    await bench.proxy.command("#bp.plugins.set probation_errors 2")
    bench.write(BAD)
    bench.reload()
    bench.clock.now += 299
    bench.fail(2)
    await bench.back.wait()
    await bench.proxy.command("#bp.plugins.set probation 0")
    bench.reload()
    bench.fail()
    await bench.turn()
    assert bench.ask() == "new"
    assert not bench.call("rollback.plugin", MINE)


async def test_by_hand_it_goes_back_without_an_error(bench):
    bench.write(BAD)
    bench.reload()
    lines = await bench.proxy.command("#bp.plugins.rollback mine")
    assert lines == [f"{MINE} is what it was before its last reload; its files are not"]
    assert bench.ask() == "old"
    assert bench.back[0]["automatic"] is False
    (again,) = await bench.proxy.command("#bp.plugins.rollback mine")
    assert "was not reloaded within the time" in again
    assert bench.ask() == "old"


async def test_what_went_back_imports_its_kept_code_even_later(bench):
    bench.write(BAD, files={"libs/late.py": "LATE = 'new'\n"})
    bench.reload()
    assert bench.call("rollback.plugin", MINE)
    assert bench.ask("later") == "old"


async def test_a_reload_that_fails_leaves_the_kept_code_to_later_imports(bench):
    path = bench.write(BAD, files={"libs/late.py": "LATE = 'new'\n"})
    bench.reload()
    assert bench.call("rollback.plugin", MINE)
    (path / "plugin" / "__init__.py").write_text("raise ValueError\n")
    assert not bench.call("reload.plugin", MINE)
    assert bench.ask("later") == "old"


async def test_a_file_that_was_deleted_comes_back(bench):
    (bench.write(BAD) / "libs" / "late.py").unlink()
    bench.reload()
    with pytest.raises(ModuleNotFoundError):
        bench.ask("later")
    assert bench.call("rollback.plugin", MINE)
    assert bench.ask("later") == "old"


async def test_what_failed_as_well_is_not_what_it_goes_back_to(bench):
    bench.write(BAD)
    bench.reload()
    bench.fail(1)
    bench.write(BAD.replace('"new"', '"newer"'))
    bench.reload()
    bench.fail()
    await bench.back.wait()
    assert bench.ask() == "old"


async def test_old_code_that_went_back_is_not_on_trial(bench):
    bench.write(BAD.replace('"new"', '"first"'))
    bench.reload()
    bench.write(BAD)
    bench.reload()
    assert bench.call("rollback.plugin", MINE)
    bench.fail(10)
    await bench.turn()
    assert bench.ask() == "first"
    assert len(bench.back) == 1


async def test_errors_of_the_old_generation_do_not_count(bench):
    bench.write(
        GOOD
        + """
    @AddAPI("go", description="start tasks")
    def _api_go(self):
        for _ in range(10):
            self.spawn(self.wait())

    async def wait(self):
        try:
            await asyncio.Event().wait()
        finally:
            raise ValueError("cannot stop")
"""
    )
    bench.reload()
    bench.ask("go")
    await bench.turn()
    bench.reload()
    await bench.turn()
    assert sum("cannot stop" in line for line in bench.proxy.log) >= 10
    assert len(bench.back) == 0


async def test_a_reload_of_bad_files_does_not_count(bench):
    path = bench.write(GOOD.replace('"old"', '"new"'))
    bench.reload()
    (path / "plugin" / "__init__.py").write_text("(")
    for _ in range(6):
        assert not bench.call("reload.plugin", MINE)
    await bench.turn()
    assert bench.ask() == "new"


async def test_state_of_a_version_that_is_newer_is_not_migrated_back(bench):
    migrating = """
    def migrate_state(self, old_version, state):
        state["kills"] = [kill.name for kill in state["kills"]]
        return state
"""
    bench.write(BAD + migrating, version=2)
    bench.reload()
    assert bench.ask("state")[0] == ["rat"]
    assert bench.call("rollback.plugin", MINE)
    assert bench.kills() == [("rat", 1)]
    assert bench.call("get.plugin.info", MINE).version == 1


async def test_what_is_no_plain_data_is_left_out_and_told(bench):
    instance = bench.call("get.plugin.instance", MINE)
    instance.kills.append(lambda: 1)
    instance.data.update(
        lock=threading.Lock(),
        event=asyncio.Event(),
        log=logging.getLogger("x"),
        method=instance._api_answer,
        own=instance,
        engine=instance.api,
    )
    bench.write(BAD)
    bench.reload()
    assert bench.call("rollback.plugin", MINE)
    assert bench.kills() == [("rat", 1)]
    now = bench.call("get.plugin.instance", MINE)
    assert now.data["own"] is now
    assert now.data["method"]() == "old"
    assert now.data.keys() == {"mark", "method", "own"}
    assert any("not all came back of data, kills" in line for line in bench.proxy.log)


async def test_neither_the_bad_generation_nor_the_kept_one_stays_in_memory(bench):
    bench.write(BAD)
    old = watched(bench)
    bench.reload()
    new = watched(bench)
    assert len(bench.loader.probation._trials) == 1
    await bench.turn()
    gc.collect()
    assert [ref() for ref in old if ref() is not None] == []
    logger, forgetting = logging.getLogger("bastproxy"), Forgetting()
    logger.addHandler(forgetting)
    try:
        bench.fail()
        await bench.back.wait()
    finally:
        logger.removeHandler(forgetting)
    await bench.turn()
    gc.collect()
    assert [ref() for ref in new if ref() is not None] == []
    assert bench.call("get.unloaded.plugins.in.memory", True, MINE) == []


class Forgetting(logging.Handler):
    """Takes the traceback from records, which pytest keeps."""

    def emit(self, record: logging.LogRecord) -> None:
        record.exc_info = None


def watched(bench: Bench) -> list[weakref.ref[Any]]:
    instance = bench.call("get.plugin.instance", MINE)
    kill = instance.kills[0]
    return [weakref.ref(thing) for thing in (instance, type(instance), type(kill))]


USING = """\
from bastproxy.libs.api import AddAPI
from bastproxy.plugins._baseplugin import BasePlugin
from bastproxy.plugins.games.mine.plugin import Kill


class Plugin(BasePlugin):
    def __init__(self, plugin_id, plugin_info):
        super().__init__(plugin_id, plugin_info)
        self.attributes_to_save_on_reload = ["kill"]
        self.kill = Kill("cat")

    @AddAPI("answer", description="answers")
    def _api_answer(self):
        return "{}", isinstance(self.kill, Kill), self.kill.name
"""


async def test_what_reloaded_together_goes_back_together(bench):
    bench.write(USING.format("old"), USER, dependencies=[MINE])
    bench.proxy.load(USER)
    bench.write(BAD)
    bench.write(USING.format("new"), USER, dependencies=[MINE])
    client = await bench.proxy.connect()
    bench.reload()  # the other one holds its class
    assert bench.ask(plugin_id=USER) == ("new", True, "cat")
    bench.fail()
    await bench.back.wait(2)
    assert [event["plugin_id"] for event in bench.back.raises] == [MINE, USER]
    assert bench.ask() == "old"
    assert bench.ask(plugin_id=USER) == ("old", True, "cat")
    await client.wait_for(lambda: any("went back" in line for line in client.lines), "a notice")
    await client.sync()
    assert sum("went back" in line for line in client.lines) == 1


async def test_one_that_came_later_goes_along_with_the_code_and_state_that_it_has(bench):
    bench.write(BAD)
    bench.reload()
    path = bench.write(USING.format("here"), USER, dependencies=[MINE])
    bench.proxy.load(USER)
    bench.call("get.plugin.instance", USER).kill.name = "dog"
    (path / "plugin" / "__init__.py").write_text("raise ValueError\n")
    assert bench.call("rollback.plugin", MINE)
    assert bench.ask() == "old"
    assert bench.ask(plugin_id=USER) == ("here", True, "dog")


async def test_a_plugin_that_was_unloaded_meanwhile_does_not_go_back(bench):
    bench.write(BAD)
    bench.reload()
    bench.fail()
    assert bench.call("unload.plugin", MINE)
    await bench.turn()
    assert len(bench.back) == 0
    assert not bench.call("rollback.plugin", MINE)


async def test_a_way_back_that_fails_is_told_once_and_the_new_code_goes_on(bench):
    bench.write(BAD)
    bench.reload()
    kept = bench.loader.probation._trials[0].kept[MINE].description["files"]
    kept["plugin/__init__.py"].source = b"raise ValueError('rotten')\n"
    bench.fail(10)
    await bench.turn()
    assert bench.ask() == "new"
    assert sum("cannot go back" in line for line in bench.proxy.log) == 1
