import inspect
from pathlib import Path

import pytest

from bastproxy.libs.plugins import PluginInfo

MINE = "plugins.games.mine"
BROKEN = "plugins.games.broken"
UNKNOWN = "plugins.games.unknown"

SOURCE = """
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook

class Plugin(BasePlugin):
    @RegisterPluginHook("initialize", priority=30)
    def _phook_initialize(self):
        pass

    @RegisterPluginHook("initialize", priority=20)
    def _phook_before(self):
        pass

    @RegisterPluginHook("save")
    def _phook_save(self):
        pass
"""


@pytest.fixture
def mine(proxy):
    return proxy.write_plugin(MINE, SOURCE)


@pytest.mark.conforms("Plugin loader APIs", "load.plugins loads a list of plugins")
@pytest.mark.conforms("Best practices", "a plugin that fails never ends the proxy")
async def test_load_plugins(proxy, loader, mine):
    proxy.write_plugin(BROKEN, SOURCE + "\nimport sys\nsys.exit(3)\n")
    result = loader("load.plugins", [MINE, BROKEN, UNKNOWN, "plugins.core.events"])
    assert result["loaded_plugins"] == [MINE]
    assert set(result["bad_plugins"]) == {BROKEN, UNKNOWN}
    assert result["already_loaded_plugins"] == ["plugins.core.events"]
    assert loader("is.plugin.loaded", MINE)
    assert "sys.exit(3)" in loader("get.plugin.error", BROKEN)


@pytest.mark.conforms("Plugin loader APIs", "unload.plugin unloads a plugin")
async def test_unload_plugin(proxy, loader, mine):
    proxy.load(MINE)
    assert loader("unload.plugin", MINE) is True
    assert not loader("is.plugin.loaded", MINE)
    assert not proxy.api("libs.api:has")(f"{MINE}:dump")
    assert loader("unload.plugin", MINE) is False
    assert loader("unload.plugin", UNKNOWN) is False
    assert UNKNOWN in loader("get.plugin.error", UNKNOWN)


@pytest.mark.conforms("Plugin loader APIs", "reload.plugin reloads a plugin")
async def test_reload_plugin(proxy, loader, mine):
    proxy.load(MINE)
    before = loader("get.plugin.instance", MINE)
    source = mine / "plugin" / "__init__.py"
    source.write_text(SOURCE + "\n    edited = True\n")
    assert loader("reload.plugin", MINE) is True
    after = loader("get.plugin.instance", MINE)
    assert (hasattr(before, "edited"), after.edited) == (False, True)
    source.write_text("class Plugin(")
    assert loader("reload.plugin", MINE) is False
    assert loader("get.plugin.instance", MINE) is after
    assert loader("reload.plugin", UNKNOWN) is False


@pytest.mark.conforms("Plugin loader APIs", "get.plugin.instance answers the instance")
@pytest.mark.conforms("Plugin loader APIs", "is.plugin.loaded says whether a plugin is loaded")
@pytest.mark.conforms(
    "Plugin loader APIs", "is.plugin.instantiated says whether it has an instance"
)
async def test_loaded_and_instantiated(proxy, loader, mine, notes):
    names = ("get.plugin.instance", "is.plugin.loaded", "is.plugin.instantiated")

    def answers(plugin_id=MINE):
        return [loader(name, plugin_id) for name in names]

    assert answers() == [None, False, False]
    (mine / "plugin" / "__init__.py").write_text(
        SOURCE
        + """
    @RegisterPluginHook("__init__")
    def _phook_ask(self):
        self.api("notes:add")(self.api("libs.plugins.loader:is.plugin.loaded")(self.plugin_id))
"""
    )
    proxy.load(MINE)
    assert notes == [False]
    instance, loaded, instantiated = answers()
    assert (instance.plugin_id, loaded, instantiated) == (MINE, True, True)
    assert answers(UNKNOWN) == [None, False, False]


@pytest.mark.conforms("Plugin loader APIs", "get.loaded.plugins.list answers the loaded plugins")
@pytest.mark.conforms("Plugin loader APIs", "get.all.plugins answers all plugins that are found")
@pytest.mark.conforms(
    "Plugin loader APIs", "get.not.loaded.plugins answers those that are not loaded"
)
async def test_listings(proxy, loader, mine):
    everybody, loaded = loader("get.all.plugins"), loader("get.loaded.plugins.list")
    assert set(everybody) == {*loaded, MINE}
    assert loader("get.not.loaded.plugins") == [MINE]
    proxy.load(MINE)
    assert loader("get.loaded.plugins.list") == [*loaded, MINE]
    assert loader("get.not.loaded.plugins") == []
    proxy.write_plugin("plugins.games.later", SOURCE)
    assert loader("get.not.loaded.plugins") == ["plugins.games.later"]


@pytest.mark.conforms("Plugin loader APIs", "get.plugin.info answers the PluginInfo")
@pytest.mark.conforms("Plugin loader APIs", "does.plugin.exist says whether there is such a plugin")
async def test_info_and_existence(loader, mine):
    info = loader("get.plugin.info", MINE)
    assert isinstance(info, PluginInfo)
    assert (info.plugin_id, info.package_path) == (MINE, mine)
    assert loader("does.plugin.exist", MINE) is True
    assert loader("get.plugin.info", UNKNOWN) is None
    assert loader("does.plugin.exist", UNKNOWN) is False


@pytest.mark.conforms("Plugin instance APIs", "dependency.add has the plugin depend on one more")
async def test_dependency_add(proxy, loader, mine):
    proxy.write_plugin("plugins.games.base", SOURCE)
    proxy.load(MINE)
    add = proxy.api(f"{MINE}:dependency.add")
    assert add("plugins.games.base") is True
    assert loader("is.plugin.loaded", "plugins.games.base")
    assert loader("get.plugin.dependents", "plugins.games.base") == [MINE]
    assert loader("unload.plugin", "plugins.games.base") is False
    assert add(UNKNOWN) is False


@pytest.mark.conforms("Plugin instance APIs", "set.reload sets is_reloading_f")
async def test_set_reload(proxy, loader, mine):
    proxy.load(MINE)
    instance = loader("get.plugin.instance", MINE)
    proxy.api(f"{MINE}:set.reload")()
    assert instance.is_reloading_f is True
    proxy.api(f"{MINE}:set.reload")(False)
    assert instance.is_reloading_f is False


@pytest.mark.conforms(
    "Plugin instance APIs", "get.plugin.hooks answers all hooks of the plugin, in their order"
)
async def test_get_plugin_hooks(proxy, mine):
    proxy.load(MINE)
    get = proxy.api(f"{MINE}:get.plugin.hooks")
    initialize = [(20, "_phook_before"), (30, "_phook_initialize")]
    assert get() == {"initialize": initialize, "save": [(50, "_phook_save")]}
    assert get("initialize") == {"initialize": initialize}


@pytest.mark.conforms("Plugin instance APIs", "every plugin has all of them")
async def test_every_plugin_has_the_instance_apis(proxy, loader, mine):
    proxy.load(MINE)
    expected = {
        "data.get",
        "data.update",
        "dependency.add",
        "get.data.directory",
        "set.reload",
        "get.plugin.hooks",
        "dump",
    }
    for name in loader("get.loaded.plugins.list"):
        assert expected <= set(proxy.api("libs.api:get.children")(name))
        assert isinstance(proxy.api(f"{name}:get.data.directory")(), Path)


@pytest.mark.conforms("Plugin loader APIs", "all of them are there, and say what they do")
async def test_the_loader_apis_are_documented(proxy):
    names = [
        "load.plugins",
        "unload.plugin",
        "reload.plugin",
        "get.plugin.instance",
        "get.loaded.plugins.list",
        "get.all.plugins",
        "is.plugin.loaded",
        "is.plugin.instantiated",
        "get.plugin.info",
        "does.plugin.exist",
        "get.not.loaded.plugins",
    ]
    for name in names:
        detail = proxy.api("libs.api:detail")(f"libs.plugins.loader:{name}")
        assert detail["docstring"]
        assert detail["description"]
        assert inspect.ismethod(proxy.api(f"libs.plugins.loader:{name}"))
