from __future__ import annotations

import asyncio
from typing import Any

A, B, C = "plugins.games.a", "plugins.games.b", "plugins.games.c"

EVERYTHING = """
import asyncio
from dataclasses import dataclass
from typing import Optional
from ..libs.x import Helper

@dataclass
class Thing:
    x: Optional["Helper"] = None

class Plugin(BasePlugin):
    def __init__(self, plugin_id, plugin_info):
        super().__init__(plugin_id, plugin_info)
        self.helper = Helper()
        self.hint = Optional[Helper]
        self.things = [Thing(self.helper)]
        self.me = self
        self.api("libs.api:add")(plugin_id, "by.hand", self.f)
        self.api("libs.api:add")("plugins.games.other", "foreign:name", lambda: self)

    def f(self):
        return self

    @AddAPI("{plugin_id}.named", instance=True)
    def _api_named(self):
        return 1

    @AddAPI("answer")
    def _api_answer(self):
        return self.api("plugins.games.b:answer")()

    @RegisterPluginHook("initialize")
    def _phook_initialize(self):
        dispatcher = self.api("libs.events:get.dispatcher")()
        dispatcher.add_event("ev_mine", self.plugin_id)
        dispatcher.register("ev_tick", self.f, self.plugin_id)
        self.spawn(asyncio.Event().wait())

    @RegisterToEvent(event_name="ev_tick")
    @RegisterToEvent(event_name="ev_tock", priority=1)
    def _eventcb_tick(self):
        raise ValueError("tick")

    @RegisterToEvent(event_name="ev_tick")
    async def _eventcb_async(self):
        try:
            await asyncio.Event().wait()
        finally:
            self.ended = True
"""
HELPER = """
from bastproxy.libs.api import AddAPI

class Helper:
    @AddAPI("help")
    def _api_help(self):
        return self
"""
PATCH = """
from bastproxy.libs.api import AddAPI

@AddAPI("shine")
def shine(self):
    return "shiny"
"""


async def test_nothing_is_left_of_a_plugin_that_registered_one_of_everything(rig: Any) -> None:
    rig.write(B, answer="b")
    files = {"libs/x.py": HELPER, "_patch_base.py": PATCH, "commands/c.py": "X = 1\n"}
    rig.write(A, EVERYTHING, files=files, dependencies=[B])
    rig.load(B)
    before = rig.state()
    refs = []
    for _ in range(2):
        rig.load(A)
        for _ in range(3):
            rig.kernel.dispatcher.raise_event("ev_tick")
        await asyncio.sleep(0)
        assert rig.ask(A) == "b"
        assert rig.ask(B, "shine") == "shiny"
        kinds = {line.kind for line in rig.kernel.ledger.lines(A)}
        assert kinds == {"api", "event", "callback", "task", "base patch"}
        assert len(rig.kernel.tasks.of(A)) == 4
        refs += rig.refs(A)
        assert rig.call("reload.plugin", A)
        refs += rig.refs(A)
        rig.kernel.ledger.release("plugins.games.other")
        assert rig.call("unload.plugin", A)
        rig.kernel.ledger.release("plugins.games.other")
        assert await rig.kernel.tasks.settle() == []
    # The loader too has waited for the old tasks, and lets go of them.
    await asyncio.gather(*rig.kernel.tasks.of("libs.plugins.loader"))
    rig.assert_gone(A, refs)
    rig.kernel.dispatcher.raise_event("ev_tick")
    assert rig.kernel.dispatcher.event("ev_mine") is None
    assert not rig.api.has(f"{B}:shine")
    assert rig.state() == before


def test_somebody_who_holds_an_old_instance_is_told_of(rig: Any) -> None:
    rig.write(A, answer=1)
    rig.load(A)
    held = rig.instance(A)
    assert rig.call("unload.plugin", A)
    (left,) = rig.call("get.unloaded.plugins.in.memory")
    assert (left["plugin_id"], left["generation"], left["instance"]) == (A, 1, True)
    assert held.plugin_id == A
    del held
    assert rig.call("get.unloaded.plugins.in.memory") == []


def test_the_order_of_an_unload(rig: Any) -> None:
    notes: list[str] = []
    rig.kernel.registry.add("tests", "note", notes.append)
    rig.write(
        A,
        """
        class Plugin(BasePlugin):
            @RegisterPluginHook("uninitialize")
            def _phook_late(self):
                assert self.api(f"{self.plugin_id}:data.get")("x") is None
                assert self.api("libs.plugins.loader:is.plugin.loaded")(self.plugin_id)
                self.api("tests:note")("uninitialize 50")

            @RegisterPluginHook("uninitialize", priority=10)
            def _phook_early(self):
                self.api("tests:note")("uninitialize 10")

            @RegisterToEvent(event_name="ev_plugin_unloaded")
            def _eventcb_unloaded(self):
                self.api("tests:note")("it hears itself")
        """,
    )
    rig.load(A)

    def unloaded() -> None:
        assert not rig.api.has(f"{A}:data.get")
        assert rig.kernel.ledger.lines(A) == []
        assert not rig.call("is.plugin.loaded", A)
        assert A in rig.modules()
        notes.append("unloaded")

    rig.kernel.dispatcher.register("ev_plugin_unloaded", unloaded, "tests")
    assert rig.call("unload.plugin", A)
    assert notes == ["uninitialize 10", "uninitialize 50", "unloaded"]
    assert A not in rig.modules()


def test_an_unload_is_refused_while_others_depend_on_it(rig: Any) -> None:
    rig.write(A, answer=1)
    rig.write(B, answer=1, dependencies=[A])
    rig.write(C, answer=1, dependencies=[B])
    rig.load(C)
    before = rig.state()
    assert rig.call("unload.plugin", A) is False
    assert f"{B}, {C} depend on it" in rig.error(A)
    assert rig.state() == before
    events = rig.watch("ev_plugin_unloaded")
    assert rig.call("unload.plugin", A, True)
    assert [plugin_id for _, plugin_id in events] == [C, B, A]


def test_an_unload_of_a_required_plugin_is_refused_always(rig: Any) -> None:
    rig.write(A, answer=1)
    rig.write(B, answer=1, dependencies=[A], required=True)
    rig.load(B)
    assert rig.call("unload.plugin", B) is False
    assert "it is required, so it cannot be unloaded" in rig.error(B)
    assert rig.call("unload.plugin", A, True) is False
    assert rig.call("get.loaded.plugins.list") == [A, B]


def test_a_hook_that_unloads_a_dependent_itself_is_no_problem(rig: Any) -> None:
    rig.write(A, answer=1)
    for name in (B, C):
        other = C if name == B else B
        rig.write(
            name,
            f"""
            class Plugin(BasePlugin):
                @RegisterPluginHook("uninitialize")
                def _phook_u(self):
                    self.api("libs.plugins.loader:unload.plugin")({other!r})
            """,
            dependencies=[A],
        )
    rig.load(B, C)
    assert rig.call("unload.plugin", A, True)
    assert rig.call("get.loaded.plugins.list") == []


def test_an_unloaded_plugin_can_be_loaded_again(rig: Any) -> None:
    rig.write(A, answer=1)
    rig.load(A)
    assert rig.call("unload.plugin", A)
    rig.write(A, answer=2)
    rig.load(A)
    assert rig.ask(A) == 2
