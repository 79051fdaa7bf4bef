from collections.abc import AsyncIterator
from pathlib import Path

import pyte
import pytest

from bastproxy.testing import ProxyHarness

HIGHLIGHTS = "plugins.client.highlights"


@pytest.fixture
async def proxy(tmp_path: Path) -> AsyncIterator[ProxyHarness]:
    async with ProxyHarness(tmp_path) as proxy:
        yield proxy


async def shown(proxy: ProxyHarness, client, *lines: str) -> list[str]:
    for line in lines:
        await proxy.mud.send_line(line)
    return [await client.read_line() for _ in lines]


async def test_what_matches_is_painted_and_all_else_keeps_its_colours(proxy):
    client = await proxy.connect()
    assert await proxy.command("#bp.highlights.add orcs? bold red on yellow") == [
        "highlight 1 is added: orcs?"
    ]
    assert await shown(
        proxy,
        client,
        "\x1b[32mTwo orcs and an \x1b[4morc\x1b[0m.",
        "No elf here.",
        "\x1b[38;5;208man o\x1b[38;2;1;2;3mrc\x1b[0m",
    ) == [
        "\x1b[32mTwo \x1b[1;31;43morcs\x1b[0;32m and an \x1b[1;4;31;43morc\x1b[0m.",
        "No elf here.",
        "\x1b[38;5;208man \x1b[1;31;43morc\x1b[0m",
    ]


async def test_the_colour_of_the_line_before_comes_back(proxy):
    client = await proxy.connect()
    await proxy.command("#bp.highlights.add gold @Y")
    await proxy.mud.send_line("\x1b[35mThe bard")
    await proxy.mud.send_line("sings of gold and")
    await proxy.mud.send_line("of love\x1b[0m.")
    lines = [await client.read_line() for _ in range(3)]
    screen = pyte.Screen(80, 5)
    pyte.Stream(screen).feed("\r\n".join(lines))
    colours = [screen.buffer[1][x].fg for x in range(len("sings of gold and"))]
    assert colours == ["magenta"] * 9 + ["brown"] * 4 + ["magenta"] * 4
    assert screen.buffer[2][0].fg == "magenta"


async def test_a_line_highlight_and_one_inside_it(proxy):
    client = await proxy.connect()
    await proxy.command("#bp.highlights.add 'tells you' cyan -line -priority 10")
    await proxy.command("#bp.highlights.add Bob bold")
    assert await shown(proxy, client, "Big Bob tells you 'hi'") == [
        "\x1b[36mBig \x1b[1mBob\x1b[0;36m tells you 'hi'\x1b[0m"
    ]


async def test_prompts_are_painted_and_answers_of_the_proxy_are_not(proxy):
    client = await proxy.connect()
    await proxy.command("#bp.highlights.add hp red")
    await proxy.mud.send_prompt("5hp> ")
    assert await client.read_prompt() == "5\x1b[31mhp\x1b[0m> "
    proxy.api("plugins.core.clients:send")("your hp")
    await client.read_until(b"your hp\r\n")


async def test_a_line_that_a_pause_has_cut_stays_as_it_is(proxy):
    client = await proxy.connect()
    await proxy.command("#bp.highlights.add orc red")
    await proxy.mud.send(b"An or")
    await client.read_until(b"An or")
    await proxy.mud.send(b"c, an orc.\r\n")
    assert await client.read_line() == "An orc, an \x1b[31morc\x1b[0m."


async def test_a_prompt_that_is_not_marked_is_painted(proxy):
    client = await proxy.connect()
    await proxy.command("#bp.highlights.add hp red")
    await proxy.mud.send(b"5hp> ")
    await client.read_until(b"5\x1b[31mhp\x1b[0m> ")
    await proxy.mud.send(b"9hp left\r\n")
    assert (await client.read_line()).endswith("> 9\x1b[31mhp\x1b[0m left")


async def test_the_commands(proxy):
    command = proxy.command
    assert await command("#bp.highlights.list") == ["there is no highlight"]
    await command("#bp.highlights.add orc red -g foes")
    await command(r"#bp.highlights.add '^You (\w+)' @G -line -i -p 10 -g me")
    await command("#bp.highlights.add '[gold]' '#ff8800' -text")
    assert await command("#bp.highlights.list") == [
        "   pattern     look       options",
        "1  orc         red        group foes",
        r"2  ^You (\w+)  @G (line)  ignore-case, priority 10, group me",
        "3  [gold]      #ff8800    text",
    ]
    assert (await command("#bp.highlights.list gold"))[1:] == ["3  [gold]   #ff8800  text"]
    assert await command("#bp.highlights.test an orc") == ["an \x1b[31morc\x1b[0m"]
    assert await command("#bp.highlights.test an elf") == ["no highlight matches: an elf"]
    assert await command("#bp.highlights.off orc") == ["highlight 1 is off: orc"]
    assert await command("#bp.highlights.test an orc") == ["no highlight matches: an orc"]
    assert await command("#bp.highlights.on 1") == ["highlight 1 is on: orc"]
    assert await command("#bp.highlights.group me off") == [
        "group me is off: 0 of 1 highlights are on"
    ]
    assert await command("#bp.highlights.group") == [
        "foes: 1 of 1 highlights are on",
        "me: 0 of 1 highlights are on",
    ]
    assert await command("#bp.highlights.add orc blue") == ["highlight 1 is changed: orc"]
    assert await command("#bp.highlights.remove 2") == [r"highlight 2 is removed: ^You (\w+)"]
    assert [rule["pattern"] for rule in proxy.api(f"{HIGHLIGHTS}:list")()] == ["orc", "[gold]"]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("add '(' red", "'(' is no regular expression: missing )"),
        ("add '(a+)+b' red", "could run away"),
        ("add orc rad", "'rad' is not a colour (did you mean red"),
        ("add orc", "the following arguments are required: look"),
        ("add '' red", "an empty pattern"),
        ("remove ork", "there is no highlight 'ork' (did you mean orc?)"),
        ("on 7", "there is no highlight '7'"),
        ("group fo off", "there is no group 'fo' (did you mean foes?)"),
        ("list elf", "there is no highlight with 'elf'"),
    ],
)
async def test_mistakes_are_explained(proxy, line, answer):
    await proxy.command("#bp.highlights.add orc red -g foes")
    assert answer in "\n".join(await proxy.command(f"#bp.highlights.{line}"))
    assert len(proxy.api(f"{HIGHLIGHTS}:list")()) == 1


async def test_a_pattern_that_costs_time_on_every_line_is_reported(proxy):
    answer = await proxy.command(r"#bp.highlights.add '\d+' red")
    assert "every line must be tried on it" in answer[1]


async def test_the_apis(proxy):
    client = await proxy.connect()
    api = proxy.api
    assert api(f"{HIGHLIGHTS}:add")("orc", "red", group="foes")
    assert not api(f"{HIGHLIGHTS}:add")("orc", "blue", group="foes")
    with pytest.raises(ValueError, match="'rad' is not a colour"):
        api(f"{HIGHLIGHTS}:add")("elf", "rad")
    (rule,) = api(f"{HIGHLIGHTS}:list")()
    assert (rule["pattern"], rule["look"], rule["enabled"]) == ("orc", "blue", True)
    assert await shown(proxy, client, "orc") == ["\x1b[34morc\x1b[0m"]
    assert api(f"{HIGHLIGHTS}:enable")("orc", False)
    assert await shown(proxy, client, "orc") == ["orc"]
    assert api(f"{HIGHLIGHTS}:group.enable")("foes")
    assert await shown(proxy, client, "orc") == ["\x1b[34morc\x1b[0m"]
    assert api(f"{HIGHLIGHTS}:remove")("orc")
    assert await shown(proxy, client, "orc") == ["orc"]
    assert not api(f"{HIGHLIGHTS}:remove")("orc")
    assert not api(f"{HIGHLIGHTS}:enable")("orc")
    assert not api(f"{HIGHLIGHTS}:group.enable")("foes")


async def test_without_a_rule_lines_are_not_looked_at(proxy):
    listens = proxy.api("plugins.core.events:get.event.detail")

    def callbacks() -> int:
        return str(listens("ev_to_client_data_modify")["callbacks"]).count(HIGHLIGHTS)

    assert callbacks() == 0
    await proxy.command("#bp.highlights.add orc red")
    assert callbacks() > 0
    await proxy.command("#bp.highlights.off orc")
    assert callbacks() == 0


@pytest.mark.parametrize("plugin_id", [HIGHLIGHTS, "plugins.core.events", "plugins.core.commands"])
async def test_a_reload_loses_nothing(proxy, plugin_id):
    client = await proxy.connect()
    await proxy.command("#bp.highlights.add gold @Y")
    await proxy.mud.send_line("\x1b[35mThe bard sings")
    await client.read_line()
    assert proxy.api("libs.plugins.loader:reload.plugin")(plugin_id)
    assert await shown(proxy, client, "of gold!") == ["of \x1b[1;33mgold\x1b[0;35m!"]
    await proxy.command("#bp.highlights.remove gold")
    assert await shown(proxy, client, "of gold!") == ["of gold!"]


async def test_what_is_defined_is_there_after_a_start_without_a_stop(tmp_path):
    async with ProxyHarness(tmp_path / "one", mud=False) as proxy:
        await proxy.command("#bp.highlights.add orc red -line")
        # What a kill at this moment would leave.
        data = tmp_path / "one" / "data" / HIGHLIGHTS / "highlights.toml"
        copy = tmp_path / "two" / "data" / HIGHLIGHTS / "highlights.toml"
        copy.parent.mkdir(parents=True)
        copy.write_bytes(data.read_bytes())
    async with ProxyHarness(tmp_path / "two", mud=False) as proxy:
        assert await proxy.command("#bp.highlights.test an orc") == ["\x1b[31man orc\x1b[0m"]


async def test_a_broken_file_is_kept_and_said(tmp_path):
    path = tmp_path / "data" / HIGHLIGHTS / "highlights.toml"
    path.parent.mkdir(parents=True)
    path.write_text("[[highlight]\n")
    async with ProxyHarness(tmp_path, mud=False) as proxy:
        assert proxy.api(f"{HIGHLIGHTS}:list")() == []
        assert any(f"it is kept as {path}.broken" in message for message in proxy.log)
        await proxy.command("#bp.highlights.add orc red")
    assert path.with_name("highlights.toml.broken").read_text() == "[[highlight]\n"


async def test_a_file_that_cannot_be_written_is_said(proxy):
    await proxy.command("#bp.highlights.add orc red")
    path = proxy.home / "data" / HIGHLIGHTS / "highlights.toml"
    path.unlink()
    path.mkdir()
    answer = await proxy.command("#bp.highlights.add elf red")
    assert answer[0].startswith("that is done, but lasts only until the proxy stops")
    assert await proxy.command("#bp.highlights.test elf") == ["\x1b[31melf\x1b[0m"]
    path.rmdir()
