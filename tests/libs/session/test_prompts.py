from __future__ import annotations

import asyncio

import pytest

from bastproxy.libs.net.telnet.constants import CHARSET, EOR_OPTION, IAC, SB, SE, SGA
from bastproxy.libs.session.hiding import EARLY_LINES

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
    assert await client.read_until("[own]\r\nName: ") == b"Name: \r\n[own]\r\nName: "


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


HP = b"<hp> "


def wire(client):
    """Collect the bytes that a client gets from now on, its telnet included."""
    found = bytearray()
    receive = client.data_received
    client.data_received = lambda data: (found.extend(data), receive(data))[1]
    return found


async def test_a_line_of_a_plugin_does_not_join_a_prompt_which_comes_again(world):
    client = await world.connect()
    found = wire(client)
    await world.mud.send_prompt("<hp> ")
    await client.read_prompt()
    world.session.send_to_clients(["one", "two"])
    assert await client.read_prompt() == "<hp> "
    assert bytes(found) == b"<hp> \xff\xef\r\none\r\ntwo\r\n<hp> \xff\xef"
    world.session.send_to_clients("three")
    assert await client.read_prompt() == "<hp> "
    assert bytes(found).endswith(b"two\r\n<hp> \xff\xef\r\nthree\r\n<hp> \xff\xef")
    await world.mud.send(b"A rat.\r\n")
    await client.read_until("rat.\r\n")
    assert bytes(client.raw) == b"<hp> \r\none\r\ntwo\r\n<hp> \r\nthree\r\n<hp> A rat.\r\n"
    world.session.send_to_clients("four")
    await client.read_until("four\r\n")
    await client.sync()
    assert client.raw.endswith(b"A rat.\r\nfour\r\n")


async def test_the_prompt_comes_again_where_it_was_left_and_nowhere_else(world):
    one, two = await world.connect(), await world.connect()
    await world.mud.send_prompt("<hp> ")
    await one.read_prompt()
    await two.read_prompt()
    world.session.send_to_clients("only you", ["client-1"])
    assert await one.read_prompt() == "<hp> "
    await two.sync()
    assert one.prompts == ["<hp> "] * 2
    assert two.prompts == ["<hp> "]
    assert [shown.data for shown in world.session.scrollback.replay().before] == [HP]


async def test_who_has_typed_stands_at_the_beginning_of_a_line(world):
    world.on(FROM_CLIENT, lambda record: record.update(send=False))
    client = await world.connect()
    await world.mud.send_prompt("<hp> ")
    await client.read_prompt()
    await client.send_line("#bp.something")
    await client.sync()
    world.session.send_to_clients("answer")
    assert await client.read_prompt() == "<hp> "
    assert bytes(client.raw) == b"<hp> answer\r\n<hp> "


async def test_who_does_not_echo_himself_does_not(world):
    client = await world.connect()
    await world.mud.send_prompt("Password: ")
    world.mud.echo(True)
    await client.read_prompt()
    await client.sync()
    await client.send_line("sesame")
    assert await world.mud.read_line() == "sesame"
    world.session.send_to_clients("hello")
    assert await client.read_until("hello\r\n") == b"Password: \r\nhello\r\n"


async def test_a_prompt_is_over_when_the_mud_is_told_something(world):
    client = await world.connect()
    for say in (
        lambda: client.send_line("look"),
        lambda: asyncio.sleep(0, world.session.send_to_mud("look")),
    ):
        await world.mud.send_prompt("<hp> ")
        await client.read_prompt()
        count = len(client.prompts)
        await say()
        assert await world.mud.read_line() == "look"
        world.session.send_to_clients("meanwhile")
        await client.read_until("meanwhile\r\n")
        await client.sync()
        assert len(client.prompts) == count
    await world.mud.send_prompt("<hp> ")
    await client.read_prompt()
    await world.lose_mud()
    world.session.send_to_clients("alone")
    assert (await client.read_until("alone\r\n")).endswith(b"<hp> \r\nalone\r\n")
    await client.sync()
    assert not client.raw.endswith(HP)


async def test_a_bare_mark_and_colours_alone_move_no_cursor(world):
    client = await world.connect()
    await world.mud.send(b"line\r\n\x1b[0m")
    await world.mud.send_prompt("")
    await client.read_until("line\r\n\x1b[0m")
    await client.sync()
    world.session.send_to_clients("own")
    await client.read_until("own\r\n")
    await client.sync()
    assert bytes(client.raw) == b"line\r\n\x1b[0mown\r\n"


async def test_a_prompt_in_pieces_comes_again_whole(world):
    client = await world.connect()
    await world.mud.send(b"<30hp ")
    await client.read_until("<30hp ")
    await world.mud.send_prompt("20mv> ")
    assert await client.read_prompt() == "<30hp 20mv> "
    world.session.send_to_clients("own")
    assert await client.read_prompt() == "<30hp 20mv> "


async def test_the_beginning_of_a_long_line_does_not_come_again(world):
    client = await world.connect()
    await world.mud.send(b"x" * 70_000)
    await client.read_until(b"x" * 70_000)
    world.session.send_to_clients("own")
    await client.read_until("own\r\n")
    await client.sync()
    assert client.raw.endswith(b"x\r\nown\r\n")


async def test_what_somebody_types_is_shown_to_the_others_behind_their_prompt(world):
    one, two = await world.connect(), await world.connect()
    for client in (one, two):
        await world.mud.sync()
        assert client.raw == b""
    await world.mud.send_prompt("<hp> ")
    await one.read_prompt()
    await two.read_prompt()
    await one.send_line("lo\x1b[2Jok")
    assert await world.mud.read_line() == "lo\x1b[2Jok"
    await world.mud.send(b"A room.\r\n")
    assert await two.read_until("room.\r\n") == b"<hp> lo[2Jok\r\nA room.\r\n"
    assert await one.read_until("room.\r\n") == b"<hp> A room.\r\n"


async def test_what_is_typed_letter_by_letter_is_shown_as_a_line(world):
    one, two = await world.connect(), await world.connect()
    for letter in "north":
        await one.send(letter.encode())
        await world.mud.read_until(letter)
    await one.send(b"\r\n")
    assert await world.mud.read_line() == "north"
    await world.mud.send_line("A road.")
    assert await two.read_lines(2) == ["north", "A road."]


async def test_what_a_plugin_drops_is_not_shown_and_what_it_sends_instead_is(world):
    def change(record):
        if record["line"] == "secret":
            record["send"] = False
        elif record["line"] == "n2":
            record["send"] = False
            world.session.send_to_mud(["n", "n"], client_id=record["client_id"])
        elif record["line"] == "hi":
            record["line"] = "say hello"

    world.on(FROM_CLIENT, change)
    one, two = await world.connect(), await world.connect()
    for line in ("secret", "n2", "hi"):
        await one.send_line(line)
    for line in ("n", "n", "say hello"):
        assert await world.mud.read_line() == line
    world.session.send_to_mud("of a plugin")
    await world.mud.read_line()
    await world.mud.send_line("end")
    assert await two.read_lines(4) == ["n", "n", "say hello", "end"]
    assert await one.read_line() == "end"


@pytest.mark.parametrize("idle", [True, False])
async def test_no_password_is_shown(world, idle):
    if not idle:
        world.on(FROM_CLIENT, lambda _: None)
    one, two = await world.connect(), await world.connect()
    await one.send_line("connect Osric sesame")
    world.mud.echo(True)
    await world.mud.sync()
    await one.sync()
    await one.send_line("sesame")
    world.mud.echo(False)
    await world.mud.sync()
    await one.sync()
    await one.send_line("connect")
    assert await world.mud.read_until("connect\r\n")
    await world.mud.send_line("end")
    assert await two.read_lines(3) == ["connect ...", "connect", "end"]
    assert not any(b"sesame" in shown.data for shown in world.session.scrollback._shown)


async def test_no_abbreviated_login_is_shown_however_often_one_connects(world):
    one, two = await world.connect(), await world.connect()
    for connection in range(2, 4):
        for _ in range(EARLY_LINES):
            await one.send_line("co Osric sesame")
        await one.sync()
        assert await two.read_lines(EARLY_LINES) == ["co ..."] * EARLY_LINES
        assert await world.session.reconnect()
        await world.mud.wait_connected(connection)


async def test_nothing_is_shown_while_the_mud_echoes_itself(world):
    one, two = await world.connect(), await world.connect()
    world.mud.echo(True)
    await world.mud.sync()
    lines = [f"line {number}" for number in range(8)]
    for line in lines:
        await one.send_line(line)
        assert await world.mud.read_line() == line
    await world.mud.send_line("end")
    assert await two.read_line() == "end"


async def test_what_is_typed_is_shown_in_the_encoding_of_each(world):
    one, two = await world.connect(), await world.connect()
    world.session.clients["client-2"].encoding = "latin-1"
    await one.send("sag Grüße\r\n".encode())
    await two.read_until("sag Grüße\r\n".encode("latin-1"))


async def test_lines_before_an_agreement_on_the_encoding_are_in_the_old_one(make_world):
    world = await make_world()
    try:
        found = world.collect(FROM_MUD)
        client = await world.connect()
        peer = world.mud.peer
        await peer.ask(CHARSET)
        await peer.sync()
        before, after = "Grüße\r\n".encode(), "Grüße\r\n".encode("latin-1")
        request = bytes([IAC, SB, CHARSET, 1]) + b";ISO-8859-1" + bytes([IAC, SE])
        peer.send_raw(before + request + after)
        assert await client.read_lines(2) == ["Grüße", "Grüße"]
        assert [one["line"] for one in found] == ["Grüße", "Grüße"]
    finally:
        await world.stop()
