"""What a roll-back takes up again, and what a commit lets go."""

import asyncio
import sys

import pytest

MINE = "plugins.games.mine"
OTHER = "plugins.games.other"
LIFE = (
    "ev_plugin_unloaded",
    "ev_plugin_loaded",
    "ev_plugin_initialized",
    "ev_plugin_reloaded",
    "ev_plugin_reload_failed",
)


def plugin(initialize="pass", constructor="pass", members="", uninitialize="pass"):
    def indented(code, by):
        return "\n".join(" " * by + line for line in code.strip().splitlines())

    return f"""
import asyncio

class Plugin(BasePlugin):
    def __init__(self, plugin_id, plugin_info):
        super().__init__(plugin_id, plugin_info)
        self.attributes_to_save_on_reload = ["log", "count"]
        self.log = []
        self.count = 0
        self.dispatcher = self.api("libs.events:get.dispatcher")()
{indented(constructor, 8)}

    @RegisterPluginHook("initialize")
    def _phook_initialize(self):
{indented(initialize, 8)}

    @RegisterPluginHook("uninitialize")
    def _phook_uninitialize(self):
{indented(uninitialize, 8)}

    def note(self):
        self.log.append(self.plugin_id)

    async def work(self, name="work"):
        self.log.append(f"{{name}} begins")
        await asyncio.Event().wait()

{indented(members, 4)}
"""


BROKEN = plugin("1 / 0")


def listeners(rig, event="ev_shared"):
    return [
        (callback.owner_id, callback.name) for callback in rig.kernel.dispatcher.event(event).active
    ]


def owned(rig, kind=None):
    return sorted((line.kind, line.name) for line in rig.kernel.ledger.lines(MINE, kind=kind))


LISTEN = "self.dispatcher.register('ev_shared', {function}, self.plugin_id)"


@pytest.mark.parametrize(
    "function", ["self.note", "lambda: self.note()", "__import__('functools').partial(self.note)"]
)
def test_a_callback_made_in_initialize_takes_its_old_place(rig, function):
    rig.write("plugins.games.a", plugin(LISTEN.format(function="self.note")))
    rig.write(MINE, plugin(LISTEN.format(function=function)))
    rig.write("plugins.games.z", plugin(LISTEN.format(function="self.note")))
    rig.load("plugins.games.a", MINE, "plugins.games.z")
    before = listeners(rig)
    rig.write(MINE, BROKEN)
    assert not rig.call("reload.plugin", MINE)
    assert listeners(rig) == before
    assert before[1][0] == MINE
    rig.write(MINE, plugin(LISTEN.format(function=function)))
    assert rig.call("reload.plugin", MINE)
    assert listeners(rig) == before
    rig.kernel.dispatcher.raise_event("ev_shared")
    assert rig.instance(MINE).log == [MINE]


def test_what_initialize_does_not_make_again_is_released(rig):
    rig.write(
        MINE,
        plugin(
            "if not self.is_reloading_f:\n"
            "    self.api('libs.api:add')(self.plugin_id, 'once', print)\n"
            "    self.dispatcher.register('ev_once', self.note, self.plugin_id)\n"
            "self.api('libs.api:add')(self.plugin_id, 'always', print)"
        ),
    )
    rig.load(MINE)
    assert rig.api.has(f"{MINE}:once")
    rig.write(MINE, BROKEN)
    assert not rig.call("reload.plugin", MINE)
    assert rig.api.has(f"{MINE}:always")
    assert not rig.api.has(f"{MINE}:once")
    assert not rig.kernel.dispatcher.has_callbacks("ev_once")


def test_what_was_made_after_initialize_lives_on(rig):
    rig.write(MINE, plugin("self.api('libs.api:add')(self.plugin_id, 'always', print)"))
    rig.load(MINE)
    instance = rig.instance(MINE)
    rig.kernel.dispatcher.register("ev_later", instance.note, MINE)
    rig.kernel.registry.add(MINE, "later", instance.note)
    before = owned(rig)
    rig.write(MINE, BROKEN)
    assert not rig.call("reload.plugin", MINE)
    assert owned(rig) == before
    assert rig.kernel.dispatcher.is_registered("ev_later", instance.note)
    rig.ask(MINE, "later")
    assert instance.log == [MINE]


def test_what_uninitialize_takes_back_by_hand_comes_back_if_initialize_makes_it(rig):
    rig.write(
        MINE,
        plugin(
            LISTEN.format(function="self.note"),
            uninitialize="self.dispatcher.unregister('ev_shared', self.note)",
        ),
    )
    rig.load(MINE)
    before = owned(rig)
    rig.write(MINE, BROKEN)
    for _ in range(2):
        assert not rig.call("reload.plugin", MINE)
    assert listeners(rig) == [(MINE, "note")]
    assert owned(rig) == before


async def test_a_task_begun_in_initialize_runs_exactly_once_afterwards(rig):
    rig.write(MINE, plugin("self.spawn(self.work(), 'started')"))
    rig.load(MINE)
    await asyncio.sleep(0)
    rig.write(MINE, plugin("self.spawn(self.work('new'), 'new')\n1 / 0"))
    for _ in range(3):
        assert not rig.call("reload.plugin", MINE)
    await rig.kernel.tasks.settle()
    await asyncio.sleep(0)
    assert [task.get_name() for task in rig.kernel.tasks.of(MINE)] == [f"{MINE}:started"]
    mine = [task for task in asyncio.all_tasks() if MINE in task.get_name() and not task.done()]
    assert len(mine) == 1
    assert "new begins" not in rig.instance(MINE).log


async def test_what_a_task_of_initialize_has_begun_does_not_run_twice(rig):
    rig.write(
        MINE,
        plugin(
            "self.spawn(self.first(), 'first')",
            members="async def first(self):\n    self.spawn(self.work(), 'second')",
        ),
    )
    rig.load(MINE)
    await asyncio.sleep(0)
    assert [task.get_name() for task in rig.kernel.tasks.of(MINE)][-1] == f"{MINE}:second"
    rig.write(MINE, BROKEN)
    assert not rig.call("reload.plugin", MINE)
    await rig.kernel.tasks.settle()
    await asyncio.sleep(0)
    names = [task.get_name() for task in rig.kernel.tasks.of(MINE)]
    assert names.count(f"{MINE}:second") == 1


@pytest.mark.parametrize("when", ["before initialize", "after initialize"])
async def test_a_task_that_initialize_has_not_begun_lives_on_and_is_the_same(rig, when):
    constructor = "self.spawn(self.work(), 'early')" if when == "before initialize" else "pass"
    rig.write(MINE, plugin(constructor=constructor))
    rig.load(MINE)
    if when == "after initialize":
        rig.instance(MINE).spawn(rig.instance(MINE).work(), "late")
    (task,) = rig.kernel.tasks.of(MINE)
    rig.write(MINE, BROKEN)
    assert not rig.call("reload.plugin", MINE)
    await rig.kernel.tasks.settle()
    assert rig.kernel.tasks.of(MINE) == [task]
    assert not task.cancelling()
    rig.write(MINE, plugin())
    assert rig.call("reload.plugin", MINE)
    await rig.kernel.tasks.settle()
    assert task.cancelled()
    assert rig.kernel.tasks.of(MINE) == []


async def test_a_task_that_does_not_end_is_named(rig, monkeypatch):
    monkeypatch.setattr("bastproxy.libs.plugins.transaction.SETTLE_SECONDS", 0.01)
    free = asyncio.Event()
    rig.write(
        MINE,
        plugin(
            members="async def stay(self, free):\n"
            "    while not free.is_set():\n"
            "        try:\n            await free.wait()\n"
            "        except asyncio.CancelledError:\n            pass"
        ),
    )
    rig.load(MINE)
    task = rig.instance(MINE).spawn(rig.instance(MINE).stay(free), "stubborn")
    await asyncio.sleep(0)
    rig.write(MINE, plugin())
    assert rig.call("reload.plugin", MINE)
    await asyncio.gather(*rig.kernel.tasks.of("libs.plugins.loader"))
    assert f"the task {MINE}:stubborn of an old generation does not end" in rig.log
    free.set()
    await task


def test_the_events_of_a_reload_come_in_pairs(rig):
    rig.write(MINE, plugin(constructor="self.reload_dependents_f = True"))
    rig.write(OTHER, plugin(), dependencies=[MINE])
    rig.load(OTHER)
    events = rig.watch(*LIFE)
    assert rig.call("reload.plugin", MINE)
    assert events == [
        ("ev_plugin_unloaded", OTHER),
        ("ev_plugin_unloaded", MINE),
        ("ev_plugin_loaded", MINE),
        ("ev_plugin_loaded", OTHER),
        ("ev_plugin_initialized", MINE),
        ("ev_plugin_initialized", OTHER),
        ("ev_plugin_reloaded", MINE),
        ("ev_plugin_reloaded", OTHER),
    ]


@pytest.mark.parametrize("fails_in", ["constructor", "initialize"])
def test_the_events_of_a_roll_back_come_in_pairs(rig, fails_in):
    rig.write(MINE, plugin(constructor="self.reload_dependents_f = True"))
    rig.write(OTHER, plugin(), dependencies=[MINE])
    rig.load(OTHER)
    rig.write(OTHER, plugin(**{fails_in: "1 / 0"}), dependencies=[MINE])
    events = rig.watch(*LIFE)
    assert not rig.call("reload.plugin", MINE)
    begun = [("ev_plugin_loaded", MINE)]
    if fails_in == "initialize":
        begun += [("ev_plugin_loaded", OTHER), ("ev_plugin_initialized", MINE)]
    taken_back = [("ev_plugin_unloaded", name) for kind, name in begun[::-1] if "_loaded" in kind]
    assert events == [
        ("ev_plugin_unloaded", OTHER),
        ("ev_plugin_unloaded", MINE),
        *begun,
        *taken_back,
        ("ev_plugin_loaded", MINE),
        ("ev_plugin_loaded", OTHER),
        ("ev_plugin_initialized", MINE),
        ("ev_plugin_initialized", OTHER),
        ("ev_plugin_reload_failed", MINE),
    ]


def test_a_failure_in_prepare_raises_no_event_but_that_of_the_failure(rig):
    rig.write(MINE, plugin())
    rig.load(MINE)
    rig.write(MINE, "1 / 0\n")
    events = rig.watch(*LIFE)
    assert not rig.call("reload.plugin", MINE)
    assert events == [("ev_plugin_reload_failed", MINE)]


def test_inside_initialize_of_a_revived_plugin_all_of_the_set_answer(rig):
    asks = f"self.log.append(self.api('{OTHER}:answer')())"
    rig.write(MINE, plugin(asks, constructor="self.reload_dependents_f = True"))
    rig.write(
        OTHER, plugin(members="@AddAPI('answer')\ndef _api(self):\n    return 'here'"),
        dependencies=[MINE],
    )  # fmt: skip
    rig.load(OTHER)
    rig.write(OTHER, BROKEN, dependencies=[MINE])
    assert not rig.call("reload.plugin", MINE)
    assert rig.instance(MINE).log == ["here", "here"]


def test_hooks_know_of_a_reload_also_when_it_is_taken_back(rig):
    note = "self.log.append(('{hook}', self.is_reloading_f))"
    rig.write(
        MINE,
        plugin(
            note.format(hook="initialize"),
            uninitialize=note.format(hook="uninitialize"),
        ),
    )
    rig.load(MINE)
    instance = rig.instance(MINE)
    instance.log.clear()
    rig.write(MINE, BROKEN)
    assert not rig.call("reload.plugin", MINE)
    assert rig.instance(MINE) is instance
    assert instance.is_reloading_f is False
    assert not rig.call("get.plugin.info", MINE).runtime_info.is_reloading
    instance.is_reloading_f = True  # as set.reload does by hand
    assert not rig.call("reload.plugin", MINE)
    assert instance.is_reloading_f is True
    assert {flag for _, flag in instance.log} == {True}


def test_memory_is_that_of_before_uninitialize(rig):
    rig.write(MINE, plugin(uninitialize="self.count = -1\nself.extra = 1\ndel self.log"))
    rig.load(MINE)
    instance = rig.instance(MINE)
    instance.count = 5
    before = dict(vars(instance))
    rig.write(MINE, BROKEN)
    assert not rig.call("reload.plugin", MINE)
    assert vars(instance) == before
    assert list(vars(instance)) == list(before)


MIGRATES = """
def migrate_state(self, old_version, state):
    state["log"].append((old_version, self.plugin_info.version))
    state["count"] += 1
    return state
"""


@pytest.mark.parametrize(("old", "new"), [(3, 4), (4, 3)])
def test_a_change_of_version_migrates_the_state_in_either_direction(rig, old, new):
    rig.write(MINE, plugin(members=MIGRATES), version=old)
    rig.load(MINE)
    rig.instance(MINE).count = 5
    assert rig.call("reload.plugin", MINE)
    assert rig.instance(MINE).count == 5
    rig.write(MINE, plugin(members=MIGRATES), version=new)
    assert rig.call("reload.plugin", MINE)
    assert rig.instance(MINE).log == [(old, new)]
    assert rig.instance(MINE).count == 6
    assert rig.call("get.plugin.info", MINE).version == new


def test_a_migration_may_make_new_objects_of_old_ones(rig):
    old = "class User:\n    name = 'Bob'\n" + plugin(constructor="self.count = User()")
    rig.write(MINE, old)
    rig.load(MINE)
    new = "class Person:\n    def __init__(self, name):\n        self.name = name\n" + plugin(
        members="def migrate_state(self, old_version, state):\n"
        "    return {**state, 'count': Person(state['count'].name)}"
    )
    rig.write(MINE, new, version=2)
    assert rig.call("reload.plugin", MINE)
    person = rig.instance(MINE).count
    assert type(person).__qualname__ == "Person"
    assert person.name == "Bob"
    assert rig.call("get.unloaded.plugins.in.memory") == []


@pytest.mark.parametrize("value", ["5", "[self]", "None", "{1: 2}"])
def test_attributes_to_save_that_are_no_names_do_not_end_the_old_plugin(rig, snapshot, value):
    rig.write(MINE, plugin())
    rig.load(MINE)
    instance = rig.instance(MINE)
    instance.attributes_to_save_on_reload = eval(value, {"self": instance})
    done = rig.call("reload.plugin", MINE)
    assert done is (rig.instance(MINE) is not instance)
    assert rig.ask(MINE, "data.get", "x") is None
    assert rig.call("is.plugin.loaded", MINE)
    instance = None
    assert rig.call("get.unloaded.plugins.in.memory") == []


def test_a_class_that_a_kept_value_needs_is_imported_when_nobody_has_yet(rig):
    source = plugin(
        members="@AddAPI('make')\ndef _api_make(self):\n"
        "    from ..libs.late import Late\n    self.count = Late()\n    return self.count"
    )
    files = {"libs/__init__.py": "", "libs/late.py": "class Late:\n    answer = 1\n"}
    rig.write(MINE, source, files=files)
    rig.load(MINE)
    rig.ask(MINE, "make")
    rig.write(MINE, source, files=files | {"libs/late.py": "class Late:\n    answer = 2\n"})
    assert rig.call("reload.plugin", MINE)
    assert rig.instance(MINE).count.answer == 2


PATCH = (
    "from bastproxy.libs.api import AddAPI\n\n@AddAPI('hello')\ndef hello(self):\n    return {!r}\n"
)


def test_a_patch_of_the_base_class_comes_back_once_for_everybody(full_rig, snapshot):
    rig = full_rig
    rig.write(
        MINE, plugin(constructor="self.reload_dependents_f = True"),
        files={"_patch_base.py": PATCH.format("old")},
    )  # fmt: skip
    rig.write(OTHER, plugin(), dependencies=[MINE])
    rig.write("plugins.games.third", plugin(LISTEN.format(function="self.note")))
    rig.load(OTHER, "plugins.games.third")
    before = snapshot(rig)
    rig.write(OTHER, BROKEN, dependencies=[MINE])
    rig.write(
        MINE, plugin(constructor="self.reload_dependents_f = True"),
        files={"_patch_base.py": PATCH.format("new")},
    )  # fmt: skip
    for _ in range(2):
        assert not rig.call("reload.plugin", MINE)
        after = snapshot(rig)
        assert after["apis"] == before["apis"]
        assert after["ledger"] == before["ledger"]
        assert {part for part in before if after[part] != before[part]} == set()
    assert rig.ask("plugins.games.third", "hello") == "old"
    rig.write(OTHER, plugin(), dependencies=[MINE])
    assert rig.call("reload.plugin", MINE)
    for name in (MINE, OTHER, "plugins.games.third"):
        assert rig.ask(name, "hello") == "new"
        assert len([x for x in rig.kernel.ledger.lines(name) if x.name.endswith(":hello")]) == 1
    # and the patch has not made third's own registrations look like others
    rig.write("plugins.games.third", BROKEN)
    assert not rig.call("reload.plugin", "plugins.games.third")
    assert rig.ask("plugins.games.third", "hello") == "new"


def test_aliases_and_categories_come_back_too(rig):
    rig.write(MINE, "import plugins.games.mine.libs.x\n" + plugin(),
              files={"libs/__init__.py": "", "libs/x.py": ""})  # fmt: skip
    rig.load(MINE)
    before = {name: module for name, module in sys.modules.items() if "plugins.games" in name}
    assert "plugins.games.mine.libs.x" in before
    for broken in (BROKEN, "1 / 0\n", "def\n"):
        rig.write(MINE, broken, files={"libs/__init__.py": "", "libs/x.py": ""})
        assert not rig.call("reload.plugin", MINE)
        after = {name: module for name, module in sys.modules.items() if "plugins.games" in name}
        assert after == before
        assert sys.modules["bastproxy.plugins"].games.mine.libs.x is before[f"{MINE}.libs.x"]


def test_a_plugin_that_an_event_unloads_meanwhile_stays_away(rig):
    rig.write(MINE, plugin())
    rig.write(OTHER, plugin())
    rig.load(MINE, OTHER)
    rig.kernel.dispatcher.register(
        "ev_plugin_unloaded", lambda: rig.call("unload.plugin", OTHER), "tests"
    )
    rig.write(MINE, BROKEN)
    assert not rig.call("reload.plugin", MINE)
    assert rig.call("get.loaded.plugins.list") == [MINE]


def test_calls_of_an_api_from_before_reach_whoever_answers_now(rig):
    rig.write(MINE, answer="old")
    rig.write(
        OTHER,
        plugin(members=f"@AddAPI('ask')\ndef ask(self):\n    return self.api('{MINE}:answer')()"),
    )
    rig.load(MINE, OTHER)
    assert rig.ask(OTHER, "ask") == "old"
    rig.write(MINE, answer="new")
    assert rig.call("reload.plugin", MINE)
    assert rig.ask(OTHER, "ask") == "new"
    rig.write(MINE, BROKEN)
    assert not rig.call("reload.plugin", MINE)
    assert rig.ask(OTHER, "ask") == "new"


def test_an_interrupt_of_the_user_rolls_back_and_goes_through(rig):
    rig.write(MINE, answer="old")
    rig.load(MINE)
    instance = rig.instance(MINE)
    rig.write(MINE, plugin("raise KeyboardInterrupt"))
    with pytest.raises(KeyboardInterrupt):
        rig.call("reload.plugin", MINE)
    assert rig.instance(MINE) is instance
    assert rig.ask(MINE) == "old"
    rig.write(MINE, answer="new")
    assert rig.call("reload.plugin", MINE)
