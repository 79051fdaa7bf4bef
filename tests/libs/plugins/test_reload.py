from __future__ import annotations

from threading import Thread
from typing import Any

import pytest

A, B, C, D = (f"plugins.games.{name}" for name in "abcd")

STATE = """
class Plugin(BasePlugin):
    def __init__(self, plugin_id, plugin_info):
        super().__init__(plugin_id, plugin_info)
        self.attributes_to_save_on_reload = ["count", "names"]
        self.count = 0
        self.names = []
        self.other = 0
        self.data["new"] = "default"

    @RegisterPluginHook("initialize")
    def _phook_initialize(self):
        self.seen = (self.count, list(self.names), self.is_reloading_f)
"""


def test_attributes_are_restored_after_construction_and_before_initialize(rig: Any) -> None:
    rig.write(A, STATE)
    rig.load(A)
    old = rig.instance(A)
    assert old.seen == (0, [], False)
    old.count, old.other = 5, 5
    old.names.append("x")
    old.data["kept"] = names = old.names
    assert rig.call("reload.plugin", A)
    new = rig.instance(A)
    assert new is not old
    assert new.seen == (5, ["x"], True)
    assert (new.count, new.other, new.is_reloading_f) == (5, 0, False)
    assert new.names is names
    assert new.data == {"new": "default", "kept": names}


def test_attributes_that_cannot_be_kept_are_warned_of(rig: Any) -> None:
    rig.write(
        A,
        """
        class Plugin(BasePlugin):
            def __init__(self, plugin_id, plugin_info):
                super().__init__(plugin_id, plugin_info)
                self.attributes_to_save_on_reload = ["gone", "angry", "x"]
                self.x = 1
            @property
            def angry(self):
                raise ValueError("no luck")
        """,
    )
    rig.load(A)
    rig.instance(A).x = 2
    assert rig.call("reload.plugin", A)
    assert rig.instance(A).x == 2
    assert "attributes_to_save_on_reload names 'gone', which cannot be kept" in rig.log
    assert "'angry', which cannot be kept: ValueError: no luck" in rig.log


def test_an_attribute_that_cannot_be_restored_fails_the_reload(rig: Any) -> None:
    rig.write(A, "class Plugin(BasePlugin):\n    attributes_to_save_on_reload = ['x']\n    x = 1\n")
    rig.load(A)
    rig.instance(A).attributes_to_save_on_reload = ["x"]
    rig.write(A, "class Plugin(BasePlugin):\n    x = property(lambda self: 1)\n")
    assert rig.call("reload.plugin", A) is False
    assert "restoring the attributes kept over the reload" in rig.error(A)


@pytest.mark.parametrize("broken", [None, 5, "count", ["count", 5]])
def test_a_broken_list_of_attributes_can_be_mended_by_a_reload(rig: Any, broken: Any) -> None:
    rig.write(A, STATE)
    rig.load(A)
    rig.instance(A).attributes_to_save_on_reload = broken
    rig.instance(A).count = 7
    assert rig.call("reload.plugin", A) is True
    assert "attributes_to_save_on_reload must be a list of names" in rig.log
    assert rig.instance(A).count == 0
    rig.instance(A).count = 8
    assert rig.call("reload.plugin", A) is True
    assert rig.instance(A).count == 8


def test_the_steps_of_a_reload_are_seen_in_their_order(rig: Any) -> None:
    notes: list[Any] = []
    rig.kernel.registry.add("tests", "notes", lambda: notes)
    rig.write(
        A,
        """
        class Plugin(BasePlugin):
            @RegisterPluginHook("__init__")
            def _phook_init(self):
                self.api("tests:notes")().append(("__init__", self.is_reloading_f))
            @RegisterPluginHook("initialize")
            def _phook_initialize(self):
                self.api("tests:notes")().append(("initialize", self.is_reloading_f))
            @RegisterPluginHook("uninitialize")
            def _phook_uninitialize(self):
                self.api("tests:notes")().append(("uninitialize", self.is_reloading_f))
        """,
    )
    rig.load(A)
    for name in ("loaded", "unloaded", "initialized", "reloaded"):
        rig.kernel.dispatcher.register(
            f"ev_plugin_{name}", lambda name=name: notes.append(name), "tests"
        )
    del notes[:]
    assert rig.call("reload.plugin", A)
    assert notes == [
        ("uninitialize", True),
        "unloaded",
        ("__init__", True),
        "loaded",
        ("initialize", True),
        "initialized",
        "reloaded",
    ]
    del notes[:]
    assert rig.call("unload.plugin", A)
    assert notes == [("uninitialize", False), "unloaded"]


def test_a_reload_happens_even_where_nothing_changed(rig: Any) -> None:
    rig.write(A, answer=1)
    rig.load(A)
    generation = rig.call("get.plugin.info", A).runtime_info.generation
    assert rig.call("reload.plugin", A)
    assert rig.call("get.plugin.info", A).runtime_info.generation == generation + 1


def test_names_deleted_from_the_source_are_gone(rig: Any) -> None:
    path = rig.write(
        A,
        "from ..libs import x\nfrom .. import extra\n"
        "class Plugin(BasePlugin):\n    mods = x, extra\n"
        "    @AddAPI('old')\n    def _api_old(self): pass\n",
        files={"libs/x.py": "OLD = KEPT = 1\n", "extra.py": "OLD = 1\n"},
    )
    rig.load(A)
    (path / "extra.py").unlink()
    rig.write(
        A,
        "from ..libs import x\nclass Plugin(BasePlugin):\n    mods = (x,)\n",
        files={"libs/x.py": "KEPT = 2\n"},
    )
    assert rig.call("reload.plugin", A)
    (module,) = rig.instance(A).mods
    assert (module.KEPT, hasattr(module, "OLD")) == (2, False)
    assert not rig.api.has(f"{A}:old")
    rig.write(A, "from .. import extra\nclass Plugin(BasePlugin): pass\n")
    assert rig.call("reload.plugin", A) is False
    assert "cannot import name 'extra'" in rig.error(A)


def test_new_modules_are_found(rig: Any) -> None:
    rig.write(A, answer=1)
    rig.load(A)
    source = "from ..libs.new import X\nclass Plugin(BasePlugin):\n    x = X\n"
    rig.write(A, source, files={"libs/__init__.py": "", "libs/new.py": "X = 5\n"})
    assert rig.call("reload.plugin", A)
    assert rig.instance(A).x == 5


def test_dependents_stay_unless_the_plugin_takes_them_along(rig: Any) -> None:
    for name, needs in ((A, []), (B, [A]), (C, [B]), (D, [])):
        rig.write(name, answer=1, dependencies=needs)
    rig.load(C, D)
    instances = [rig.instance(name) for name in (A, B, C, D)]
    assert rig.call("reload.plugin", A)
    now = [rig.instance(name) for name in (A, B, C, D)]
    assert [x is y for x, y in zip(instances, now, strict=True)] == [False, True, True, True]
    rig.instance(A).reload_dependents_f = True
    assert rig.call("reload.plugin", A)
    now = [rig.instance(name) for name in (A, B, C, D)]
    assert [x is y for x, y in zip(instances, now, strict=True)] == [False, False, False, True]
    rig.instance(A).reload_dependents_f = True
    plan = rig.loader.reloader.plan([A])
    assert plan.members == [A, B, C]
    assert plan.reasons[C] == f"{A} takes its dependents along"
    events = rig.watch("ev_plugin_unloaded", "ev_plugin_loaded", "ev_plugin_reloaded")
    assert rig.call("reload.plugin", A)
    assert events == [
        *(("ev_plugin_unloaded", name) for name in (C, B, A)),
        *(("ev_plugin_loaded", name) for name in (A, B, C)),
        *(("ev_plugin_reloaded", name) for name in (A, B, C)),
    ]
    assert rig.call("get.loaded.plugins.list") == [A, B, C, D]
    assert not any(rig.instance(name).is_reloading_f for name in (A, B, C))


def test_all_members_keep_the_old_code_when_one_fails(rig: Any) -> None:
    rig.write(A, answer=1)
    rig.write(B, answer=1, dependencies=[A])
    rig.load(B)
    rig.instance(A).reload_dependents_f = True
    instances = [rig.instance(A), rig.instance(B)]
    rig.write(B, "raise ValueError('no luck')\n", dependencies=[A])
    rig.write(A, answer=2)
    assert rig.call("reload.plugin", A) is False
    assert "ValueError: no luck" in rig.error(B)
    assert [rig.ask(A), rig.ask(B)] == [1, 1]
    assert [rig.instance(A), rig.instance(B)] == instances
    assert rig.instance(A).is_reloading_f is False
    rig.write(B, answer=2, dependencies=[A])
    assert rig.call("reload.plugin", A)
    assert [rig.ask(A), rig.ask(B)] == [2, 2]


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        ({"dependencies": ["plugins.games.none"]}, "there is no plugin 'plugins.games.none'"),
        ({"dependencies": [B]}, f"circular dependency: {A} -> {B} -> {A}"),
        ({"dependencies": [A]}, f"circular dependency: {A} -> {A}"),
        ({"dependencies": [f"{C} > 1"]}, f"it needs {C} >1, but version 1 is here"),
        ({"dependencies": ["not one"]}, "'not one' is no dependency"),
        ({"version": 1}, f"{B} needs {A} >=2, but the files have version 1"),
        ({"version": "2"}, "PLUGIN_VERSION must be an integer"),
    ],
)
def test_what_the_new_files_need_is_checked_before_anything_stops(
    rig: Any, edit: dict[str, Any], reason: str
) -> None:
    rig.write(A, answer="old", version=2)
    rig.write(B, answer="b", dependencies=[f"{A} >= 2"])
    rig.write(C, answer="c")
    rig.load(B)
    before = rig.state()
    rig.write(A, answer="new", **{"version": 2, **edit})
    assert rig.call("reload.plugin", A) is False
    assert reason in rig.error(A)
    assert rig.ask(A) == "old"
    assert rig.state() == before


def test_a_cycle_that_only_the_new_instance_knows_of_is_refused(rig: Any) -> None:
    rig.write(A, answer=1)
    rig.write(B, answer=1, dependencies=[A])
    rig.load(B)
    rig.write(
        A,
        """
        class Plugin(BasePlugin):
            @RegisterPluginHook("__init__")
            def _phook_depend(self):
                self.dependencies.append("plugins.games." + "b")
        """,
    )
    assert rig.call("reload.plugin", A) is False
    assert f"circular dependency: {A} -> {B} -> {A}" in rig.error(A)


def test_a_new_dependency_is_loaded_before_the_plugin_and_stays_before_it(rig: Any) -> None:
    rig.write(A, answer=1)
    rig.write(B, answer=1, dependencies=[A])
    rig.write(C, answer=1)
    rig.load(B)
    rig.write(A, answer=2, dependencies=[C])
    assert rig.call("reload.plugin", A)
    assert rig.call("get.loaded.plugins.list") == [C, A, B]


def test_can_reload_f_refuses_reload_and_unload(rig: Any) -> None:
    rig.write(A, answer=1)
    rig.write(B, answer=1, dependencies=[A])
    rig.load(B)
    rig.instance(B).can_reload_f = False
    assert rig.call("reload.plugin", B) is False
    assert rig.call("unload.plugin", B) is False
    assert "its can_reload_f is False" in rig.error(B)
    rig.instance(A).reload_dependents_f = True
    assert rig.call("reload.plugin", A) is False
    assert rig.call("unload.plugin", A, True) is False
    assert rig.call("get.loaded.plugins.list") == [A, B]


def test_a_required_plugin_can_be_reloaded(rig: Any) -> None:
    rig.write(A, answer=1, required=True)
    rig.load(A)
    rig.write(A, answer=2, required=True)
    assert rig.call("reload.plugin", A)
    assert rig.ask(A) == 2


def test_registrations_of_others_survive_a_reload_of_what_they_call(rig: Any) -> None:
    rig.write(A, answer=1)
    rig.write(
        B,
        """
        class Plugin(BasePlugin):
            @AddAPI("ask")
            def _api_ask(self):
                return self.api("plugins.games.a:answer")()
        """,
        dependencies=[A],
    )
    rig.load(B)
    assert rig.ask(B, "ask") == 1
    rig.write(A, answer=2)
    assert rig.call("reload.plugin", A)
    assert rig.ask(B, "ask") == 2


def test_many_reloads_leave_one_generation(rig: Any) -> None:
    rig.write(A, STATE)
    rig.load(A)
    lines = len(rig.kernel.ledger.lines(A))
    for _ in range(20):
        assert rig.call("reload.plugin", A)
    assert rig.call("get.unloaded.plugins.in.memory") == []
    assert len(rig.kernel.ledger.lines(A)) == lines


def test_after_failed_reloads_a_plugin_still_stands_before_its_dependents(rig: Any) -> None:
    rig.write(A, answer=1)
    rig.write(B, answer=1, dependencies=[A])
    rig.load(B)
    rig.write(A, "raise ValueError('no luck')\n")
    assert rig.call("reload.plugin", A) is False
    assert rig.call("get.loaded.plugins.list") == [A, B]
    rig.write(A, answer=2, dependencies=[B])
    assert rig.call("reload.plugin", A) is False
    assert f"circular dependency: {A} -> {B} -> {A}" in rig.error(A)
    assert rig.ask(A) == 1
    rig.write(A, answer=3)
    assert rig.call("reload.plugin", A)
    assert rig.call("get.loaded.plugins.list") == [A, B]


def test_a_cycle_through_a_plugin_that_only_the_new_code_needs_is_rolled_back(rig: Any) -> None:
    needy = """
    class Plugin(BasePlugin):
        def __init__(self, plugin_id, plugin_info):
            super().__init__(plugin_id, plugin_info)
            self.api(f"{plugin_id}:dependency.add")("plugins.games.%s")

        @AddAPI("answer")
        def _api_answer(self):
            return "new"
    """
    rig.write(A, answer="old")
    rig.load(A)
    instance = rig.instance(A)
    rig.write(A, needy % "b")
    rig.write(B, needy % "a")
    assert rig.call("reload.plugin", A) is False
    assert "circular dependency" in rig.error(A)
    assert rig.call("get.loaded.plugins.list") == [A]
    assert rig.instance(A) is instance
    assert rig.ask(A) == "old"


def test_a_plugin_that_unloads_itself_while_it_is_reloaded_is_refused(rig: Any) -> None:
    rig.write(
        A,
        """
        class Plugin(BasePlugin):
            @RegisterPluginHook("uninitialize")
            def _phook_uninitialize(self):
                self.api("libs.plugins.loader:unload.plugin")(self.plugin_id)
        """,
    )
    rig.load(A)
    assert rig.call("reload.plugin", A)
    assert rig.call("is.plugin.loaded", A)
    assert "it is being loaded; unload it afterwards" in rig.log


def test_a_reload_in_another_thread_is_refused(rig: Any) -> None:
    rig.write(A, STATE)
    rig.load(A)
    old = rig.instance(A)
    answers: list[bool] = []
    thread = Thread(target=lambda: answers.append(rig.call("reload.plugin", A)))
    thread.start()
    thread.join()
    assert answers == [False]
    assert rig.instance(A) is old
    assert "on the event loop's thread" in rig.error(A)


def test_what_is_imported_inside_a_function_is_of_the_running_generation(rig: Any) -> None:
    body = """
        class Plugin(BasePlugin):
            def look(self):
                from .later import VALUE
                return VALUE
    """
    path = rig.write(A, body)
    later = path / "plugin" / "later.py"
    later.write_text("VALUE = 1\n")
    rig.load(A)
    assert rig.instance(A).look() == 1
    later.write_text("VALUE = 2\n")
    assert rig.call("reload.plugin", A)
    assert rig.instance(A).look() == 2
    later.write_text("VALUE = 3 +\n")
    assert not rig.call("reload.plugin", A)
    assert rig.instance(A).look() == 2
