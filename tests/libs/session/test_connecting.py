from __future__ import annotations

import asyncio
import socket

import pytest

FAILED = "ev_mud_connect_failed"
CONNECTED = "ev_mud_connected"
DISCONNECTED = "ev_mud_disconnected"


@pytest.fixture
def refusing():
    """A port on which nothing listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()[1]


async def test_clients_come_and_go(world):
    found = world.collect("ev_client_connected", "ev_client_disconnected")
    client = await world.connect()
    assert list(world.session.clients) == ["client-1"]
    client.close()
    await client.wait_closed()
    await world.connect()
    assert list(world.session.clients) == ["client-2"]
    assert [one["event"] for one in found] == [
        "ev_client_connected",
        "ev_client_disconnected",
        "ev_client_connected",
    ]
    assert found[1]["client_id"] == "client-1"
    assert "closed" in found[1]["reason"]


async def test_a_kicked_client_is_gone(world):
    client = await world.connect()
    assert world.session.kick("client-1")
    await client.wait_closed()
    assert world.session.clients == {}
    assert not world.session.kick("client-1")


async def test_the_mud_comes_and_goes(world):
    found = world.collect(CONNECTED, DISCONNECTED)
    await world.lose_mud()
    assert await world.session.connect(world.mud.host, world.mud.port)
    assert [one["event"] for one in found] == [DISCONNECTED, CONNECTED]
    assert (found[1]["host"], found[1]["port"]) == (world.mud.host, world.mud.port)


@pytest.mark.parametrize(
    ("host", "reason"),
    [("127.0.0.1", "refuses"), ("localhost", "refuses"), ("no-such-host.invalid", "no such host")],
)
async def test_a_mud_that_cannot_be_reached_says_why(world, refusing, host, reason):
    world.session.disconnect("")
    found = world.collect(FAILED)
    world.session.notices = True
    client = await world.connect()
    assert not await world.session.connect(host, refusing)
    assert reason in found[0]["reason"]
    await client.read_line()
    line = await client.read_line()
    assert line.startswith(f"[bastproxy] cannot connect to {host}:{refusing}: ")
    assert line.endswith("; to connect, type: #bp.proxy.connect")


async def test_the_next_address_is_tried_when_one_fails(world, monkeypatch):
    world.session.disconnect("")
    found = [(0, 0, 0, "", (host, world.mud.port)) for host in ("127.0.0.2", "127.0.0.1")]

    async def getaddrinfo(*_args, **_options):
        return found

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "getaddrinfo", getaddrinfo)
    create, tried = loop.create_connection, []

    async def connect(factory, host, port, **options):
        tried.append(host)
        if host == "127.0.0.2":
            raise ConnectionRefusedError
        return await create(factory, host, port, **options)

    monkeypatch.setattr(loop, "create_connection", connect)
    assert await world.session.connect("mud.example", world.mud.port)
    assert tried == ["127.0.0.2", "127.0.0.1"]
    assert world.session.mud.host == "mud.example"


async def test_a_mud_that_does_not_answer_is_given_up(world, monkeypatch):
    world.session.disconnect("")
    world.session.connect_timeout = 0.01
    found = world.collect(FAILED)

    async def never(*_args, **_options):
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", never)
    assert not await world.session.connect("127.0.0.1", 1)
    assert found[0]["reason"] == "it does not answer within 0.01 seconds"


async def test_disconnecting_gives_an_attempt_up(world, monkeypatch):
    world.session.disconnect("")
    trying = asyncio.Event()

    async def never(*_args, **_options):
        trying.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", never)
    attempt = world.tasks.spawn("test", world.session.connect("127.0.0.1", 1))
    await trying.wait()
    world.session.disconnect("changed my mind")
    assert not await attempt


async def test_a_line_while_the_mud_is_being_connected_is_told_so(world, monkeypatch):
    session = world.session
    session.disconnect("")
    client = await world.connect()
    session.notices = True
    trying = asyncio.Event()

    async def never(*_args, **_options):
        trying.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", never)
    attempt = world.tasks.spawn("test", session.connect("127.0.0.1", 1))
    await trying.wait()
    assert session.connecting
    assert "connecting" in session.info()[2]
    await client.send_line("look")
    assert await client.read_line() == (
        "[bastproxy] 127.0.0.1:1 is being connected; what you type now goes nowhere"
    )
    session.disconnect("enough")
    assert not session.connecting
    assert "not connected" in session.info()[2]
    assert not await attempt


async def test_two_attempts_at_once_make_one_connection(world):
    world.session.disconnect("")
    address = world.mud.host, world.mud.port
    attempts = [world.session.connect(*address) for _ in range(2)]
    assert await asyncio.gather(*attempts) == [True, True]
    await world.mud.wait_connected(2)
    assert world.mud.connections == 2


async def test_reconnect(world):
    first = world.session.mud
    assert await world.session.reconnect()
    await world.mud.wait_connected(2)
    assert world.session.mud is not first


async def test_the_first_client_connects_the_mud(world):
    world.session.disconnect("")
    world.session._mudside._by_hand = False
    world.session.auto_connect = True
    await world.connect()
    await world.mud.wait_connected(2)


async def test_a_later_client_connects_a_mud_that_went_away(world):
    world.session.auto_connect = True
    await world.lose_mud()
    await world.connect()
    await world.mud.wait_connected(2)


async def test_what_the_player_has_disconnected_stays_so(world):
    world.session.auto_connect = True
    world.session.disconnect("the player wants it")
    await world.connect()
    assert not world.session.connecting
    assert world.session.mud is None


async def test_players_are_told(world):
    world.session.notices = True
    client = await world.connect()
    await world.lose_mud()
    assert "is disconnected: the other end has closed" in await client.read_line()
    await client.send_line("look")
    assert await client.read_line() == (
        f"[bastproxy] 127.0.0.1:{world.mud.port} is not connected; "
        "to connect, type: #bp.proxy.connect"
    )
    assert await world.session.reconnect()
    assert await client.read_line() == f"[bastproxy] connected to 127.0.0.1:{world.mud.port}"


async def test_who_has_quit_is_told_how_to_come_back(world):
    world.session.notices = True
    client = await world.connect()
    await client.send_line("quit")
    assert await world.mud.read_line() == "quit"
    await world.lose_mud()
    line = await client.read_line()
    assert "is disconnected: the other end has closed the connection; " in line
    assert line.endswith("to connect, type: #bp.proxy.connect")


async def test_while_it_connects_again_each_try_is_one_line_and_advises_nothing(world):
    session = world.session
    session.notices = True
    session.reconnector.backoff.first = session.reconnector.backoff.longest = 0.05
    session.reconnector.backoff.reset()
    client = await world.connect()
    assert world.mud._server is not None
    world.mud._server.close()
    world.mud.peer.reset()
    lines = await client.read_lines(2)
    await client.send_line("look")
    address = f"127.0.0.1:{world.mud.port}"
    await client.read_until(f"{address} is not connected; the proxy goes on trying\r\n")
    assert lines[0].startswith(f"[bastproxy] {address} is disconnected: ")
    assert lines[1].startswith(f"[bastproxy] cannot connect to {address}: ")
    for line in lines:
        assert line.endswith("; connecting again in 0 s")


async def test_who_gives_a_command_is_told_by_its_answer_and_the_others_by_a_notice(world):
    session = world.session
    session.notices = True
    asking, other = await world.connect(), await world.connect()
    assert await session.reconnect(asked_by="client-1")
    address = f"127.0.0.1:{world.mud.port}"
    assert await other.read_lines(2) == [
        f"[bastproxy] {address} is disconnected: the player connects again",
        f"[bastproxy] connected to {address}",
    ]
    session.send_to_clients("end")
    assert await asking.read_line() == "end"
    session.disconnect("enough", asked_by="client-2")
    assert await asking.read_line() == f"[bastproxy] {address} is disconnected: enough"
    assert await other.read_line() == "end"
    session.send_to_clients("end")
    assert await other.read_line() == "end"


async def test_who_asks_is_not_told_twice_that_it_failed(world, refusing):
    world.session.disconnect("")
    world.session.notices = True
    asking = await world.connect()
    await asking.read_line()
    other = await world.connect()
    await other.read_line()
    assert not await world.session.connect("127.0.0.1", refusing, asked_by="client-1")
    assert "cannot connect" in await other.read_line()
    world.session.send_to_clients("end")
    assert await asking.read_line() == "end"


async def test_without_notices_players_are_told_nothing(world):
    client = await world.connect()
    await world.lose_mud()
    assert await world.session.reconnect()
    await world.mud.wait_connected(2)
    await world.mud.send_line("hello")
    assert await client.read_line() == "hello"


async def test_a_connection_that_says_nothing_disturbs_nothing(world):
    client = await world.connect()
    _, writer = await asyncio.open_connection(*world.session.address)
    await world.mud.send_line("one")
    assert await client.read_line() == "one"
    writer.close()
    await writer.wait_closed()
    await world.mud.send_line("two")
    assert await client.read_line() == "two"


async def test_who_only_watches_is_told_and_not_heard(world, monkeypatch):
    world.session.notices = True
    world.session.show_typed = False
    watcher, player = await world.connect(), await world.connect()
    assert world.session.set_view_only("client-1", True)
    assert "you are only watching" in await watcher.read_line()
    assert world.session.set_view_only("client-1", True)
    await watcher.send(b"one\r\ntwo\r\n")
    line = await watcher.read_line()
    assert "what you type goes nowhere, the commands of the proxy included" in line
    await watcher.sync()
    monkeypatch.setattr("bastproxy.libs.session.teller.HINT_SECONDS", 0)
    await watcher.send_line("again")
    assert await watcher.read_line() == line
    await player.send_line("three")
    assert await world.mud.read_line() == "three"
    await world.mud.send_line("seen")
    assert await watcher.read_line() == "seen"
    assert world.session.set_view_only("client-1", False)
    assert "you may play" in await watcher.read_line()
    await watcher.send_line("four")
    assert await world.mud.read_line() == "four"
    assert not world.session.set_view_only("client-9", True)


async def test_info_tells_of_every_connection(world):
    await world.connect()
    text = "\n".join(world.session.info())
    assert f"listening on  127.0.0.1:{world.session.address[1]}" in text
    assert f"connected to 127.0.0.1:{world.mud.port}" in text
    assert "client-1" in text
    world.session.disconnect("")
    assert "not connected" in "\n".join(world.session.info())


async def test_info_tells_a_ratio_only_of_what_is_worth_one(world):
    client = await world.connect(mccp2=True)
    await world.mud.send_line("hello")
    assert await client.read_line() == "hello"
    text = "\n".join(world.session.info())
    assert "compressed" not in text
    assert "sent 1 line, " in text
    for number in range(300):
        await world.mud.send_line(f"{number} " + "A quiet room. " * 10)
    await client.read_lines(300)
    text = "\n".join(world.session.info())
    assert "sent 301 lines, " in text
    assert "compressed" in text
