import importlib
import inspect

import pytest

from bastproxy.libs.plugins import PluginInfo, PluginLoader, PluginRuntimeInfo
from bastproxy.libs.plugins.dependency import Requirement, resolve
from bastproxy.libs.plugins.reloadutils import ReloadCache
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook

MINE = "plugins.games.mine"

EMPTY = """
from bastproxy.plugins._baseplugin import BasePlugin

class Plugin(BasePlugin):
    pass
"""


@pytest.mark.conforms("Important files", "plugins/_baseplugin/_base.py has the base class")
@pytest.mark.conforms(
    "Important files", "plugins/_baseplugin/_pluginhooks.py has RegisterPluginHook"
)
@pytest.mark.conforms("Important files", "plugins/_baseplugin/__init__.py exports BasePlugin")
@pytest.mark.conforms("Important files", "libs/plugins/loader.py has PluginLoader")
@pytest.mark.conforms(
    "Important files", "libs/plugins/plugininfo.py has PluginInfo and PluginRuntimeInfo"
)
@pytest.mark.parametrize(
    ("thing", "module", "name"),
    [
        (BasePlugin, "plugins._baseplugin._base", "Plugin"),
        (BasePlugin, "plugins._baseplugin", "BasePlugin"),
        (RegisterPluginHook, "plugins._baseplugin._pluginhooks", "RegisterPluginHook"),
        (PluginLoader, "libs.plugins.loader", "PluginLoader"),
        (PluginInfo, "libs.plugins.plugininfo", "PluginInfo"),
        (PluginRuntimeInfo, "libs.plugins.plugininfo", "PluginRuntimeInfo"),
    ],
)
def test_classes_are_where_they_should_be(thing, module, name):
    assert getattr(importlib.import_module(f"bastproxy.{module}"), name) is thing


@pytest.mark.conforms(
    "Important files", "plugins/_baseplugin/_commands.py has the commands of every plugin"
)
async def test_every_plugin_has_the_base_commands(proxy):
    proxy.write_plugin(MINE, EMPTY, name="My plugin", author="me", version=2)
    proxy.load(MINE)
    assert inspect.getmodule(BasePlugin._command_info).__name__ == (
        "bastproxy.plugins._baseplugin._commands"
    )
    assert (await proxy.command("#bp.mine.info"))[0] == f"My plugin ({MINE}) version 2 by me"
    assert (await proxy.command("#bp.mine.dump data")) == ["{}"]


@pytest.mark.conforms(
    "Important files", "plugins/_baseplugin/_patch.py has the patching of the base class"
)
@pytest.mark.conforms("Lifecycle events", "ev_baseplugin_patched: the base class was reloaded")
async def test_patching_the_base_class(proxy, loader, notes, note_events):
    note_events("ev_baseplugin_patched")
    proxy.write_plugin(
        MINE,
        EMPTY,
        files={"_patch_base.py": "def shout(self):\n    return self.plugin_id.upper()\n"},
    )
    proxy.load(MINE)
    assert notes == [f"ev_baseplugin_patched {MINE}"]
    events = loader("get.plugin.instance", "plugins.core.events")
    assert events.shout() == "PLUGINS.CORE.EVENTS"
    assert loader("unload.plugin", MINE)
    assert not hasattr(events, "shout")
    notes.clear()
    assert proxy.api("plugins._baseplugin:update")()
    assert notes == ["ev_baseplugin_patched "]
    assert loader("get.plugin.instance", "plugins.core.events") is events


@pytest.mark.conforms("Important files", "libs/plugins/dependency.py resolves dependencies")
def test_dependencies_are_resolved_without_any_plugin():
    graph = {"a": [Requirement("b")], "b": [Requirement("c")], "c": []}
    assert resolve(["a"], graph.__getitem__).order == ["c", "b", "a"]


@pytest.mark.conforms("Important files", "libs/plugins/imputils.py has what imports need")
async def test_imports_go_through_imputils(proxy, loader):
    proxy.write_plugin(MINE, EMPTY)
    proxy.load(MINE)
    module = inspect.getmodule(type(loader("get.plugin.instance", MINE)))
    assert inspect.getmodule(type(module.__spec__.loader)).__name__ == (
        "bastproxy.libs.plugins.imputils"
    )
    assert importlib.import_module(f"{MINE}.plugin") is module


@pytest.mark.conforms("Important files", "libs/plugins/reloadutils.py has the reload cache")
@pytest.mark.conforms("Reloading", "between the generations the attributes are in the reload cache")
async def test_the_reload_cache_holds_attributes_between_generations(proxy, loader, notes):
    proxy.write_plugin(
        MINE,
        """
from bastproxy.plugins._baseplugin import BasePlugin

class Plugin(BasePlugin):
    def __init__(self, plugin_id, plugin_info):
        super().__init__(plugin_id, plugin_info)
        self.attributes_to_save_on_reload = ["state"]
        self.state = 1
""",
    )
    proxy.load(MINE)
    cache = proxy.app.loader.lifecycle.cache
    assert isinstance(cache, ReloadCache)

    def look():
        notes.append(cache.has(MINE))

    proxy.api("plugins.core.events:register.to.event")("ev_plugin_unloaded", look)
    assert loader("reload.plugin", MINE)
    assert notes == [True]
    assert not cache.has(MINE)
