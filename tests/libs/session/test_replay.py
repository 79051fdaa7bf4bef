from __future__ import annotations

import asyncio


async def shown(world, text: bytes) -> None:
    """Have the MUD say something and wait until the session has it."""
    await world.mud.send(text)
    await world.mud.sync()


async def leave(world, client) -> None:
    """Have a client go, and wait until the session knows."""
    gone = asyncio.Event()
    callback = world.on("ev_client_disconnected", lambda _: gone.set())
    client.close()
    async with asyncio.timeout(5):
        await gone.wait()
    world.dispatcher.unregister("ev_client_disconnected", callback)


async def test_a_late_client_gets_the_scrollback_and_then_the_live_stream(world):
    first = await world.connect()
    await world.mud.send(b"\x1b[32mA rat arrives.\r\nIt bites.\x1b[0m\r\n")
    await first.read_until("It bites.")
    late = await world.connect()
    await world.mud.send(b"live\r\n")
    await late.read_until("live")
    text = bytes(late.raw)
    assert b"what was said before" in text
    assert text.index(b"\x1b[32mA rat arrives.\r\nIt bites.\x1b[0m\r\n") < text.index(b"now:")
    assert text.index(b"now:") < text.index(b"live")
    assert text.count(b"A rat arrives.") == 1
    assert bytes(first.raw).count(b"A rat arrives.") == 1


async def test_a_client_leaves_in_a_fight_and_the_next_sees_every_line_once(world):
    first = await world.connect()
    await world.mud.send(b"".join(b"round %d\r\n" % n for n in range(5)))
    await first.read_until("round 4")
    await leave(world, first)
    await shown(world, b"".join(b"round %d\r\n" % n for n in range(5, 90)))
    second = await world.connect()
    await world.mud.send(b"".join(b"round %d\r\n" % n for n in range(90, 95)))
    await second.read_until("round 94")
    text = bytes(second.raw).decode()
    assert [line for line in text.splitlines() if line.startswith("round")] == [
        f"round {n}" for n in range(95)
    ]
    marks = [line for line in text.splitlines() if line.startswith("[bastproxy]")]
    assert [mark.split(",")[0].split(":")[0] for mark in marks] == [
        "[bastproxy] what was said before",
        "[bastproxy] while nobody was connected",
        "[bastproxy] now",
    ]
    assert "85 lines" in marks[1]


async def test_no_scrollback_where_none_is_wanted(world):
    world.session.scrollback.lines = 0
    first = await world.connect()
    await world.mud.send(b"old\r\n")
    await first.read_until("old")
    late = await world.connect()
    await world.mud.send(b"live\r\n")
    await late.read_until("live")
    assert bytes(late.raw) == b"live\r\n"


async def test_a_prompt_is_replayed_as_a_prompt(world):
    first = await world.connect()
    await world.mud.send_prompt("<30hp>")
    await first.read_prompt()
    late = await world.connect()
    assert await late.read_prompt() == "<30hp>"


async def test_colours_go_on_in_the_replay_and_after_it(world):
    first = await world.connect()
    world.session.scrollback.lines = 1
    await world.mud.send(b"\x1b[31mred\r\nstill\r\n")
    await first.read_until("still")
    late = await world.connect()
    await world.mud.send(b"live\r\n")
    await late.read_until("live")
    text = bytes(late.raw)
    assert text.index(b"\x1b[31m") < text.index(b"still\r\n")
    now = text.index(b"now:")
    assert text.rindex(b"\x1b[0m[bastproxy] now", 0, now + 4) < now
    assert text.index(b"\x1b[31m", now) < text.index(b"live")


async def test_what_a_plugin_keeps_from_the_clients_is_not_replayed(world):
    def hide(record):
        if "secret" in record["line"]:
            record["send"] = False

    world.on("ev_to_client_data_modify", hide)
    first = await world.connect()
    await world.mud.send(b"secret\r\nplain\r\n")
    await first.read_until("plain")
    late = await world.connect()
    await late.read_until("plain")
    assert b"secret" not in bytes(late.raw)


async def test_too_much_is_cut_to_what_a_client_may_be_behind(make_world):
    world = await make_world(queue_limit=20_000)
    try:
        await shown(world, b"".join(b"%06d %s\r\n" % (n, b"x" * 80) for n in range(1000)))
        client = await world.connect()
        await world.mud.send(b"live\r\n")
        await client.read_until("live")
        lines = bytes(client.raw).decode().splitlines()
        numbers = [int(line[:6]) for line in lines if line[:6].isdigit()]
        assert numbers == list(range(numbers[0], 1000))
        assert f"{numbers[0]} more are not kept" in lines[0]
    finally:
        await world.stop()


async def test_what_players_typed_is_replayed_behind_the_prompts(world):
    first = await world.connect()
    await world.mud.send_prompt("<hp> ")
    await first.read_prompt()
    await first.send_line("look")
    assert await world.mud.read_line() == "look"
    await world.mud.send(b"A room.\r\n")
    await first.read_until("room.")
    late = await world.connect()
    await late.read_until("now:\r\n")
    lines = bytes(late.raw).split(b"\r\n")
    assert lines[1:3] == [b"<hp> look", b"A room."]
    assert b"look" not in first.raw


async def test_the_prompt_comes_again_behind_the_marks(world):
    first = await world.connect()
    await world.mud.send_prompt("<hp> ")
    await first.read_prompt()
    world.session.send_to_clients("hello")
    await first.read_prompt()
    late = await world.connect()
    assert await late.read_prompt() == "<hp> "
    assert await late.read_prompt() == "<hp> "
    lines = bytes(late.raw).split(b"\r\n")
    assert lines[1:] == [b"<hp> ", b"hello", b"[bastproxy] now:", b"<hp> "]


async def test_the_prompt_of_a_mud_that_is_gone_does_not_come_again(world):
    first = await world.connect()
    await world.mud.send_prompt("<hp> ")
    await first.read_prompt()
    await world.lose_mud()
    world.session.send_to_clients("hello")
    await first.read_until("hello\r\n")
    late = await world.connect()
    await late.read_until("now:\r\n")
    await late.sync()
    assert late.prompts == ["<hp> "]
    assert late.raw.endswith(b"now:\r\n")


async def test_what_a_vanished_client_may_not_have_taken_is_shown_as_missed(world):
    world.session.scrollback.lines = 0
    first = await world.connect()
    await world.mud.send(b"written, but lost on the way\r\n")
    await first.read_until("lost on the way")
    world.session.clients["client-1"].taken_until = 0.0
    await leave(world, first)
    late = await world.connect()
    await late.read_until("lost on the way")
    assert b"while nobody was connected" in late.raw
