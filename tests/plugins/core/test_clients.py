import pytest

from bastproxy.testing import ProxyHarness

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
    assert await watcher.read_line() == "A dragon sleeps here."
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
