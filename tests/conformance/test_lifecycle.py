import importlib
import sys

import pytest

MINE = "plugins.games.mine"
OTHER = "plugins.games.other"

TRACE = """
from bastproxy.libs.api import API, AddAPI
from bastproxy.libs.events import RegisterToEvent
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook

API(owner_id=__name__)("notes:add")("class module")

class Plugin(BasePlugin):
    def __init__(self, plugin_id, plugin_info):
        self.note("begins")
        super().__init__(plugin_id, plugin_info)
        self.note("constructed")

    def note(self, what):
        API(owner_id=__name__)("notes:add")(what)

    @RegisterPluginHook("__init__", priority=60)
    def _phook_second(self):
        self.note("hook __init__ 60")

    @RegisterPluginHook("__init__", priority=40)
    def _phook_first(self):
        self.note("hook __init__ 40")

    @RegisterPluginHook("initialize")
    def _phook_initialize(self):
        self.note("hook initialize")

    @RegisterPluginHook("uninitialize")
    def _phook_uninitialize(self):
        assert self.api(f"{self.plugin_id}:answer")() == 42
        assert self.api("plugins.core.events:raise.event")("ev_asked") == {"heard": True}
        self.note("hook uninitialize")

    @AddAPI("answer")
    def _api_answer(self):
        return 42

    @RegisterToEvent(event_name="ev_asked")
    def _eventcb_asked(self):
        self.api("plugins.core.events:get.current.event.record")()["heard"] = True
"""
PACKAGE = """
from bastproxy.libs.api import API

API(owner_id=__name__)("notes:add")("package")
"""


def write_trace(proxy, plugin_id=MINE):
    directory = proxy.write_plugin(plugin_id, TRACE)
    init = directory / "__init__.py"
    init.write_text(init.read_text() + PACKAGE)
    return directory


@pytest.mark.conforms(
    "Loading", "the steps come in order: package, class, instance, hooks, APIs, event"
)
@pytest.mark.conforms("Loading", "the package is imported as package_import_location")
@pytest.mark.conforms("Loading", "the class is imported from plugin_class_import_location")
@pytest.mark.conforms("Loading", "the class is called with plugin id and PluginInfo")
@pytest.mark.conforms("Loading", "__init__ hooks run in order of priority")
@pytest.mark.conforms("Loading", "ev_plugin_loaded is raised")
@pytest.mark.conforms("Initialization", "initialize hooks run after the loading")
async def test_the_steps_of_a_load(proxy, loader, notes, note_events):
    write_trace(proxy)
    note_events("ev_plugin_loaded", "ev_plugin_initialized")

    def ask():
        notes.append(("APIs answer", proxy.api(f"{MINE}:answer")()))

    proxy.api("plugins.core.events:register.to.event")("ev_plugin_loaded", ask, priority=1)
    proxy.load(MINE)
    assert notes == [
        "package",
        "class module",
        "begins",
        "hook __init__ 40",
        "hook __init__ 60",
        "constructed",
        ("APIs answer", 42),
        f"ev_plugin_loaded {MINE}",
        "hook initialize",
        f"ev_plugin_initialized {MINE}",
    ]
    info = loader("get.plugin.info", MINE)
    package = importlib.import_module(info.package_import_location)
    module = importlib.import_module(info.plugin_class_import_location)
    assert info.name == package.PLUGIN_NAME
    assert package is sys.modules[f"bastproxy.{MINE}"]
    assert type(loader("get.plugin.instance", MINE)) is module.Plugin


@pytest.mark.conforms(
    "Loading", "decorated APIs are found and registered, those of objects it keeps too"
)
@pytest.mark.conforms("Runtime", "a plugin offers APIs")
async def test_apis_are_found_by_themselves(proxy, notes):
    proxy.write_plugin(
        MINE,
        """
from bastproxy.libs.api import AddAPI
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook

class Counter:
    @AddAPI("count")
    def _api_count(self):
        return 7

class Plugin(BasePlugin):
    @RegisterPluginHook("__init__")
    def _phook_counter(self):
        self.counter = Counter()

    @AddAPI("answer")
    def _api_answer(self):
        return 42
""",
    )

    def ask():
        notes.extend(proxy.api(f"{MINE}:{name}")() for name in ("answer", "count"))

    proxy.api("plugins.core.events:register.to.event")("ev_plugin_loaded", ask)
    proxy.load(MINE)
    assert notes == [42, 7]


@pytest.mark.conforms("Initialization", "they run when every plugin that loads with it is loaded")
@pytest.mark.conforms(
    "Hooks", "initialize runs after all plugins are loaded, so that it can use the others"
)
async def test_initialize_finds_every_plugin_of_the_batch(proxy, loader, notes):
    source = """
from bastproxy.libs.api import AddAPI
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook

class Plugin(BasePlugin):
    @AddAPI("answer")
    def _api_answer(self):
        return self.plugin_id

    @RegisterPluginHook("initialize", priority=50)
    def _phook_initialize(self):
        answers = [self.api(f"plugins.games.{name}:answer")() for name in ("mine", "other")]
        self.api("notes:add")(answers)
"""
    proxy.write_plugin(MINE, source)
    proxy.write_plugin(OTHER, source)
    proxy.load(MINE, OTHER)
    assert notes == [[MINE, OTHER], [MINE, OTHER]]


@pytest.mark.conforms("Initialization", "the example, a hook that logs, works")
async def test_the_example_of_initialization(proxy):
    proxy.write_plugin(
        MINE,
        """
from bastproxy.libs.records import LogRecord
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook

class Plugin(BasePlugin):
    @RegisterPluginHook("initialize", priority=50)
    def _phook_initialize(self):
        \"\"\"Custom initialization logic.\"\"\"
        LogRecord("Initializing my plugin", sources=[self.plugin_id])()
""",
    )
    proxy.load(MINE)
    assert f"INFO bastproxy.{MINE}: Initializing my plugin" in proxy.log


@pytest.mark.conforms("Saving", "save hooks run when saving is asked for")
@pytest.mark.conforms("Saving", "the example of a save hook works")
@pytest.mark.conforms("Saving", "ev_plugin_save runs the save hooks")
@pytest.mark.conforms("Hooks", "save runs on ev_plugin_save, to write to the disk")
async def test_the_save_event_runs_the_save_hooks(proxy):
    source = """
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook

class Plugin(BasePlugin):
    @RegisterPluginHook("save", priority=50)
    def _phook_save(self):
        \"\"\"Save plugin state.\"\"\"
        with (self.api(f"{self.plugin_id}:get.data.directory")() / "saved").open("a") as file:
            file.write("x")
"""
    proxy.write_plugin(MINE, source)
    proxy.write_plugin(OTHER, source)
    proxy.load(MINE, OTHER)
    saved = {name: proxy.home / "data" / name / "saved" for name in (MINE, OTHER)}
    proxy.api("plugins.core.events:raise.event")("ev_plugin_save")
    assert [path.read_text() for path in saved.values()] == ["x", "x"]
    proxy.api("plugins.core.events:raise.event")("ev_plugin_save", {"plugin_id": MINE})
    proxy.api(f"{MINE}:save.state")()
    assert [path.read_text() for path in saved.values()] == ["xxx", "x"]


@pytest.mark.conforms(
    "Unloading", "the steps come in order: hooks, APIs, event registrations, event, modules"
)
@pytest.mark.conforms("Unloading", "uninitialize hooks run, and the plugin still works in them")
@pytest.mark.conforms("Unloading", "all APIs of the plugin are removed")
@pytest.mark.conforms("Unloading", "all its event registrations are removed")
@pytest.mark.conforms("Unloading", "ev_plugin_unloaded is raised")
@pytest.mark.conforms("Unloading", "its modules go")
@pytest.mark.conforms("Hooks", "uninitialize runs before the plugin is unloaded, to clean up")
async def test_the_steps_of_an_unload(proxy, loader, notes, note_events):
    write_trace(proxy)
    proxy.load(MINE)
    notes.clear()

    def look():
        notes.append(proxy.api("libs.api:list")(MINE))
        notes.append(proxy.api("plugins.core.events:raise.event")("ev_asked"))
        notes.append(f"bastproxy.{MINE}" in sys.modules)

    note_events("ev_plugin_unloaded")
    proxy.api("plugins.core.events:register.to.event")("ev_plugin_unloaded", look, priority=99)
    assert loader("unload.plugin", MINE)
    assert notes == ["hook uninitialize", f"ev_plugin_unloaded {MINE}", [], {}, True]
    assert not [name for name in sys.modules if f"{name}.".startswith(f"bastproxy.{MINE}.")]
    assert proxy.app.kernel.ledger.lines(MINE) == []


@pytest.mark.conforms("Unloading", "libs.api:remove removes the APIs of an owner")
async def test_remove_takes_the_apis_of_an_owner(proxy, notes):
    write_trace(proxy)
    proxy.load(MINE)
    assert proxy.api(f"{MINE}:answer")() == 42
    assert proxy.api("libs.api:remove")(MINE) is True
    assert proxy.api("libs.api:list")(MINE) == []
    assert proxy.api("libs.api:has")("plugins.core.events:add.event")


@pytest.mark.conforms("Unloading", "the example of an uninitialize hook works")
async def test_the_example_of_an_uninitialize_hook(proxy, loader, notes):
    proxy.write_plugin(
        MINE,
        """
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook

class Plugin(BasePlugin):
    @RegisterPluginHook("uninitialize", priority=50)
    def _phook_uninitialize(self):
        \"\"\"Cleanup before unload.\"\"\"
        self.api("notes:add")("clean")
""",
    )
    proxy.load(MINE)
    assert notes == []
    assert loader("unload.plugin", MINE)
    assert notes == ["clean"]


@pytest.mark.conforms(
    "Reloading", "the steps come in order: attributes kept, unload, import, load, restored"
)
@pytest.mark.conforms("Reloading", "the plugin is unloaded, and loaded again")
async def test_the_steps_of_a_reload(proxy, loader, notes, note_events):
    directory = write_trace(proxy)
    proxy.load(MINE)
    notes.clear()
    note_events("ev_plugin_loaded", "ev_plugin_unloaded")
    source = TRACE.replace(
        'self.note("constructed")', 'self.state = "new"; self.note("constructed")'
    ).replace('self.note("hook initialize")', 'self.note(f"hook initialize {self.state}")')
    (directory / "plugin" / "__init__.py").write_text(source)
    instance = loader("get.plugin.instance", MINE)
    instance.attributes_to_save_on_reload = ["state"]
    instance.state = "kept"
    assert loader("reload.plugin", MINE)
    assert notes == [
        # The new modules are imported beside the old ones, before anything stops.
        "package",
        "class module",
        "hook uninitialize",
        f"ev_plugin_unloaded {MINE}",
        "begins",
        "hook __init__ 40",
        "hook __init__ 60",
        "constructed",
        f"ev_plugin_loaded {MINE}",
        "hook initialize kept",
    ]
    assert loader("get.plugin.instance", MINE) is not instance


@pytest.mark.conforms("Reloading", "the attributes that are named are kept before the unload")
@pytest.mark.conforms("Reloading", "they are restored when the plugin is loaded again")
@pytest.mark.conforms("Reloading", "the example of attributes to save works")
async def test_named_attributes_survive_a_reload(proxy, loader):
    proxy.write_plugin(
        MINE,
        """
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook

class Plugin(BasePlugin):
    def __init__(self, plugin_id, plugin_info):
        super().__init__(plugin_id, plugin_info)
        # In plugin
        self.attributes_to_save_on_reload = ['some_state', 'other_data']
        self.some_state = "new"
        self.other_data = []
        self.third = 0

    @RegisterPluginHook("uninitialize")
    def _phook_uninitialize(self):
        self.some_state = "thrown away"
""",
    )
    proxy.load(MINE)
    instance = loader("get.plugin.instance", MINE)
    instance.some_state, instance.third = "old", 3
    instance.other_data.append(1)
    assert loader("reload.plugin", MINE)
    instance = loader("get.plugin.instance", MINE)
    assert (instance.some_state, instance.other_data, instance.third) == ("old", [1], 0)
    assert loader("unload.plugin", MINE)
    proxy.load(MINE)
    assert loader("get.plugin.instance", MINE).some_state == "new"


@pytest.mark.conforms(
    "Reloading", "its modules are reloaded, with what was edited and without what was deleted"
)
async def test_modules_are_reloaded(proxy, loader):
    source = """
from bastproxy.plugins._baseplugin import BasePlugin
from ..libs import helper

class Plugin(BasePlugin):
    helper = helper
"""
    directory = proxy.write_plugin(
        MINE, source, files={"libs/__init__.py": "", "libs/helper.py": "value = 1\ngone = 1\n"}
    )
    proxy.load(MINE)
    assert loader("get.plugin.instance", MINE).helper.value == 1
    (directory / "libs" / "helper.py").write_text("value = 2\nhere = 1\n")
    init = directory / "__init__.py"
    init.write_text(init.read_text().replace("PLUGIN_VERSION = 1", "PLUGIN_VERSION = 2"))
    assert loader("reload.plugin", MINE)
    helper = loader("get.plugin.instance", MINE).helper
    assert (helper.value, hasattr(helper, "gone"), helper.here) == (2, False, 1)
    assert loader("get.plugin.info", MINE).version == 2


@pytest.mark.conforms("Runtime", "a plugin listens to events and raises them")
@pytest.mark.conforms("Runtime", "a plugin calls other plugins")
@pytest.mark.conforms("Runtime", "a plugin runs commands")
async def test_what_plugins_do(proxy, notes):
    proxy.write_plugin(
        MINE,
        """
from bastproxy.libs.events import RegisterToEvent
from bastproxy.plugins._baseplugin import BasePlugin
from bastproxy.plugins.core.commands import AddCommand, AddParser

class Plugin(BasePlugin):
    @RegisterToEvent(event_name="ev_mine_asked")
    def _eventcb_asked(self):
        record = self.api("plugins.core.events:get.current.event.record")()
        self.api("notes:add")(record["what"])

    @AddCommand()
    @AddParser(description="ask")
    def _command_ask(self):
        self.api("plugins.core.events:raise.event")("ev_mine_asked", {"what": "the time"})
        return True, ["asked"]
""",
    )
    proxy.load(MINE)
    assert await proxy.command("#bp.mine.ask") == ["asked"]
    assert notes == ["the time"]


@pytest.mark.conforms(
    "Reloading", "a core plugin reloads like any other, and others lose nothing by it"
)
@pytest.mark.parametrize(
    "name", ["clients", "commands", "events", "log", "plugins", "proxy", "settings"]
)
async def test_core_plugins_reload(proxy, loader, notes, name):
    proxy.write_plugin(
        MINE,
        """
from bastproxy.libs.events import RegisterToEvent
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook
from bastproxy.plugins.core.commands import AddCommand

class Plugin(BasePlugin):
    @RegisterPluginHook("initialize")
    def _phook_initialize(self):
        self.api("plugins.core.settings:add")(self.plugin_id, "limit", 5, int, "how many")
        self.api("plugins.core.events:add.event")("ev_mine", self.plugin_id)

    @RegisterToEvent(event_name="ev_mine")
    def _eventcb_mine(self):
        self.api("notes:add")(self.api("plugins.core.settings:get")(self.plugin_id, "limit"))

    @AddCommand()
    def _command_raise(self):
        self.api("plugins.core.events:raise.event")("ev_mine")
        return True, ["raised"]
""",
    )
    proxy.load(MINE)
    core = f"plugins.core.{name}"
    before = loader("get.plugin.instance", core)
    for _ in range(2):
        assert loader("reload.plugin", core), loader("get.plugin.error", core)
    assert loader("get.plugin.instance", core) is not before
    assert await proxy.command("#bp.mine.raise") == ["raised"]
    assert notes == [5]
    assert loader("get.loaded.plugins.list").index(core) < loader("get.loaded.plugins.list").index(
        MINE
    )
