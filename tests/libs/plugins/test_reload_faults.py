"""Injected faults by phases: after each, everything is as it was, and still answers."""

import asyncio
import itertools
import sys

import pytest

MINE = "plugins.games.mine"
OTHER = "plugins.games.other"
WATCHER = "plugins.zone.watcher"

PLUGIN = """
from bastproxy.plugins.core.commands import AddCommand
from .. import libs
from ..libs.thing import Thing

class Plugin(BasePlugin):
    def __init__(self, plugin_id, plugin_info):
        super().__init__(plugin_id, plugin_info)
        self.attributes_to_save_on_reload = ["count", "things"]
        self.count = 0
        self.things = []
        self.spawn(self.work(), "early")
        #constructed

    @RegisterPluginHook("__init__")
    def _phook_begin(self):
        #hook init
        self.early = self.is_reloading_f

    @RegisterPluginHook("initialize")
    def _phook_initialize(self):
        self.api("tests.settings:add")(self.plugin_id, "limit", 5, int, "how many")
        self.api("tests.settings:add")(self.plugin_id, "size", 7, int, "how big")
        self.api("tests.commands:add")(self.plugin_id, "late", self.late)
        self.api("libs.api:add")(self.plugin_id, "late.answer", lambda: self.late())
        dispatcher = self.api("libs.events:get.dispatcher")()
        dispatcher.add_event(f"ev_{self.plugin_id}", self.plugin_id, ["mine"])
        dispatcher.register("ev_shared", self.late, self.plugin_id)
        self.spawn(self.work(), "started")
        #hook initialize

    @RegisterPluginHook("uninitialize")
    def _phook_uninitialize(self):
        #hook uninitialize
        self.gone = True

    async def work(self):
        await asyncio.Event().wait()

    def late(self):
        self.count += 1
        return self.count

    @AddAPI("answer", description="answers")
    def _api_answer(self):
        return "OLD", self.count

    @RegisterToEvent(event_name="ev_shared")
    def _eventcb_shared(self):
        self.count += 1

    @RegisterToEvent(event_name="ev_shared")
    async def _eventcb_async(self):
        await self.work()

    @AddCommand()
    def _command_show(self):
        return True, []
    #members
"""
FILES = {
    "libs/__init__.py": "",
    "libs/thing.py": "class Thing:\n    def __init__(self, name):\n        self.name = name\n",
    "commands/__init__.py": "",
    "commands/more.py": """
from bastproxy.plugins.core.commands import AddCommand

@AddCommand()
def more(plugin):
    return True, []
""",
    "_patch_base.py": "def base_extra(self):\n    return 'old extra'\n",
}


def source(**marks):
    text = "import asyncio, sys\n" + PLUGIN
    for mark, code in marks.items():
        mark = f"#{mark.replace('_', ' ')}"
        line = next(line for line in text.splitlines() if line.strip() == mark)
        indent = line[: len(line) - len(line.lstrip())]
        code = "\n".join(indent + part for part in code.splitlines())
        text = text.replace(line, code, 1)
    return text


WATCHES = """
class Plugin(BasePlugin):
    @RegisterToEvent(event_name="ev_shared")
    def _eventcb_shared(self):
        self.data["seen"] = self.data.get("seen", 0) + 1
"""


@pytest.fixture
async def loaded(full_rig):
    full_rig.write("plugins.zone.first", WATCHES)
    full_rig.write(MINE, source(), files=FILES)
    full_rig.write(WATCHER, WATCHES)
    full_rig.load("plugins.zone.first", MINE, WATCHER)
    instance = full_rig.instance(MINE)
    instance.count = 42
    instance.things = [sys.modules[f"bastproxy.{MINE}.libs.thing"].Thing("ring")]
    instance.data["deep"] = {"list": [1, 2]}
    full_rig.api("libs.events:get.dispatcher")().raise_event("ev_shared")
    await asyncio.sleep(0)
    return full_rig


def edit(name, text):
    return lambda rig: rig.write(MINE, source(), files={**FILES, name: text})


def code(metadata=None, files=None, **marks):
    return lambda rig: rig.write(
        MINE,
        source(**marks).replace("OLD", "NEW"),
        files={**FILES, **(files or {})},
        **(metadata or {}),
    )


def delete(name):
    def act(rig):
        path = rig.root / "games" / "mine" / name
        path.unlink()

    return act


BROKEN = "x = 1\ndef broken(:\n"
RAISES = "x = 1\n\nraise ValueError('no')\n"
ALL = """
self.api("libs.api:add")(self.plugin_id, "extra", print)
dispatcher = self.api("libs.events:get.dispatcher")()
dispatcher.add_event("ev_extra", self.plugin_id)
dispatcher.register("ev_shared", self.late, self.plugin_id, 1)
dispatcher.register("ev_extra", self.late, self.plugin_id)
self.api("tests.settings:add")(self.plugin_id, "extra", 5, int, "x")
self.api("tests.settings:add")(self.plugin_id, "limit", "text", str, "x")
self.api("tests.commands:add")(self.plugin_id, "extra", print)
self.api("tests.commands:add")(self.plugin_id, "show", print)
self.spawn(self.work(), "extra")
sys.path.insert(0, "/nowhere")
""".strip()
MIGRATES = "def migrate_state(self, old_version, state):\n    "
VERSION = {"version": 2}

FAULTS = {
    "no Python in metadata": (edit("__init__.py", BROKEN), "metadata", "__init__.py", 2),
    "no Python in plugin": (edit("plugin/__init__.py", BROKEN), "compile", "plugin/__init__.py", 2),
    "no Python in libs": (edit("libs/thing.py", BROKEN), "compile", "libs/thing.py", 2),
    "no Python in commands": (edit("commands/more.py", BROKEN), "compile", "commands/more.py", 2),
    "no Python in base patch": (edit("_patch_base.py", BROKEN), "compile", "_patch_base.py", 2),
    "no Python in unused": (edit("unused.py", BROKEN), "compile", "unused.py", 2),
    "NUL": (edit("libs/thing.py", "x = '\0'\n"), "compile", "libs/thing.py", 1),
    "metadata missing": (
        edit("__init__.py", "PLUGIN_NAME = 'x'\n"),
        "metadata",
        "__init__.py",
        None,
    ),
    "package deleted": (delete("__init__.py"), "metadata", "__init__.py", None),
    "class file deleted": (delete("plugin/__init__.py"), "compile", "", None),
    "import fails": (edit("libs/thing.py", RAISES), "import", "libs/thing.py", 3),
    "import of nothing": (
        edit("libs/thing.py", "import no_such_module\n"),
        "import",
        "libs/thing.py",
        1,
    ),
    "import of a missing name": (edit("libs/thing.py", ""), "import", "plugin/__init__.py", None),
    "sub-module deleted": (delete("libs/thing.py"), "import", "plugin/__init__.py", None),
    "exit at import": (
        edit("libs/thing.py", "import sys\nsys.exit(3)\n"),
        "import",
        "libs/thing.py",
        2,
    ),
    "commands fail": (edit("commands/more.py", RAISES), "import", "commands/more.py", 3),
    "base patch fails": (edit("_patch_base.py", RAISES), "import", "_patch_base.py", 3),
    "new sub-module, then error": (
        lambda rig: rig.write(
            MINE,
            "from ..libs import fresh\nimport plugins.games.mine.libs.fresh\nimport sys\n"
            "sys.path.append('/nowhere')\nraise ValueError\n",
            files={**FILES, "libs/fresh.py": "x = 1\n"},
        ),
        "import",
        "plugin/__init__.py",
        None,
    ),
    "no class": (edit("plugin/__init__.py", "x = 1\n"), "import", "plugin/__init__.py", None),
    "wrong class": (
        edit("plugin/__init__.py", "\nclass Plugin:\n    pass\n"),
        "import",
        "plugin/__init__.py",
        2,
    ),
    "unknown dependency": (
        code({"dependencies": ["plugins.games.nobody"]}),
        "dependencies",
        None,
        None,
    ),
    "needs itself": (code({"dependencies": [MINE]}), "dependencies", None, None),
    "constructor": (code(constructed=ALL + "\n1 / 0"), "__init__", "plugin/__init__.py", None),
    "constructor exits": (
        code(constructed=ALL + "\nsys.exit()"),
        "__init__",
        "plugin/__init__.py",
        None,
    ),
    "constructor is cancelled": (
        code(constructed=ALL + "\nraise asyncio.CancelledError"),
        "__init__",
        "plugin/__init__.py",
        None,
    ),
    "no super": (
        edit(
            "plugin/__init__.py",
            "from bastproxy.plugins._baseplugin import BasePlugin\n\nclass Plugin(BasePlugin):\n"
            "    def __init__(self, *args):\n        pass\n",
        ),
        "__init__",
        "plugin/__init__.py",
        4,
    ),
    "hook __init__": (code(hook_init="1 / 0"), "hook __init__", "plugin/__init__.py", None),
    "hook initialize": (
        code(hook_initialize=ALL + "\nself.things.append(1)\nself.data.clear()\n1 / 0"),
        "hook initialize",
        "plugin/__init__.py",
        None,
    ),
    "async callback of a line": (
        code(
            members='@RegisterToEvent(event_name="ev_to_client_data_modify")\n'
            "async def _eventcb_wrong(self):\n    pass"
        ),
        "registration",
        None,
        None,
    ),
    "cannot be restored": (
        lambda rig: rig.write(
            MINE,
            source(members="@property\ndef count(self):\n    return 1").replace(
                "        self.count = 0\n", ""
            ),
            files=FILES,
        ),
        "restoring",
        "plugin/__init__.py",
        None,
    ),
    "setter fails": (
        lambda rig: rig.write(
            MINE,
            source(
                members="@property\ndef count(self):\n    return 1\n"
                "@count.setter\ndef count(self, value):\n    1 / 0"
            ).replace("        self.count = 0\n", ""),
            files=FILES,
        ),
        "restoring",
        "plugin/__init__.py",
        None,
    ),
    "migration fails": (
        code(
            VERSION,
            members=MIGRATES + "state['data']['deep']['list'].append(3)\n"
            "    state['things'].pop().name = 1\n    state['data'].clear()\n    1 / 0",
        ),
        "migrating the state from version 1",
        "plugin/__init__.py",
        None,
    ),
    "migration answers nothing": (
        code(VERSION, members=MIGRATES + "pass"),
        "migrating",
        "plugin/__init__.py",
        None,
    ),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_after_a_fault_everything_is_as_it_was(loaded, snapshot, name):
    act, phase, file, line = FAULTS[name]
    rig = loaded
    failed = rig.watch("ev_plugin_reload_failed", "ev_plugin_reloaded")
    rig.loader.errors.clear()
    act(rig)
    before = snapshot(rig)
    work = set(asyncio.all_tasks())

    assert rig.call("reload.plugin", MINE) is False
    assert failed == [("ev_plugin_reload_failed", MINE)]
    await rig.kernel.tasks.settle()
    after = snapshot(rig)
    for part in before:
        assert after[part] == before[part], part
    await asyncio.sleep(0)
    assert len([task for task in asyncio.all_tasks() if not task.done()]) == len(work)

    assert rig.ask(MINE) == ("OLD", 44)
    assert rig.ask(MINE, "late.answer") == 45
    assert rig.instance(MINE).base_extra() == "old extra"
    rig.kernel.dispatcher.raise_event("ev_shared")
    assert rig.ask(MINE) == ("OLD", 47)
    message = rig.error(MINE)
    assert message.startswith(f"{MINE}: {phase}"), message
    where = str(rig.root / "games" / "mine" / (file or ""))
    assert file is None or where in message
    if file == "plugin/__init__.py" and phase != "import":
        assert f"{where}, line " in message, message
    if line is not None:
        assert f"line {line}" in message, message
    assert rig.call("get.unloaded.plugins.in.memory") == []


@pytest.mark.parametrize("name", ["hook initialize", "import fails", "migration fails"])
async def test_a_good_edit_after_a_fault_goes_live(loaded, name):
    FAULTS[name][0](loaded)
    assert not loaded.call("reload.plugin", MINE)
    assert loaded.error(MINE)
    code()(loaded)
    assert loaded.call("reload.plugin", MINE), loaded.log
    assert loaded.ask(MINE) == ("NEW", 44)
    assert loaded.error(MINE) == ""
    assert loaded.call("get.plugin.info", MINE).runtime_info.error == ""
    assert type(loaded.instance(MINE).things[0]) is (
        sys.modules[f"bastproxy.{MINE}.libs.thing"].Thing
    )


async def test_the_same_fault_twice_leaves_nothing(loaded, snapshot):
    FAULTS["hook initialize"][0](loaded)
    before = snapshot(loaded)
    for _ in range(3):
        assert not loaded.call("reload.plugin", MINE)
    after = snapshot(loaded)
    assert {part for part in before if after[part] != before[part]} == set()


async def test_an_old_uninitialize_that_fails_is_logged_and_stops_nothing(full_rig):
    full_rig.write(MINE, source(hook_uninitialize="1 / 0"), files=FILES)
    full_rig.load(MINE)
    code()(full_rig)
    assert full_rig.call("reload.plugin", MINE)
    assert full_rig.ask(MINE)[0] == "NEW"
    assert f"{MINE}: the hook uninitialize failed in _phook_uninitialize" in full_rig.log


FIVE = [f"plugins.five.p{number}" for number in range(5)]


def member(number, answer, *, fail=""):
    needs = [FIVE[number - 1]] if number else []
    text = f"""
class Plugin(BasePlugin):
    def __init__(self, plugin_id, plugin_info):
        super().__init__(plugin_id, plugin_info)
        self.dependencies = {needs!r}
        self.reload_dependents_f = True
        self.attributes_to_save_on_reload = ["memory"]
        self.memory = []
        #constructor

    @AddAPI("answer")
    def _api_answer(self):
        return {answer!r}, len(self.memory)

    @RegisterToEvent(event_name="ev_five")
    def _eventcb_five(self):
        self.memory.append({number})

    @RegisterPluginHook("initialize")
    def _phook_initialize(self):
        self.api("libs.events:get.dispatcher")().register("ev_five", self.again, self.plugin_id)
        #initialize

    def again(self):
        pass
"""
    if fail == "import":
        return "raise ValueError\n" + text
    return text.replace(f"#{fail}", "1 / 0") if fail else text


@pytest.mark.parametrize(
    ("position", "fail"), list(itertools.product(range(5), ["import", "constructor", "initialize"]))
)
async def test_the_failure_of_one_of_five_keeps_all_five(full_rig, snapshot, position, fail):
    rig = full_rig
    for number, name in enumerate(FIVE):
        rig.write(name, member(number, "old"))
    rig.load(*FIVE)
    rig.kernel.dispatcher.raise_event("ev_five")
    before = snapshot(rig)
    for number, name in enumerate(FIVE):
        rig.write(name, member(number, "new", fail=fail if number == position else ""))
    assert not rig.call("reload.plugin", FIVE[0])
    assert f"{FIVE[position]}: " in rig.error(FIVE[position]) + rig.log
    assert str(rig.root / "five" / f"p{position}" / "plugin") in rig.log
    after = snapshot(rig)
    assert {part for part in before if after[part] != before[part]} == set()
    rig.kernel.dispatcher.raise_event("ev_five")
    assert [rig.ask(name) for name in FIVE] == [("old", 2)] * 5


async def test_a_plugin_that_only_the_failed_code_needed_goes_again(loaded, snapshot):
    rig = loaded
    rig.write("plugins.late.deep", answer="deep")
    rig.write("plugins.late.needed", answer="needed", dependencies=["plugins.late.deep"])
    rig.loader.discover()
    before = snapshot(rig)
    code({"dependencies": ["plugins.late.needed"]}, hook_initialize="1 / 0")(rig)
    assert not rig.call("reload.plugin", MINE)
    after = snapshot(rig)
    assert {part for part in before if after[part] != before[part]} <= {"infos"}
    assert after["infos"][MINE] == before["infos"][MINE]
    assert not rig.call("is.plugin.loaded", "plugins.late.needed")
    code({"dependencies": ["plugins.late.needed"]})(rig)
    assert rig.call("reload.plugin", MINE)
    order = rig.call("get.loaded.plugins.list")
    assert order.index("plugins.late.deep") < order.index("plugins.late.needed")
    assert order.index("plugins.late.needed") < order.index(MINE)


async def test_a_reload_inside_a_reload_is_refused(loaded):
    code(
        hook_initialize="self.inner = self.api('libs.plugins.loader:reload.plugin')(self.plugin_id)"
    )(loaded)
    assert loaded.call("reload.plugin", MINE)
    assert loaded.instance(MINE).inner is False
    assert "another reload is going on" in loaded.log
