import pytest

MINE = "plugins.games.mine"
OTHER = "plugins.games.other"

SOURCE = """
from bastproxy.libs.events import RegisterToEvent
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook

class Plugin(BasePlugin):
    @RegisterPluginHook("initialize")
    def _phook_initialize(self):
        self.api("plugins.core.settings:add")(self.plugin_id, "limit", 5, int, "how many")

    @RegisterToEvent(event_name="ev_plugin_reset")
    def _eventcb_reset(self):
        self.api("notes:add")(f"{self.plugin_id} heard")
"""


@pytest.mark.conforms("Lifecycle events", "all of them are declared and described")
async def test_lifecycle_events_are_declared(proxy):
    for name in ("loaded", "unloaded", "save", "reset"):
        detail = proxy.api("plugins.core.events:get.event.detail")(f"ev_plugin_{name}")
        assert detail["declared"]
        assert detail["description"]
        assert "plugin_id" in detail["arg_descriptions"]
    assert proxy.api("plugins.core.events:get.event.detail")("ev_baseplugin_patched")["declared"]


@pytest.mark.conforms("Lifecycle events", "ev_plugin_loaded: a plugin was loaded")
@pytest.mark.conforms("Lifecycle events", "ev_plugin_unloaded: a plugin was unloaded")
async def test_loading_and_unloading_are_told(proxy, loader):
    proxy.write_plugin(MINE, SOURCE)
    loaded, unloaded = (proxy.events(f"ev_plugin_{name}") for name in ("loaded", "unloaded"))
    proxy.load(MINE)
    assert loaded.raises == [{"plugin_id": MINE}]
    assert loader("unload.plugin", MINE)
    assert unloaded.raises == [{"plugin_id": MINE}]
    assert len(loaded) == 1


@pytest.mark.conforms("Lifecycle events", "ev_plugin_save: plugins should save their state")
async def test_saving_is_told(proxy):
    proxy.write_plugin(MINE, SOURCE)
    proxy.load(MINE)
    saved = proxy.events("ev_plugin_save")
    assert proxy.api(f"{MINE}:save.state")() is True
    assert saved.raises == [{"plugin_id": MINE}]


@pytest.mark.conforms(
    "Lifecycle events", "ev_plugin_reset: a plugin should go back to its defaults"
)
async def test_the_reset_event_resets(proxy, notes):
    change, get = (proxy.api(f"plugins.core.settings:{name}") for name in ("change", "get"))
    for name in (MINE, OTHER):
        proxy.write_plugin(name, SOURCE)
    proxy.load(MINE, OTHER)
    for name in (MINE, OTHER):
        change(name, "limit", 7)
    proxy.api("plugins.core.events:raise.event")("ev_plugin_reset", {"plugin_id": MINE})
    assert [get(name, "limit") for name in (MINE, OTHER)] == [5, 7]
    assert notes == [f"{MINE} heard", f"{OTHER} heard"]
    proxy.api("plugins.core.events:raise.event")("ev_plugin_reset")
    assert get(OTHER, "limit") == 5


@pytest.mark.conforms(
    "Lifecycle events", "who hears of a loaded plugin finds it, and may unload it"
)
async def test_a_plugin_is_there_when_its_loading_is_told(proxy, loader, notes):
    proxy.write_plugin(MINE, SOURCE, dependencies=[OTHER])
    proxy.write_plugin(OTHER, SOURCE)

    def look():
        record = proxy.api("plugins.core.events:get.current.event.record")()
        if record["plugin_id"] == MINE:
            notes.append(loader("get.loaded.plugins.list")[-1])
            notes.append(loader("get.plugin.dependents", OTHER))
            notes.append(loader("unload.plugin", MINE))
            notes.append(loader("is.plugin.loaded", MINE))

    proxy.api("plugins.core.events:register.to.event")("ev_plugin_loaded", look)
    assert loader("load.plugins", [MINE])["loaded_plugins"] == [OTHER]
    assert notes == [MINE, [MINE], True, False]


@pytest.mark.conforms("Lifecycle events", "a plugin may be reloaded when its loading is told")
async def test_a_plugin_can_be_reloaded_when_its_loading_is_told(proxy, loader, notes):
    proxy.write_plugin(
        MINE,
        """
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook

class Plugin(BasePlugin):
    @RegisterPluginHook("initialize")
    def _phook_initialize(self):
        self.api("notes:add")("initialize")
""",
    )

    def again():
        if "reload" not in notes:
            notes.append("reload")
            notes.append(loader("reload.plugin", MINE))

    proxy.api("plugins.core.events:register.to.event")("ev_plugin_loaded", again)
    assert loader("load.plugins", [MINE])["loaded_plugins"] == [MINE]
    assert notes == ["reload", True, "initialize"]
