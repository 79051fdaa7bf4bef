from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bastproxy.demo import DemoMud, serve
from bastproxy.libs.ledger import Ledger
from bastproxy.libs.net.telnet.constants import ECHO, EOR, EOR_OPTION, GA, GMCP, NAWS, TTYPE
from bastproxy.libs.tasks import Tasks

Connect = Callable[..., Awaitable[Any]]


async def test_login_and_look(connect: Connect) -> None:
    client = await connect()
    assert (await client.prompt()).endswith("By what name do you go? ")
    text = await client.do("ann")
    assert "Market Square\r\n" in text
    assert text.endswith("\r\n<30hp 20mv> ")
    assert "Exits: north, east, south, west.\r\n" in await client.do("look")


async def test_prompts_end_with_go_ahead_unless_eor_is_negotiated(connect: Connect) -> None:
    plain = await connect("Ann")
    assert set(plain.marks) == {GA}
    modern = await connect("Bob", EOR_OPTION)
    assert modern.marks[-1] == EOR


async def test_every_command_has_one_prompt(connect: Connect) -> None:
    client = await connect("Ann")
    client.send("score", "", "xyzzy", "west", "echo last")
    text = await client.until("last\r\n<30hp 19mv> \x1e")
    assert text.count("mv> ") == 4
    assert client.text == ""


async def test_a_prompt_is_followed_by_a_new_line_when_something_happens(
    connect: Connect,
) -> None:
    ann = await connect("Ann")
    bob = await connect("Bob")
    assert await ann.prompt() == "\r\nBob steps out of the fog.\r\n<30hp 20mv> "
    bob.send("say Well, well.")
    assert await ann.prompt() == "\r\nBob says: Well, well.\r\n<30hp 20mv> "
    assert await bob.prompt() == "You say: Well, well.\r\n<30hp 20mv> "


async def test_prompt_modes(connect: Connect) -> None:
    client = await connect("Ann")
    marks = len(client.marks)
    client.send("prompt bare")
    assert await client.until("mv> ") == "Prompts end with nothing now.\r\n<30hp 20"
    client.send("prompt newline")
    assert await client.until("mv> \r\n") == "Prompts end with a newline now.\r\n<30hp 20"
    assert len(client.marks) == marks
    assert await client.do("prompt ga") == "Prompts end with a go-ahead now.\r\n<30hp 20mv> "


async def test_an_option_we_do_not_know_is_refused(mud: DemoMud) -> None:
    reader, writer = await asyncio.open_connection(*mud.address)
    writer.write(b"\xff\xfd\x56\xff\xfb\x5a")
    assert await asyncio.wait_for(reader.readuntil(b"\xff\xfe\x5a"), 10)
    writer.transport.abort()


async def test_terminal_type_and_size_are_asked_for(mud: DemoMud, connect: Connect) -> None:
    client = await connect("Ann")
    await client.when(lambda: client.telnet.is_local(NAWS) and client.subnegotiations)
    assert (client.subnegotiations[0].option, client.subnegotiations[0].data) == (TTYPE, b"\1")
    for name in (b"TESTER", b"ANSI", b"ANSI"):
        client.writer.write(client.telnet.subnegotiation(TTYPE, b"\0" + name))
    client.writer.write(client.telnet.subnegotiation(NAWS, b"\0\x28\0\x18"))
    text = await client.do("look")
    (session,) = mud.sessions
    assert session.terminal.types == ["TESTER", "ANSI"]
    assert max(map(len, text.split("\r\n"))) in range(35, 41)


async def test_the_state_reaches_a_gmcp_client_and_only_what_it_supports(
    mud: DemoMud, connect: Connect
) -> None:
    client = await connect("Ann", GMCP)
    client.gmcp("Core.Hello", {"client": "tester", "version": "1"})
    await client.do("look")
    assert client.messages == []
    client.gmcp("Core.Supports.Set", ["Char.Vitals 1", "Room 1"])
    await client.do("w")
    assert client.messages[-2:] == [
        ("Char.Vitals", {"hp": 30, "maxhp": 30, "mv": 19, "maxmv": 20}),
        (
            "Room.Info",
            {"num": 2, "name": "The Gilded Eel", "area": "Low Tolling", "exits": {"e": 1}},
        ),
    ]
    assert {name for name, _ in client.messages} == {"Char.Vitals", "Room.Info"}
    client.gmcp("Core.Supports.Remove", ["Room"])
    client.gmcp("Core.Supports.Add", ["Char 1"])
    client.messages.clear()
    await client.do("e")
    names = {name for name, _ in client.messages}
    assert names == {"Char.Name", "Char.Vitals", "Char.Status"}


async def test_gmcp_tells_of_what_time_brings(mud: DemoMud, connect: Connect) -> None:
    client = await connect("Ann", GMCP)
    client.gmcp("Core.Supports.Set", ["Char 1"])
    await client.do("w")
    client.messages.clear()
    mud.advance(4)
    await client.when(lambda: client.messages)
    assert client.messages == [("Char.Vitals", {"hp": 30, "maxhp": 30, "mv": 20, "maxmv": 20})]


async def test_gmcp_channels_and_ping(connect: Connect) -> None:
    ann = await connect("Ann", GMCP)
    ann.gmcp("Core.Supports.Set", ["Comm.Channel 1"])
    ann.gmcp("Core.Ping")
    await ann.when(lambda: ("Core.Ping", None) in ann.messages)
    bob = await connect("Bob")
    bob.send("shout Ahoy")
    await ann.until("shouts: Ahoy")
    heard = {"channel": "shout", "talker": "Bob", "text": "Ahoy"}
    await ann.when(lambda: ("Comm.Channel.Text", heard) in ann.messages)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b" ",
        b"Core.Supports.Set",
        b"Core.Supports.Set {",
        b"Core.Hello []",
        b'Core.Supports.Add [1,null,""]',
        b"X " + b"[" * 8000,
        b"\xff\xfe",
        b"a" * 9000,
    ],
)
async def test_broken_gmcp_is_passed_over(connect: Connect, message: bytes) -> None:
    client = await connect("Ann", GMCP)
    client.writer.write(client.telnet.subnegotiation(GMCP, message))
    assert "still here" in await client.do("echo still here")
    assert client.messages == []


async def test_a_flood_arrives_complete_and_in_order(connect: Connect) -> None:
    client = await connect("Ann")
    text = await client.do("flood 20000 60")
    *lines, prompt = text.split("\r\n")
    assert [int(line.split()[1]) for line in lines] == list(range(1, 20001))
    assert {len(line) for line in lines} == {60}
    assert prompt == "<30hp 20mv> "


async def test_a_flood_waits_for_its_reader_and_nobody_else_does(
    mud: DemoMud, connect: Connect
) -> None:
    slow = await connect("Ann")
    quick = await connect("Bob")
    slow.writer.transport.pause_reading()
    slow.send("flood 10000000 4096")
    (session,) = [each for each in mud.sessions if each.player.name == "Ann"]
    for _ in range(50):
        assert "pong" in await quick.do("echo pong")
    assert session._transport.get_write_buffer_size() < 1 << 18


async def test_who_vanishes_in_a_flood_is_gone(mud: DemoMud, connect: Connect) -> None:
    ann = await connect("Ann")
    bob = await connect("Bob")
    await ann.prompt()
    ann.send("flood 10000000")
    await ann.until("flood 000100")
    ann.close()
    assert "Ann fades into the fog." in await bob.prompt()
    assert list(mud.game.players) == ["bob"]


async def test_many_lines_at_once_are_all_answered(connect: Connect) -> None:
    client = await connect("Ann")
    client.send(*["look"] * 2000, "echo the end")
    text = await client.until("the end\r\n")
    assert text.count("mv> ") == 2000


async def test_who_reads_nothing_is_cut_off(mud: DemoMud, connect: Connect) -> None:
    client = await connect("Ann")
    client.writer.transport.pause_reading()
    (session,) = mud.sessions
    for _ in range(10_000):
        if session not in mud.sessions:
            break
        session.raw("x" * 65536)
        await asyncio.sleep(0)
    assert session not in mud.sessions
    assert mud.game.players == {}


async def test_echo_sends_every_byte_back(connect: Connect) -> None:
    client = await connect("Ann")
    data = bytes(byte for byte in range(256) if byte not in b"\r\n\0")
    text = data.decode("utf-8", "surrogateescape")
    client.send(f"echo {text}")
    await client.when(lambda: "\x1e<30hp" not in client.text and "mv> " in client.text)
    assert client.text.startswith(text + "\r\n")


async def test_the_rest_of_a_long_line_is_dropped(connect: Connect) -> None:
    client = await connect("Ann")
    text = await client.do("echo " + "x" * 100_000)
    assert text.startswith("A line has at most 4096 bytes; the rest was dropped.\r\n")
    assert text.count("x") == 4096 - len("echo ")
    assert "fine" in await client.do("echo fine")


@pytest.mark.parametrize(
    "name", ["", "al", "x" * 17, "Ann1", "Ann Bee", "Änne", "marla", "\x1b[1m"]
)
async def test_bad_names_are_refused(mud: DemoMud, connect: Connect, name: str) -> None:
    client = await connect()
    await client.prompt()
    assert (await client.do(name)).endswith("By what name do you go? ")
    assert mud.game.players == {}


async def test_ten_bad_names_are_enough(connect: Connect) -> None:
    client = await connect()
    client.send(*["?"] * 11)
    text = await client.end()
    assert text.count("A name has") == 10
    assert text.endswith("Goodbye!\r\n")


async def test_a_name_without_a_password_is_played_once(mud: DemoMud, connect: Connect) -> None:
    await connect("Ann")
    second = await connect()
    await second.prompt()
    assert "Somebody of that name is playing" in await second.do("ANN")
    assert "Market Square" in await second.do("Bob")


async def _choose_password(client: Any, *words: str) -> str:
    assert (await client.do("password")).startswith("New password")
    assert client.telnet.is_remote(ECHO)
    text = ""
    for word in words:
        text = await client.do(word)
    assert not client.telnet.is_remote(ECHO)
    return text


async def test_a_password_keeps_a_name_and_its_things(mud: DemoMud, connect: Connect) -> None:
    first = await connect("Ann")
    await first.do("w")
    await first.do("get knife")
    assert "is yours" in await _choose_password(first, "se cret", "se cret")
    first.send("quit")
    await first.end()
    second = await connect()
    await second.prompt()
    assert await second.do("ann") == "Password: "
    assert second.telnet.is_remote(ECHO)
    assert "not the password" in await second.do("secret")
    assert not second.telnet.is_remote(ECHO)
    await second.do("ann")
    assert "The Gilded Eel" in await second.do("se cret")
    assert "a bread knife" in await second.do("i")


async def test_a_password_is_nowhere_sent_back(connect: Connect) -> None:
    client = await connect("Ann")
    assert "sesame" not in await _choose_password(client, "sesame", "sesame")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("",), "Nothing is changed"),
        (("abc",), "has 4 to 128"),
        (("x" * 129,), "has 4 to 128"),
        (("abcd", "abce"), "two different ones"),
        (("abcd", ""), "two different ones"),
    ],
)
async def test_passwords_that_are_not_taken(
    mud: DemoMud, connect: Connect, words: tuple[str, ...], why: str
) -> None:
    client = await connect("Ann")
    assert why in await _choose_password(client, *words)
    client.send("quit")
    await client.end()
    again = await connect("Ann")
    assert "Ann" in await again.do("who")


async def test_three_wrong_passwords_are_enough(connect: Connect) -> None:
    first = await connect("Ann")
    await _choose_password(first, "sesame", "sesame")
    second = await connect()
    second.send(*["ann", "wrong"] * 3)
    text = await second.end()
    assert text.count("not the password") == 3
    assert text.endswith("Goodbye!\r\n")


async def test_a_password_takes_over_from_an_older_connection(
    mud: DemoMud, connect: Connect
) -> None:
    old = await connect("Ann")
    await _choose_password(old, "sesame", "sesame")
    new = await connect()
    await new.prompt()
    await new.do("Ann")
    assert "Market Square" in await new.do("sesame")
    assert "by another door" in await old.end()
    assert list(mud.game.players) == ["ann"]
    assert "<30hp 20mv> " in await new.do("say still me")


async def test_quit(mud: DemoMud, connect: Connect) -> None:
    client = await connect("Ann")
    client.send("quit", "say not heard")
    assert await client.end() == "The fog closes behind you. Goodbye!\r\n"
    assert mud.game.players == {}


async def test_who_quits_and_does_not_close_is_closed(
    mud: DemoMud, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bastproxy.demo.session.CLOSING_SECONDS", 0)
    closed = asyncio.Event()
    monkeypatch.setattr(mud, "gone", lambda session: closed.set())
    client = await connect("Ann")
    client.send("quit")
    await asyncio.wait_for(closed.wait(), 10)
    mud.sessions.clear()
    assert "Goodbye!" in await client.end()


async def test_who_does_not_log_in_is_sent_away(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bastproxy.demo.session.LOGIN_SECONDS", 0)
    assert (await (await connect()).end()).endswith("for a long time. Goodbye!\r\n")


async def test_who_vanishes_is_taken_out_of_the_game(mud: DemoMud, connect: Connect) -> None:
    ann = await connect("Ann")
    bob = await connect("Bob")
    await ann.prompt()
    bob.close()
    assert "Bob fades into the fog." in await ann.prompt()


async def test_what_was_typed_before_the_end_is_done(connect: Connect) -> None:
    client = await connect()
    client.send("Ann", "echo before the end")
    client.end_writing()
    assert "before the end" in await client.end()


async def test_colours_can_be_left_out(connect: Connect) -> None:
    client = await connect("Ann")
    client.send("look")
    await client.when(lambda: "mv> " in client.text)
    assert "\x1b[" in client.text
    await client.prompt()
    await client.do("colour off")
    client.send("look")
    await client.when(lambda: "mv> " in client.text)
    assert "\x1b[" not in client.text


async def test_a_full_house(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bastproxy.demo.server.MAX_SESSIONS", 1)
    await connect("Ann")
    assert "full" in await (await connect()).end()


async def test_stop_says_goodbye_and_start_opens_again(mud: DemoMud, connect: Connect) -> None:
    client = await connect("Ann")
    address = mud.address
    await mud.stop()
    assert (await client.end()).endswith("Goodbye!\r\n")
    with pytest.raises(RuntimeError, match="no address"):
        _ = mud.address
    await mud.stop()
    assert await mud.start(*address) == address
    assert "Market Square" in await (await connect("Ann")).do("look")


async def test_start_twice_is_refused(mud: DemoMud) -> None:
    with pytest.raises(RuntimeError, match="running already"):
        await mud.start()


@pytest.mark.parametrize("owned", [True, False])
async def test_the_ticker_runs_until_the_stop(owned: bool) -> None:
    tasks = Tasks(Ledger())
    mud = DemoMud(tick=0.001, tasks=tasks if owned else None)
    due = asyncio.Event()
    mud.game.timetable.after(0.002, due.set)
    await mud.start()
    assert len(tasks.of("demo")) == owned
    await asyncio.wait_for(due.wait(), 10)
    await mud.stop()
    assert tasks.of("demo") == []


async def test_serve_runs_until_cancelled() -> None:
    address: asyncio.Future[tuple[str, int]] = asyncio.get_running_loop().create_future()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(
            serve("127.0.0.1", 0, lambda host, port: address.set_result((host, port)))
        )
        reader, writer = await asyncio.open_connection(*await address)
        assert await reader.readuntil(b"go? ")
        task.cancel()
        assert (await reader.read()).endswith(b"Goodbye!\r\n")
        writer.close()
