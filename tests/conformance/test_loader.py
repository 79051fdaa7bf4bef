import gc
import inspect
import weakref
from datetime import datetime
from pathlib import Path

import pytest

import bastproxy
from bastproxy.libs.api import API
from bastproxy.libs.plugins import Kernel, PluginInfo, PluginLoader, PluginRuntimeInfo
from bastproxy.testing.harness import write_plugin

MINE = "plugins.games.mine"

SOURCE = """
from bastproxy.libs.api import AddAPI
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook

class Plugin(BasePlugin):
    steps = []

    @AddAPI("answer")
    def _api_answer(self):
        return 42

    @RegisterPluginHook("initialize")
    def _phook_initialize(self):
        self.data["initialized"] = True
"""


@pytest.fixture
def kernel():
    with Kernel() as kernel:
        yield kernel


@pytest.fixture
def own_loader(kernel, tmp_path):
    loader = PluginLoader(
        search_paths=[{"path": tmp_path / "plugins", "prefix": "plugins.", "strip": ""}],
        data_root=tmp_path / "data",
        installed=False,
    )
    loader.start()
    yield loader
    loader.stop()


@pytest.mark.conforms(
    "The class PluginLoader", "it is in libs/plugins/loader.py and made without arguments"
)
@pytest.mark.conforms("The class PluginLoader", "api is its own API object, in the module's name")
@pytest.mark.conforms(
    "The class PluginLoader", "plugins_info is a dictionary of PluginInfo by plugin id"
)
@pytest.mark.conforms("The class PluginLoader", "plugin_search_paths is a list of dictionaries")
@pytest.mark.conforms(
    "Discovery",
    "the first search path is base_plugin_dir, with the prefix 'plugins.' and nothing stripped",
)
def test_a_loader_needs_nothing_but_a_running_kernel(kernel):
    loader = PluginLoader()
    assert inspect.getmodule(PluginLoader).__name__ == "bastproxy.libs.plugins.loader"
    assert isinstance(loader.api, API)
    assert loader.api.owner_id == "libs.plugins.loader"
    assert loader.plugins_info == {}
    assert loader.plugin_search_paths[0] == {
        "path": loader.base_plugin_dir,
        "prefix": "plugins.",
        "strip": "",
    }
    assert loader.base_plugin_dir == Path(bastproxy.__file__).parent / "plugins"
    loader.discover()
    assert isinstance(loader.plugins_info["plugins.core.events"], PluginInfo)


@pytest.mark.conforms("The class PluginLoader", "it discovers the plugins in its search paths")
@pytest.mark.conforms("Discovery", "every configured search path is scanned for plugin packages")
@pytest.mark.conforms("Discovery", "every directory found gets a PluginInfo")
@pytest.mark.conforms(
    "Discovery", "the metadata comes from the package's __init__.py, and nothing of it is run"
)
def test_all_search_paths_are_scanned_and_nothing_is_run(own_loader, tmp_path):
    write_plugin(tmp_path / "plugins", MINE, "raise SystemExit")
    other = write_plugin(tmp_path / "more", "plugins.games.other", SOURCE, name="The other")
    init = other / "__init__.py"
    init.write_text(init.read_text() + "raise RuntimeError('run')\n")
    own_loader.plugin_search_paths.append(
        {"path": tmp_path / "more", "prefix": "plugins.", "strip": ""}
    )
    own_loader.discover()
    assert {MINE, "plugins.games.other", "plugins.core.events"} <= set(own_loader.plugins_info)
    assert own_loader.plugins_info["plugins.games.other"].name == "The other"
    assert own_loader.plugins_info["plugins.games.other"].package_path == other


@pytest.mark.conforms(
    "Discovery", "a search path's strip is taken off, and its prefix put before, the name"
)
def test_prefix_and_strip_make_the_id(kernel, tmp_path):
    write_plugin(tmp_path / "sources", "plugins.bp_games.mine", SOURCE)
    search_path = {"path": tmp_path / "sources", "prefix": "plugins.", "strip": "bp_"}
    loader = PluginLoader(search_paths=[search_path], installed=False)
    loader.discover()
    assert loader.plugins_info[MINE].package_path == tmp_path / "sources" / "bp_games" / "mine"


@pytest.mark.conforms("The class PluginLoader", "it loads and instantiates plugins")
@pytest.mark.conforms("The class PluginLoader", "it takes plugins through their lives")
@pytest.mark.conforms("The class PluginLoader", "it reloads them")
@pytest.mark.conforms("The class PluginLoader", "it keeps weak references to unloaded modules")
def test_a_loader_loads_reloads_and_unloads(own_loader, tmp_path):
    directory = write_plugin(tmp_path / "plugins", MINE, SOURCE)
    assert own_loader.load_plugins([MINE])["loaded_plugins"] == [MINE]
    instance = own_loader.get_plugin_instance(MINE)
    assert instance.data == {"initialized": True}
    assert own_loader.api(f"{MINE}:answer")() == 42
    (directory / "plugin" / "__init__.py").write_text(SOURCE.replace("42", "43"))
    held = inspect.getmodule(type(instance))
    del instance
    assert own_loader.reload_plugin(MINE)
    assert own_loader.api(f"{MINE}:answer")() == 43
    (left,) = own_loader.get_unloaded_plugins_in_memory()
    assert (left["plugin_id"], left["modules"]) == (MINE, [held.__name__])
    del held
    assert own_loader.get_unloaded_plugins_in_memory() == []
    assert own_loader.unload_plugin(MINE)
    assert not own_loader.api.has(f"{MINE}:answer")


@pytest.mark.conforms("The class PluginLoader", "it knows what depends on what")
def test_a_loader_tracks_dependencies(own_loader, tmp_path):
    write_plugin(tmp_path / "plugins", MINE, SOURCE)
    write_plugin(tmp_path / "plugins", "plugins.games.top", SOURCE, dependencies=[MINE])
    own_loader.load_plugins(["plugins.games.top"])
    assert own_loader.get_plugin_dependents(MINE) == ["plugins.games.top"]
    assert own_loader.needed("plugins.games.top") == [MINE]


@pytest.mark.conforms(
    "The class PluginInfo", "it is in libs/plugins/plugininfo.py and made with a plugin id"
)
@pytest.mark.conforms("The class PluginInfo", "package is the id without its last part")
@pytest.mark.conforms("The class PluginInfo", "short_name is the last part of the id")
@pytest.mark.conforms(
    "The class PluginInfo",
    "a fresh one has no name, version -1, no files, and is neither required nor a plugin",
)
def test_a_fresh_plugin_info():
    info = PluginInfo("plugins.games.mine")
    assert inspect.getmodule(PluginInfo).__name__ == "bastproxy.libs.plugins.plugininfo"
    assert (info.plugin_id, info.package, info.short_name) == (MINE, "plugins.games", "mine")
    assert (info.name, info.author, info.purpose, info.version) == ("", "", "", -1)
    assert (info.is_required, info.is_plugin, info.is_valid_python_code) == (False, False, True)
    assert (info.package_path, info.data_directory, info.files) == (Path(), Path(), {})
    assert isinstance(info.runtime_info, PluginRuntimeInfo)


@pytest.mark.conforms(
    "The class PluginInfo", "name, author, purpose, version and is_required say the metadata"
)
@pytest.mark.conforms("The class PluginInfo", "is_plugin says whether it is a plugin at all")
@pytest.mark.conforms(
    "The class PluginInfo", "package_path and data_directory are where it lies and keeps its files"
)
@pytest.mark.conforms("The class PluginInfo", "files tracks all Python files of the plugin")
async def test_the_info_of_a_plugin(proxy, loader):
    directory = proxy.write_plugin(
        MINE,
        SOURCE,
        files={"libs/__init__.py": "", "libs/deep/more.py": "", "notes.txt": "no Python"},
        name="My plugin",
        author="me",
        purpose="to show",
        version=3,
    )
    proxy.write_plugin("plugins.games.broken", SOURCE, version="three")
    info = loader("get.plugin.info", MINE)
    assert (info.name, info.author, info.purpose, info.version) == ("My plugin", "me", "to show", 3)
    assert info.is_required is False
    assert loader("get.plugin.info", "plugins.core.events").is_required is True
    assert info.is_plugin is True
    assert loader("get.plugin.info", "plugins.games.broken").is_plugin is False
    assert info.package_path == directory
    assert info.data_directory == proxy.home / "data" / MINE
    proxy.load(MINE)
    expected = {"__init__.py", "plugin/__init__.py", "libs/__init__.py", "libs/deep/more.py"}
    assert set(info.files) == expected
    assert loader("get.plugin.info", MINE) is info


@pytest.mark.conforms(
    "The class PluginInfo", "is_valid_python_code says whether the files are Python"
)
async def test_the_info_says_whether_the_files_are_python(proxy, loader):
    proxy.write_plugin(MINE, SOURCE)
    package = proxy.write_plugin("plugins.games.package", SOURCE)
    (package / "__init__.py").write_text("PLUGIN_NAME = (")
    proxy.write_plugin("plugins.games.code", "class Plugin(")
    proxy.write_plugin("plugins.games.deep", SOURCE, files={"libs/helper.py": "def ("})
    valid = {
        name: loader("get.plugin.info", f"plugins.games.{name}").is_valid_python_code
        for name in ("mine", "package", "code", "deep")
    }
    assert valid == {"mine": True, "package": False, "code": False, "deep": False}
    assert loader("plugin.get.invalid.python.files", "plugins.games.deep") == [
        str(proxy.home / "plugins/games/deep/libs/helper.py")
    ]


@pytest.mark.conforms("The class PluginInfo", "files that changed since the load are known")
async def test_changed_files_are_known_by_content(proxy, loader):
    directory = proxy.write_plugin(MINE, SOURCE, files={"libs/helper.py": "value = 1\n"})
    proxy.load(MINE)
    assert loader("plugin.get.changed.files", MINE) == []
    changed = directory / "libs" / "helper.py"
    changed.write_text("value = 2\n")
    added = directory / "libs" / "later.py"
    added.write_text("")
    assert loader("plugin.get.changed.files", MINE) == [str(changed), str(added)]
    assert loader("reload.plugin", MINE)
    assert loader("plugin.get.changed.files", MINE) == []


@pytest.mark.conforms(
    "The class PluginRuntimeInfo", "it is in libs/plugins/plugininfo.py and made without arguments"
)
@pytest.mark.conforms(
    "The class PluginRuntimeInfo",
    "a fresh one is not loaded, has no instance, and its time is 1970-01-01",
)
def test_a_fresh_runtime_info():
    runtime = PluginRuntimeInfo()
    assert inspect.getmodule(PluginRuntimeInfo).__name__ == "bastproxy.libs.plugins.plugininfo"
    assert runtime.is_loaded is False
    assert runtime.is_imported is False
    assert runtime.plugin_instance is None
    assert runtime.imported_time == datetime(1970, 1, 1)


@pytest.mark.conforms(
    "The class PluginRuntimeInfo", "is_loaded says whether the plugin is fully loaded"
)
@pytest.mark.conforms(
    "The class PluginRuntimeInfo", "is_imported says whether its package is imported"
)
@pytest.mark.conforms(
    "The class PluginRuntimeInfo", "plugin_instance is the instance, while there is one"
)
@pytest.mark.conforms(
    "The class PluginRuntimeInfo", "imported_time is when the plugin was imported"
)
@pytest.mark.conforms("The class PluginInfo", "runtime_info holds the runtime state")
async def test_the_runtime_info_follows_the_plugin(proxy, loader, notes):
    proxy.write_plugin(
        MINE,
        """
from bastproxy.plugins._baseplugin import BasePlugin

class Plugin(BasePlugin):
    def __init__(self, plugin_id, plugin_info):
        super().__init__(plugin_id, plugin_info)
        runtime = plugin_info.runtime_info
        self.api("notes:add")((runtime.is_imported, runtime.is_loaded))
""",
    )
    runtime = loader("get.plugin.info", MINE).runtime_info
    assert (runtime.is_imported, runtime.is_loaded, runtime.plugin_instance) == (False, False, None)
    before = datetime.now()
    proxy.load(MINE)
    assert notes == [(True, False)]
    assert (runtime.is_imported, runtime.is_loaded) == (True, True)
    assert runtime.plugin_instance is loader("get.plugin.instance", MINE)
    assert before <= runtime.imported_time <= datetime.now()
    assert loader("unload.plugin", MINE)
    assert (runtime.is_imported, runtime.is_loaded, runtime.plugin_instance) == (False, False, None)
    assert runtime.imported_time == datetime(1970, 1, 1)


@pytest.mark.conforms(
    "Unloading", "only weak references to the modules stay, so that they can be collected"
)
@pytest.mark.conforms("Best practices", "what a plugin held goes from memory when it is unloaded")
async def test_an_unloaded_plugin_is_collected(proxy, loader):
    proxy.write_plugin(MINE, SOURCE, files={"libs/helper.py": "big = list(range(1000))\n"})
    proxy.load(MINE)
    instance = loader("get.plugin.instance", MINE)
    left = [
        weakref.ref(instance),
        weakref.ref(type(instance)),
        weakref.ref(inspect.getmodule(type(instance))),
    ]
    assert all(reference() is not None for reference in left)
    del instance
    assert loader("unload.plugin", MINE)
    gc.collect()
    assert [reference() for reference in left] == [None, None, None]
    assert loader("get.unloaded.plugins.in.memory") == []
