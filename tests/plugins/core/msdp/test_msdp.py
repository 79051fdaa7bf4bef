from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bastproxy.libs.net.telnet.constants import MSDP as OPTION
from bastproxy.testing import ProxyHarness

MSDP = "plugins.core.msdp"
WANTER = "plugins.games.wanter"
SOURCE = """
from bastproxy.libs.events import RegisterToEvent
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook


class Plugin(BasePlugin):
    @RegisterPluginHook("initialize")
    def _phook_initialize(self):
        self.heard = []
        self.api("plugins.core.msdp:report.add")(["HEALTH", "ROOM"])

    @RegisterToEvent("ev_msdp_Room")
    def _eventcb_room(self):
        record = self.api("plugins.core.events:get.current.event.record")()
        self.heard.append(record["value"])
"""
ROOM = {"VNUM": "1", "EXITS": {"n": "2"}}


@pytest.fixture
async def proxy(tmp_path: Path) -> AsyncIterator[ProxyHarness]:
    async with ProxyHarness(tmp_path) as proxy:
        assert await proxy.mud.peer.offer(OPTION)
        yield proxy


async def asked(proxy: ProxyHarness) -> list[tuple[str, object]]:
    """Return what the MUD has heard since last asked."""
    await proxy.mud.sync()
    peer = proxy.mud.peer
    found, peer.msdp[:] = list(peer.msdp), []
    return found


async def test_a_plugin_wants_hears_and_takes_it_along_when_it_goes(proxy):
    proxy.write_plugin(WANTER, SOURCE)
    proxy.load(WANTER)
    assert await asked(proxy) == [("REPORT", ["HEALTH", "ROOM"])]
    proxy.mud.peer.send_msdp("ROOM", ROOM)
    await proxy.mud.sync()
    assert proxy.api("libs.plugins.loader:get.plugin.instance")(WANTER).heard == [ROOM]
    assert proxy.api(f"{MSDP}:get")("room") == ROOM
    assert proxy.api(f"{MSDP}:report.list")() == ["HEALTH", "ROOM"]
    for plugin_id in (WANTER, MSDP):
        assert proxy.api("libs.plugins.loader:reload.plugin")(plugin_id)
        assert await asked(proxy) == []
    assert proxy.api("libs.plugins.loader:unload.plugin")(WANTER)
    assert await asked(proxy) == [("UNREPORT", ["HEALTH", "ROOM"])]


async def test_a_plugin_sends(proxy):
    send = proxy.api(f"{MSDP}:send")
    assert proxy.api(f"{MSDP}:is.on")()
    assert send("LIST", "COMMANDS")
    assert send("SEND", ["A", "B"])
    assert await asked(proxy) == [("LIST", "COMMANDS"), ("SEND", ["A", "B"])]
    with pytest.raises(TypeError):
        send("X", 5)
    assert proxy.api(f"{MSDP}:report.add")("HEALTH")
    assert not proxy.api(f"{MSDP}:report.add")("health")
    assert proxy.api(f"{MSDP}:report.remove")("HEALTH")
    assert not proxy.api(f"{MSDP}:report.remove")("HEALTH")


async def test_what_the_mud_has_told_is_shown(proxy):
    assert await proxy.command("#bp.msdp.show") == ["the MUD has told nothing"]
    proxy.mud.peer.send_msdp("ROOM", ROOM)
    proxy.mud.peer.send_msdp("HEALTH", "5")
    await proxy.mud.sync()
    _, health, room = await proxy.command("#bp.msdp.show")
    assert health.split() == ["HEALTH", "5"]
    assert room.startswith("ROOM")
    assert await proxy.command("#bp.msdp.show health") == ['"5"']
    assert len(await proxy.command("#bp.msdp.show room")) == 6
    (line,) = await proxy.command("#bp.msdp.show helth")
    assert "(did you mean HEALTH" in line


async def test_who_wants_what_is_shown(proxy):
    assert await proxy.command("#bp.msdp.reports") == ["nobody wants any variable reported"]
    proxy.write_plugin(WANTER, SOURCE)
    proxy.load(WANTER)
    _, health, room = await proxy.command("#bp.msdp.reports")
    assert health.split() == ["HEALTH", WANTER]
    assert room.split() == ["ROOM", WANTER]


async def test_a_player_sends(proxy):
    assert await proxy.command("#bp.msdp.send LIST COMMANDS") == ["sent LIST"]
    assert await proxy.command("#bp.msdp.send SEND A B") == ["sent SEND"]
    assert await proxy.command("#bp.msdp.send X") == ["sent X"]
    assert await asked(proxy) == [("LIST", "COMMANDS"), ("SEND", ["A", "B"]), ("X", "")]


async def test_without_a_mud_it_says_so(tmp_path):
    async with ProxyHarness(tmp_path, mud=False) as proxy:
        for line in ("show", "send LIST COMMANDS"):
            (answer,) = await proxy.command(f"#bp.msdp.{line}")
            assert answer == "the MUD does no MSDP, or is not connected"
        proxy.write_plugin(WANTER, SOURCE)
        proxy.load(WANTER)
        assert (await proxy.command("#bp.msdp.reports"))[-1].startswith("the MUD does no MSDP")
