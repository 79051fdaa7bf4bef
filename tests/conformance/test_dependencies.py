import pytest

from bastproxy.testing import ProxyHarness
from bastproxy.testing.harness import write_plugin

EMPTY = """
from bastproxy.plugins._baseplugin import BasePlugin

class Plugin(BasePlugin):
    pass
"""
BASE, MIDDLE, TOP = (f"plugins.games.{name}" for name in ("zbase", "middle", "atop"))


def depending_on(*plugin_ids):
    return f"""
from bastproxy.plugins._baseplugin import BasePlugin

class Plugin(BasePlugin):
    def __init__(self, plugin_id, plugin_info):
        super().__init__(plugin_id, plugin_info)
        self.dependencies = {list(plugin_ids)!r}
"""


@pytest.mark.conforms("Dependencies", "the example that sets dependencies in __init__ works")
@pytest.mark.conforms("Dependencies", "dependencies set in __init__ count")
async def test_the_example_of_dependencies(proxy, loader):
    plugin_id = "plugins.games.mine"
    proxy.write_plugin(
        plugin_id,
        """
from bastproxy.plugins._baseplugin import BasePlugin

class Plugin(BasePlugin):
    def __init__(self, plugin_id, plugin_info):
        super().__init__(plugin_id, plugin_info)

        # Add explicit dependencies
        self.dependencies = [
            'plugins.core.events',
            'plugins.core.commands',
        ]
""",
    )
    proxy.load(plugin_id)
    for name in ("plugins.core.events", "plugins.core.commands"):
        assert plugin_id in loader("get.plugin.dependents", name)


@pytest.mark.conforms("Dependencies", "the example that adds a dependency through the API works")
@pytest.mark.conforms(
    "Dependencies", "dependencies added through the API count, whatever is assigned later"
)
async def test_the_example_of_a_dynamic_dependency(proxy, loader):
    proxy.write_plugin(BASE, EMPTY)
    proxy.write_plugin(MIDDLE, EMPTY)
    proxy.write_plugin(
        TOP,
        f"""
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook

class Plugin(BasePlugin):
    def __init__(self, plugin_id, plugin_info):
        super().__init__(plugin_id, plugin_info)
        self.api(f"{{self.plugin_id}}:dependency.add")('plugins.core.settings')
        self.dependencies = list(("{MIDDLE}",))

    @RegisterPluginHook("__init__")
    def _phook_init(self):
        self.api(f"{{self.plugin_id}}:dependency.add")("{BASE}")
""",
    )
    assert loader("load.plugins", [TOP])["loaded_plugins"] == [MIDDLE, BASE, TOP]
    for name in ("plugins.core.settings", MIDDLE, BASE):
        assert loader("get.plugin.dependents", name)[-1] == TOP


@pytest.mark.conforms("Dependencies", "plugins in plugins.core are there by themselves")
async def test_core_plugins_are_there(proxy, loader, notes):
    proxy.write_plugin(
        "plugins.games.mine",
        """
from bastproxy.plugins._baseplugin import BasePlugin

class Plugin(BasePlugin):
    def __init__(self, plugin_id, plugin_info):
        super().__init__(plugin_id, plugin_info)
        self.api("plugins.core.events:add.event")("ev_mine", self.plugin_id)
""",
    )
    core = [name for name in loader("get.all.plugins") if name.startswith("plugins.core.")]
    assert core
    assert all(loader("is.plugin.loaded", name) for name in core)
    proxy.load("plugins.games.mine")
    detail = proxy.api("plugins.core.events:get.event.detail")("ev_mine")
    assert detail["owner_id"] == "plugins.games.mine"


@pytest.mark.conforms("Dependencies", "plugins in plugins.client are there by themselves")
async def test_client_plugins_are_there(tmp_path):
    colours = """
from bastproxy.libs.api import AddAPI
from bastproxy.plugins._baseplugin import BasePlugin

class Plugin(BasePlugin):
    @AddAPI("red")
    def _api_red(self):
        return "red"
"""
    mine = """
from bastproxy.plugins._baseplugin import BasePlugin

class Plugin(BasePlugin):
    def __init__(self, plugin_id, plugin_info):
        super().__init__(plugin_id, plugin_info)
        self.red = self.api("plugins.client.colours:red")()
"""
    write_plugin(tmp_path / "plugins", "plugins.client.colours", colours)
    write_plugin(tmp_path / "plugins", "plugins.games.mine", mine)
    async with ProxyHarness(tmp_path, ["plugins.games.mine"], mud=False) as proxy:
        get = proxy.api("libs.plugins.loader:get.plugin.instance")
        assert get("plugins.games.mine").red == "red"
        loaded = proxy.api("libs.plugins.loader:get.loaded.plugins.list")()
        assert loaded.index("plugins.core.events") < loaded.index("plugins.client.colours")


@pytest.mark.conforms("Dependencies", "dependencies are checked when a plugin is loaded")
@pytest.mark.conforms(
    "Best practices", "a plugin whose dependencies are missing fails alone, with the reason"
)
async def test_unknown_dependencies_are_refused(proxy, loader):
    proxy.write_plugin(TOP, depending_on("plugins.games.mddle"))
    proxy.write_plugin(MIDDLE, EMPTY)
    result = loader("load.plugins", [TOP, MIDDLE])
    assert TOP in result["bad_plugins"]
    assert result["loaded_plugins"] == [MIDDLE]
    reason = loader("get.plugin.error", TOP)
    assert "plugins.games.mddle" in reason
    assert MIDDLE in reason


@pytest.mark.conforms("Dependencies", "missing ones are loaded first")
@pytest.mark.conforms("Dependencies", "the order of loading follows the graph")
async def test_dependencies_load_first(proxy, loader, notes, note_events):
    proxy.write_plugin(BASE, EMPTY)
    proxy.write_plugin("plugins.games.side", depending_on(BASE))
    proxy.write_plugin(MIDDLE, depending_on(BASE))
    proxy.write_plugin(TOP, depending_on(MIDDLE, "plugins.games.side"))
    note_events("ev_plugin_loaded", "ev_plugin_initialized")
    order = [BASE, MIDDLE, "plugins.games.side", TOP]
    assert loader("load.plugins", [TOP, BASE])["loaded_plugins"] == order
    assert loader("get.loaded.plugins.list")[-4:] == order
    assert notes == [
        f"{event} {name}"
        for event in ("ev_plugin_loaded", "ev_plugin_initialized")
        for name in order
    ]


@pytest.mark.conforms("Dependencies", "a circle is found and reported")
async def test_circles_are_reported_with_their_path(proxy, loader):
    proxy.write_plugin(BASE, depending_on(TOP))
    proxy.write_plugin(MIDDLE, depending_on(BASE))
    proxy.write_plugin(TOP, depending_on(MIDDLE))
    proxy.write_plugin("plugins.games.alone", EMPTY)
    result = loader("load.plugins", [TOP, "plugins.games.alone"])
    assert set(result["bad_plugins"]) == {BASE, MIDDLE, TOP}
    assert result["loaded_plugins"] == ["plugins.games.alone"]
    assert f"{TOP} -> {MIDDLE} -> {BASE} -> {TOP}" in loader("get.plugin.error", TOP)
    assert any(f"{TOP} -> {MIDDLE} -> {BASE} -> {TOP}" in message for message in proxy.log)


@pytest.mark.conforms(
    "Dependencies", "reload_dependents_f takes along the plugins that depend on one"
)
async def test_dependents_reload_where_it_is_said(proxy, loader):
    proxy.write_plugin(BASE, EMPTY)
    proxy.write_plugin(MIDDLE, depending_on(BASE))
    proxy.write_plugin("plugins.games.alone", EMPTY)
    proxy.load(MIDDLE, "plugins.games.alone")

    def instances():
        return [
            loader("get.plugin.instance", f"plugins.games.{name}")
            for name in ("zbase", "middle", "alone")
        ]

    old = instances()
    assert old[0].reload_dependents_f is False
    assert loader("reload.plugin", BASE)
    assert [new is one for new, one in zip(instances(), old, strict=True)] == [False, True, True]
    old = instances()
    old[0].reload_dependents_f = True  # Reload plugins that depend on this one
    assert loader("reload.plugin", BASE)
    assert [new is one for new, one in zip(instances(), old, strict=True)] == [False, False, True]


@pytest.mark.conforms("Dependencies", "a dependency can be added whenever the plugin runs")
async def test_dependencies_may_be_added_late(proxy, loader, notes):
    proxy.write_plugin(
        BASE,
        EMPTY.replace("pass", "def who(self):\n        return self.plugin_id"),
    )
    proxy.write_plugin(
        TOP,
        f"""
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook

class Plugin(BasePlugin):
    @RegisterPluginHook("initialize")
    def _phook_initialize(self):
        self.api(f"{{self.plugin_id}}:dependency.add")("{BASE}")
        self.api("notes:add")(self.api("libs.plugins.loader:is.plugin.loaded")("{BASE}"))
""",
    )
    proxy.load(TOP)
    assert notes == [True]
    order = loader("get.loaded.plugins.list")
    assert order.index(BASE) < order.index(TOP)
    assert proxy.api(f"{BASE}:dependency.add")(TOP) is False
    assert "circular" in loader("get.plugin.error", BASE)


@pytest.mark.conforms("Dependencies", "the example that sets reload_dependents_f works")
async def test_the_example_of_reload_dependents(proxy, loader):
    proxy.write_plugin(
        BASE,
        """
from bastproxy.plugins._baseplugin import BasePlugin

class Plugin(BasePlugin):
    def __init__(self, plugin_id, plugin_info):
        super().__init__(plugin_id, plugin_info)
        self.reload_dependents_f = True  # Reload plugins that depend on this one
""",
    )
    proxy.write_plugin(MIDDLE, depending_on(BASE))
    proxy.load(MIDDLE)
    old = [loader("get.plugin.instance", name) for name in (BASE, MIDDLE)]
    assert loader("reload.plugin", BASE)
    new = [loader("get.plugin.instance", name) for name in (BASE, MIDDLE)]
    assert [one is other for one, other in zip(old, new, strict=True)] == [False, False]
    assert loader("get.loaded.plugins.list")[-2:] == [BASE, MIDDLE]
