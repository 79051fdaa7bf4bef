from __future__ import annotations

import asyncio

from bastproxy.libs.net.telnet.constants import EOR_OPTION, SGA

FROM_MUD = "ev_from_mud_event"
FROM_CLIENT = "ev_from_client_event"


async def test_a_prompt_keeps_its_place_and_its_mark(world):
    client = await world.connect()
    found = world.collect(FROM_MUD)
    await world.mud.send_line("before")
    await world.mud.send_prompt("<hp> ")
    await world.mud.send_line("after")
    assert await client.read_lines(2) == ["before", "after"]
    assert client.prompts == ["<hp> "]
    assert [(one["line"], one["is_prompt"], one["continues"]) for one in found] == [
        ("before", False, False),
        ("<hp> ", True, False),
        ("after", False, False),
    ]


async def test_a_changed_prompt_is_still_a_prompt(world):
    client = await world.connect()
    world.on(FROM_MUD, lambda record: record.update(line="<changed> "))
    await world.mud.send_prompt("<hp> ")
    assert await client.read_prompt() == "<changed> "


async def test_a_prompt_is_marked_as_each_client_understands_it(world):
    plain = await world.connect()
    suppressing = await world.connect(options=[SGA])
    plain.telnet.disable_remote(EOR_OPTION)
    plain._flush()
    suppressing.telnet.disable_remote(EOR_OPTION)
    suppressing.telnet.enable_remote(SGA)
    suppressing._flush()
    await plain.sync()
    await suppressing.sync()
    await world.mud.send_prompt("<hp> ")
    assert await plain.read_prompt() == "<hp> "
    assert await suppressing.read_until("<hp> ") == b"<hp> "
    assert suppressing.prompts == []


async def test_text_without_an_end_is_passed_on_after_a_quiet_time(world):
    client = await world.connect()
    found = world.collect(FROM_MUD)
    await world.mud.send(b"Name: ")
    await client.read_until("Name: ")
    await world.mud.send(b"?\r\n")
    assert await client.read_until("\r\n") == b"Name: ?\r\n"
    assert [(one["line"], one["is_prompt"], one["continues"]) for one in found] == [
        ("Name: ", True, True),
        ("?", False, False),
    ]


async def test_a_mud_that_marks_prompts_is_given_more_time_for_a_line(world):
    client = await world.connect()
    await world.mud.send_prompt("<hp> ")
    await client.read_prompt()
    found = world.collect(FROM_MUD)
    await world.mud.send(b"half a ")
    await world.mud.sync()
    waited = asyncio.get_running_loop().call_later(
        world.session.quiet_time * 5, world.mud.peer._transport.write, b"line\r\n"
    )
    assert await client.read_line() == "half a line"
    assert waited.when() < asyncio.get_running_loop().time()
    assert [one["line"] for one in found] == ["half a line"]


async def test_a_mud_that_marks_prompts_is_not_waited_for_forever(world):
    client = await world.connect()
    await world.mud.send_prompt("<hp> ")
    await world.mud.send(b"Password: ")
    await client.read_until("Password: ")


async def test_the_rest_of_a_line_end_raises_no_event(world):
    client = await world.connect()
    found = world.collect(FROM_MUD)
    await world.mud.send(b"line\n\r")
    await client.read_line()
    while client.telnet._held != b"\r":
        client._changed.clear()
        await client._changed.wait()
    world.session.send_to_clients("own")
    assert await client.read_line() == "\rown"
    assert bytes(client.raw) == b"line\n\rown\r\n"
    assert [one["line"] for one in found] == ["line"]


async def test_a_line_of_a_plugin_does_not_join_an_open_line(world):
    client = await world.connect()
    await world.mud.send(b"Name: ")
    await client.read_until("Name: ")
    world.session.send_to_clients("[own]")
    assert await client.read_until("[own]\r\n") == b"Name: \r\n[own]\r\n"


async def test_a_client_in_character_mode_is_passed_on(world):
    client = await world.connect()
    found = world.collect(FROM_CLIENT)
    await client.send(b"y")
    await world.mud.read_until("y")
    assert [(one["line"], one["is_prompt"], one["continues"]) for one in found] == [
        ("y", False, True)
    ]


async def test_a_bare_return_of_a_client_ends_its_line_when_nothing_follows(world):
    client = await world.connect()
    found = world.collect(FROM_CLIENT)
    await client.send(b"look\r")
    while not found:
        await world.mud.sync()
    assert (found[0]["line"], found[0]["terminator"], found[0]["continues"]) == (
        "look",
        b"\r",
        False,
    )


async def test_what_could_become_a_command_is_held_until_its_line_ends(world):
    world.session.hold_prefixes.add(b"#bp")
    client = await world.connect()
    other = await world.connect()
    found = world.collect(FROM_CLIENT)
    await client.send(b"#")
    await other.send(b"x")  # it is passed on after the quiet time of the first is over
    await world.mud.read_until("x")
    assert [one["line"] for one in found] == ["x"]
    await client.send(b"bp.help")
    await other.send(b"y")
    await world.mud.read_until("xy")
    await client.send(b"\r\n")
    while len(found) < 3:
        await client.sync()
    assert (found[2]["line"], found[2]["continues"]) == ("#bp.help", False)


async def test_what_is_pending_at_the_end_is_passed_on(world):
    client = await world.connect()
    world.session.quiet_time = 60
    late = await world.connect()
    await late.send(b"half")
    late.close()
    await world.mud.read_until("half")
    world.mud.peer._transport.write(b"bye")
    world.mud.disconnect()
    await client.read_until("bye")


async def test_a_long_line_comes_in_fragments(world):
    client = await world.connect()
    found = world.collect(FROM_MUD)
    await world.mud.send(b"x" * 100_000 + b"\r\n")
    assert await client.read_line() == "x" * 100_000
    assert [(len(one["line"]), one["continues"]) for one in found] == [
        (65536, True),
        (100_000 - 65536, False),
    ]
