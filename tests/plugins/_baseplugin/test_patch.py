from __future__ import annotations

from typing import Any

import pytest

from bastproxy.plugins._baseplugin import BasePlugin

A, B, C, D = (f"plugins.games.{name}" for name in "abcd")

PATCH = """
from bastproxy.libs.api import AddAPI

def _helper_imported(self): pass

def plain(self):
    return ({name!r}, self.plugin_id)

@AddAPI("shine", description="shines")
def _api_shine(self):
    return {name!r}
"""


def _write(rig: Any, plugin_id: str, name: str, patch: str = PATCH) -> None:
    rig.write(plugin_id, answer=1, files={"_patch_base.py": patch.format(name=name)})


@pytest.fixture
def base() -> dict[str, Any]:
    return dict(vars(BasePlugin))


@pytest.fixture(autouse=True)
def _base_is_put_back(base: dict[str, Any], rig: Any) -> Any:
    yield
    rig.loader.stop()
    assert dict(vars(BasePlugin)) == base


def test_methods_reach_loaded_plugins_and_later_ones_and_go_with_their_plugin(rig: Any) -> None:
    rig.write(B, answer=1)
    rig.load(B)
    _write(rig, A, "a")
    rig.load(A)
    rig.write(C, answer=1)
    rig.load(C)
    for name in (A, B, C):
        assert rig.instance(name).plain() == ("a", name)
        assert rig.ask(name, "shine") == "a"
        assert [line.name for line in rig.kernel.ledger.lines(name) if "shine" in line.name] == [
            line for line in [f"{name}:shine", "_api_shine"] if name == A or ":" in line
        ] or name == A
    lines = [line.name for line in rig.kernel.ledger.lines(A, kind="base patch")]
    assert lines == ["_helper_imported", "plain", "_api_shine"]
    refs = rig.refs(A)
    assert rig.call("unload.plugin", A)
    for name in (B, C):
        assert not hasattr(rig.instance(name), "plain")
        assert not rig.api.has(f"{name}:shine")
    rig.assert_gone(A, refs)


def test_the_event_tells_whose_patch_it_is_and_what_it_changed(rig: Any) -> None:
    raised: list[Any] = []
    dispatcher = rig.kernel.dispatcher
    dispatcher.register(
        "ev_baseplugin_patched", lambda: raised.append(dict(dispatcher.current_record())), "tests"
    )
    _write(rig, A, "a")
    rig.load(A)
    names = ["_helper_imported", "plain", "_api_shine"]
    assert raised == [{"plugin_id": A, "names": names}]
    del raised[:]
    assert rig.call("unload.plugin", A)
    assert sorted(name for record in raised for name in record["names"]) == sorted(names)
    assert {record["plugin_id"] for record in raised} == {A}


def test_a_reload_updates_the_patch(rig: Any) -> None:
    rig.write(B, answer=1)
    _write(rig, A, "a")
    rig.load(A, B)
    patch = PATCH.replace("def plain", "def simple")
    _write(rig, A, "new", patch)
    assert rig.call("reload.plugin", A)
    assert rig.ask(B, "shine") == "new"
    assert rig.instance(B).simple() == ("new", B)
    assert not hasattr(rig.instance(B), "plain")


@pytest.mark.parametrize("first", [A, B])
def test_of_two_patches_of_a_name_the_newer_answers_until_it_goes(rig: Any, first: str) -> None:
    second = B if first == A else A
    rig.write(C, answer=1)
    _write(rig, A, A)
    _write(rig, B, B)
    rig.load(C)
    rig.load(first)
    rig.load(second)
    for name in (A, B, C):
        assert rig.ask(name, "shine") == second
    refs = rig.refs(second)
    assert rig.call("unload.plugin", second)
    rig.assert_gone(second, refs)
    for name in (first, C):
        assert rig.ask(name, "shine") == first
        assert rig.instance(name).plain() == (first, name)
    refs = rig.refs(first)
    assert rig.call("unload.plugin", first)
    rig.assert_gone(first, refs)
    assert not rig.api.has(f"{C}:shine")


@pytest.mark.parametrize("first", [A, B])
def test_the_older_patch_may_go_first(rig: Any, first: str) -> None:
    second = B if first == A else A
    rig.write(C, answer=1)
    _write(rig, A, A)
    _write(rig, B, B)
    rig.load(C)
    rig.load(first)
    rig.load(second)
    assert rig.call("unload.plugin", first)
    assert rig.ask(C, "shine") == second
    assert rig.call("unload.plugin", second)
    assert not rig.api.has(f"{C}:shine")


REPLACE = """
{decorator}
def _api_dump(self, attribute_name=None, detailed=False):
    return "patched"
"""


@pytest.mark.parametrize("decorator", ["", '@AddAPI("dump", description="x")'])
def test_a_method_of_the_base_is_replaced_and_comes_back(rig: Any, decorator: str) -> None:
    rig.write(B, answer=1)
    rig.load(B)
    patch = "from bastproxy.libs.api import AddAPI\n" + REPLACE.format(decorator=decorator)
    rig.write(A, answer=1, files={"_patch_base.py": patch})
    rig.load(A)
    rig.write(C, answer=1)
    rig.load(C)
    assert [rig.ask(name, "dump") for name in (A, B, C)] == ["patched"] * 3
    refs = rig.refs(A)
    assert rig.call("unload.plugin", A)
    assert "plugin_id" in rig.ask(B, "dump")
    assert "plugin_id" in rig.ask(C, "dump")
    rig.assert_gone(A, refs)


def test_a_plugin_that_overrides_the_method_keeps_its_own(rig: Any) -> None:
    rig.write(
        B,
        """
        class Plugin(BasePlugin):
            @AddAPI("shine")
            def _api_shine(self):
                return "own"
        """,
    )
    _write(rig, A, "a")
    rig.load(B, A)
    assert rig.ask(B, "shine") == "own"
    assert rig.call("unload.plugin", A)
    assert rig.ask(B, "shine") == "own"


def test_a_patch_that_fails_changes_nothing(rig: Any) -> None:
    rig.write(B, answer=1)
    rig.load(B)
    before = rig.state()
    path = rig.write(A, answer=1, files={"_patch_base.py": "def f(self): pass\nraise ValueError\n"})
    assert rig.call("load.plugins", [A])["bad_plugins"] == [A]
    assert f"({path / '_patch_base.py'}, line 2): ValueError" in rig.error(A)
    assert rig.state() == before
    assert not hasattr(BasePlugin, "f")


def test_a_plugin_that_fails_after_its_patch_takes_the_patch_back(rig: Any) -> None:
    rig.write(B, answer=1)
    rig.load(B)
    before = rig.state()
    files = {"_patch_base.py": PATCH.format(name="a")}
    rig.write(
        A, "class Plugin(BasePlugin):\n    def __init__(self, *a): raise ValueError\n", files=files
    )
    assert rig.call("load.plugins", [A])["bad_plugins"] == [A]
    assert rig.state() == before
    assert not hasattr(BasePlugin, "plain")


def test_the_patch_may_lie_in_the_folder_plugin(rig: Any) -> None:
    files = {"plugin/_patch_base.py": PATCH.format(name="inner")}
    rig.write(A, answer=1, files=files)
    rig.load(A)
    assert rig.ask(A, "shine") == "inner"


def test_callbacks_and_hooks_of_a_patch_work(rig: Any) -> None:
    patch = """
from bastproxy.libs.events import RegisterToEvent
from bastproxy.plugins._baseplugin import RegisterPluginHook

@RegisterToEvent(event_name="ev_tick")
def _eventcb_tick(self):
    self.ticks = getattr(self, "ticks", 0) + 1

@RegisterPluginHook("initialize", priority=1)
def _phook_early(self):
    self.early = True
"""
    rig.write(B, answer=1)
    rig.load(B)
    rig.write(A, answer=1, files={"_patch_base.py": patch})
    rig.load(A)
    rig.kernel.dispatcher.raise_event("ev_tick")
    assert (rig.instance(A).ticks, rig.instance(B).ticks) == (1, 1)
    assert rig.instance(A).early
    assert rig.call("unload.plugin", A)
    rig.kernel.dispatcher.raise_event("ev_tick")
    assert rig.instance(B).ticks == 1
