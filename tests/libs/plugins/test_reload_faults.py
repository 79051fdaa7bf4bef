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

INIT, MAIN = "__init__.py", "plugin/__init__.py"
INITIALIZE = "hook initialize (_phook_initialize)"
RESTORING = "restoring the attributes kept over the reload"
MIGRATING = "migrating the state from version 1"


def needs(plugin_id):
    return code({"dependencies": ["plugins.zone.first", plugin_id]})


#: What is done, the phase that fails, the file, and what its line begins with; None where
#: there is no such line.
FAULTS = {
    "no Python in metadata": (edit(INIT, BROKEN), "metadata", INIT, "def broken"),
    "no Python in plugin": (edit(MAIN, BROKEN), "compile", MAIN, "def broken"),
    "no Python in libs": (edit("libs/thing.py", BROKEN), "compile", "libs/thing.py", "def broken"),
    "no Python in commands": (
        edit("commands/more.py", BROKEN),
        "compile",
        "commands/more.py",
        "def broken",
    ),
    "no Python in base patch": (
        edit("_patch_base.py", BROKEN),
        "compile",
        "_patch_base.py",
        "def broken",
    ),
    "no Python in unused": (edit("unused.py", BROKEN), "compile", "unused.py", "def broken"),
    "NUL": (edit("libs/thing.py", "y = 1\nx = '\0'\n"), "compile", "libs/thing.py", "x = "),
    "metadata missing": (edit(INIT, "PLUGIN_NAME = 'x'\n"), "metadata", INIT, "PLUGIN_NAME"),
    "metadata of a wrong type": (code({"version": "1"}), "metadata", INIT, "PLUGIN_VERSION"),
    "dependencies of a wrong type": (
        code({"dependencies": "plugins.zone.first"}),
        "metadata",
        INIT,
        "PLUGIN_DEPENDENCIES",
    ),
    "package deleted": (delete(INIT), "metadata", INIT, None),
    "class file deleted": (delete(MAIN), "compile", MAIN, None),
    "import fails": (edit("libs/thing.py", RAISES), "import", "libs/thing.py", "raise"),
    "import of nothing": (
        edit("libs/thing.py", "import no_such_module\n"),
        "import",
        "libs/thing.py",
        "import no_such_module",
    ),
    "import of a missing name": (
        edit("libs/thing.py", ""),
        "import",
        MAIN,
        "from ..libs.thing import Thing",
    ),
    "sub-module deleted": (
        delete("libs/thing.py"),
        "import",
        MAIN,
        "from ..libs.thing import Thing",
    ),
    "exit at import": (
        edit("libs/thing.py", "import sys\nsys.exit(3)\n"),
        "import",
        "libs/thing.py",
        "sys.exit(3)",
    ),
    "commands fail": (edit("commands/more.py", RAISES), "import", "commands/more.py", "raise"),
    "base patch fails": (edit("_patch_base.py", RAISES), "import", "_patch_base.py", "raise"),
    "new sub-module, then error": (
        lambda rig: rig.write(
            MINE,
            "from ..libs import fresh\nimport plugins.games.mine.libs.fresh\nimport sys\n"
            "sys.path.append('/nowhere')\nraise ValueError\n",
            files={**FILES, "libs/fresh.py": "x = 1\n"},
        ),
        "import",
        MAIN,
        "raise ValueError",
    ),
    "no class": (edit(MAIN, "x = 1\n"), "import", MAIN, "x = 1"),
    "wrong class": (edit(MAIN, "\nclass Plugin:\n    pass\n"), "import", MAIN, "class Plugin"),
    "unknown dependency": (
        needs("plugins.games.nobody"),
        "dependencies",
        INIT,
        "PLUGIN_DEPENDENCIES",
    ),
    "dependency that is none": (needs("no id!"), "dependencies", INIT, "PLUGIN_DEPENDENCIES"),
    "dependency of a wrong version": (
        needs("plugins.zone.first >= 9"),
        "dependencies",
        INIT,
        "PLUGIN_DEPENDENCIES",
    ),
    "needs itself": (needs(MINE), "dependencies", INIT, "PLUGIN_DEPENDENCIES"),
    "unknown dependency in the class": (
        code(constructed="self.dependencies = [\n'plugins.zone.first',\n'plugins.games.nobody']"),
        "dependencies",
        MAIN,
        "'plugins.games.nobody'",
    ),
    "unknown dependency, computed": (
        code(constructed="self.dependencies.append('plugins.games.' + 'nobody')"),
        "dependencies",
        MAIN,
        "self.dependencies.append",
    ),
    "dependencies that are no list": (
        code(constructed="self.dependencies = 5"),
        "dependencies",
        MAIN,
        "self.dependencies = 5",
    ),
    "constructor": (code(constructed=ALL + "\n1 / 0"), "__init__", MAIN, "1 / 0"),
    "constructor exits": (code(constructed=ALL + "\nsys.exit()"), "__init__", MAIN, "sys.exit()"),
    "constructor is cancelled": (
        code(constructed=ALL + "\nraise asyncio.CancelledError"),
        "__init__",
        MAIN,
        "raise asyncio.CancelledError",
    ),
    "constructor of other arguments": (
        edit(
            MAIN,
            "from bastproxy.plugins._baseplugin import BasePlugin\n\nclass Plugin(BasePlugin):\n"
            "    def __init__(self):\n        pass\n",
        ),
        "__init__",
        MAIN,
        "class Plugin(BasePlugin)",
    ),
    "no super": (
        edit(
            MAIN,
            "from bastproxy.plugins._baseplugin import BasePlugin\n\nclass Plugin(BasePlugin):\n"
            "    def __init__(self, *args):\n        pass\n",
        ),
        "__init__",
        MAIN,
        "def __init__(self, *args)",
    ),
    "hook __init__": (code(hook_init="1 / 0"), "hook __init__ (_phook_begin)", MAIN, "1 / 0"),
    "hook initialize": (
        code(hook_initialize=ALL + "\nself.things.append(1)\nself.data.clear()\n1 / 0"),
        INITIALIZE,
        MAIN,
        "1 / 0",
    ),
    "hook initialize, in a sub-module": (
        code(
            files={"libs/fresh.py": "def fail():\n    return 1 / 0\n"},
            hook_initialize="from ..libs import fresh\nfresh.fail()",
        ),
        INITIALIZE,
        "libs/fresh.py",
        "return 1 / 0",
    ),
    "async callback of a line": (
        code(
            members='@RegisterToEvent(event_name="ev_to_client_data_modify")\n'
            "async def _eventcb_wrong(self):\n    pass"
        ),
        "registration",
        MAIN,
        "async def _eventcb_wrong",
    ),
    "async callback of a line, by hand": (
        code(
            members="async def wrong(self):\n    pass",
            hook_initialize="add = self.api('libs.events:get.dispatcher')().register\n"
            "add('ev_to_client_data_modify', self.wrong, self.plugin_id)",
        ),
        INITIALIZE,
        MAIN,
        "add('ev_to_client_data_modify'",
    ),
    "async hook": (
        code(members='@RegisterPluginHook("save")\nasync def _phook_wrong(self):\n    pass'),
        "import",
        MAIN,
        "async def _phook_wrong",
    ),
    "cannot be restored": (
        lambda rig: rig.write(
            MINE,
            source(members="@property\ndef count(self):\n    return 1").replace(
                "        self.count = 0\n", ""
            ),
            files=FILES,
        ),
        RESTORING,
        MAIN,
        "def count(self)",
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
        RESTORING,
        MAIN,
        "1 / 0",
    ),
    "migration fails": (
        code(
            VERSION,
            members=MIGRATES + "state['data']['deep']['list'].append(3)\n"
            "    state['things'].pop().name = 1\n    state['data'].clear()\n    1 / 0",
        ),
        MIGRATING,
        MAIN,
        "1 / 0",
    ),
    "migration answers nothing": (
        code(VERSION, members=MIGRATES + "pass"),
        MIGRATING,
        MAIN,
        "def migrate_state",
    ),
}


def line_of(path, start):
    lines = path.read_text().splitlines()
    return next(n for n, line in enumerate(lines, 1) if line.strip().startswith(start))


def told(path, start=None):
    """Return a place as a message has it: the file, and the line that begins with a text."""
    return f" ({path}): " if start is None else f" ({path}, line {line_of(path, start)}): "


@pytest.mark.parametrize("name", FAULTS)
async def test_after_a_fault_everything_is_as_it_was(loaded, snapshot, name):
    act, phase, file, start = FAULTS[name]
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
    where = told(rig.root / "games" / "mine" / file, start)
    assert rig.error(MINE).startswith(f"{MINE}: {phase}{where}")
    assert f"{MINE}: {phase}{where}" in rig.log
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


#: The phase that fails, and what its line begins with.
FIVE_FAULTS = {
    "import": ("import", "raise ValueError"),
    "constructor": ("__init__", "1 / 0"),
    "initialize": (INITIALIZE, "1 / 0"),
}


@pytest.mark.parametrize(("position", "fail"), list(itertools.product(range(5), FIVE_FAULTS)))
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
    phase, start = FIVE_FAULTS[fail]
    where = told(rig.root / "five" / f"p{position}" / MAIN, start)
    assert rig.error(FIVE[position]).startswith(f"{FIVE[position]}: {phase}{where}")
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
