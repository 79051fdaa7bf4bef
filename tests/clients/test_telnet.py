"""Debian's plain telnet, in tmux, plays through the proxy."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from bastproxy.libs.net.telnet.constants import ECHO, SGA
from bastproxy.testing import ProxyHarness

OPTIONS = ("TTYPE (theirs)", "NAWS (theirs)", "NEW_ENVIRON (theirs)")


@pytest.fixture
def telnet(proxy: ProxyHarness, needs: Callable[..., str], open_terminal: Any) -> Any:
    """Return a terminal with telnet on the proxy."""
    program = needs("telnet")
    address = proxy.app.address
    return open_terminal(f"{program} {address.host} {address.port}")


async def test_telnet_plays_and_runs_a_command(
    proxy: ProxyHarness, telnet: Any, settled: Any
) -> None:
    async with telnet as screen:
        await screen.shows("Escape character")
        await settled(*OPTIONS)
        await screen.type("look")
        assert await proxy.mud.read_line() == "look"
        await proxy.mud.send_line("A quiet room.")
        await proxy.mud.send_prompt("<hp> ")
        await screen.shows("look\nA quiet room.", last="<hp>")
        await screen.type("#bp.clients.list")
        await screen.shows("client-1 (you)", "TMUX-256COLOR", "100x40")
        gone = proxy.events("ev_client_disconnected")
        await screen.press("C-]")
        await screen.type("quit")
        await gone.wait()


async def test_telnet_is_told_of_no_more_than_it_knows(
    proxy: ProxyHarness, telnet: Any, settled: Any
) -> None:
    async with telnet as screen:
        client = await settled(*OPTIONS)
        mud = proxy.mud.peer
        await mud.wait_for(lambda: mud.window == (100, 40), "the size of the window")
        await screen.type("look")  # it has answered all before
        assert await proxy.mud.read_line() == "look"
        assert client.options() == list(OPTIONS)
        assert client.terminal.names == ["TMUX-256COLOR"]
        assert client.mtts is None
        assert not client.charset_settled
        assert not client.gmcp
        assert not client.compressed_in
        assert not client.compressed_out
        assert client.ratio_in is None
        assert client.ratio_out is None
        # What most terminals do (13), and what the proxy is (128) and does (512).
        assert (await mud.ask_terminal())[:3] == ["BASTPROXY", "TMUX-256COLOR", "MTTS 653"]
        await screen.resize(90, 30)
        await mud.wait_for(lambda: mud.window == (90, 30), "the new size")

        await proxy.mud.send_line("before")
        await proxy.mud.send_gmcp("Char.Vitals", {"hp": 42})
        await proxy.mud.send_line("Grüße, 世界")
        await screen.shows("before\nGrüße, 世界")


async def test_telnet_hides_a_password_and_stays_in_line_mode(
    proxy: ProxyHarness, telnet: Any, settled: Any
) -> None:
    async with telnet as screen:
        client = await settled(*OPTIONS)
        await proxy.mud.send_prompt("Password: ")
        await screen.shows("Password:")
        assert await _mode(screen) == ["Operating in obsolete linemode", "Local character echo"]

        proxy.mud.echo(True)
        await settled("ECHO (ours)", *OPTIONS)
        await proxy.mud.send_line("quiet now")
        await screen.shows("quiet now")
        assert await _mode(screen) == ["Operating in obsolete linemode", "Remote character echo"]
        await screen.type("sesame")
        assert await proxy.mud.read_line() == "sesame"

        proxy.mud.echo(False)
        await settled(*OPTIONS)
        await proxy.mud.send_line("loud again")
        await screen.shows("loud again")
        assert await _mode(screen) == ["Operating in obsolete linemode", "Local character echo"]
        await screen.type("look")
        assert await proxy.mud.read_line() == "look"
        shown = await screen.shows("look")
        assert "sesame" not in shown
        assert not client.telnet.is_local(SGA)
        assert not client.telnet.is_local(ECHO)


async def _mode(screen: Any) -> list[str]:
    """Return what telnet's own command says of how it takes what is typed."""
    await screen.press("C-]")
    before = (await screen.text()).count("Escape character")
    await screen.type("status")
    shown = ""
    async with asyncio.timeout(10):
        while shown.count("Escape character") <= before:
            shown = await screen.shows("Operating in", "Escape character")
    lines = [line.strip() for line in shown.splitlines()]
    start = max(number for number, line in enumerate(lines) if line.startswith("Operating in"))
    return lines[start : start + 2]
