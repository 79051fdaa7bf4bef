import inspect

import pytest

from bastproxy.plugins._baseplugin import RegisterPluginHook

MINE = "plugins.games.mine"


@pytest.mark.conforms(
    "The decorator RegisterPluginHook", "it is in plugins/_baseplugin/_pluginhooks.py"
)
@pytest.mark.conforms(
    "The decorator RegisterPluginHook", "it has hook_name and priority, 50 by default"
)
def test_the_decorator():
    assert inspect.getmodule(RegisterPluginHook).__name__ == (
        "bastproxy.plugins._baseplugin._pluginhooks"
    )
    hook = RegisterPluginHook("initialize")
    assert (hook.hook_name, hook.priority) == ("initialize", 50)
    assert RegisterPluginHook("save", priority=7).priority == 7

    def function():
        return 42

    assert hook(function) is function


@pytest.mark.conforms(
    "The decorator RegisterPluginHook",
    "it registers for __init__, initialize, save and uninitialize",
)
@pytest.mark.conforms("Hooks", "the example with all hooks works as it stands")
async def test_the_example_of_all_hooks(proxy, loader, notes):
    proxy.write_plugin(
        MINE,
        """
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook

class Plugin(BasePlugin):
    @RegisterPluginHook("__init__", priority=10)
    def _phook_early_init(self):
        \"\"\"Early initialization.\"\"\"
        self.early_data = {}
        self.api("notes:add")("early")

    @RegisterPluginHook("__init__", priority=90)
    def _phook_late_init(self):
        \"\"\"Late initialization.\"\"\"
        self.late_data = {}
        self.api("notes:add")("late")

    @RegisterPluginHook("initialize", priority=50)
    def _phook_initialize(self):
        \"\"\"Main initialization after all plugins loaded.\"\"\"
        # Can now safely call APIs from other plugins
        self.api("notes:add")("initialize")

    @RegisterPluginHook("save", priority=50)
    def _phook_save(self):
        \"\"\"Save plugin state.\"\"\"
        self.api("notes:add")("save")

    @RegisterPluginHook("uninitialize", priority=50)
    def _phook_uninitialize(self):
        \"\"\"Cleanup before unload.\"\"\"
        self.api("notes:add")("uninitialize")
""",
    )
    proxy.load(MINE)
    assert notes == ["early", "late", "initialize"]
    instance = loader("get.plugin.instance", MINE)
    assert (instance.early_data, instance.late_data) == ({}, {})
    proxy.api("plugins.core.events:raise.event")("ev_plugin_save")
    assert loader("unload.plugin", MINE)
    assert notes[3:] == ["save", "uninitialize"]


@pytest.mark.conforms("Hooks", "__init__ runs in the constructor, when the base is initialized")
@pytest.mark.conforms("Hooks", "__init__ hooks can register APIs early and set the plugin up")
async def test_init_hooks_run_on_an_initialized_base(proxy):
    proxy.write_plugin(
        MINE,
        """
from bastproxy.libs.api import AddAPI
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook

class Plugin(BasePlugin):
    def __init__(self, plugin_id, plugin_info):
        super().__init__(plugin_id, plugin_info)
        self.seen_by_constructor = self.early, self.api("plugins.games.mine:later")()

    @AddAPI("answer")
    def _api_answer(self):
        return 42

    @RegisterPluginHook("__init__")
    def _phook_init(self):
        self.data["kept"] = True
        self.api("libs.api:add")(self.plugin_id, "later", lambda: "added")
        self.early = self.api("plugins.games.mine:answer")()
        self.base = self.plugin_id, self.plugin_info.short_name, self.dependencies
""",
    )
    proxy.load(MINE)
    instance = proxy.api("libs.plugins.loader:get.plugin.instance")(MINE)
    assert instance.seen_by_constructor == (42, "added")
    assert instance.base == (MINE, "mine", [])
    assert instance.data == {"kept": True}
    assert proxy.api(f"{MINE}:later")() == "added"


@pytest.mark.conforms("Hooks", "lower priorities run first")
@pytest.mark.conforms("Hooks", "hooks of one priority run in the order in which they are found")
@pytest.mark.parametrize("hook", ["__init__", "initialize", "save", "uninitialize"])
async def test_order_of_hooks(proxy, loader, notes, hook):
    methods = "".join(
        f"""
    @RegisterPluginHook("{hook}", priority={priority})
    def _phook_{name}(self):
        self.api("notes:add")("{name}")
"""
        for name, priority in (("z", 50), ("last", 51), ("a", 50), ("first", -1), ("m", 50))
    )
    proxy.write_plugin(
        MINE,
        f"""
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook

class Plugin(BasePlugin):{methods}""",
    )
    proxy.load(MINE)
    proxy.api(f"{MINE}:save.state")()
    assert loader("unload.plugin", MINE)
    assert notes == ["first", "z", "a", "m", "last"]


@pytest.mark.conforms("Hooks", "only methods whose name begins with _phook_ are hooks")
async def test_a_hook_needs_its_prefix(proxy, notes):
    proxy.write_plugin(
        MINE,
        """
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook

class Plugin(BasePlugin):
    @RegisterPluginHook("initialize")
    def _phook_good(self):
        self.api("notes:add")("good")

    @RegisterPluginHook("initialize")
    def bad_initialize(self):
        self.api("notes:add")("bad")

    def _phook_undecorated(self):
        self.api("notes:add")("undecorated")
""",
    )
    proxy.load(MINE)
    assert notes == ["good"]
    assert any(
        message.startswith("WARNING") and "bad_initialize" in message for message in proxy.log
    )


@pytest.mark.conforms(
    "Hooks", "a plugin may have many hooks, inherited ones and several on one method too"
)
async def test_hooks_add_up(proxy, notes):
    proxy.write_plugin(
        MINE,
        """
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook
from ..libs.mixin import Mixin

class Plugin(Mixin, BasePlugin):
    @RegisterPluginHook("initialize")
    @RegisterPluginHook("save")
    def _phook_both(self):
        self.api("notes:add")("both")
""",
        files={
            "libs/__init__.py": "",
            "libs/mixin.py": """
from bastproxy.plugins._baseplugin import RegisterPluginHook

class Mixin:
    @RegisterPluginHook("initialize")
    def _phook_mixed(self):
        self.api("notes:add")("mixed in")
""",
        },
    )
    proxy.load(MINE)
    assert notes == ["mixed in", "both"]
    proxy.api(f"{MINE}:save.state")()
    assert notes == ["mixed in", "both", "both"]
