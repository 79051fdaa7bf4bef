import asyncio
import gc
import sys
from types import ModuleType
from typing import Any

import pytest

from bastproxy.libs.plugins import referrers, unloaded
from bastproxy.libs.plugins.referrers import find_holders

OLD = "plugins.test.old"
HOARDER = "plugins.test.hoarder"

LEAKY = """
class Thing:
    pass


class Plugin(BasePlugin):
    @AddAPI("thing", description="gives a thing")
    def _api_thing(self):
        return Thing()

    @AddAPI("method", description="gives a method")
    def _api_method(self):
        return self.tick

    def tick(self):
        pass
"""


@pytest.fixture(autouse=True)
def _patience(monkeypatch):
    """However slow and full the machine is, holders are looked for to the end."""
    monkeypatch.setattr(referrers, "MOST_SECONDS", 60.0)
    monkeypatch.setattr(unloaded, "MOST_SECONDS", 60.0)


class Leak:
    pass


@pytest.fixture
def hoard(rig) -> Any:
    """Load a plugin, and one that keeps what it says of it, then reload the first."""

    def hoard(keep: str, files: dict[str, str] | None = None) -> dict[str, Any]:
        rig.write(OLD, LEAKY)
        rig.write(
            HOARDER,
            f"""
            cache = {{}}

            class Plugin(BasePlugin):
                @RegisterPluginHook("initialize")
                def _phook_initialize(self):
                    {keep}
            """,
            files=files,
        )
        rig.load(OLD, HOARDER)
        assert rig.call("reload.plugin", OLD)
        left = rig.call("get.unloaded.plugins.in.memory")
        assert [entry["plugin_id"] for entry in left] == [OLD]
        assert left[0]["generation"] == 1
        return left[0]

    return hoard


def test_a_method_kept_by_another_plugin_is_named(hoard):
    left = hoard(f"self.kept = [self.api('{OLD}:method')()]")
    assert left["instance"]
    assert left["holders"] == [f"the attribute kept of {HOARDER} > a list > the method Plugin.tick"]


def test_an_instance_of_an_old_class_in_a_global_is_named(hoard):
    left = hoard(f"cache['x'] = self.api('{OLD}:thing')()")
    assert not left["instance"]
    assert f"bastproxy.{OLD}.plugin.Thing" in left["definitions"]
    assert left["holders"] == [
        f"the global cache of bastproxy.{HOARDER}.plugin > a dict at 'x' > a Thing"
    ]


def test_an_object_between_is_named_with_its_attribute(hoard):
    left = hoard(f"self.box = type('Box', (), {{}})(); self.box.lid = self.api('{OLD}:method')()")
    assert left["holders"] == [
        f"the attribute box of {HOARDER} > a Box as its lid > the method Plugin.tick"
    ]


def test_nothing_is_left_when_nobody_holds_it(rig):
    rig.write(OLD, LEAKY)
    rig.load(OLD)
    assert rig.call("reload.plugin", OLD)
    assert rig.call("get.unloaded.plugins.in.memory") == []


def test_without_collecting_nobody_is_looked_for(rig):
    rig.write(OLD, LEAKY)
    rig.load(OLD)
    kept = rig.instance(OLD)
    assert rig.call("reload.plugin", OLD)
    (left,) = rig.call("get.unloaded.plugins.in.memory", False)
    assert (left["instance"], left["holders"]) == (True, [])
    del kept


async def test_a_task_is_named():
    leak = Leak()
    started = asyncio.Event()

    async def hold(kept: Leak) -> None:
        started.set()
        await asyncio.Event().wait()
        del kept

    task = asyncio.get_running_loop().create_task(hold(leak), name="the hoarder")
    await started.wait()
    found = find_holders([leak], {})
    assert any(line.startswith("the task the hoarder > the coroutine ") for line in found)
    task.cancel()
    await asyncio.wait([task])


def test_a_crowd_of_holders_is_cut_short(monkeypatch):
    leak = Leak()
    module = ModuleType("a_crowd")
    monkeypatch.setitem(sys.modules, "a_crowd", module)
    module.all_of_them = [[leak] for _ in range(10_000)]
    gc.collect()
    found = find_holders([leak], {})
    assert "the global all_of_them of a_crowd > a list > a list" in found
    assert len(found) <= 5
