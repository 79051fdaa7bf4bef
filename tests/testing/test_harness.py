import asyncio
import logging
import sys
import threading

import pytest

from bastproxy.libs.records import LogRecord
from bastproxy.testing import HarnessError, ProxyHarness

MINE = "plugins.games.mine"

SOURCE = """
from bastproxy.libs.events import RegisterToEvent
from bastproxy.plugins._baseplugin import BasePlugin


class Plugin(BasePlugin):
    @RegisterToEvent("ev_from_client_event")
    def _eventcb_line(self):
        pass
"""


async def test_the_first_example_works_as_it_stands(tmp_path):
    ProxyHarness(home=tmp_path).write_plugin(MINE, SOURCE)
    async with ProxyHarness(home=tmp_path, plugins=["plugins.games.mine"]) as proxy:
        client = await proxy.connect()
        await proxy.mud.send_line("You are hungry.")
        assert await client.read_line() == "You are hungry."
        await client.send_line("eat bread")
        assert await proxy.mud.read_line() == "eat bread"
        assert proxy.api("libs.plugins.loader:reload.plugin")("plugins.games.mine")


async def test_nothing_greets_unless_it_is_asked_for(tmp_path):
    async with ProxyHarness(tmp_path) as proxy:
        client = await proxy.connect()
        await proxy.mud.sync()
        await client.sync()
        assert bytes(client.raw) == b""
    async with ProxyHarness(tmp_path, mud=False, notices=True) as proxy:
        client = await proxy.connect()
        assert (await client.read_line()).startswith("[bastproxy] no MUD is known yet")


async def test_harnesses_follow_one_another_without_a_trace(tmp_path):
    logger = logging.getLogger("bastproxy")

    def traces():
        return (
            sorted(name for name in sys.modules if name.startswith("bastproxy.plugins.games")),
            list(sys.meta_path),
            list(sys.path),
            list(logger.handlers),
            logger.level,
            threading.active_count(),
            asyncio.all_tasks(),
        )

    async with ProxyHarness(tmp_path / "first"):
        pass
    before = traces()
    async with ProxyHarness(tmp_path / "one") as proxy:
        proxy.write_plugin(MINE, SOURCE)
        proxy.load(MINE)
        await proxy.connect()
        raised = proxy.events("ev_told")
        proxy.api("plugins.core.events:raise.event")("ev_told")
        assert len(raised) == 1
    assert traces() == before
    async with ProxyHarness(tmp_path / "two") as proxy:
        assert not proxy.api("libs.plugins.loader:does.plugin.exist")(MINE)
        assert proxy.api("plugins.core.events:get.event.detail")("ev_told") is None
        assert not any("ev_told" in message for message in proxy.log)
    with pytest.raises(RuntimeError, match="only inside its 'async with'"):
        _ = proxy.app


async def test_a_test_that_fails_leaves_no_trace_either(tmp_path):
    async def fail():
        async with ProxyHarness(tmp_path) as proxy:
            await proxy.connect()
            raise ValueError("the test fails")

    with pytest.raises(ValueError, match="the test fails"):
        await fail()
    async with ProxyHarness(tmp_path) as proxy:
        await proxy.connect()


async def test_without_a_home_it_has_a_temporary_one():
    async with ProxyHarness() as proxy:
        home = proxy.home
        assert (home / "plugins").is_dir()
    assert not home.exists()


async def test_a_plugin_that_cannot_be_loaded_is_told_with_the_reason(tmp_path):
    ProxyHarness(tmp_path).write_plugin(MINE, "import nowhere_at_all\n")
    with pytest.raises(HarnessError, match=r"plugins\.games\.mine: import .*nowhere_at_all"):
        await ProxyHarness(tmp_path, [MINE]).__aenter__()
    async with ProxyHarness(tmp_path) as proxy:
        with pytest.raises(HarnessError, match="nowhere_at_all"):
            proxy.load(MINE)
        with pytest.raises(HarnessError, match=r"plugins\.games\.unknown"):
            proxy.load("plugins.games.unknown")


async def test_time_outs_say_what_was_received(tmp_path):
    async with ProxyHarness(tmp_path, timeout=0.05) as proxy:
        client = await proxy.connect()
        await proxy.mud.send(b"One line.\r\nhalf a li")
        assert await client.read_line() == "One line."
        with pytest.raises(TimeoutError, match=r"the last lines were \['One line\.'\]"):
            await client.read_line()
        with pytest.raises(TimeoutError, match=r"b'dragon' did not come; .*half a li"):
            await client.read_until("dragon")
        with pytest.raises(TimeoutError, match="another of the prompts did not come"):
            await client.read_prompt()
        with pytest.raises(TimeoutError, match="ev_told was raised 0 times, not 2"):
            await proxy.events("ev_told").wait(2)
        with pytest.raises(TimeoutError, match="has connected 1 times, not 2"):
            await proxy.mud.wait_connected(2)
        with pytest.raises(TimeoutError, match="the connection did not end"):
            await client.wait_closed()
        proxy.mud.disconnect()
        with pytest.raises(ConnectionError, match="closed before another of the lines came"):
            await proxy.mud.read_line()


async def test_a_command_is_run_and_answered(tmp_path):
    async with ProxyHarness(tmp_path) as proxy:
        assert await proxy.command("#bp.commands.history") == ["the history is empty"]
        with pytest.raises(HarnessError, match="'look' is no command"):
            await proxy.command("look")


async def test_prompts_messages_and_echo_reach_the_client(tmp_path):
    async with ProxyHarness(tmp_path, gmcp=True) as proxy:
        client = await proxy.connect(gmcp=True)
        await proxy.mud.send_prompt("<hp 10> ")
        assert await client.read_prompt() == "<hp 10> "
        await proxy.mud.send_gmcp("Char.Vitals", {"hp": 10})
        assert await client.read_gmcp() == ("Char.Vitals", {"hp": 10})
        await client.send_gmcp("Core.Ping")
        assert await proxy.mud.peer.read_gmcp() == ("Core.Ping", None)
        await proxy.mud.send(b"\xff\xfe no UTF-8\r\n")
        assert (await client.read_until(b"UTF-8\r\n")).endswith(b"\xff\xfe no UTF-8\r\n")


async def test_events_and_the_log_are_collected(tmp_path):
    async with ProxyHarness(tmp_path) as proxy:
        lines = proxy.events("ev_from_mud_event")
        await proxy.mud.send_line("one")
        await proxy.mud.send_line("two")
        assert [record["line"] for record in await lines.wait(2)] == ["one", "two"]
        assert lines[1]["terminator"] == b"\r\n"
        LogRecord("a word", level="warning", sources=[MINE])()
        assert proxy.log[-1] == f"WARNING bastproxy.{MINE}: a word"


async def test_a_plugin_is_written_with_more_files_and_metadata(tmp_path):
    async with ProxyHarness(tmp_path) as proxy:
        directory = proxy.write_plugin(
            MINE, SOURCE, version=3, purpose="to see", files={"libs/more.py": "X = 1\n"}
        )
        assert directory == tmp_path / "plugins" / "games" / "mine"
        assert (directory / "libs" / "more.py").read_text() == "X = 1\n"
        info = proxy.api("libs.plugins.loader:get.plugin.info")(MINE)
        assert (info.version, info.purpose, info.metadata_errors) == (3, "to see", [])
        with pytest.raises(TypeError, match="no such metadata: verison"):
            proxy.write_plugin(MINE, SOURCE, verison=3)


async def test_a_mud_listens_again_where_it_did(tmp_path):
    async with ProxyHarness(tmp_path) as proxy:
        port = proxy.mud.port
        client = await proxy.connect()
        await proxy.mud.stop()
        assert await proxy.mud.start() == ("127.0.0.1", port)
        assert await proxy.command("#bp.proxy.reconnect") == ["connected again"]
        await proxy.mud.wait_connected(2)
        await proxy.mud.send_line("Welcome back.")
        assert await client.read_line() == "Welcome back."
