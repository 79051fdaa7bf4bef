from __future__ import annotations

import asyncio
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bastproxy.libs.plugins import PluginInfo, PluginLoader, PluginRuntimeInfo

A, B, C = "plugins.games.a", "plugins.games.b", "plugins.games.c"

TRACE = """
NOTES = API()("tests:notes")()
NOTES.append(("import", __name__.split(".")[-2]))

class Plugin(BasePlugin):
    def __init__(self, plugin_id, plugin_info):
        self.notes = NOTES
        super().__init__(plugin_id, plugin_info)
        {dependencies}
        self.note("rest of __init__")

    def note(self, what):
        self.notes.append((what, self.plugin_info.short_name))

    @RegisterPluginHook("__init__", priority=90)
    def _phook_late(self):
        self.note("late __init__ hook")

    @RegisterPluginHook("__init__", priority=10)
    def _phook_early(self):
        assert self.api(f"{{self.plugin_id}}:answer")() == 1
        self.note("early __init__ hook")

    @AddAPI("answer")
    def _api_answer(self):
        return 1

    @RegisterToEvent(event_name="ev_plugin_loaded")
    def _eventcb_loaded(self):
        record = self.api("libs.events:get.dispatcher")().current_record()
        self.note("hears that " + record["plugin_id"][-1] + " is loaded")

    @RegisterPluginHook("initialize")
    def _phook_initialize(self):
        loaded = self.api("libs.plugins.loader:get.loaded.plugins.list")()
        assert all(self.api(f"{{name}}:answer")() == 1 for name in loaded)
        self.note("initialize")
"""


def test_a_batch_is_loaded_plugin_by_plugin_and_then_initialized(rig: Any) -> None:
    notes: list[tuple[str, str]] = []
    rig.kernel.registry.add("tests", "notes", lambda: notes)
    rig.kernel.dispatcher.register(
        "ev_plugin_initialized",
        lambda: notes.append(
            ("initialized", rig.kernel.dispatcher.current_record()["plugin_id"][-1])
        ),
        "tests",
    )
    rig.write(A, TRACE.format(dependencies=f"self.dependencies = [{B!r}]"))
    rig.write(B, TRACE.format(dependencies=""))
    rig.load(A)
    steps = ["import", "early __init__ hook", "late __init__ hook", "rest of __init__"]
    assert notes == [
        *((step, "b") for step in steps),
        ("hears that b is loaded", "b"),
        *((step, "a") for step in steps),
        ("hears that a is loaded", "b"),
        ("hears that a is loaded", "a"),
        ("initialize", "b"),
        ("initialized", "b"),
        ("initialize", "a"),
        ("initialized", "a"),
    ]


def test_ev_plugin_loaded_is_raised_when_the_plugin_counts_as_loaded(rig: Any) -> None:
    seen = []
    rig.kernel.dispatcher.register(
        "ev_plugin_loaded",
        lambda: seen.append((rig.call("is.plugin.loaded", A), rig.ask(A))),
        "tests",
    )
    rig.write(A, answer=7)
    rig.load(A)
    assert seen == [(True, 7)]


def test_load_plugins_says_who_is_loaded_already_and_who_is_bad(rig: Any) -> None:
    rig.write(A, answer=1)
    rig.write(B, answer=2, dependencies=[A])
    rig.load(A)
    result = rig.call("load.plugins", [A, B, "plugins.games.none", B])
    assert result == {
        "loaded_plugins": [B],
        "bad_plugins": ["plugins.games.none"],
        "already_loaded_plugins": [A],
    }


def test_load_plugins_takes_a_single_id(rig: Any) -> None:
    rig.write(A, answer=1)
    assert rig.call("load.plugins", A)["loaded_plugins"] == [A]


def test_a_plugin_loaded_by_a_hook_is_loaded_and_initialized(rig: Any) -> None:
    rig.write(
        B,
        "class Plugin(BasePlugin):\n    @RegisterPluginHook('initialize')\n"
        "    def _phook_i(self):\n        self.ready = True\n",
    )
    rig.write(
        A,
        f"class Plugin(BasePlugin):\n    @RegisterPluginHook('initialize')\n"
        f"    def _phook_i(self):\n"
        f"        self.api('libs.plugins.loader:load.plugins')([{B!r}])\n",
    )
    rig.load(A)
    assert rig.instance(B).ready
    assert rig.call("get.loaded.plugins.list") == [A, B]


def test_a_hook_that_is_interrupted_leaves_the_next_batch_to_be_initialized(rig: Any) -> None:
    rig.write(
        A,
        "class Plugin(BasePlugin):\n    @RegisterPluginHook('__init__')\n"
        "    def _phook_i(self):\n        raise KeyboardInterrupt\n",
    )
    rig.write(
        B,
        "class Plugin(BasePlugin):\n    @RegisterPluginHook('initialize')\n"
        "    def _phook_i(self):\n        self.ready = True\n",
    )
    with pytest.raises(KeyboardInterrupt):
        rig.call("load.plugins", [A])
    rig.load(B)
    assert rig.instance(B).ready


def test_the_questions_about_plugins(rig: Any) -> None:
    rig.write(A, answer=1)
    rig.write(B, answer=1)
    rig.load(A)
    assert rig.call("is.plugin.loaded", A)
    assert not rig.call("is.plugin.loaded", B)
    assert rig.call("is.plugin.instantiated", A)
    assert not rig.call("is.plugin.instantiated", B)
    assert rig.call("get.plugin.instance", A).plugin_id == A
    assert rig.call("get.plugin.instance", B) is None
    assert rig.call("get.plugin.info", B).plugin_id == B
    assert rig.call("does.plugin.exist", B)
    assert rig.call("get.loaded.plugins.list") == [A]
    assert {A, B} <= set(rig.call("get.all.plugins"))
    assert "plugins.core.events" in rig.call("get.all.plugins")
    assert B in rig.call("get.not.loaded.plugins")
    assert A not in rig.call("get.not.loaded.plugins")
    assert rig.call("get.plugin.error", A) == ""


def test_questions_about_an_unknown_plugin_answer_nothing(rig: Any) -> None:
    none = "plugins.games.none"
    for name in ("is.plugin.loaded", "is.plugin.instantiated", "does.plugin.exist"):
        assert rig.call(name, none) is False
    assert rig.call("get.plugin.info", none) is None
    assert rig.call("get.plugin.instance", none) is None
    for name in ("dependents", "error"):
        assert not rig.call(f"get.plugin.{name}", none)
    assert rig.call("plugin.get.changed.files", none) == []
    assert rig.call("plugin.get.invalid.python.files", none) == []


@pytest.mark.parametrize("action", ["unload.plugin", "reload.plugin"])
def test_actions_on_an_unknown_plugin_answer_false_and_name_the_nearest(
    rig: Any, action: str
) -> None:
    rig.write("plugins.games.dragon", answer=1)
    assert rig.call(action, "plugins.games.dragoon") is False
    assert "plugins.games.dragoon" in rig.log
    assert "did you mean plugins.games.dragon" in rig.log


@pytest.mark.parametrize("action", ["unload.plugin", "reload.plugin"])
def test_actions_on_a_plugin_that_is_not_loaded_answer_false(rig: Any, action: str) -> None:
    rig.write(A, answer=1)
    assert rig.call(action, A) is False
    assert "it is not loaded" in rig.error(A)


def test_a_plugin_written_after_the_start_is_found(rig: Any) -> None:
    assert not rig.call("does.plugin.exist", A)
    rig.write(A, answer=1)
    assert rig.call("does.plugin.exist", A)
    rig.write(B, answer=1)
    assert B in rig.call("get.all.plugins")


def test_plugin_info_holds_metadata_paths_and_files(rig: Any) -> None:
    path = rig.write(
        A,
        answer=1,
        name="The Game",
        author="Ann",
        version=3,
        purpose="fun",
        required=True,
        files={"libs/deep/x.py": "X = 1\n"},
    )
    before = rig.call("get.plugin.info", A)
    assert isinstance(before, PluginInfo)
    assert (before.runtime_info.is_loaded, before.runtime_info.is_imported) == (False, False)
    rig.load(A)
    info = rig.call("get.plugin.info", A)
    assert (info.plugin_id, info.package, info.short_name) == (A, "plugins.games", "a")
    assert (info.name, info.author, info.version, info.purpose) == ("The Game", "Ann", 3, "fun")
    assert (info.is_required, info.is_plugin, info.is_valid_python_code) == (True, True, True)
    assert info.package_path == path
    assert info.data_directory == rig.home / "data" / A
    assert set(info.files) == {"__init__.py", "plugin/__init__.py", "libs/deep/x.py"}
    assert info.package_import_location == f"bastproxy.{A}"
    assert info.plugin_class_import_location == f"bastproxy.{A}.plugin"
    runtime = info.runtime_info
    assert (runtime.is_loaded, runtime.is_imported) == (True, True)
    assert runtime.plugin_instance is rig.instance(A)
    assert abs((datetime.now() - runtime.imported_time).total_seconds()) < 60


def test_a_new_plugin_info_is_as_the_contract_says() -> None:
    info = PluginInfo("plugins.core.events")
    assert (info.package, info.short_name, info.version) == ("plugins.core", "events", -1)
    assert (info.name, info.author, info.purpose, info.files) == ("", "", "", {})
    assert (info.is_required, info.is_plugin, info.is_valid_python_code) == (False, False, True)
    assert (info.package_path, info.data_directory) == (Path(), Path())
    runtime = PluginRuntimeInfo()
    assert (runtime.is_loaded, runtime.is_imported, runtime.plugin_instance) == (
        False,
        False,
        None,
    )
    assert runtime.imported_time == datetime(1970, 1, 1)


def test_the_loader_searches_the_packaged_plugins_first(rig: Any) -> None:
    loader: PluginLoader = rig.loader
    assert loader.plugin_search_paths[0] == {
        "path": loader.base_plugin_dir,
        "prefix": "plugins.",
        "strip": "",
    }
    assert loader.api.owner_id.endswith("libs.plugins.loader")


def test_changed_files_are_told_by_content(rig: Any) -> None:
    path = rig.write(A, answer=1, files={"libs/x.py": "X = 1\n", "libs/y.py": ""})
    assert rig.call("plugin.get.changed.files", A) == []
    rig.load(A)
    assert rig.call("plugin.get.changed.files", A) == []
    (path / "libs/x.py").write_text("X = 1\n")  # touched, and the same
    assert rig.call("plugin.get.changed.files", A) == []
    (path / "libs/x.py").write_text("X = 2\n")
    (path / "libs/y.py").unlink()
    (path / "libs/z.py").write_text("")
    with (path / "__init__.py").open("a") as file:
        file.write("# a comment\n")
    names = ["__init__.py", "libs/x.py", "libs/y.py", "libs/z.py"]
    assert rig.call("plugin.get.changed.files", A) == sorted(str(path / name) for name in names)


def test_invalid_python_files_are_listed(rig: Any) -> None:
    path = rig.write(A, answer=1, files={"libs/x.py": "def", "libs/y.py": "ok = 1", "n.py": "\0"})
    expected = [str(path / "libs/x.py"), str(path / "n.py")]
    assert rig.call("plugin.get.invalid.python.files", A) == expected


def test_save_runs_the_hooks_of_the_one_named_or_of_all(rig: Any) -> None:
    source = """
    class Plugin(BasePlugin):
        saves = 0
        @RegisterPluginHook("save")
        def _phook_save(self):
            self.saves += 1
            raise ValueError("disk full")
    """
    rig.write(A, source)
    rig.write(B, source)
    rig.load(A, B)
    raise_event = rig.kernel.dispatcher.raise_event
    raise_event("ev_plugin_save", {"plugin_id": A})
    assert (rig.instance(A).saves, rig.instance(B).saves) == (1, 0)
    raise_event("ev_plugin_save")
    assert (rig.instance(A).saves, rig.instance(B).saves) == (2, 1)
    assert not rig.ask(B, "save.state")
    assert (rig.instance(A).saves, rig.instance(B).saves) == (2, 2)
    assert f"{A}: the hook save failed in _phook_save: ValueError: disk full" in rig.log


def test_reset_goes_to_the_one_named_or_to_all_that_allow_it(rig: Any) -> None:
    source = """
    class Plugin(BasePlugin):
        resets = 0
        def reset_to_defaults(self):
            self.resets += 1
    """
    for name in (A, B, C):
        rig.write(name, source)
    rig.load(A, B, C)
    rig.instance(C).can_reset_f = False
    rig.kernel.dispatcher.raise_event("ev_plugin_reset", {"plugin_id": A})
    rig.kernel.dispatcher.raise_event("ev_plugin_reset")
    assert [rig.instance(name).resets for name in (A, B, C)] == [2, 1, 0]
    assert rig.ask(B, "reset") is True
    assert rig.ask(C, "reset") is False
    assert [rig.instance(name).resets for name in (A, B, C)] == [2, 2, 0]
    assert "can_reset_f is False" in rig.log


def test_objects_of_the_plugin_itself_are_scanned_and_nobody_elses(rig: Any) -> None:
    helper = """
from bastproxy.libs.api import AddAPI

class Helper:
    @AddAPI("{name}")
    def _api_help(self):
        return {name!r}
"""
    rig.write("plugins.games.login", answer=1, files={"libs/h.py": helper.format(name="far")})
    rig.write(
        "plugins.games.log",
        """
        from bastproxy.plugins.games.log.libs.h import Helper
        from bastproxy.plugins.games.login.libs.h import Helper as Far
        class Plugin(BasePlugin):
            @RegisterPluginHook("__init__")
            def _phook_make(self):
                self.helper = Helper()
                self.far = Far()
        """,
        files={"libs/h.py": helper.format(name="near")},
        dependencies=["plugins.games.login"],
    )
    rig.load("plugins.games.log")
    assert rig.ask("plugins.games.log", "near") == "near"
    assert not rig.api.has("plugins.games.log:far")


def test_stop_unloads_everything_in_reverse_order(make_rig: Any) -> None:
    rig = make_rig()
    rig.write(A, answer=1, required=True)
    rig.write(B, answer=1, dependencies=[A])
    rig.load(B)
    events = rig.watch("ev_plugin_unloaded")
    rig.loader.stop()
    assert [plugin_id for _, plugin_id in events] == [B, A]
    assert rig.loader.load_order == []


async def test_tasks_of_a_plugin_end_with_it(rig: Any) -> None:
    rig.write(
        A,
        """
        import asyncio
        class Plugin(BasePlugin):
            @RegisterPluginHook("initialize")
            def _phook_start(self):
                self.spawn(asyncio.Event().wait(), "waits")
        """,
    )
    rig.load(A)
    (task,) = rig.kernel.tasks.of(A)
    assert rig.call("unload.plugin", A)
    await asyncio.gather(*rig.kernel.tasks.of("libs.plugins.loader"))  # they wait for it
    assert task.cancelled()
    assert len(asyncio.all_tasks()) == 1


def test_a_start_removes_what_a_killed_save_has_left(make_rig: Any, tmp_path: Path) -> None:
    left = tmp_path / "data" / A / ".settings.toml.abcd_123.tmp"
    left.parent.mkdir(parents=True)
    left.write_text("half")
    os.utime(left, (0, 0))
    make_rig(tmp_path)
    assert not left.exists()
    assert left.parent.exists()
