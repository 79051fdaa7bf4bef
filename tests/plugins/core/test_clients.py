import asyncio

import pytest

from bastproxy.libs.net.telnet.constants import CHARSET
from bastproxy.testing import ProxyHarness
from bastproxy.testing.peer import TestClient

CLIENTS = "plugins.core.clients"


@pytest.fixture
async def proxy(tmp_path):
    async with ProxyHarness(tmp_path) as harness:
        yield harness


async def test_lines_go_to_all_clients_or_to_those_named_as_plugins_change_them(proxy):
    one, two = await proxy.connect(), await proxy.connect()
    assert proxy.api(f"{CLIENTS}:list")() == ["client-1", "client-2"]
    proxy.api(f"{CLIENTS}:send")("to all")
    proxy.api(f"{CLIENTS}:send")(["only", "for you"], ["client-2"])
    proxy.api(f"{CLIENTS}:send")("to nobody", [])
    proxy.api(f"{CLIENTS}:send")("a\nb", ["client-1", "client-9"])

    def shout():
        record = proxy.api("plugins.core.events:get.current.event.record")()
        assert record["internal"]
        record["line"] = record["line"].upper()

    proxy.api("plugins.core.events:register.to.event")("ev_to_client_data_modify", shout)
    proxy.api(f"{CLIENTS}:send")("bye")
    assert await one.read_lines(4) == ["to all", "a", "b", "BYE"]
    assert await two.read_lines(4) == ["to all", "only", "for you", "BYE"]


async def test_a_client_is_kicked_and_the_others_stay(proxy):
    one, two = await proxy.connect(), await proxy.connect()
    gone = proxy.events("ev_client_disconnected")
    await one.send_line("#bp.clients.kick 2")
    await two.wait_closed()
    assert (await gone.wait(1))[0]["client_id"] == "client-2"
    assert await one.read_line() == "client-2 is disconnected"
    assert proxy.api(f"{CLIENTS}:list")() == ["client-1"]
    assert not proxy.api(f"{CLIENTS}:kick")("client-2")
    assert await proxy.command("#bp.clients.kick client-2") == [
        "there is no client 'client-2'; there is client-1"
    ]
    await one.send_line("#bp.clients.kick client-1")
    await one.wait_closed()
    await gone.wait(2)
    assert await proxy.command("#bp.clients.kick 1") == [
        "there is no client 'client-1'; nobody is connected"
    ]


async def test_a_watcher_sees_everything_and_says_nothing(proxy):
    player, watcher = await proxy.connect(), await proxy.connect()
    await player.send_line("#bp.clients.viewonly 2")
    assert await player.read_line() == "client-2 watches"
    await watcher.send_line("kill dragon")
    await watcher.send_line("#bp.proxy.disconnect")
    await watcher.sync()
    await player.send_line("look")
    assert await proxy.mud.read_line() == "look"
    await proxy.mud.send_line("A dragon sleeps here.")
    assert await watcher.read_lines(2) == ["look", "A dragon sleeps here."]
    assert "watches" in (await proxy.command("#bp.clients.list"))[2]
    await player.send_line("#bp.clients.viewonly 2 off")
    assert await player.read_line() == "A dragon sleeps here."
    assert await player.read_line() == "client-2 plays"
    await watcher.send_line("kill dragon")
    assert await proxy.mud.read_line() == "kill dragon"
    assert not proxy.api(f"{CLIENTS}:set.view.only")("client-9")


async def test_the_list_marks_who_asks(proxy):
    assert await proxy.command("#bp.clients.list") == ["nobody is connected"]
    await proxy.connect()
    client = await proxy.connect()
    await client.send_line("#bp.clients.list")
    lines = await client.read_lines(3)
    assert lines[0].split() == ["client", "address", "terminal", "size", "may", "since"]
    assert lines[1].startswith("client-1  ")
    assert lines[2].startswith("client-2 (you)  127.0.0.1:")


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("kick", "error: the following arguments are required: client"),
        ("viewonly 1 maybe", "error: argument state: invalid choice: 'maybe'"),
        ("viewonly 7", "there is no client 'client-7'"),
    ],
)
async def test_wrong_arguments_are_told(proxy, typed, answer):
    lines = await proxy.command(f"#bp.clients.{typed}")
    assert any(line.startswith(answer) for line in lines), lines


async def test_show_tells_what_was_agreed_on_with_a_client(proxy):
    client = await proxy.connect()
    await client.send_line("#bp.clients.show")
    assert await client.read_line() == "client-1"
    text = (await client.read_until("telnet: ")).decode()
    assert "terminal unknown" in text
    assert "received 1 line, " in text
    assert "encoding utf-8" in text
    assert await proxy.command("#bp.clients.show 7") == [
        "there is no client 'client-7'; there is client-1"
    ]


async def test_the_settings_say_what_a_late_client_is_shown(proxy):
    client = await proxy.connect()
    await proxy.command("#bp.clients.set scrollback_lines 1")
    await proxy.command("#bp.clients.set scrollback_age 5m")
    assert proxy.app.session.scrollback.age == 300
    await proxy.mud.send(b"one\r\ntwo\r\n")
    await client.read_until("two")
    late = await proxy.connect()
    await late.read_until("two")
    assert b"one" not in late.raw
    lines = await proxy.command("#bp.clients.set scrollback_lines -1")
    assert any("scrollback_lines" in line for line in lines)
    assert proxy.app.session.scrollback.lines == 1


async def test_each_client_has_its_own_encoding(proxy):
    one, two = await proxy.connect(), await proxy.connect()
    assert await proxy.command("#bp.clients.encoding 2 latin-1")
    await proxy.mud.send("Grüße\r\n".encode())
    await one.read_until("Grüße\r\n".encode())
    await two.read_until("Grüße\r\n".encode("latin-1"))
    await two.send("sag Grüße\r\n".encode("latin-1"))
    await proxy.mud.read_until("sag Grüße\r\n".encode())
    assert await proxy.command("#bp.clients.encoding 2 klingon") == [
        "'klingon' is no encoding of text that is known here"
    ]
    assert (await proxy.command("#bp.clients.encoding 7 utf-8"))[0].startswith("there is no client")


async def test_the_encoding_that_the_player_has_set_stays_whatever_the_client_says(proxy):
    client = TestClient(charset=["UTF-8"], terminals=["PYMUD", "XTERM", "MTTS 4"], window=(80, 25))
    await client.connect(*proxy.app.session.address)
    async with asyncio.timeout(5):
        while not (told := proxy.app.session.clients.get("client-1")) or not (
            told.width and told.charset_settled
        ):
            await client.sync()
    await proxy.command("#bp.clients.encoding 1 latin-1")
    client.resize(100, 30)
    client.send_message(CHARSET, b"\1;UTF-8")
    await client.sync()
    assert (told.width, told.encoding) == (100, "iso8859-1")
    await proxy.mud.send("Grüße\r\n".encode())
    await client.read_until("Grüße\r\n".encode("latin-1"))
    client.close()
    await client.wait_closed()


async def test_plugins_see_text_in_whatever_encoding_the_mud_has(tmp_path):
    async with ProxyHarness(tmp_path, mud=False) as proxy:
        await proxy.command("#bp.proxy.set encoding latin-1")
        host, port = await proxy.mud.start()
        lines = proxy.events("ev_from_mud_event")
        client = await proxy.connect()
        await proxy.command(f"#bp.proxy.connect {host} {port}")
        await proxy.mud.wait_connected()
        await proxy.mud.send("Grüße\r\n".encode("latin-1"))
        await client.read_until("Grüße\r\n".encode())
        assert (await lines.wait())[0]["line"] == "Grüße"
        await client.send("sag ja: é €\r\n".encode())
        await proxy.mud.read_until("sag ja: é ?\r\n".encode("latin-1"))


async def test_a_client_gets_as_many_colours_as_it_can_show(proxy):
    one, two = await proxy.connect(), await proxy.connect()
    assert await proxy.command("#bp.clients.colors 2 none") == ["client-2 gets its colours as none"]
    await proxy.mud.send(b"\x1b[38;5;196mred\x1b[0m.\r\n")
    await one.read_until(b"\x1b[38;5;196mred\x1b[0m.\r\n")
    await two.read_until(b"red.\r\n")
    assert b"\x1b[" not in two.raw
    assert await proxy.command("#bp.clients.colors 2 auto") == ["client-2 gets its colours as true"]
    assert (await proxy.command("#bp.clients.colors 9 16"))[0].startswith("there is no client")


async def test_the_settings_say_what_clients_see_beside_the_game(proxy):
    session = proxy.app.session
    assert session.show_typed
    assert session.prompt_again
    one, two = await proxy.connect(), await proxy.connect()
    await proxy.command("#bp.clients.set show_typed off")
    await proxy.command("#bp.clients.set prompt_again off")
    await proxy.mud.send_prompt("<hp> ")
    await one.read_prompt()
    await two.read_prompt()
    proxy.api(f"{CLIENTS}:send")("hello")
    await one.send_line("look")
    assert await proxy.mud.read_line() == "look"
    await proxy.mud.send_line("A room.")
    assert await two.read_until("A room.\r\n") == b"<hp> \r\nhello\r\nA room.\r\n"
    await proxy.command("#bp.clients.set show_typed on")
    await one.send_line("north")
    await two.read_until("north")
