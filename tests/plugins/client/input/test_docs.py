"""The pages for players say what is so."""

import re
from pathlib import Path

import pytest

from bastproxy.testing import ProxyHarness

DOCS = Path(__file__).parents[4] / "docs"
PAGES = ("input.md", "aliases.md", "notify.md", "coming-from.md")
COMMAND = re.compile(r"#bp\.([a-z]+\.[a-z]+)")
API = re.compile(r"(plugins\.[a-z]+\.[a-z]+:[a-z.]+)")


@pytest.fixture
async def proxy(tmp_path):
    async with ProxyHarness(tmp_path) as harness:
        yield harness


async def sent(proxy, client, line):
    before = len(proxy.mud.peer.lines)
    await client.send_line(line)
    await client.sync()
    await proxy.mud.sync()
    return proxy.mud.peer.lines[before:]


@pytest.mark.parametrize("page", PAGES)
async def test_the_commands_and_apis_that_a_page_names_exist(proxy, page):
    text = (DOCS / page).read_text(encoding="utf-8")
    named = sorted(set(COMMAND.findall(text)))
    assert len(named) > 3
    for name in named:
        answer = await proxy.command(f"#bp.{name} -h")
        assert answer[0].startswith(f"usage: #bp.{name}"), name
    for name in set(API.findall(text)):
        assert proxy.api("libs.api:has")(name), name


async def test_what_input_says_is_typed_is_sent(proxy):
    client = await proxy.connect()
    text = (DOCS / "input.md").read_text(encoding="utf-8")
    table = text.partition("| you type | the MUD gets |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| `(.+?)` \| (.+) \|$", table, re.MULTILINE)
    examples = {typed: re.findall(r"`([^`]+)`", gets) for typed, gets in rows if "," not in typed}
    await proxy.command("#bp.variables.set target orc")
    for typed in ("look;n", "#2 {kill rat;loot}", ".3n2e(open door)u", r"\look;n"):
        assert await sent(proxy, client, typed) == examples[typed]
    assert await sent(proxy, client, "#3 drink") == ["drink"] * 3
    assert await sent(proxy, client, "kill ${target}") == ["kill orc"]


async def test_the_aliases_of_the_page_do_what_it_says(proxy):
    client = await proxy.connect()
    text = (DOCS / "aliases.md").read_text(encoding="utf-8")
    block = text.partition("```\n")[2].partition("```")[0]
    for line in block.splitlines():
        await client.send_line(line)
        assert (await client.read_line()).endswith(" added"), line
    assert await sent(proxy, client, "k orc") == ["kill orc", "loot"]
    assert await sent(proxy, client, "give big sword to bob") == [
        "get big sword bag",
        "give big sword bob",
    ]
    assert await sent(proxy, client, "k2") == ["kill 2.rat"]
    assert await sent(proxy, client, "heal") == ["cast heal", "sit"] * 2


async def test_the_plugin_that_a_script_becomes_does_what_it_says(proxy):
    text = (DOCS / "coming-from.md").read_text(encoding="utf-8")
    source = text.partition("```python\n")[2].partition("```")[0]
    proxy.write_plugin("plugins.games.potions", source)
    proxy.load("plugins.games.potions")
    await proxy.mud.send_line("HP: 31 of 100")
    await proxy.mud.send_line("HP: 29 of 100")
    assert await proxy.mud.read_line() == "drink potion"
    assert proxy.api("libs.plugins.loader:reload.plugin")("plugins.games.potions")
    instance = proxy.api("libs.plugins.loader:get.plugin.instance")("plugins.games.potions")
    assert instance.potions == 1
