import errno
import gc
import json
import os

import pytest

from bastproxy.testing import ProxyHarness

MANAGER = "plugins.core.plugins"
LOADER = "libs.plugins.loader"
CORE = [
    f"plugins.core.{name}"
    for name in ("clients", "commands", "events", "log", "plugins", "proxy", "settings")
]

GREETER = """
from bastproxy.libs.api import AddAPI
from bastproxy.plugins._baseplugin import BasePlugin


class Plugin(BasePlugin):
    @AddAPI("greet", description="greet")
    def _api_greet(self):
        return "hello"
"""

BUSY = """
from bastproxy.libs.events import RegisterToEvent
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook
from bastproxy.plugins.core.commands import AddCommand, AddParser


class Plugin(BasePlugin):
    @RegisterPluginHook("initialize")
    def _phook_initialize(self):
        self.api("plugins.core.settings:add")(self.plugin_id, "mark", "*", str, "put behind")

    @RegisterToEvent("ev_to_client_data_modify")
    def _eventcb_mark(self):
        record = self.api("plugins.core.events:get.current.event.record")()
        record["line"] += self.api("plugins.core.settings:get")(self.plugin_id, "mark")

    @RegisterToEvent("ev_to_mud_data_modify")
    def _eventcb_say(self):
        record = self.api("plugins.core.events:get.current.event.record")()
        record["line"] = record["line"].replace("hi", "say hello")

    @AddCommand()
    @AddParser(description="answer")
    def _command_ping(self):
        return True, ["pong"]
"""


@pytest.fixture
async def proxy(tmp_path):
    async with ProxyHarness(tmp_path) as harness:
        yield harness


def startup(proxy):
    return json.loads((proxy.home / "data" / MANAGER / "startup.json").read_text())


async def test_a_plugin_written_while_playing_is_loaded_edited_and_unloaded(proxy):
    client = await proxy.connect()
    proxy.write_plugin("plugins.games.greeter", GREETER)
    await client.send_line("#bp.plugins.list games")
    assert (await client.read_lines(2))[1].split()[:4] == [
        "plugins.games.greeter",
        "1",
        "not",
        "loaded",
    ]
    await client.send_line("#bp.plugins.load greeter")
    assert await client.read_line() == "loaded plugins.games.greeter"
    greet = proxy.api("plugins.games.greeter:greet")
    assert greet() == "hello"
    assert await proxy.command("#bp.plugins.load games.greeter") == [
        "plugins.games.greeter is loaded already"
    ]

    proxy.write_plugin("plugins.games.greeter", GREETER.replace("hello", "good morning"))
    assert "changed" in (await proxy.command("#bp.plugins.list -c"))[1]
    await client.send_line("#bp.plugins.reload greeter")
    assert await client.read_line() == "reloaded plugins.games.greeter"
    assert proxy.api("plugins.games.greeter:greet")() == "good morning"
    assert await proxy.command("#bp.plugins.list -c") == ["no such plugins"]

    await client.send_line("#bp.plugins.unload greeter")
    assert await client.read_line() == "unloaded plugins.games.greeter"
    assert not proxy.api.has("plugins.games.greeter:greet")
    assert "plugins.games.greeter" in "".join(await proxy.command("#bp.plugins.list -n"))


async def test_a_broken_edit_is_told_with_file_and_line_and_the_old_code_runs(proxy):
    proxy.write_plugin("plugins.games.greeter", GREETER)
    await proxy.command("#bp.plugins.load greeter")
    directory = proxy.write_plugin("plugins.games.greeter", GREETER + "\n    def broken(:\n")
    line = len(GREETER.splitlines()) + 2
    (answer,) = await proxy.command("#bp.plugins.reload greeter")
    assert answer.startswith("plugins.games.greeter: ")
    assert f"({directory / 'plugin' / '__init__.py'}, line {line})" in answer
    assert "SyntaxError" in answer
    assert proxy.api("plugins.games.greeter:greet")() == "hello"
    shown = "\n".join(await proxy.command("#bp.plugins.show greeter"))
    assert "SyntaxError" in shown
    assert "  changed     " in shown
    assert "  no Python   " in shown


async def test_what_players_load_and_unload_is_remembered(proxy):
    for name in ("games.greeter", "client.quiet", "games.needy"):
        proxy.write_plugin(f"plugins.{name}", GREETER)
    await proxy.command("#bp.plugins.load greeter")
    await proxy.command("#bp.plugins.load quiet")
    assert startup(proxy) == {"wanted": ["plugins.games.greeter"], "unwanted": []}
    await proxy.command("#bp.plugins.unload quiet")
    assert startup(proxy)["unwanted"] == ["plugins.client.quiet"]
    await proxy.command("#bp.plugins.load quiet")
    assert startup(proxy)["unwanted"] == []
    assert proxy.api(f"{MANAGER}:startup.wanted")() == ["plugins.games.greeter"]
    assert proxy.api(f"{MANAGER}:startup.unwanted")() == []
    proxy.load("plugins.games.needy")
    assert "plugins.games.needy" not in startup(proxy)["wanted"]
    await proxy.command("#bp.plugins.load needy")
    assert "plugins.games.needy" in startup(proxy)["wanted"]
    await proxy.command("#bp.plugins.unload greeter")
    assert startup(proxy)["wanted"] == ["plugins.games.needy"]


async def test_a_wanted_plugin_that_does_not_load_any_more_can_be_forgotten(tmp_path):
    async with ProxyHarness(tmp_path) as proxy:
        proxy.write_plugin("plugins.games.greeter", GREETER)
        await proxy.command("#bp.plugins.load greeter")
    ProxyHarness(tmp_path).write_plugin("plugins.games.greeter", "1 / 0\n")
    async with ProxyHarness(tmp_path) as proxy:
        assert any("ZeroDivisionError" in message for message in proxy.log)
        assert startup(proxy)["wanted"] == ["plugins.games.greeter"]
        assert await proxy.command("#bp.plugins.unload greeter") == [
            "plugins.games.greeter was not loaded; no start tries to load it any more"
        ]
        assert startup(proxy)["wanted"] == []
    async with ProxyHarness(tmp_path) as proxy:
        assert not any("ZeroDivisionError" in message for message in proxy.log)


@pytest.mark.parametrize("text", ["{", "[]", '{"wanted": "all"}', b"\xff\xfe"])
async def test_a_broken_list_of_the_start_is_set_aside(tmp_path, text):
    path = tmp_path / "data" / MANAGER / "startup.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    async with ProxyHarness(tmp_path) as proxy:
        assert proxy.api(f"{MANAGER}:startup.wanted")() == []
        assert path.with_name("startup.json.broken").exists()
        assert any("cannot be read" in message for message in proxy.log)


async def test_a_full_disk_is_told_and_the_plugin_is_loaded_all_the_same(proxy, monkeypatch):
    def full(*_args, **_more):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    proxy.write_plugin("plugins.games.greeter", GREETER)
    with monkeypatch.context() as patch:
        patch.setattr("bastproxy.libs.files.os.fsync", full)
        assert await proxy.command("#bp.plugins.load greeter") == ["loaded plugins.games.greeter"]
    (message,) = [message for message in proxy.log if "cannot be written" in message]
    assert "No space left" in message
    assert not (proxy.home / "data" / MANAGER / "startup.json").exists()
    await proxy.command("#bp.plugins.save")
    assert startup(proxy)["wanted"] == ["plugins.games.greeter"]


async def test_dependents_are_listed_and_unloaded_on_request(proxy):
    proxy.write_plugin("plugins.games.greeter", GREETER)
    proxy.write_plugin("plugins.games.polite", GREETER, dependencies=["plugins.games.greeter"])
    assert await proxy.command("#bp.plugins.load polite") == [
        "loaded plugins.games.greeter, plugins.games.polite"
    ]
    assert await proxy.command("#bp.plugins.dependents greeter") == ["plugins.games.polite"]
    assert await proxy.command("#bp.plugins.dependents polite") == [
        "nothing depends on plugins.games.polite"
    ]
    (answer,) = await proxy.command("#bp.plugins.unload greeter")
    assert "plugins.games.polite depends on it" in answer
    assert await proxy.command("#bp.plugins.unload -d greeter") == [
        "unloaded plugins.games.greeter, plugins.games.polite"
    ]


async def test_show_tells_all_about_a_plugin(proxy):
    directory = proxy.write_plugin("plugins.games.greeter", GREETER, purpose="greet people")
    await proxy.command("#bp.plugins.load greeter")
    lines = await proxy.command("#bp.plugins.show greeter")
    assert f"  path        {directory}" in lines
    assert f"  data        {proxy.home / 'data' / 'plugins.games.greeter'}" in lines
    assert "  purpose     greet people" in lines
    assert "  state       loaded" in lines
    assert any("plugins.games.greeter:greet " in line for line in lines)
    await proxy.command("#bp.plugins.unload greeter")
    gc.collect()
    assert (await proxy.command("#bp.plugins.show greeter"))[-1] == "it owns nothing"


async def test_search_looks_at_what_plugins_say_of_themselves(proxy):
    proxy.write_plugin("plugins.games.greeter", GREETER, purpose="Wish a Good Day")
    lines = await proxy.command("#bp.plugins.search 'good day'")
    assert [line.split()[0] for line in lines] == ["plugin", "plugins.games.greeter"]
    assert await proxy.command("#bp.plugins.search xyzzy") == ["nothing says 'xyzzy'"]


async def test_wrong_names_are_told_with_the_nearest(proxy):
    proxy.write_plugin("plugins.games.twin", GREETER)
    proxy.write_plugin("plugins.other.twin", GREETER)
    for command in ("load", "unload", "reload", "show", "dependents"):
        (answer,) = await proxy.command(f"#bp.plugins.{command} evetns")
        assert answer.startswith("there is no plugin 'evetns' (did you mean ")
        assert "plugins.core.events" in answer
        assert await proxy.command(f"#bp.plugins.{command} twin") == [
            "which one do you mean: plugins.games.twin, plugins.other.twin?"
        ]
        assert "error: the following arguments are required: plugin" in await proxy.command(
            f"#bp.plugins.{command}"
        )


async def test_a_plugin_with_broken_metadata_is_listed_as_broken(proxy):
    directory = proxy.write_plugin("plugins.games.odd", GREETER)
    (directory / "__init__.py").write_text('PLUGIN_NAME = "Odd"\nPLUGIN_VERSION = "one"\n')
    assert "broken" in (await proxy.command("#bp.plugins.list odd"))[1]
    shown = "\n".join(await proxy.command("#bp.plugins.show odd"))
    assert "PLUGIN_AUTHOR" in shown
    assert "PLUGIN_VERSION" in shown
    (answer,) = await proxy.command("#bp.plugins.load odd")
    assert answer.startswith("plugins.games.odd: ")


@pytest.mark.parametrize("plugin_id", CORE)
async def test_a_core_plugin_is_required(proxy, plugin_id):
    (answer,) = await proxy.command(f"#bp.plugins.unload {plugin_id}")
    assert plugin_id in answer
    assert proxy.api(f"{LOADER}:is.plugin.loaded")(plugin_id)
    assert not (proxy.home / "data" / MANAGER / "startup.json").exists()


@pytest.mark.parametrize("plugin_id", CORE)
async def test_a_reload_of_a_core_plugin_harms_nobody_while_lines_flow(proxy, plugin_id):
    proxy.write_plugin("plugins.games.busy", BUSY)
    proxy.load("plugins.games.busy")
    client = await proxy.connect()
    await proxy.command("#bp.busy.set mark !")
    commands = {
        owner: proxy.api("plugins.core.commands:get.commands")(owner)
        for owner in [*CORE, plugin_id]
    }
    settings = await proxy.command("#bp.settings.list")

    for number in range(50):
        await proxy.mud.send_line(f"line {number}")
        await client.send_line(f"hi {number}")
        if number == 25:
            await client.send_line(f"#bp.plugins.reload {plugin_id}")
    lines = []
    while lines.count("line 49!") == 0:
        lines.append(await client.read_line())
    await client.read_until(f"reloaded {plugin_id}")
    assert [line for line in lines if line.startswith("line")] == [
        f"line {number}!" for number in range(50)
    ]
    for number in range(50):
        assert await proxy.mud.read_line() == f"say hello {number}"

    await client.send_line("#bp.busy.ping")
    await client.read_until("pong!")
    assert proxy.api("plugins.core.settings:get")("plugins.games.busy", "mark") == "!"
    assert await proxy.command("#bp.settings.list") == settings
    assert commands == {
        owner: proxy.api("plugins.core.commands:get.commands")(owner) for owner in commands
    }
    gc.collect()
    assert proxy.api(f"{LOADER}:get.unloaded.plugins.in.memory")() == []
    assert not [message for message in proxy.log if message.startswith(("ERROR", "WARNING"))]


async def test_the_base_class_is_updated_by_a_command(proxy, monkeypatch):
    answers = iter([True, False])
    monkeypatch.setattr(proxy.app.base_update, "update", lambda: next(answers))
    proxy.app.kernel.registry.add(
        "plugins._baseplugin", "update", proxy.app.base_update.update, "update the base class"
    )
    assert await proxy.command("#bp.plugins.patch") == ["the base class is updated"]
    assert await proxy.command("#bp.plugins.patch") == [
        "the base class is as it was; the log has the reason"
    ]
