import sys

import pytest

from bastproxy.testing import ProxyHarness

MINE = "plugins.games.mine"

EMPTY = """
from bastproxy.plugins._baseplugin import BasePlugin

class Plugin(BasePlugin):
    pass
"""

METADATA = """# plugins/core/myplugin/__init__.py

PLUGIN_NAME = 'My Plugin'
PLUGIN_AUTHOR = 'Your Name'
PLUGIN_VERSION = 1
PLUGIN_PURPOSE = 'Description of what this plugin does'
REQUIRED = False  # Whether this plugin is required to be loaded
"""

CLASS = """
from bastproxy.plugins._baseplugin import BasePlugin
from bastproxy.libs.api import AddAPI
from bastproxy.libs.records import LogRecord

class Plugin(BasePlugin):
    def __init__(self, plugin_id, plugin_info):
        super().__init__(plugin_id, plugin_info)

        # Add dependencies
        self.dependencies = ['plugins.core.events']

        # Initialize plugin-specific state
        self.some_data = {}

    @AddAPI("my.function", description="Does something useful")
    def _api_my_function(self, arg):
        \"\"\"Perform some action.\"\"\"
        return arg
"""


@pytest.mark.conforms("Overview", "a plugin is a package that needs no other one")
@pytest.mark.conforms("Overview", "plugins are loaded, unloaded and reloaded while the proxy runs")
@pytest.mark.conforms("Overview", "plugins speak to each other through APIs and events")
async def test_plugins_come_and_go_and_speak_to_each_other(tmp_path):
    async with ProxyHarness(tmp_path) as proxy:
        client = await proxy.connect()
        proxy.write_plugin(
            "plugins.games.answers",
            """
from bastproxy.libs.api import AddAPI
from bastproxy.libs.events import RegisterToEvent
from bastproxy.plugins._baseplugin import BasePlugin

class Plugin(BasePlugin):
    @AddAPI("answer")
    def _api_answer(self):
        return "yes"

    @RegisterToEvent(event_name="ev_asked")
    def _eventcb_asked(self):
        self.api("plugins.core.events:get.current.event.record")()["heard"] = self.plugin_id
""",
        )
        proxy.write_plugin(
            "plugins.games.asks",
            EMPTY
            + """
    def ask(self):
        record = self.api("plugins.core.events:raise.event")("ev_asked")
        return self.api("plugins.games.answers:answer")(), record["heard"]
""",
        )
        load, unload, reload = (
            proxy.api(f"libs.plugins.loader:{name}.plugin{s}")
            for name, s in (("load", "s"), ("unload", ""), ("reload", ""))
        )
        assert load(["plugins.games.asks"])["loaded_plugins"] == ["plugins.games.asks"]
        assert load(["plugins.games.answers"])["loaded_plugins"] == ["plugins.games.answers"]
        instance = proxy.api("libs.plugins.loader:get.plugin.instance")("plugins.games.asks")
        assert instance.ask() == ("yes", "plugins.games.answers")
        assert reload("plugins.games.answers")
        assert instance.ask() == ("yes", "plugins.games.answers")
        assert unload("plugins.games.answers")
        assert unload("plugins.games.asks")
        await proxy.mud.send_line("still here")
        assert await client.read_line() == "still here"


@pytest.mark.conforms("Overview", "the state, dependencies and file changes of plugins are tracked")
async def test_state_dependencies_and_changes_are_tracked(proxy, loader):
    directory = proxy.write_plugin(MINE, EMPTY, dependencies=["plugins.games.base"])
    proxy.write_plugin("plugins.games.base", EMPTY)
    assert loader("is.plugin.loaded", MINE) is False
    proxy.load(MINE)
    assert loader("is.plugin.loaded", MINE) is True
    assert loader("get.plugin.dependents", "plugins.games.base") == [MINE]
    (directory / "plugin" / "__init__.py").write_text(EMPTY + "\n    changed = True\n")
    assert loader("plugin.get.changed.files", MINE) == [str(directory / "plugin" / "__init__.py")]


@pytest.mark.conforms(
    "Directory layout", "plugins/<category>/<name>/ is the plugin plugins.<category>.<name>"
)
@pytest.mark.conforms("Directory layout", "the package's __init__.py holds the metadata")
@pytest.mark.conforms("Directory layout", "plugin/__init__.py holds the class Plugin")
@pytest.mark.conforms("Directory layout", "libs/ and commands/ are optional")
async def test_two_files_make_a_plugin(proxy, loader):
    directory = proxy.home / "plugins" / "games" / "mine"
    (directory / "plugin").mkdir(parents=True)
    (directory / "__init__.py").write_text(METADATA)
    (directory / "plugin" / "__init__.py").write_text(EMPTY)
    assert loader("load.plugins", [MINE])["loaded_plugins"] == [MINE]
    assert loader("get.plugin.info", MINE).name == "My Plugin"
    plugin_class = type(loader("get.plugin.instance", MINE))
    assert plugin_class.__module__ == "bastproxy.plugins.games.mine.plugin"
    assert plugin_class.__name__ == "Plugin"


@pytest.mark.conforms(
    "Directory layout", "what is in libs/ can be imported by the plugin, and by others"
)
@pytest.mark.conforms("Directory layout", "the modules in commands/ declare commands of the plugin")
async def test_libs_and_commands_of_a_plugin(proxy):
    proxy.write_plugin(
        MINE,
        """
from bastproxy.plugins._baseplugin import BasePlugin
from plugins.games.mine.libs.numbers import double
from ..libs import numbers

class Plugin(BasePlugin):
    double = staticmethod(double)
    numbers = numbers
""",
        files={
            "libs/__init__.py": "",
            "libs/numbers.py": "def double(number):\n    return 2 * number\n",
            "commands/__init__.py": "",
            "commands/sums.py": """
from bastproxy.plugins.core.commands import AddArgument, AddCommand, AddParser

@AddCommand()
@AddParser(description="twice a number")
@AddArgument("number", type=int)
def _command_double(plugin):
    args = plugin.api("plugins.core.commands:get.current.command.args")()
    return True, [str(plugin.double(args["number"]))]
""",
        },
    )
    proxy.write_plugin(
        "plugins.games.other",
        """
from bastproxy.plugins._baseplugin import BasePlugin
from bastproxy.plugins.games.mine.libs.numbers import double

class Plugin(BasePlugin):
    double = staticmethod(double)
""",
        dependencies=[MINE],
    )
    proxy.load("plugins.games.other")
    get = proxy.api("libs.plugins.loader:get.plugin.instance")
    assert get(MINE).double(21) == 42
    assert get(MINE).numbers.double is get(MINE).double
    assert get("plugins.games.other").double is get(MINE).double
    assert await proxy.command("#bp.mine.double 4") == ["8"]


@pytest.mark.conforms("Metadata", "the example of an __init__.py loads as it stands")
@pytest.mark.conforms("Metadata", "PLUGIN_NAME is a name for people")
@pytest.mark.conforms("Metadata", "PLUGIN_AUTHOR is who wrote it")
@pytest.mark.conforms("Metadata", "PLUGIN_VERSION is an integer")
@pytest.mark.conforms("Metadata", "PLUGIN_PURPOSE is a short description")
@pytest.mark.conforms("The Plugin class", "the example of a plugin/__init__.py loads as it stands")
@pytest.mark.conforms(
    "The Plugin class", "its __init__ calls the base class's and may set dependencies and state"
)
@pytest.mark.conforms(
    "The Plugin class", "AddAPI offers a method under its name, with its description"
)
async def test_the_examples_load_at_the_start_where_they_say_they_are(tmp_path):
    directory = tmp_path / "plugins" / "core" / "myplugin"
    (directory / "plugin").mkdir(parents=True)
    (directory / "__init__.py").write_text(METADATA)
    (directory / "plugin" / "__init__.py").write_text(CLASS)
    async with ProxyHarness(tmp_path, mud=False) as proxy:
        plugin_id = "plugins.core.myplugin"
        info = proxy.api("libs.plugins.loader:get.plugin.info")(plugin_id)
        assert info.runtime_info.is_loaded
        assert (info.name, info.author, info.version) == ("My Plugin", "Your Name", 1)
        assert info.purpose == "Description of what this plugin does"
        assert info.is_required is False
        instance = info.runtime_info.plugin_instance
        assert instance.dependencies == ["plugins.core.events"]
        assert instance.some_data == {}
        assert proxy.api(f"{plugin_id}:my.function")("anything") == "anything"
        detail = proxy.api("libs.api:detail")(f"{plugin_id}:my.function")
        assert detail["description"] == "Does something useful"
        assert detail["docstring"] == "Perform some action."
        assert plugin_id in proxy.api("libs.plugins.loader:get.plugin.dependents")(
            "plugins.core.events"
        )
    assert "bastproxy.plugins.core.myplugin" not in sys.modules


@pytest.mark.conforms("Metadata", "every plugin must have an __init__.py with metadata")
async def test_metadata_are_needed(proxy, loader):
    for name, text in {"empty": "", "half": "PLUGIN_NAME = 'Half'\n", "wrong": METADATA}.items():
        directory = proxy.home / "plugins" / "games" / name
        (directory / "plugin").mkdir(parents=True)
        (directory / "plugin" / "__init__.py").write_text(EMPTY)
        if text:
            (directory / "__init__.py").write_text(text.replace("VERSION = 1", "VERSION = '1'"))
    wanted = [f"plugins.games.{name}" for name in ("empty", "half", "wrong")]
    result = loader("load.plugins", wanted)
    assert result["loaded_plugins"] == []
    assert sorted(result["bad_plugins"]) == wanted
    assert "__init__.py is missing" in loader("get.plugin.error", wanted[0])
    assert "PLUGIN_AUTHOR is missing" in loader("get.plugin.error", wanted[1])
    assert "PLUGIN_VERSION must be an integer" in loader("get.plugin.error", wanted[2])


@pytest.mark.conforms("Metadata", "REQUIRED says whether the plugin must be loaded")
async def test_a_required_plugin_stays(proxy, loader):
    proxy.write_plugin(MINE, EMPTY, required=True)
    proxy.load(MINE)
    assert loader("get.plugin.info", MINE).is_required is True
    assert loader("unload.plugin", MINE) is False
    assert "required" in loader("get.plugin.error", MINE)
    assert loader("is.plugin.loaded", MINE)
