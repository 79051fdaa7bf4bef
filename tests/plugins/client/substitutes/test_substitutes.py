from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bastproxy.testing import ProxyHarness

SUBSTITUTES = "plugins.client.substitutes"


@pytest.fixture
async def proxy(tmp_path: Path) -> AsyncIterator[ProxyHarness]:
    async with ProxyHarness(tmp_path) as proxy:
        yield proxy


async def test_other_text_in_the_look_of_what_it_replaces(proxy):
    client = await proxy.connect()
    assert await proxy.command("#bp.substitutes.add goblin 'small @Rgreen@n one'") == [
        "substitute 1 is added: goblin"
    ]
    for line in ("\x1b[33mA gob\x1b[0mlin, a goblin.", "A goblin.", "An orc."):
        await proxy.mud.send_line(line)
    assert [await client.read_line() for _ in range(3)] == [
        "\x1b[33mA small \x1b[1;31mgreen\x1b[0;33m one\x1b[0m, a small \x1b[1;31mgreen\x1b[0m one.",
        "A small \x1b[1;31mgreen\x1b[0m one.",
        "An orc.",
    ]


async def test_groups(proxy):
    client = await proxy.connect()
    await proxy.command(r"#bp.substitutes.add '^(?P<who>\w+) hits (\w+)' '$2: -5$$ by ${who}!'")
    await proxy.mud.send_line("\x1b[31mBob\x1b[0m hits me.")
    assert await client.read_line() == ("me\x1b[31m: -5$ by Bob!\x1b[0m.")


async def test_one_sees_what_another_has_made(proxy):
    await proxy.command("#bp.substitutes.add one two")
    await proxy.command("#bp.substitutes.add two three")
    await proxy.command("#bp.substitutes.add three one")
    assert await proxy.command("#bp.substitutes.test one two three") == ["one one one"]
    await proxy.command("#bp.substitutes.add two 2 -priority 1")
    assert await proxy.command("#bp.substitutes.test one two three") == ["two 2 one"]


async def test_text_can_be_taken_out(proxy):
    client = await proxy.connect()
    await proxy.command("#bp.substitutes.add '[Public] ' '' -text")
    await proxy.mud.send_line("[Public] hello")
    assert await client.read_line() == "hello"
    assert (await proxy.command("#bp.substitutes.list"))[1:] == ["1  [Public]   ''        text"]


async def test_codes_in_what_the_mud_says_are_no_codes(proxy):
    client = await proxy.connect()
    await proxy.command(r"#bp.substitutes.add 'says (.*)' 'says: @Y$1'")
    await proxy.mud.send_line("Bob says me@Rhome $1 $$")
    assert await client.read_line() == "Bob says: \x1b[1;33mme@Rhome $1 $$\x1b[0m"


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("add orc '$1'", "there is no $1: the pattern has no groups; write $$"),
        ("add '(o)rc' '$2'", "there is no $2: the pattern has 1 group; write $$"),
        ("add orc '$who'", "there is no $who: the pattern has no group (?P<who>...)"),
        ("add orc", "the following arguments are required: new"),
        ("add '(' x", "is no regular expression"),
    ],
)
async def test_mistakes_are_explained(proxy, line, answer):
    assert answer in "\n".join(await proxy.command(f"#bp.substitutes.{line}"))
    assert proxy.api(f"{SUBSTITUTES}:list")() == []


async def test_a_change_of_the_new_text_alone_is_checked_too(proxy):
    await proxy.command("#bp.substitutes.add orc elf")
    assert "there is no $1" in (await proxy.command("#bp.substitutes.add orc '$1'"))[0]
    assert await proxy.command("#bp.substitutes.test orc") == ["elf"]
    assert await proxy.command("#bp.substitutes.test dog") == ["it would stay as it is: dog"]


async def test_the_apis_and_a_reload(proxy):
    client = await proxy.connect()
    assert proxy.api(f"{SUBSTITUTES}:add")("orc", "elf", ignore_case=True)
    assert not proxy.api(f"{SUBSTITUTES}:add")("orc", "dwarf", ignore_case=True)
    with pytest.raises(ValueError, match=r"there is no \$1"):
        proxy.api(f"{SUBSTITUTES}:add")("x", "$1")
    assert proxy.api("libs.plugins.loader:reload.plugin")(SUBSTITUTES)
    await proxy.mud.send_line("An Orc.")
    assert await client.read_line() == "An dwarf."


async def test_substitute_highlight_and_gag_go_together(proxy):
    client = await proxy.connect()
    await proxy.command("#bp.substitutes.add goblin orc")
    await proxy.command("#bp.highlights.add orc @R")
    await proxy.command("#bp.gags.add 'orc yawns'")
    for line in ("A goblin yawns.", "\x1b[32mA goblin waves.\x1b[0m"):
        await proxy.mud.send_line(line)
    assert await client.read_line() == "\x1b[32mA \x1b[1;31morc\x1b[0;32m waves.\x1b[0m"
