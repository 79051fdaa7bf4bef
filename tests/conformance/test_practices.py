import pytest

from bastproxy.libs.api import APINotFoundError
from bastproxy.testing import ProxyHarness

MINE = "plugins.games.mine"
OTHER = "plugins.games.other"


@pytest.mark.conforms("Best practices", "equal API names of two plugins are two APIs")
async def test_api_names_have_a_namespace(proxy):
    source = """
from bastproxy.libs.api import AddAPI
from bastproxy.plugins._baseplugin import BasePlugin

class Plugin(BasePlugin):
    @AddAPI("who")
    def _api_who(self):
        return self.plugin_id
"""
    proxy.write_plugin(MINE, source)
    proxy.write_plugin(OTHER, source)
    proxy.load(MINE, OTHER)
    assert [proxy.api(f"{name}:who")() for name in (MINE, OTHER)] == [MINE, OTHER]
    with pytest.raises(APINotFoundError, match=f"{MINE}:who"):
        proxy.api(f"{MINE}:whom")


@pytest.mark.conforms("Best practices", "callbacks of lower priority run earlier")
@pytest.mark.conforms(
    "Best practices", "what a callback raises stays with it, is logged, and the others run"
)
@pytest.mark.conforms("Best practices", "who changed an event's data can be seen")
@pytest.mark.conforms("Best practices", "how long callbacks take can be seen")
async def test_callbacks_are_ordered_isolated_and_timed(proxy):
    proxy.write_plugin(
        MINE,
        """
from bastproxy.libs.events import RegisterToEvent
from bastproxy.plugins._baseplugin import BasePlugin

class Plugin(BasePlugin):
    def add(self, what):
        record = self.api("plugins.core.events:get.current.event.record")()
        record["order"] = record["order"] + what

    @RegisterToEvent(event_name="ev_test", priority=90)
    def _eventcb_late(self):
        self.add("c")

    @RegisterToEvent(event_name="ev_test", priority=50)
    def _eventcb_fails(self):
        self.add("b")
        raise RuntimeError("the plugin's own mistake")

    @RegisterToEvent(event_name="ev_test", priority=10)
    def _eventcb_early(self):
        self.add("a")
""",
    )
    proxy.load(MINE)
    record = proxy.api("plugins.core.events:raise.event")("ev_test", {"order": ""})
    assert record["order"] == "abc"
    assert [change.callback for change in record.changes] == [
        "_eventcb_early",
        "_eventcb_fails",
        "_eventcb_late",
    ]
    assert {change.owner_id for change in record.changes} == {MINE}
    (failure,) = [message for message in proxy.log if "the plugin's own mistake" in message]
    assert failure.startswith(f"ERROR bastproxy.{MINE}: _eventcb_fails")
    assert "Traceback" in failure
    callbacks = proxy.api("plugins.core.events:get.event.detail")("ev_test")["callbacks"]
    assert [(one["calls"], one["errors"]) for one in callbacks] == [(1, 0), (1, 1), (1, 0)]
    assert all(one["seconds"] > 0 for one in callbacks)


@pytest.mark.conforms("Best practices", "a plugin that fails leaves the session as it is")
@pytest.mark.conforms(
    "Best practices", "what fails in a hook fails that plugin alone, with the reason"
)
@pytest.mark.parametrize(
    ("body", "phase"),
    [
        ("    raise RuntimeError('mistake')", "import"),
        ("    def __init__(self, *args):\n        raise RuntimeError('mistake')", "__init__"),
        *(
            (
                f"    @RegisterPluginHook({hook!r})\n    def _phook_fails(self):\n"
                "        raise RuntimeError('mistake')",
                f"hook {hook}",
            )
            for hook in ("__init__", "initialize")
        ),
    ],
    ids=["import", "constructor", "hook __init__", "hook initialize"],
)
async def test_a_failing_plugin_harms_nobody(tmp_path, body, phase):
    source = f"""
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook

class Plugin(BasePlugin):
{body}
"""
    async with ProxyHarness(tmp_path) as proxy:
        client = await proxy.connect()
        before = len(proxy.app.kernel.ledger.owners())
        proxy.write_plugin(MINE, source)
        proxy.write_plugin(OTHER, source.replace(body, "    pass"))
        result = proxy.api("libs.plugins.loader:load.plugins")([MINE, OTHER])
        assert result == {
            "loaded_plugins": [OTHER],
            "bad_plugins": [MINE],
            "already_loaded_plugins": [],
        }
        reason = proxy.api("libs.plugins.loader:get.plugin.error")(MINE)
        assert reason.startswith(f"{MINE}: {phase}")
        assert "RuntimeError: mistake" in reason
        assert proxy.app.kernel.ledger.lines(MINE) == []
        assert len(proxy.app.kernel.ledger.owners()) <= before + 1
        await client.send_line("look")
        assert await proxy.mud.read_line() == "look"


@pytest.mark.conforms(
    "Best practices", "initialize can ask whether a plugin is loaded, and do without it"
)
async def test_initialize_can_check_for_other_plugins(proxy, notes):
    proxy.write_plugin(
        MINE,
        """
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook

class Plugin(BasePlugin):
    @RegisterPluginHook("initialize")
    def _phook_initialize(self):
        is_loaded = self.api("libs.plugins.loader:is.plugin.loaded")
        names = ("plugins.core.events", "plugins.games.other")
        self.api("notes:add")([is_loaded(name) for name in names])
""",
    )
    proxy.load(MINE)
    assert notes == [[True, False]]


@pytest.mark.conforms("Best practices", "a plugin can be reloaded over and over")
async def test_reloads_can_be_tested(proxy, loader):
    proxy.write_plugin(
        MINE,
        """
from bastproxy.libs.events import RegisterToEvent
from bastproxy.plugins._baseplugin import BasePlugin

class Plugin(BasePlugin):
    def __init__(self, plugin_id, plugin_info):
        super().__init__(plugin_id, plugin_info)
        self.attributes_to_save_on_reload = ["count"]
        self.count = 0

    @RegisterToEvent(event_name="ev_count")
    def _eventcb_count(self):
        self.count += 1
""",
    )
    proxy.load(MINE)
    owned = [(line.kind, line.name) for line in proxy.app.kernel.ledger.lines(MINE)]
    for _ in range(5):
        proxy.api("plugins.core.events:raise.event")("ev_count")
        assert loader("reload.plugin", MINE)
    assert loader("get.plugin.instance", MINE).count == 5
    assert [(line.kind, line.name) for line in proxy.app.kernel.ledger.lines(MINE)] == owned
    assert loader("get.unloaded.plugins.in.memory") == []


@pytest.mark.conforms(
    "Best practices", "what uninitialize closes is closed, on unload and at the end"
)
@pytest.mark.conforms("Hooks", "uninitialize runs too when the proxy ends")
async def test_uninitialize_runs_on_unload_and_at_the_end(tmp_path):
    opened = []
    source = """
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook

class Plugin(BasePlugin):
    @RegisterPluginHook("initialize")
    def _phook_open(self):
        self.file = (self.api(f"{self.plugin_id}:get.data.directory")() / "log").open("w")
        self.api("notes:add")(self.file)

    @RegisterPluginHook("uninitialize")
    def _phook_close(self):
        self.file.close()
"""
    async with ProxyHarness(tmp_path, mud=False) as proxy:
        proxy.api("libs.api:add")("notes", "add", opened.append)
        proxy.write_plugin(MINE, source)
        proxy.write_plugin(OTHER, source)
        proxy.load(MINE, OTHER)
        assert [file.closed for file in opened] == [False, False]
        assert proxy.api("libs.plugins.loader:unload.plugin")(MINE)
        assert [file.closed for file in opened] == [True, False]
    assert [file.closed for file in opened] == [True, True]


@pytest.mark.conforms("Best practices", "wrong questions get an empty answer and no exception")
async def test_wrong_questions_are_answered(loader):
    unknown = "plugins.games.unknown"
    assert loader("get.plugin.dependents", unknown) == []
    assert loader("plugin.get.changed.files", unknown) == []
    assert loader("get.plugin.error", unknown) == ""
    assert loader("load.plugins", [unknown])["bad_plugins"] == [unknown]


@pytest.mark.conforms("Best practices", "a version that does not fit is refused")
async def test_versions_are_checked(proxy, loader):
    source = """
from bastproxy.plugins._baseplugin import BasePlugin

class Plugin(BasePlugin):
    pass
"""
    proxy.write_plugin(OTHER, source, version=1)
    proxy.write_plugin(MINE, source, dependencies=[f"{OTHER} >= 2"])
    assert MINE in loader("load.plugins", [MINE])["bad_plugins"]
    assert "version 1" in loader("get.plugin.error", MINE)
    proxy.write_plugin(OTHER, source, version=2)
    if loader("is.plugin.loaded", OTHER):
        assert loader("reload.plugin", OTHER)
    assert MINE in loader("load.plugins", [MINE])["loaded_plugins"]
