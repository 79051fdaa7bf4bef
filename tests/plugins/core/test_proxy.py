import asyncio

import pytest

from bastproxy.libs.net.address import MudAddress, MudOptions
from bastproxy.testing import ProxyHarness, ScriptedMud

PROXY = "plugins.core.proxy"


@pytest.fixture
async def proxy(tmp_path):
    async with ProxyHarness(tmp_path) as harness:
        yield harness


@pytest.fixture
async def alone(tmp_path):
    async with ProxyHarness(tmp_path, mud=False) as harness:
        yield harness


@pytest.fixture
async def mud():
    scripted = ScriptedMud()
    await scripted.start()
    yield scripted
    await scripted.stop()


@pytest.fixture
async def nowhere():
    """An address at which nobody listens."""
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    server.close()
    await server.wait_closed()
    return host, port


async def test_lines_of_plugins_go_to_the_mud_as_plugins_change_them(proxy):
    def hail():
        record = proxy.api("plugins.core.events:get.current.event.record")()
        record["line"] = record["line"].replace("hi", "say hello")

    proxy.api("plugins.core.events:register.to.event")("ev_to_mud_data_modify", hail)
    proxy.api(f"{PROXY}:send")(["hi", "look"])
    assert await proxy.mud.read_line() == "say hello"
    assert await proxy.mud.read_line() == "look"


async def test_the_player_disconnects_and_connects_again(proxy):
    client = await proxy.connect()
    assert proxy.api(f"{PROXY}:is.connected")()
    await client.send_line("#bp.proxy.disconnect")
    assert await client.read_line() == "disconnected"
    await proxy.mud.peer.wait_closed()
    assert not proxy.api(f"{PROXY}:is.connected")()
    assert not proxy.api(f"{PROXY}:disconnect")()
    assert await proxy.command("#bp.proxy.disconnect") == ["the MUD is not connected"]
    assert await proxy.command("#bp.proxy.reconnect") == ["connected again"]
    await proxy.mud.wait_connected(2)
    assert await proxy.command("#bp.proxy.reconnect") == ["connected again"]
    await proxy.mud.wait_connected(3)
    await proxy.mud.send_line("Welcome back.")
    assert await client.read_line() == "Welcome back."


async def test_the_api_connects_and_disconnects(proxy):
    opened, closed = proxy.events("ev_mud_connected"), proxy.events("ev_mud_disconnected")
    assert not proxy.api(f"{PROXY}:connect")()
    assert proxy.api(f"{PROXY}:disconnect")()
    await closed.wait(1)
    assert proxy.api(f"{PROXY}:connect")()
    await opened.wait(1)
    assert opened[0] == {"host": proxy.mud.host, "port": proxy.mud.port}


async def test_connect_takes_an_address_in_two_ways_and_remembers_it(tmp_path, mud):
    async with ProxyHarness(tmp_path, mud=False) as proxy:
        assert await proxy.command(f"#bp.proxy.connect {mud.host} {mud.port}") == [
            f"connected to {mud.host}:{mud.port}"
        ]
        assert await proxy.command(f"#bp.proxy.connect {mud.host}:{mud.port}") == [
            "the MUD is connected; disconnect first"
        ]
    async with ProxyHarness(tmp_path, mud=False) as proxy:
        assert proxy.app.session.mud_address == MudAddress(mud.host, mud.port)
        opened = proxy.events("ev_mud_connected")
        assert proxy.api(f"{PROXY}:connect")()
        await opened.wait()
        await mud.wait_connected(2)


async def test_a_mud_that_refuses_is_told_and_not_remembered(alone, nowhere):
    host, port = nowhere
    failed = alone.events("ev_mud_connect_failed")
    (answer,) = await alone.command(f"#bp.proxy.connect {host} {port}")
    assert answer.startswith(f"{host}:{port} cannot be reached: ")
    assert "refuse" in answer
    assert (failed[0]["host"], failed[0]["port"]) == (host, port)
    assert await alone.command("#bp.proxy.reconnect") == [answer]
    assert alone.api("plugins.core.settings:get")(PROXY, "mud") == ""


async def test_a_mud_that_resets_is_told_and_the_client_stays(tmp_path):
    async with ProxyHarness(tmp_path, notices=True) as proxy:
        client = await proxy.connect()
        closed = proxy.events("ev_mud_disconnected")
        proxy.mud.peer.reset()
        await closed.wait()
        await client.read_until("is disconnected: ")
        await client.send_line("#bp.proxy.reconnect")
        await client.read_until("connected again")
        assert proxy.mud.connections == 2


async def test_the_mud_connects_when_the_first_client_comes_unless_told_not_to(tmp_path, mud):
    async with ProxyHarness(tmp_path, mud=False) as proxy:
        await proxy.command(f"#bp.proxy.set mud {mud.host}:{mud.port}")
        await proxy.command("#bp.proxy.set auto_connect off")
        await proxy.connect()
        await proxy.command("#bp.proxy.set auto_connect on")
        assert mud.connections == 0
        opened = proxy.events("ev_mud_connected")
        await proxy.connect()
        await opened.wait()
        assert mud.connections == 1


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("connect", "no MUD is known yet; give its host and port"),
        ("reconnect", "no MUD is known yet; use connect"),
        ("connect mud.example.org", "'mud.example.org' is no address: write HOST:PORT"),
        ("connect host many", "'host:many' is no address"),
        ("connect mud.example.org:4000 5000", "'mud.example.org:4000:5000' is no address"),
        ("connect ::1:4000", "'::1:4000' is no address: write an IPv6 address as [ADDRESS]:PORT"),
        ("connect a b c", "error: unrecognized arguments: c"),
        ("disconnect now", "error: unrecognized arguments: now"),
    ],
)
async def test_wrong_arguments_are_told(alone, typed, answer):
    lines = await alone.command(f"#bp.proxy.{typed}")
    assert any(line.startswith(answer) for line in lines), lines


async def test_an_address_that_is_none_is_refused_and_the_old_one_stays(alone):
    client = await alone.connect()
    await client.send_line("#bp.proxy.set mud mud.example.org:4000")
    await client.read_until("4000")
    await client.send_line("#bp.proxy.set mud nonsense")
    await client.read_until("'nonsense' is no address")
    assert alone.app.session.mud_address == MudAddress("mud.example.org", 4000)
    assert alone.api("plugins.core.settings:get")(PROXY, "mud") == "mud.example.org:4000"


async def test_an_address_that_was_spoilt_by_hand_does_not_stop_the_start(tmp_path):
    path = tmp_path / "data" / PROXY / "settings.toml"
    path.parent.mkdir(parents=True)
    path.write_text('mud = "nonsense"\n')
    async with ProxyHarness(tmp_path, mud=False) as proxy:
        assert any("'nonsense' is no address" in message for message in proxy.log)
        assert proxy.app.session.mud_address is None


async def test_an_address_with_tls_is_remembered_as_such(alone):
    await alone.command("#bp.proxy.set mud tls://mud.example.org:4443")
    assert alone.app.session.mud_address == MudAddress("mud.example.org", 4443, tls=True)
    await alone.command("#bp.proxy.set tls_verify off")
    assert alone.app.session.mud_address == MudAddress("mud.example.org", 4443, True, False)


async def test_the_settings_say_how_to_speak_with_the_next_mud(alone):
    assert alone.app.session.mud_options == MudOptions()
    for setting in ("encoding latin-1", "compress off", "ip_address on", "keep_alive 2m"):
        await alone.command(f"#bp.proxy.set {setting}")
    assert alone.app.session.mud_options == MudOptions(
        encoding="latin-1", compress=False, ip_address=True, keep_alive=120
    )


async def test_an_encoding_that_is_not_known_is_refused(alone):
    client = await alone.connect()
    await client.send_line("#bp.proxy.set encoding klingon")
    await client.read_until("'klingon' is not known here")
    assert alone.api("plugins.core.settings:get")(PROXY, "encoding") == ""


async def test_a_mud_that_is_lost_is_connected_again(tmp_path):
    async with ProxyHarness(tmp_path, notices=True) as proxy:
        client = await proxy.connect()
        proxy.app.session.reconnector.backoff.first = 0.01
        proxy.app.session.reconnector.backoff.reset()
        proxy.mud.peer.reset()
        await client.read_until("connecting again")
        await proxy.mud.wait_connected(2)


@pytest.mark.parametrize("how", ["setting", "quit", "disconnect", "never typed"])
async def test_a_mud_is_not_connected_again_when_nobody_wants_that(tmp_path, how):
    async with ProxyHarness(tmp_path, notices=True) as proxy:
        session = proxy.app.session
        client = await proxy.connect()
        if how == "setting":
            await proxy.command("#bp.proxy.set reconnect off")
        if how in ("setting", "quit"):
            await client.send_line("look" if how == "setting" else "Quit")
            await proxy.mud.read_line()
        closed = proxy.events("ev_mud_disconnected")
        if how == "disconnect":
            await proxy.command("#bp.proxy.disconnect")
        else:
            proxy.mud.disconnect()
        await closed.wait()
        assert not session.reconnector.waiting


async def test_disconnect_ends_the_trying(tmp_path):
    async with ProxyHarness(tmp_path, notices=True) as proxy:
        client = await proxy.connect()
        proxy.mud.peer.reset()
        await client.read_until("connecting again")
        assert proxy.app.session.reconnector.waiting
        await client.send_line("#bp.proxy.disconnect")
        await client.read_until("no more")
        await proxy.app.session.reconnector.wait()
        assert proxy.mud.connections == 1


async def test_info_tells_of_the_mud_and_the_clients(proxy):
    await proxy.connect()
    lines = await proxy.command("#bp.proxy.info")
    assert any(f"127.0.0.1:{proxy.app.address.port}" in line for line in lines)
    assert any(f"connected to 127.0.0.1:{proxy.mud.port}" in line for line in lines)
    assert any(line.startswith("client-1") for line in lines)


async def test_shutdown_answers_and_ends_the_proxy(proxy):
    client = await proxy.connect()
    await client.send_line("#bp.proxy.shutdown")
    assert await client.read_line() == "the proxy ends"
    await asyncio.wait_for(proxy.app.run(), 5)


async def test_who_gives_a_command_gets_its_answer_and_no_notice(tmp_path):
    async with ProxyHarness(tmp_path, notices=True) as proxy:
        client = await proxy.connect()
        address = f"127.0.0.1:{proxy.mud.port}"
        assert (await client.read_lines(3))[1] == f"[bastproxy] connected to {address}"
        await client.send_line("#bp.proxy.disconnect")
        assert await client.read_line() == "disconnected"
        await client.send_line("#bp.proxy.connect")
        assert await client.read_line() == f"connected to {address}"
        await client.send_line("#bp.proxy.reconnect")
        assert await client.read_line() == "connected again"
        other = await proxy.connect()
        await client.send_line("#bp.proxy.disconnect")
        assert await client.read_line() == "disconnected"
        await other.read_until(f"{address} is disconnected: the player has disconnected")


@pytest.fixture
def silence(monkeypatch):
    """A host that answers nothing; the event is set when it is tried."""
    trying = asyncio.Event()

    async def never(*_args, **_options):
        trying.set()
        await asyncio.Event().wait()

    def begin():
        monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", never)
        return trying

    return begin


async def test_disconnect_ends_a_first_attempt_and_the_attempt_says_so(alone, silence):
    client, other = await alone.connect(), await alone.connect()
    trying = silence()
    await client.send_line("#bp.proxy.connect 127.0.0.1 4000")
    await trying.wait()
    await other.send_line("#bp.proxy.info")
    await other.read_until("  connecting\r\n")
    await other.send_line("#bp.proxy.disconnect")
    await other.read_until("it is tried no more\r\n")
    assert await client.read_line() == ("127.0.0.1:4000 is not connected: the attempt was given up")
    await other.send_line("#bp.proxy.disconnect")
    await other.read_until("the MUD is not connected\r\n")


async def test_an_attempt_does_not_answer_for_another_one(alone, silence, nowhere):
    client = await alone.connect()
    create = asyncio.get_running_loop().create_connection
    trying = silence()
    await client.send_line("#bp.proxy.connect 127.0.0.1 4000")
    await trying.wait()
    asyncio.get_running_loop().create_connection = create
    host, port = nowhere
    await client.send_line(f"#bp.proxy.connect {host} {port}")
    lines = sorted(await client.read_lines(2))
    assert lines[0 if "4000" in lines[0] else 1].endswith("the attempt was given up")
    assert any(line.startswith(f"{host}:{port} cannot be reached: ") for line in lines)


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("::1 4000", MudAddress("::1", 4000)),
        ("[::1] 4000", MudAddress("::1", 4000)),
        ("[::1]:4000", MudAddress("::1", 4000)),
        ("tls://::1 4000", MudAddress("::1", 4000, tls=True)),
        ("tls://mud.example.org 4000", MudAddress("mud.example.org", 4000, tls=True)),
    ],
)
async def test_an_ipv6_address_is_taken_with_its_port_as_a_second_word(
    alone, monkeypatch, typed, address
):
    tried = []

    async def connect(*wanted, asked_by=""):
        tried.append(MudAddress(*wanted))
        return False

    monkeypatch.setattr(alone.app.session, "connect", connect)
    await alone.command(f"#bp.proxy.connect {typed}")
    assert tried == [address]
