"""TinTin++, in tmux, plays through the proxy."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bastproxy.demo import DemoMud
from bastproxy.libs.net.telnet.constants import ECHO
from bastproxy.testing import ProxyHarness

PLUGIN = """
from bastproxy.libs.events import RegisterToEvent
from bastproxy.plugins._baseplugin import BasePlugin


class Plugin(BasePlugin):
    def record(self):
        return self.api("plugins.core.events:get.current.event.record")()

    @RegisterToEvent("ev_to_client_data_modify")
    def _eventcb_from_mud(self):
        record = self.record()
        record["line"] = record["line"].replace("town crier", "TOWN CRIER")

    @RegisterToEvent("ev_to_mud_data_modify")
    def _eventcb_from_player(self):
        record = self.record()
        if record["line"] == "hi":
            record["line"] = "say hello"
"""

# TinTin++ agrees to GMCP only when an event of the player's does.
GMCP = r"""
#event {IAC WILL GMCP} {#send {\xFF\xFD\xC9\}}
#event {IAC SB GMCP Char.Vitals IAC SE} {#showme {vitals: %0}}
#alias {supports} {#send {\xFF\xFA\xC9Core.Supports.Set ["Char 1"]\xFF\xF0\}}
"""
NO_MCCP = "#config {MCCP} {OFF}\n"

PLAIN = ("TTYPE (theirs)", "EOR (ours)", "NAWS (theirs)", "NEW_ENVIRON (theirs)", "CHARSET (ours)")
COMPRESSED = (*PLAIN, "MCCP2 (ours)", "MCCP3 (ours)")
ROOM = "A quiet room. " * 20


def keep(shown: str) -> None:
    """Write the screen to the file that the environment names, for those who want to see it."""
    if path := os.environ.get("BASTPROXY_TEST_SCREEN"):
        Path(path).write_text(shown.strip() + "\n")


@pytest.fixture
def tintin(tmp_path: Path, needs: Callable[..., str], open_terminal: Any) -> Callable[..., Any]:
    """Return what runs TinTin++ on a proxy, with a script that it reads first."""
    program = needs("tt++", path="/usr/games")

    def run(proxy: ProxyHarness, script: str = "") -> Any:
        address = proxy.app.address
        path = tmp_path / "tintin.tin"
        path.write_text(f"#nop\n{script}#session demo {address.host} {address.port}\n")
        return open_terminal(f"{program} -G {path}")

    return run


async def test_tintin_plays_and_a_plugin_changes_a_line_each_way(
    tmp_path: Path, demo: DemoMud, tintin: Any
) -> None:
    async with ProxyHarness(tmp_path, mud=False, notices=True) as proxy:
        proxy.write_plugin("plugins.games.polite", PLUGIN)
        host, port = demo.address
        await proxy.command(f"#bp.proxy.set mud {host}:{port}")
        await proxy.command("#bp.proxy.set auto_connect off")
        await proxy.command("#bp.proxy.set auto_connect on")
        async with tintin(proxy) as screen:
            await screen.shows("CONNECTED TO", "By what name do you go?")
            await screen.type("Osric")
            screen_before = await screen.shows("The town crier is here", "<30hp 20mv>")
            assert "TOWN CRIER" not in screen_before

            await screen.type("\\#bp.plugins.load polite")
            await screen.shows("loaded plugins.games.polite")
            await screen.type("look")
            await screen.shows("The TOWN CRIER is here")
            await screen.type("hi")
            shown = await screen.shows("You say: hello", last="<30hp 20mv>")
            assert "You say: hi" not in shown

            await screen.type("#send {#bp.clients.list}")
            shown = await screen.shows("client-1 (you)", "TINTIN++", "100x40")
            keep(shown)

            await screen.type("\\#bp.commands.set prefix //")
            await screen.type("//.clients.show")
            await screen.shows("TINTIN++ tmux-256color MTTS 271", "(ours), MCCP3 (ours)")
            await screen.type("quit")
            await screen.shows("is disconnected: ")


async def test_tintin_compresses_both_ways_of_itself(
    proxy: ProxyHarness, tintin: Any, settled: Any
) -> None:
    async with tintin(proxy) as screen:
        client = await settled(*COMPRESSED)
        await screen.shows("CONNECTED TO")
        await screen.type("look")
        assert await proxy.mud.read_line() == "look"
        for _ in range(20):
            await proxy.mud.send_line(ROOM)
        await proxy.mud.send_prompt("<hp> ")
        await screen.shows("A quiet room.", last="<hp>")

        assert client.compressed_in
        assert client.compressed_out
        assert client.ratio_out is not None
        assert client.ratio_out > 5
        assert client.ratio_in is not None
        # All that it says from the offer of MCCP3 on, and nothing before that.
        assert 0 < client.telnet.inflated_in < client.bytes_received


@pytest.mark.parametrize("who", ["client", "proxy"])
async def test_tintin_plays_without_compression(
    proxy: ProxyHarness, tintin: Any, settled: Any, who: str
) -> None:
    if who == "proxy":
        await proxy.command("#bp.clients.set compress off")
    async with tintin(proxy, NO_MCCP if who == "client" else "") as screen:
        client = await settled(*PLAIN)
        await screen.shows("CONNECTED TO")
        await screen.type("look")
        assert await proxy.mud.read_line() == "look"
        await proxy.mud.send_line(ROOM)
        await proxy.mud.send_prompt("<hp> ")
        await screen.shows("A quiet room.", last="<hp>")
        assert not client.compressed_in
        assert not client.compressed_out
        assert client.ratio_in is None
        assert client.ratio_out is None
        # Compression ends at the proxy: the MUD's side has its own.
        assert proxy.app.session.mud is not None
        assert proxy.app.session.mud.compressed_in
        assert proxy.app.session.mud.compressed_out


async def test_the_mud_hears_what_tintin_tells_of_itself(
    proxy: ProxyHarness, tintin: Any, settled: Any
) -> None:
    async with tintin(proxy) as screen:
        client = await settled(*COMPRESSED)
        mud = proxy.mud.peer
        await mud.wait_for(lambda: mud.window == (100, 40), "the size of the window")
        await screen.type("look")  # it has answered all before
        assert await proxy.mud.read_line() == "look"
        assert client.terminal.names == ["TINTIN++", "tmux-256color", "MTTS 271"]
        assert client.charset_settled
        assert client.encoding == "utf-8"
        assert (client.width, client.height) == (100, 40)
        # 271, and what the proxy is (128) and does (512).
        assert (await mud.ask_terminal())[:3] == ["BASTPROXY", "TMUX-256COLOR", "MTTS 911"]
        await screen.resize(90, 30)
        await mud.wait_for(lambda: mud.window == (90, 30), "the new size")

        await proxy.mud.send_line("Grüße, 世界")
        await screen.shows("Grüße, 世界")


@pytest.mark.parametrize("script", ["", NO_MCCP], ids=["compressed", "plain"])
async def test_tintin_shows_gmcp_and_says_what_it_supports(
    proxy: ProxyHarness, tintin: Any, settled: Any, script: str
) -> None:
    async with tintin(proxy, script + GMCP) as screen:
        await settled(*(PLAIN if script else COMPRESSED), "GMCP (ours)")
        await screen.type("supports")
        package, data = await proxy.mud.peer.read_gmcp()
        while package != "Core.Supports.Set":  # the proxy has introduced itself before
            package, data = await proxy.mud.peer.read_gmcp()
        assert data == ["Char 1"]
        await proxy.mud.send_gmcp("Char.Vitals", {"hp": 42})
        await screen.shows("vitals: {hp}{42}")
        await proxy.mud.send_line("and on we go")
        await screen.shows("and on we go")


async def test_tintin_hides_a_password(proxy: ProxyHarness, tintin: Any, settled: Any) -> None:
    seen = proxy.events("ev_to_mud_data_read")
    async with tintin(proxy) as screen:
        client = await settled(*COMPRESSED)
        await proxy.mud.send_prompt("Password: ")
        proxy.mud.echo(True)
        async with asyncio.timeout(5):
            while not client.telnet.is_local(ECHO):
                await proxy.mud.sync()
        await screen.shows("Password:")
        await screen.type("sesame")
        assert await proxy.mud.read_line() == "sesame"
        proxy.mud.echo(False)
        await settled(*COMPRESSED)
        await screen.type("look")
        assert await proxy.mud.read_line() == "look"
        shown = await screen.shows("look")
        assert "sesame" not in shown
        assert "sesame" not in str(seen.raises)
        assert "sesame" not in "\n".join(proxy.log)
