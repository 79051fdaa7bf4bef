import importlib

import pytest

from bastproxy.libs.api import API
from bastproxy.libs.plugins import PluginInfo
from bastproxy.plugins._baseplugin import BasePlugin

EMPTY = """
from bastproxy.plugins._baseplugin import BasePlugin

class Plugin(BasePlugin):
    pass
"""


@pytest.mark.conforms("The class BasePlugin", "it is Plugin in plugins/_baseplugin/_base.py")
@pytest.mark.conforms("The class BasePlugin", "all plugins, the core ones too, are derived from it")
async def test_every_plugin_is_a_base_plugin(proxy, loader):
    proxy.write_plugin("plugins.games.mine", EMPTY)
    proxy.load("plugins.games.mine")
    module = importlib.import_module("bastproxy.plugins._baseplugin._base")
    assert module.Plugin is BasePlugin
    loaded = loader("get.loaded.plugins.list")
    assert "plugins.core.events" in loaded
    assert all(isinstance(loader("get.plugin.instance", name), module.Plugin) for name in loaded)


@pytest.mark.conforms("The class BasePlugin", "it is made with a plugin id and a PluginInfo")
@pytest.mark.conforms("The class BasePlugin", "plugin_id is the plugin's unique id")
@pytest.mark.conforms("The class BasePlugin", "plugin_info is the plugin's PluginInfo")
@pytest.mark.conforms("The class BasePlugin", "api is an API object whose owner is the plugin")
@pytest.mark.conforms(
    "The class BasePlugin", "dependencies is a list of plugin ids, empty at first"
)
@pytest.mark.conforms("The class BasePlugin", "data is a dictionary of the plugin's own")
async def test_an_instance_has_its_attributes(proxy, loader):
    proxy.write_plugin(
        "plugins.games.mine",
        """
from bastproxy.plugins._baseplugin import BasePlugin

class Plugin(BasePlugin):
    def __init__(self, *args):
        super().__init__(*args)
        self.made_with = args
""",
    )
    proxy.write_plugin("plugins.games.other", EMPTY)
    proxy.load("plugins.games.mine", "plugins.games.other")
    mine, other = (
        loader("get.plugin.instance", f"plugins.games.{name}") for name in ("mine", "other")
    )
    assert mine.made_with == ("plugins.games.mine", loader("get.plugin.info", "plugins.games.mine"))
    assert mine.plugin_id == "plugins.games.mine"
    assert isinstance(mine.plugin_info, PluginInfo)
    assert mine.plugin_info is loader("get.plugin.info", "plugins.games.mine")
    assert isinstance(mine.api, API)
    assert mine.api.owner_id == "plugins.games.mine"
    assert mine.dependencies == []
    assert mine.data == {}
    assert mine.data is not other.data
    assert mine.dependencies is not other.dependencies


@pytest.mark.conforms("The class BasePlugin", "api registers functions and calls those of others")
async def test_the_api_object_registers_and_calls(proxy):
    proxy.write_plugin(
        "plugins.games.mine",
        """
from bastproxy.plugins._baseplugin import BasePlugin

class Plugin(BasePlugin):
    def __init__(self, plugin_id, plugin_info):
        super().__init__(plugin_id, plugin_info)
        self.api("libs.api:add")(self.plugin_id, "triple", lambda number: 3 * number)
        self.nine = self.api("plugins.games.mine:triple")(3)
""",
    )
    proxy.load("plugins.games.mine")
    assert proxy.api("plugins.games.mine:triple")(14) == 42
    assert proxy.api("libs.plugins.loader:get.plugin.instance")("plugins.games.mine").nine == 9


@pytest.mark.conforms(
    "The class BasePlugin", "can_reload_f says whether the plugin can be reloaded"
)
async def test_can_reload_f_refuses_a_reload(proxy, loader):
    proxy.write_plugin("plugins.games.mine", EMPTY)
    proxy.load("plugins.games.mine")
    instance = loader("get.plugin.instance", "plugins.games.mine")
    assert instance.can_reload_f is True
    assert loader("reload.plugin", "plugins.games.mine")
    instance = loader("get.plugin.instance", "plugins.games.mine")
    instance.can_reload_f = False
    assert not loader("reload.plugin", "plugins.games.mine")
    assert "can_reload_f" in loader("get.plugin.error", "plugins.games.mine")
    assert loader("get.plugin.instance", "plugins.games.mine") is instance


@pytest.mark.conforms("The class BasePlugin", "can_reset_f says whether the plugin can be reset")
async def test_can_reset_f_refuses_a_reset(proxy):
    proxy.write_plugin(
        "plugins.games.mine",
        """
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook

class Plugin(BasePlugin):
    @RegisterPluginHook("initialize")
    def _phook_initialize(self):
        self.api("plugins.core.settings:add")(self.plugin_id, "limit", 5, int, "how many")
""",
    )
    proxy.load("plugins.games.mine")
    instance = proxy.api("libs.plugins.loader:get.plugin.instance")("plugins.games.mine")
    change, get = (proxy.api(f"plugins.core.settings:{name}") for name in ("change", "get"))
    assert instance.can_reset_f is True
    instance.can_reset_f = False
    change("plugins.games.mine", "limit", 7)
    assert proxy.api("plugins.games.mine:reset")() is False
    proxy.api("plugins.core.events:raise.event")("ev_plugin_reset")
    assert get("plugins.games.mine", "limit") == 7
    instance.can_reset_f = True
    assert proxy.api("plugins.games.mine:reset")() is True
    assert get("plugins.games.mine", "limit") == 5


@pytest.mark.conforms("The class BasePlugin", "is_reloading_f is set while the plugin is reloaded")
async def test_is_reloading_f_is_true_during_a_reload_only(proxy, loader, notes):
    proxy.write_plugin(
        "plugins.games.mine",
        """
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook

class Plugin(BasePlugin):
    @RegisterPluginHook("__init__")
    def _phook_init(self):
        self.api("notes:add")(("__init__", self.is_reloading_f))

    @RegisterPluginHook("initialize")
    def _phook_initialize(self):
        self.api("notes:add")(("initialize", self.is_reloading_f))

    @RegisterPluginHook("uninitialize")
    def _phook_uninitialize(self):
        self.api("notes:add")(("uninitialize", self.is_reloading_f))
""",
    )
    proxy.load("plugins.games.mine")
    assert loader("reload.plugin", "plugins.games.mine")
    assert loader("get.plugin.instance", "plugins.games.mine").is_reloading_f is False
    assert loader("unload.plugin", "plugins.games.mine")
    assert notes == [
        ("__init__", False),
        ("initialize", False),
        ("uninitialize", True),
        ("__init__", True),
        ("initialize", True),
        ("uninitialize", False),
    ]


@pytest.mark.conforms(
    "The class BasePlugin",
    "attributes_to_save_on_reload lists what a reload keeps, and is empty at first",
)
async def test_attributes_to_save_on_reload_names_what_is_kept(proxy, loader):
    proxy.write_plugin(
        "plugins.games.mine",
        """
from bastproxy.plugins._baseplugin import BasePlugin

class Plugin(BasePlugin):
    def __init__(self, plugin_id, plugin_info):
        super().__init__(plugin_id, plugin_info)
        self.first = list(self.attributes_to_save_on_reload)
        self.attributes_to_save_on_reload = ["kept"]
        self.kept = 0
        self.lost = 0
""",
    )
    proxy.load("plugins.games.mine")
    instance = loader("get.plugin.instance", "plugins.games.mine")
    assert instance.first == []
    instance.kept = instance.lost = 5
    assert loader("reload.plugin", "plugins.games.mine")
    instance = loader("get.plugin.instance", "plugins.games.mine")
    assert (instance.kept, instance.lost) == (5, 0)
