import errno
import os
from pathlib import Path

import pytest

from bastproxy.testing import ProxyHarness

SETTINGS = "plugins.core.settings"
MINE = "plugins.games.mine"

SOURCE = """
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook


class Plugin(BasePlugin):
    @RegisterPluginHook("initialize")
    def _phook_initialize(self):
        add = self.api("plugins.core.settings:add")
        add(self.plugin_id, "greeting", "hello", str, "what to say")
        add(self.plugin_id, "count", 3, int, "how often", minimum=1, maximum=9)
        add(self.plugin_id, "loud", False, bool, "shout")
        add(self.plugin_id, "mood", "calm", "enum", "how", choices=["calm", "wild"])
        add(self.plugin_id, "tint", "red", "colour", "in which colour")
        add(self.plugin_id, "pause", 90, "timelength", "how long to wait")
        add(self.plugin_id, "token", "x", str, "never shown", hidden=True)
        add(self.plugin_id, "born", "today", str, "set by the plugin", readonly=True)
"""


@pytest.fixture
async def proxy(tmp_path):
    async with ProxyHarness(tmp_path) as harness:
        harness.write_plugin(MINE, SOURCE)
        harness.load(MINE)
        yield harness


def file_of(proxy: ProxyHarness) -> Path:
    return proxy.home / "data" / MINE / "settings.toml"


async def test_a_change_is_kept_and_raises_its_event(proxy):
    changes = proxy.events(f"ev_{MINE}_var_count_modified")
    change = proxy.api(f"{SETTINGS}:change")
    assert change(MINE, "count", "5")
    assert not change(MINE, "count", 5)
    assert change(MINE, "count", 7)
    assert changes.raises == [
        {"var": "count", "newvalue": 5, "oldvalue": 3},
        {"var": "count", "newvalue": 7, "oldvalue": 5},
    ]
    assert proxy.api(f"{SETTINGS}:get")(MINE, "count") == 7
    assert "count = 7" in file_of(proxy).read_text()
    assert proxy.api(f"{SETTINGS}:reset")(MINE, "count")
    assert proxy.api(f"{SETTINGS}:get")(MINE, "count") == 3
    assert len(changes) == 3


async def test_players_see_and_change_settings(proxy):
    client = await proxy.connect()
    await client.send_line("#bp.mine.set count 5")
    assert await client.read_lines(2) == [
        "setting  value  default  help",
        "count    5      3        how often",
    ]
    await client.send_line("#bp.mine.set greeting good morning")
    await client.read_until("good morning")
    table = await proxy.command("#bp.mine.set")
    names = [line.split()[0] for line in table]
    assert names == ["setting", "greeting", "count", "loud", "mood", "tint", "pause", "born"]
    assert await proxy.command("#bp.mine.set pause 1h30m") == [
        "setting  value  default  help",
        "pause    1h30m  1m30s    how long to wait",
    ]
    await proxy.command("#bp.mine.set count default")
    assert proxy.api(f"{SETTINGS}:get")(MINE, "count") == 3
    assert await proxy.command("#bp.mine.reset") == [f"{MINE} is reset"]
    assert proxy.api(f"{SETTINGS}:get")(MINE, "greeting") == "hello"


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("count 10", "count cannot be '10': it takes"),
        ("count five", "count cannot be 'five': it takes"),
        ("loud perhaps", "loud cannot be 'perhaps': it takes"),
        ("mood sad", "mood cannot be 'sad': it takes"),
        ("tint sour", "tint cannot be 'sour': it takes"),
        ("pause soon", "pause cannot be 'soon': it takes"),
        ("born yesterday", "changes from its plugin only"),
        ("cuont 5", "has no setting 'cuont' (did you mean count"),
    ],
)
async def test_what_a_setting_cannot_be_is_said(proxy, typed, answer):
    (line,) = await proxy.command(f"#bp.mine.set {typed}")
    assert answer in line
    assert not file_of(proxy).exists()


async def test_all_settings_are_listed_but_hidden_ones(proxy):
    lines = await proxy.command("#bp.settings.list games.mine")
    assert len(lines) >= 8
    assert not any("token" in line for line in lines)
    (found,) = [line for line in await proxy.command("#bp.settings.list greet") if "hello" in line]
    assert found.split() == [MINE, "greeting", "hello", "what", "to", "say"]
    assert await proxy.command("#bp.settings.list nothing") == ["no setting matches 'nothing'"]


async def test_wrong_declarations_are_refused_with_a_message(proxy):
    assert not proxy.api(f"{SETTINGS}:add")(MINE, "bad", "x", int, "a number that is none")
    assert any("cannot add the setting 'bad'" in message for message in proxy.log)
    with pytest.raises(LookupError, match="did you mean count"):
        proxy.api(f"{SETTINGS}:get")(MINE, "cuont")
    with pytest.raises(ValueError, match="from 1 to 9"):
        proxy.api(f"{SETTINGS}:change")(MINE, "count", 99)


async def test_a_broken_file_is_set_aside_and_defaults_are_used(tmp_path):
    path = tmp_path / "data" / MINE / "settings.toml"
    path.parent.mkdir(parents=True)
    path.write_text("count = = 7")
    async with ProxyHarness(tmp_path) as proxy:
        proxy.write_plugin(MINE, SOURCE)
        proxy.load(MINE)
        assert proxy.api(f"{SETTINGS}:get")(MINE, "count") == 3
        aside = path.with_name("settings.toml.broken")
        assert aside.read_text() == "count = = 7"
        (message,) = [message for message in proxy.log if str(aside) in message]
        assert "the settings are at their defaults" in message


async def test_a_full_disk_loses_no_setting_of_this_run(proxy, monkeypatch):
    def full(*_args, **_more):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("bastproxy.libs.settings.file.write_whole", full)
        answer = await proxy.command("#bp.mine.set count 5")
        assert answer[1].split()[:2] == ["count", "5"]
        assert not file_of(proxy).exists()
        (message,) = [message for message in proxy.log if "cannot be written" in message]
        assert "No space left" in message
        assert str(file_of(proxy)) in message
    client = await proxy.connect()
    await proxy.mud.send_line("the game goes on")
    assert await client.read_line() == "the game goes on"
    await proxy.command("#bp.settings.save")
    assert "count = 5" in file_of(proxy).read_text()
