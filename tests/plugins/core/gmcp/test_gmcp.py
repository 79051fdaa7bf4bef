from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bastproxy.testing import ProxyHarness

GMCP = "plugins.core.gmcp"
ASKER = "plugins.games.asker"
SOURCE = """
from bastproxy.libs.events import RegisterToEvent
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook


class Plugin(BasePlugin):
    @RegisterPluginHook("initialize")
    def _phook_initialize(self):
        self.heard = []
        self.api("plugins.core.gmcp:supports.add")({packages!r}, version={version})

    @RegisterToEvent("ev_gmcp_Char.Vitals")
    def _eventcb_vitals(self):
        record = self.api("plugins.core.events:get.current.event.record")()
        self.heard.append(record["data"])
"""

FAILS = """self.api("plugins.core.gmcp:supports.add")("Never")
        raise ValueError("no luck")"""


def source(*packages: str, version: int = 1) -> str:
    return SOURCE.format(packages=list(packages), version=version)


@pytest.fixture
async def proxy(tmp_path: Path) -> AsyncIterator[ProxyHarness]:
    async with ProxyHarness(tmp_path, gmcp=True) as proxy:
        yield proxy


async def asked(proxy: ProxyHarness) -> list[tuple[str, object]]:
    """Return what the MUD has heard since last asked."""
    await proxy.mud.sync()
    peer = proxy.mud.peer
    found, peer.gmcp[:] = list(peer.gmcp), []
    return found


async def test_a_plugin_asks_hears_and_takes_it_along_when_it_goes(proxy):
    proxy.write_plugin(ASKER, source("Char", "Room 2", version=3))
    proxy.load(ASKER)
    (hello, _), supports = await asked(proxy)
    assert hello == "Core.Hello"
    assert supports == ("Core.Supports.Set", ["Char 3", "Room 2"])
    await proxy.mud.send_gmcp("char.vitals", {"hp": 5})
    await proxy.mud.sync()
    instance = proxy.api("libs.plugins.loader:get.plugin.instance")(ASKER)
    assert instance.heard == [{"hp": 5}]
    assert proxy.api(f"{GMCP}:get")("Char.Vitals") == {"hp": 5}
    assert proxy.api(f"{GMCP}:supports.list")() == {"Char": 3, "Room": 2}
    del instance
    assert proxy.api("libs.plugins.loader:unload.plugin")(ASKER)
    assert await asked(proxy) == [("Core.Supports.Remove", ["Char", "Room"])]
    assert proxy.api(f"{GMCP}:supports.list")() == {}


async def test_the_mud_hears_nothing_of_a_reload(proxy):
    proxy.write_plugin(ASKER, source("Char", "Room"))
    proxy.load(ASKER)
    await asked(proxy)
    reload = proxy.api("libs.plugins.loader:reload.plugin")
    for plugin_id in (ASKER, GMCP, ASKER, GMCP):
        assert reload(plugin_id)
        assert await asked(proxy) == []
    assert proxy.api(f"{GMCP}:supports.list")() == {"Char": 1, "Room": 1}
    proxy.write_plugin(ASKER, source("Room", "Comm"))
    assert reload(ASKER)
    assert await asked(proxy) == [
        ("Core.Supports.Remove", ["Char"]),
        ("Core.Supports.Add", ["Comm 1"]),
    ]
    proxy.write_plugin(ASKER, source("Group").replace("self.heard = []", FAILS))
    assert not reload(ASKER)
    assert await asked(proxy) == []
    assert proxy.api(f"{GMCP}:supports.list")() == {"Room": 1, "Comm": 1}


async def test_a_client_keeps_what_it_asked_for_when_the_plugin_reloads(proxy):
    client = await proxy.connect(gmcp=True)
    await client.send_gmcp("Core.Supports.Set", ["Char 1"])
    await client.sync()
    await asked(proxy)
    assert proxy.api("libs.plugins.loader:reload.plugin")(GMCP)
    assert await asked(proxy) == []
    await proxy.mud.send_gmcp("Char.Vitals", 1)
    assert await client.read_gmcp() == ("Char.Vitals", 1)


async def test_a_plugin_sends(proxy):
    send = proxy.api(f"{GMCP}:send")
    assert proxy.api(f"{GMCP}:is.on")()
    assert send("Char.Items.Inv", "")
    assert send("Core.Ping")
    assert await asked(proxy) == [("Char.Items.Inv", ""), ("Core.Ping", None)]
    with pytest.raises(ValueError, match="JSON cannot hold"):
        send("Char", {1, 2})
    assert proxy.api(f"{GMCP}:supports.add")("Char")
    assert not proxy.api(f"{GMCP}:supports.add")("Char")
    assert proxy.api(f"{GMCP}:supports.remove")("char")
    assert not proxy.api(f"{GMCP}:supports.remove")("char")
    with pytest.raises(ValueError, match="testing: 'a b c' is not the name"):
        proxy.api(f"{GMCP}:supports.add")("a b c")


async def test_what_the_mud_has_told_is_shown(proxy):
    assert await proxy.command("#bp.gmcp.show") == ["the MUD has told nothing"]
    await proxy.mud.send_gmcp("Char.Vitals", {"hp": 5})
    await proxy.mud.send_gmcp("Char.Name", "Ünä")
    await proxy.mud.send_gmcp("Room.Info", list(range(100)))
    await proxy.mud.sync()
    text = "\n".join(await proxy.command("#bp.gmcp.show"))
    assert '{"hp": 5}' in text
    assert '"Ünä"' in text
    assert "..." in text
    shown = await proxy.command("#bp.gmcp.show char")
    assert shown == ["Char.Name", '  "Ünä"', "Char.Vitals", "  {", '    "hp": 5', "  }"]
    (line,) = await proxy.command("#bp.gmcp.show char.vital")
    assert "the MUD has told nothing of 'char.vital' (did you mean Char.Vitals" in line


async def test_who_asks_for_what_is_shown(proxy):
    assert await proxy.command("#bp.gmcp.supports") == ["nobody asks for any package"]
    proxy.write_plugin(ASKER, source("Char", "Room"))
    proxy.load(ASKER)
    client = await proxy.connect(gmcp=True)
    await client.send_gmcp("Core.Supports.Set", ["Char 2"])
    await client.sync()
    _, char, room = await proxy.command("#bp.gmcp.supports")
    assert char.split(None, 2) == ["Char", "2", f"{ASKER}, client-1"]
    assert room.split(None, 2) == ["Room", "1", ASKER]


async def test_a_player_sends(proxy):
    assert await proxy.command("#bp.gmcp.send Core.Ping") == ["sent Core.Ping"]
    assert await proxy.command("#bp.gmcp.send Char.X '{\"a\": 1}'") == ["sent Char.X"]
    assert await proxy.command("#bp.gmcp.send Char.X [1, 2]") == ["sent Char.X"]
    assert await asked(proxy) == [("Core.Ping", None), ("Char.X", {"a": 1}), ("Char.X", [1, 2])]
    (line,) = await proxy.command("#bp.gmcp.send Char.X {")
    assert line.startswith("that is not JSON")
    (line,) = await proxy.command("#bp.gmcp.send '[' 1")
    assert "not the name of a GMCP package" in line


async def test_without_a_mud_it_says_so(tmp_path):
    async with ProxyHarness(tmp_path, mud=False) as proxy:
        for line in ("show", "send Core.Ping"):
            (answer,) = await proxy.command(f"#bp.gmcp.{line}")
            assert answer == "the MUD does no GMCP, or is not connected"
        proxy.write_plugin(ASKER, source("Char"))
        proxy.load(ASKER)
        assert (await proxy.command("#bp.gmcp.supports"))[-1].startswith("the MUD does no GMCP")
        assert not proxy.api(f"{GMCP}:send")("Core.Ping")
        assert not proxy.api(f"{GMCP}:is.on")()
