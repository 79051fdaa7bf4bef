"""Triggers of plugins: their APIs and the decorator, and what reloads leave of them."""

import pytest

TRIGGERS = "plugins.core.triggers"
PLUGIN = "plugins.games.mine"
RELOAD = "libs.plugins.loader:reload.plugin"

SOURCE = """\
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook
from bastproxy.plugins.core.triggers import RegisterToTrigger

RECORD = "plugins.core.events:get.current.event.record"


class Plugin(BasePlugin):
    @RegisterPluginHook("initialize")
    def _phook_initialize(self):
        self.api("plugins.core.triggers:trigger.add")(
            "hp", r"^HP:(?P<hp>\\d+)", self.hp, types={"hp": int}, group="status"
        )

    def hp(self):
        record = self.api(RECORD)()
        hp = record["groups"]["hp"]
        record["line"] = f"{record['line']} ({hp * 2} doubled)"

    @RegisterToTrigger(r"^(?P<who>\\w+) spams", gag=True)
    def _triggercb_spam(self):
        self.data["spammer"] = self.api(RECORD)()["groups"]["who"]
"""


@pytest.fixture
def proxy(bastproxy):
    bastproxy.write_plugin(PLUGIN, SOURCE)
    bastproxy.load(PLUGIN)
    return bastproxy


async def shown(proxy, client, *lines):
    for line in [*lines, "the end"]:
        await proxy.mud.send_line(line)
    found = []
    while (line := await client.read_line()) != "the end":
        found.append(line)
    return found


async def test_a_plugin_changes_and_drops_lines_also_after_reloads(proxy):
    client = await proxy.connect()
    lines = ("HP:12", "Bob spams", "hello")
    expected = ["HP:12 (24 doubled)", "hello"]
    assert await shown(proxy, client, *lines) == expected
    for plugin in (TRIGGERS, "plugins.core.events", PLUGIN, PLUGIN):
        assert proxy.api(RELOAD)(plugin)
        assert await shown(proxy, client, *lines) == expected
    assert proxy.api(f"{PLUGIN}:data.get")("spammer") == "Bob"
    names = [one["name"] for one in proxy.api(f"{TRIGGERS}:trigger.list")(PLUGIN)]
    assert names == ["spam", "hp"]
    assert proxy.api("libs.plugins.loader:unload.plugin")(PLUGIN)
    assert await shown(proxy, client, *lines) == list(lines)
    assert proxy.api(f"{TRIGGERS}:trigger.list")() == []


async def test_a_reload_that_fails_leaves_the_old_triggers(proxy):
    client = await proxy.connect()
    path = proxy.home / "plugins" / "games" / "mine" / "plugin" / "__init__.py"
    path.write_text(SOURCE.replace("(?P<hp>", "(?P<hp"))
    assert not proxy.api(RELOAD)(PLUGIN)
    assert any("is no regular expression" in line for line in proxy.log)
    assert await shown(proxy, client, "HP:1", "A spams") == ["HP:1 (2 doubled)"]


async def test_a_player_switches_those_of_plugins(proxy):
    client = await proxy.connect()
    label = f"{PLUGIN}:hp"
    assert await proxy.command(f"#bp.triggers.off {label}") == [f"{label} is off"]
    assert proxy.api(RELOAD)(PLUGIN)
    assert await shown(proxy, client, "HP:12") == ["HP:12"]
    assert "looked for in each line: 'hp:'" in await proxy.command(f"#bp.triggers.show {label}")
    assert await proxy.command(f"#bp.triggers.on {label}") == [f"{label} is on"]
    assert await shown(proxy, client, "HP:12") == ["HP:12 (24 doubled)"]
    assert (await proxy.command("#bp.triggers.list HP"))[1].startswith(label)


async def test_all_of_it_by_apis(bastproxy):
    api, fired = bastproxy.api, []

    def call(name, *args, **options):
        return api(f"{TRIGGERS}:{name}")(*args, **options)

    def note():
        fired.append(api("plugins.core.events:get.current.event.record")()["plain"])

    assert call("trigger.add", "one", "dragon", note, group="beasts", priority=10)
    assert call("register", "two", note)
    assert not call("register", "two", note)
    assert call("trigger.add", "two", "(?P<what>orc)")
    assert call("trigger.get", "one")["priority"] == 10
    assert call("trigger.get", "one", plugin_id="testing")["group"] == "beasts"
    assert call("trigger.get", "three") is None
    assert call("trigger.match", "an orc") == [
        {"owner_id": "testing", "name": "two", "groups": {"what": "orc"}, "span": (3, 6)}
    ]
    await bastproxy.mud.send_line("dragon and orc")
    await bastproxy.mud.sync()
    assert fired == ["dragon and orc"] * 2
    assert call("unregister", "two", note)
    assert call("group.enable", "beasts", False) == 1
    await bastproxy.mud.send_line("dragon and orc")
    await bastproxy.mud.sync()
    assert len(fired) == 2
    assert call("trigger.enable", "two", False)
    assert not call("trigger.enable", "three")
    assert call("trigger.match", "dragon and orc") == []
    assert call("trigger.remove", "one")
    assert not call("trigger.remove", "one")
    with pytest.raises(ValueError, match="could run away"):
        call("trigger.add", "bad", "(a*)*b")


async def test_a_plugin_switches_those_of_the_player(bastproxy):
    await bastproxy.command("#bp.triggers.add hungry -send eat -n food")
    enable = bastproxy.api(f"{TRIGGERS}:trigger.enable")
    assert enable("food", False, plugin_id=TRIGGERS)
    assert "enabled = false" in await bastproxy.command("#bp.triggers.show food")
