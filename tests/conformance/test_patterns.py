import pytest

from bastproxy.testing import ProxyHarness

MYPLUGIN = "plugins.core.myplugin"


@pytest.mark.conforms(
    "Common patterns", "the example of an API with arguments and a docstring works"
)
@pytest.mark.conforms("Best practices", "the description and the docstring of an API can be read")
async def test_the_example_of_an_api(proxy):
    proxy.write_plugin(
        MYPLUGIN,
        """
from bastproxy.plugins._baseplugin import BasePlugin
from bastproxy.libs.api import AddAPI

class Plugin(BasePlugin):
    @AddAPI("process.data", description="Process some data")
    def _api_process_data(self, data):
        \"\"\"Process the given data.

        Args:
            data: The data to process

        Returns:
            Processed data
        \"\"\"
        return self.do_processing(data)

    def do_processing(self, data):
        return sorted(data)
""",
    )
    proxy.load(MYPLUGIN)
    assert proxy.api(f"{MYPLUGIN}:process.data")([2, 1]) == [1, 2]
    detail = proxy.api("libs.api:detail")(f"{MYPLUGIN}:process.data")
    assert detail["description"] == "Process some data"
    assert detail["docstring"].startswith("Process the given data.\n\nArgs:")
    assert detail["signature"] == f"{MYPLUGIN}:process.data(data)"
    assert detail["owner_id"] == MYPLUGIN


@pytest.mark.conforms(
    "Common patterns", "the example of an event callback changes what the MUD gets"
)
@pytest.mark.conforms("Runtime", "plugins see and change the data that flows through the proxy")
async def test_the_example_of_an_event_callback(tmp_path):
    async with ProxyHarness(tmp_path) as proxy:
        client = await proxy.connect()
        proxy.write_plugin(
            MYPLUGIN,
            """
from bastproxy.plugins._baseplugin import BasePlugin
from bastproxy.libs.events import RegisterToEvent

class Plugin(BasePlugin):
    @RegisterToEvent(event_name="ev_to_mud_data_modify", priority=50)
    def _eventcb_handle_mud_data(self):
        \"\"\"Handle data being sent to mud.\"\"\"
        event_record = self.api("plugins.core.events:get.current.event.record")()
        # Modify data
        event_record['line'] = "modified: " + event_record['line']
""",
        )
        await client.send_line("look")
        assert await proxy.mud.read_line() == "look"
        proxy.load(MYPLUGIN)
        await client.send_line("look")
        assert await proxy.mud.read_line() == "modified: look"
        assert proxy.api("libs.plugins.loader:unload.plugin")(MYPLUGIN)
        await client.send_line("look")
        assert await proxy.mud.read_line() == "look"


@pytest.mark.conforms("Common patterns", "the example of declaring an event works")
async def test_the_example_of_an_event_of_ones_own(proxy):
    proxy.write_plugin(
        MYPLUGIN,
        """
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook

class Plugin(BasePlugin):
    @RegisterPluginHook("__init__", priority=50)
    def _phook_create_events(self):
        \"\"\"Create plugin-specific events.\"\"\"
        self.api("plugins.core.events:add.event")(
            "ev_myplugin_something_happened",
            self.plugin_id,
            description=["Event when something happens"],
            arg_descriptions={
                "data": "The data associated with the event"
            }
        )
""",
    )
    proxy.load(MYPLUGIN)
    detail = proxy.api("plugins.core.events:get.event.detail")("ev_myplugin_something_happened")
    assert detail["owner_id"] == MYPLUGIN
    assert detail["description"] == ["Event when something happens"]
    assert detail["arg_descriptions"] == {"data": "The data associated with the event"}


@pytest.mark.conforms(
    "Common patterns", "the example of a LogRecord works, with each of the five levels"
)
async def test_the_example_of_logging(proxy):
    proxy.api("plugins.core.log:set.level")(MYPLUGIN, "debug")
    proxy.write_plugin(
        MYPLUGIN,
        """
from bastproxy.plugins._baseplugin import BasePlugin
from bastproxy.libs.records import LogRecord

class Plugin(BasePlugin):
    def some_method(self):
        LogRecord(
            "Something happened",
            level="info",  # debug, info, warning, error, critical
            sources=[self.plugin_id]
        )()

    def other_method(self, level):
        LogRecord("It happened again", level=level, sources=[self.plugin_id])()
""",
    )
    proxy.load(MYPLUGIN)
    instance = proxy.api("libs.plugins.loader:get.plugin.instance")(MYPLUGIN)
    instance.some_method()
    levels = ("debug", "info", "warning", "error", "critical")
    for level in levels:
        instance.other_method(level)
    assert proxy.log[-6:] == [
        f"INFO bastproxy.{MYPLUGIN}: Something happened",
        *(f"{level.upper()} bastproxy.{MYPLUGIN}: It happened again" for level in levels),
    ]


@pytest.mark.conforms("Common patterns", "the example that overrides dump works")
@pytest.mark.conforms("Plugin instance APIs", "dump shows the plugin, or one attribute of it")
async def test_the_example_of_inspection(proxy):
    proxy.write_plugin(
        MYPLUGIN,
        """
from bastproxy.plugins._baseplugin import BasePlugin
from bastproxy.libs.api import AddAPI

class Plugin(BasePlugin):
    def __init__(self, plugin_id, plugin_info):
        super().__init__(plugin_id, plugin_info)
        self.zero = 0
        self.data["users"] = {"Bob": list(range(100))}

    @AddAPI("dump", description="Dump plugin state")
    def _api_dump(self, attribute_name=None, detailed=False):
        \"\"\"Dump plugin state or a specific attribute.\"\"\"
        return super()._api_dump(attribute_name, detailed)
""",
    )
    proxy.load(MYPLUGIN)
    dump = proxy.api(f"{MYPLUGIN}:dump")
    assert dump.__self__ is proxy.api("libs.plugins.loader:get.plugin.instance")(MYPLUGIN)
    assert "plugin_id = 'plugins.core.myplugin'" in dump()
    assert dump("zero") == "0"
    assert dump("data.users.Bob.3") == "3"
    assert "99" not in dump("data")
    assert "99" in dump("data", detailed=True)
    assert dump("nothing") is None
    assert proxy.api("libs.api:detail")(f"{MYPLUGIN}:dump")["description"] == "Dump plugin state"
