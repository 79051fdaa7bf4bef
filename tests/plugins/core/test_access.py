import asyncio
import json

import pytest

from bastproxy.libs.access import Passwords
from bastproxy.testing import ProxyHarness

CLIENTS = "plugins.core.clients"
PROMPT = "[bastproxy] password: "

EVENTS = (
    "ev_client_connected",
    "ev_client_disconnected",
    "ev_from_client_event",
    "ev_to_mud_data_modify",
    "ev_to_mud_data_read",
    "ev_to_client_data_modify",
)


@pytest.fixture
async def open_proxy(tmp_path):
    async with ProxyHarness(tmp_path) as harness:
        yield harness


@pytest.fixture
async def proxy(tmp_path):
    passwords = Passwords(tmp_path / "access.toml")
    passwords.set("play", "open sesame")
    passwords.set("view", "look around")
    async with ProxyHarness(tmp_path, gmcp=True) as harness:
        yield harness


async def log_in(proxy, client, password="open sesame"):
    connected = proxy.events("ev_client_connected")
    assert await client.read_prompt() == PROMPT
    await client.send_line(password)
    await connected.wait()
    assert (await client.read_lines(len(client.lines)))[-1] == ""


async def test_who_has_not_logged_in_sees_nothing_and_causes_nothing(proxy):
    player = await proxy.connect(gmcp=True)
    await log_in(proxy, player)
    await proxy.mud.send_line("It is night.")
    assert await player.read_line() == "It is night."
    raised = [proxy.events(name) for name in EVENTS]

    stranger = await proxy.connect(gmcp=True, options=[31])
    await stranger.sync()
    stranger.send_raw(stranger.telnet.subnegotiation(31, b"\0\x50\0\x18"))
    await stranger.send_gmcp("Core.Hello", {"client": "Stranger"})
    await stranger.send_gmcp("Char.Login", {"name": "x"})
    await stranger.send(b"\r\n#bp.proxy.shut")
    await stranger.sync()
    stranger.close()
    await stranger.wait_closed()

    other = await proxy.connect(gmcp=True)
    await other.send_line("#bp.proxy.shutdown")
    await other.read_until("that is not the password")
    await proxy.mud.send_line("A dragon comes.")
    await proxy.mud.send_gmcp("Char.Vitals", {"hp": 1})
    assert await player.read_line() == "A dragon comes."
    proxy.api(f"{CLIENTS}:send")("to all")
    proxy.api(f"{CLIENTS}:send")("to him", ["client-2", "client-3"])
    assert await player.read_line() == "to all"
    await other.sync()
    assert stranger.lines == []
    assert other.lines == ["", "[bastproxy] that is not the password"]
    assert (stranger.gmcp, other.gmcp) == ([], [])
    assert proxy.api(f"{CLIENTS}:list")() == ["client-1"]
    assert "1 more has not logged in" in await proxy.command("#bp.clients.list")

    await player.send_line("look")
    assert await proxy.mud.read_line() == "look"
    await proxy.mud.sync()
    assert [len(log) for log in raised[:2]] == [0, 0]
    for log in raised:
        assert {record.get("client_id", "") for record in log.raises} <= {"", "client-1"}
    received = bytes(proxy.mud.peer.raw)
    assert b"shut" not in received
    assert not any("Stranger" in str(message) for message in proxy.mud.peer.gmcp)
    assert not any("Char.Login" in str(message) for message in proxy.mud.peer.gmcp)
    assert not any("open sesame" in line or "shutdown" in line for line in proxy.log)
    history = "\n".join(await proxy.command("#bp.commands.history"))
    assert "shut" not in history


async def test_a_viewer_sees_and_does_not_play(proxy):
    viewer = await proxy.connect()
    await log_in(proxy, viewer, "look around")
    await viewer.send_line("kill dragon")
    await viewer.send_line("#bp.proxy.disconnect")
    await viewer.sync()
    await proxy.mud.send_line("A dragon sleeps.")
    assert await viewer.read_line() == "A dragon sleeps."
    assert "watches" in (await proxy.command("#bp.clients.list"))[1]
    assert proxy.mud.peer.lines == []


async def test_what_a_client_said_of_itself_before_counts_after(proxy):
    client = await proxy.connect(gmcp=True)
    assert await client.read_prompt() == PROMPT
    await client.send_gmcp("Core.Supports.Set", ["Room 1"])
    await client.send_line("open sesame")
    await client.send_line("look")
    assert await proxy.mud.read_line() == "look"
    await proxy.mud.peer.wait_for(
        lambda: any("Room" in str(message) for message in proxy.mud.peer.gmcp), "the supports"
    )


async def test_a_password_that_is_set_while_the_proxy_runs_counts_for_the_next(open_proxy):
    proxy = open_proxy
    first = await proxy.connect()
    proxy.app.passwords.set("play", "open sesame")
    second = await proxy.connect()
    assert await second.read_prompt() == PROMPT
    await first.send_line("look")
    assert await proxy.mud.read_line() == "look"


async def test_wrong_passwords_through_the_whole_proxy(proxy):
    client = await proxy.connect()
    assert await client.read_prompt() == PROMPT
    await client.send_line("guess")
    await log_in(proxy, client)
    assert proxy.api(f"{CLIENTS}:list")() == ["client-1"]
    assert sum("has given a wrong password" in line for line in proxy.log) == 1
    assert not any("guess" in line for line in proxy.log)


async def test_an_address_is_banned_and_unbanned_by_command(open_proxy):
    proxy = open_proxy
    assert await proxy.command("#bp.clients.bans") == ["nobody is banned"]
    assert await proxy.command("#bp.clients.ban 192.0.2.7 90") == ["192.0.2.7 is banned"]
    assert await proxy.command("#bp.clients.ban 198.51.100.0/24") == ["198.51.100.0/24 is banned"]
    assert await proxy.command("#bp.clients.ban 2001:db8::5 0.5") == ["2001:db8::/64 is banned"]
    lines = await proxy.command("#bp.clients.bans")
    assert [line.split()[:2] for line in lines[1:]] == [
        ["192.0.2.7", "90"],
        ["198.51.100.0/24", "ever"],
        ["2001:db8::/64", "30"],
    ]
    assert [ban["network"] for ban in proxy.api(f"{CLIENTS}:bans.list")()] == [
        "192.0.2.7",
        "198.51.100.0/24",
        "2001:db8::/64",
    ]
    assert await proxy.command("#bp.clients.unban 2001:db8::77") == [
        "2001:db8::77 may connect again"
    ]
    assert await proxy.command("#bp.clients.unban 192.0.2.8") == ["192.0.2.8 is not banned"]
    for line in ("ban nowhere", "unban nowhere"):
        (answer,) = await proxy.command(f"#bp.clients.{line}")
        assert answer.startswith("that is no address: 'nowhere'")
    assert await proxy.command("#bp.clients.ban 192.0.2.9 0") == [
        "a ban holds for more than 0 minutes"
    ]
    stored = json.loads((proxy.home / "data" / CLIENTS / "bans.json").read_text())
    assert [ban["network"] for ban in stored] == ["192.0.2.7", "198.51.100.0/24"]


async def test_who_is_banned_is_disconnected_and_cannot_come_back(open_proxy):
    proxy = open_proxy
    client = await proxy.connect()
    await client.send_line("#bp.clients.ban 1")
    assert await client.read_line() == "you are connected from there yourself"
    await client.send_line("#bp.clients.ban 127.0.0.0/8")
    assert await client.read_line() == "you are connected from there yourself"
    assert await proxy.command("#bp.clients.ban client-1") == ["127.0.0.1 is banned"]
    await client.wait_closed()
    with pytest.raises(ConnectionError):
        await proxy.connect()
    assert proxy.api(f"{CLIENTS}:unban")("127.0.0.1")
    await proxy.connect()


async def test_bans_and_limits_outlive_a_reload_and_a_restart(tmp_path):
    async with ProxyHarness(tmp_path, mud=False) as proxy:
        await proxy.command("#bp.clients.ban 192.0.2.7")
        await proxy.command("#bp.clients.set ban_after 3")
        await proxy.command("#bp.clients.set login_time 90s")
        await proxy.command("#bp.plugins.reload clients")
        gate = proxy.app.session.gate
        assert (gate.attempts.ban_after, gate.seconds, gate.most_waiting) == (3, 90, 20)
        assert gate.attempts.bans.of("192.0.2.7") is not None
        await proxy.command("#bp.clients.set most_waiting 2")
        assert gate.most_waiting == 2
    async with ProxyHarness(tmp_path, mud=False) as proxy:
        gate = proxy.app.session.gate
        assert (gate.attempts.ban_after, gate.seconds, gate.most_waiting) == (3, 90, 2)
        assert gate.attempts.bans.of("192.0.2.7") is not None


async def test_the_proxy_ends_while_clients_wait_and_passwords_are_tried(tmp_path):
    Passwords(tmp_path / "access.toml").set("play", "open sesame")
    async with ProxyHarness(tmp_path, mud=False) as proxy:
        clients = [await proxy.connect() for _ in range(3)]
        for client in clients:
            assert await client.read_prompt() == PROMPT
            await client.send_line("open sesame")
        await asyncio.sleep(0)
    assert all(client.closed.is_set() for client in clients)
