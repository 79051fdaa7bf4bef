from collections.abc import AsyncIterator
from pathlib import Path

import pyte
import pytest

from bastproxy.testing import ProxyHarness

GAGS = "plugins.client.gags"


@pytest.fixture
async def proxy(tmp_path: Path) -> AsyncIterator[ProxyHarness]:
    async with ProxyHarness(tmp_path) as proxy:
        yield proxy


async def test_a_line_that_matches_is_left_out(proxy):
    client = await proxy.connect()
    assert await proxy.command(r"#bp.gags.add '^\w+ yawns'") == [r"gag 1 is added: ^\w+ yawns"]
    for line in ("Bob yawns.", "\x1b[32mBob\x1b[0m yawns.", "Big Bob yawns.", "Bob waves."):
        await proxy.mud.send_line(line)
    assert await client.read_line() == "Big Bob yawns."
    assert await client.read_line() == "Bob waves."


async def test_the_colours_that_a_gagged_line_sets_are_not_lost(proxy):
    client = await proxy.connect()
    await proxy.command("#bp.gags.add 'chat channel'")
    sent = [
        "\x1b[1;31mThe chat channel:",
        "still red",
        "\x1b[32mgreen chat channel\x1b[0m",
        "plain",
        "\x1b[33mchat channel",
        "\x1b[33mchat channel again",
        "yellow\x1b[0m",
        "plain again",
    ]
    shown = [line for line in sent if "chat channel" not in line]
    for line in sent:
        await proxy.mud.send_line(line)
    lines = [await client.read_line() for _ in shown]
    assert lines == [
        "\x1b[1;31mstill red",
        "\x1b[0mplain",
        "\x1b[33myellow\x1b[0m",
        "plain again",
    ]
    screen = pyte.Screen(40, 10)
    pyte.Stream(screen).feed("\r\n".join(lines))
    assert [screen.buffer[y][0].fg for y in range(4)] == ["red", "default", "brown", "default"]


async def test_what_others_leave_out_sets_its_colours_too(proxy):
    client = await proxy.connect()
    await proxy.command("#bp.gags.add never")
    proxy.write_plugin(
        "plugins.games.dropper",
        """
from bastproxy.libs.events import RegisterToEvent
from bastproxy.plugins._baseplugin import BasePlugin


class Plugin(BasePlugin):
    @RegisterToEvent("ev_to_client_data_modify", priority=30)
    def _eventcb_line(self):
        record = self.api("plugins.core.events:get.current.event.record")()
        if "drop" in record["line"]:
            record["send"] = False
""",
    )
    proxy.load("plugins.games.dropper")
    await proxy.mud.send_line("\x1b[31mdrop")
    await proxy.mud.send_line("red")
    assert await client.read_line() == "\x1b[31mred"


async def test_the_beginning_of_a_line_is_never_gagged_alone(proxy):
    client = await proxy.connect()
    await proxy.command("#bp.gags.add ^Bob")
    lines = proxy.events("ev_to_client_data_read")
    await proxy.mud.send(b"Bob")
    await lines.wait(1)
    await proxy.mud.send(b"by waves.\r\nBob yawns.\r\nEnd.\r\n")
    assert await client.read_line() == "Bobby waves."
    assert await client.read_line() == "End."


async def test_a_line_after_an_unmarked_prompt_is_a_line(proxy):
    client = await proxy.connect()
    await proxy.command("#bp.gags.add ^Bob")
    lines = proxy.events("ev_to_client_data_read")
    await proxy.mud.send(b"5hp> ")
    await lines.wait(1)
    await proxy.mud.send(b"Bob yawns.\r\nEnd.\r\n")
    assert (await client.read_line()).endswith("End.")


async def test_answers_of_the_proxy_are_never_gagged(proxy):
    client = await proxy.connect()
    await proxy.command("#bp.gags.add yawns")
    await client.send_line("#bp.gags.list")
    await client.read_line()
    assert "yawns" in await client.read_line()


async def test_a_test_says_which(proxy):
    await proxy.command("#bp.gags.add yawns")
    assert await proxy.command("#bp.gags.test Bob yawns") == ["gag 1 would leave it out: yawns"]
    assert await proxy.command("#bp.gags.test Bob waves") == ["it would be shown: Bob waves"]


async def test_the_apis(proxy):
    client = await proxy.connect()
    assert proxy.api(f"{GAGS}:add")("[spam]", text=True)
    assert not proxy.api(f"{GAGS}:add")("[spam]", text=True, ignore_case=True)
    await proxy.mud.send_line("[Spam] buy!")
    await proxy.mud.send_line("spam")
    assert await client.read_line() == "spam"
    assert [rule["pattern"] for rule in proxy.api(f"{GAGS}:list")()] == ["[spam]"]
    assert proxy.api(f"{GAGS}:remove")("1")
    await proxy.mud.send_line("[Spam] buy!")
    assert await client.read_line() == "[Spam] buy!"


async def test_a_reload_and_a_start_lose_nothing(tmp_path):
    async with ProxyHarness(tmp_path) as proxy:
        client = await proxy.connect()
        await proxy.command("#bp.gags.add yawns")
        await proxy.mud.send_line("\x1b[31mBob yawns.")
        await proxy.mud.send_line("red")
        assert await client.read_line() == "\x1b[31mred"
        assert proxy.api("libs.plugins.loader:reload.plugin")(GAGS)
        await proxy.mud.send_line("Bob yawns.")
        await proxy.mud.send_line("still red")
        assert await client.read_line() == "still red"
    async with ProxyHarness(tmp_path) as proxy:
        assert len(proxy.api(f"{GAGS}:list")()) == 1
