import errno
import json
import os

import pytest

from bastproxy.testing import ProxyHarness

COMMANDS = "plugins.core.commands"
MINE = "plugins.games.mine"

SOURCE = """
import asyncio

from bastproxy.plugins._baseplugin import BasePlugin
from bastproxy.plugins.core.commands import AddArgument, AddCommand, AddParser


class Plugin(BasePlugin):
    def args(self):
        return self.api("plugins.core.commands:get.current.command.args")()

    @AddCommand()
    @AddParser(description="say something again and again")
    @AddArgument("what", nargs="+", help="what to say")
    @AddArgument("-n", "--times", type=int, default=1, help="how often")
    def _command_repeat(self):
        args = self.args()
        return True, [" ".join(args["what"])] * args["times"]

    @AddCommand()
    @AddParser(description="who types")
    def _command_whoami(self):
        return True, [self.api("plugins.core.commands:get.current.client")()]

    @AddCommand()
    @AddParser(description="wait for another one")
    async def _command_wait(self):
        await asyncio.sleep(0)
        return True, [f"waited for {self.api('plugins.core.commands:get.current.client')()}"]

    @AddCommand()
    @AddParser(description="fail")
    def _command_fail(self):
        raise ValueError("it went wrong")

    @AddCommand()
    @AddParser(description="leave")
    def _command_leave(self):
        raise SystemExit(3)

    @AddCommand(show_in_history=False)
    @AddParser(description="take a password")
    @AddArgument("word", help="the password")
    def _command_secret(self):
        return True, ["taken"]
"""


@pytest.fixture
async def proxy(tmp_path):
    async with ProxyHarness(tmp_path) as harness:
        harness.write_plugin(MINE, SOURCE)
        harness.load(MINE)
        yield harness


async def test_a_command_is_answered_to_who_typed_it_and_the_mud_sees_nothing(proxy):
    one, two = await proxy.connect(), await proxy.connect()
    await two.send_line("#bp.mine.repeat -n 2 'well met' friend")
    assert await two.read_lines(2) == ["well met friend"] * 2
    await two.send_line("#bp.mine.whoami")
    assert await two.read_line() == "client-2"
    await two.send_line("#bp.mine.wait")
    assert await two.read_line() == "waited for client-2"
    await one.send_line("look")
    assert await proxy.mud.read_line() == "look"
    await one.sync()
    assert one.lines == []


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("#bp.mine.repeat", "error: the following arguments are required: what"),
        ("#bp.mine.repeat -n many x", "error: argument -n/--times: invalid int value: 'many'"),
        ("#bp.mine.whoami now", "error: unrecognized arguments: now"),
        ("#bp.mine.repeat 'open", "error: a quote is not closed"),
        ("#bp.mine.fail", "the command failed: ValueError: it went wrong; the log has the details"),
        ("#bp.mine.leave", "the command failed: SystemExit: 3; the log has the details"),
        ("#bp.nobody.list", "no plugin 'nobody' has commands"),
        ("#bp.mine.dance", "mine has no command 'dance'"),
        ("#bp.!77", "the history"),
        ("#bp.!x", "'x' is no number of the history"),
    ],
)
async def test_what_goes_wrong_is_told_and_the_game_goes_on(proxy, typed, answer):
    client = await proxy.connect()
    await client.send_line(typed)
    await client.send_line("look")
    assert await proxy.mud.read_line() == "look"
    await client.sync()
    assert any(line.startswith(answer) for line in client.lines), client.lines
    assert not any("Traceback" in line for line in client.lines)


async def test_help_is_everywhere(proxy):
    overview = await proxy.command("#bp")
    assert any(line.split()[:1] == ["#bp.mine"] for line in overview)
    for typed in ("#bp.mine", "#bp.mi", "#bp.help mine", "#bp.commands.list mine"):
        lines = await proxy.command(typed)
        assert any("#bp.mine.repeat" in line for line in lines), typed
    help_text = await proxy.command("#bp.help mine.repeat")
    assert help_text[0] == "usage: #bp.mine.repeat [-h] [-n TIMES] what [what ...]"
    assert await proxy.command("#bp.mine.repeat -h") == help_text
    assert await proxy.command("#bp.commands.list") == overview
    assert await proxy.command("#bp.commands.list mine.repeat") == help_text


@pytest.mark.parametrize(
    "typed",
    ["#bp.mine.whoami", "#bp.plugins.games.mine.whoami", "#bp.games.mine.who", "#BP.mien.whomai"],
)
async def test_names_may_be_short_long_or_a_little_wrong(proxy, typed):
    client = await proxy.connect()
    await client.send_line(typed)
    assert await client.read_line() == "client-1"


async def test_ambiguous_names_are_asked_back(proxy):
    (answer,) = await proxy.command("#bp.p.list")
    assert answer == "which one do you mean: #bp.plugins, #bp.proxy?"


async def test_the_history_lists_and_runs_again(proxy):
    client = await proxy.connect()
    await client.send_line("#bp.mine.repeat one")
    await client.send_line("#bp.mine.repeat two")
    await client.send_line("#bp.mine.secret hunter2")
    await client.send_line("#bp.commands.history")
    assert await client.read_lines(5) == [
        "one",
        "two",
        "taken",
        "   1: #bp.mine.repeat one",
        "   2: #bp.mine.repeat two",
    ]
    await client.send_line("#bp.!1")
    assert await client.read_line() == "one"
    await client.send_line("#bp.!")
    assert await client.read_line() == "one"
    assert await proxy.command("#bp.commands.history 1") == ["   3: #bp.mine.repeat one"]


async def test_the_history_survives_a_restart_and_a_broken_file(tmp_path):
    path = tmp_path / "data" / COMMANDS / "history.json"
    async with ProxyHarness(tmp_path) as proxy:
        assert await proxy.command("#bp.commands.history") == ["the history is empty"]
        await proxy.command("#bp.events.list save")
    assert json.loads(path.read_text()) == [[1, "events.list save"]]
    async with ProxyHarness(tmp_path) as proxy:
        assert await proxy.command("#bp.commands.history") == ["   1: #bp.events.list save"]
    path.write_text("[[1,")
    async with ProxyHarness(tmp_path) as proxy:
        assert await proxy.command("#bp.commands.history") == ["the history is empty"]
        assert path.with_name("history.json.broken").read_text() == "[[1,"
        assert any("it is kept as" in message for message in proxy.log)
    path.unlink()
    path.mkdir()
    async with ProxyHarness(tmp_path) as proxy:
        assert await proxy.command("#bp.commands.history") == ["the history is empty"]


async def test_a_full_disk_is_reported_and_the_proxy_goes_on(proxy, monkeypatch):
    def full(*_args, **_more):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    client = await proxy.connect()
    with monkeypatch.context() as patch:
        patch.setattr("bastproxy.libs.files.tempfile.mkstemp", full)
        await client.send_line("#bp.commands.save")
        await client.read_until("\n")
    (message,) = [message for message in proxy.log if "cannot be written" in message]
    assert "No space left" in message
    assert "Traceback" not in message
    await client.send_line("#bp.mine.whoami")
    await client.read_until("client-1")


async def test_the_prefix_is_a_setting(proxy):
    client = await proxy.connect()
    await client.send_line("#bp.commands.set prefix //")
    await client.send_line("//mine.whoami")
    await client.send_line("//.mine.whoami")
    await client.send_line("#bp.mine.whoami")
    assert await proxy.mud.read_line() == "//mine.whoami"
    assert await proxy.mud.read_line() == "#bp.mine.whoami"
    await client.read_until("client-1")
    await client.send_line("//.commands.set prefix default")
    await client.send_line("#bp.mine.whoami")
    await client.wait_for(lambda: client.lines.count("client-1") == 2)


async def test_a_prefix_that_cannot_be_one_is_refused_and_the_old_one_stays(proxy):
    client = await proxy.connect()
    await client.send_line("#bp.commands.set prefix 'a b'")
    assert (await client.read_line()).startswith("'a b' is no prefix of commands")
    assert (await client.read_lines(2))[1].split()[:2] == ["prefix", "#bp"]
    await client.send_line("#bp.mine.whoami")
    assert await client.read_line() == "client-1"


async def test_a_prefix_that_was_spoilt_by_hand_does_not_stop_the_start(tmp_path):
    path = tmp_path / "data" / COMMANDS / "settings.toml"
    path.parent.mkdir(parents=True)
    path.write_text('prefix = "a b"\n')
    async with ProxyHarness(tmp_path) as proxy:
        assert any("is no prefix of commands" in message for message in proxy.log)
        assert (await proxy.command("#bp.commands.set"))[1].split()[:2] == ["prefix", "#bp"]


async def test_half_a_command_is_never_passed_on(proxy):
    client = await proxy.connect()
    await client.send(b"#b")
    await client.sync()
    await client.send(b"p.mine.who")
    await client.sync()
    await client.send(b"ami\r\n")
    assert await client.read_line() == "client-1"
    await client.send_line("look")
    assert await proxy.mud.read_line() == "look"


async def test_what_only_looks_like_a_command_goes_to_the_mud(proxy):
    client = await proxy.connect()
    for line in ("#bpx", "say #bp", "#b", " #bp", "##bp"):
        await client.send_line(line)
        assert await proxy.mud.read_line() == line


async def test_commands_are_added_removed_and_run_by_plugins(proxy):
    proxy.write_plugin(
        "plugins.games.other",
        "from bastproxy.libs.api import AddAPI\n"
        "from bastproxy.plugins._baseplugin import BasePlugin\n\n\n"
        "class Plugin(BasePlugin):\n"
        "    @AddAPI('add', description='add a command')\n"
        "    def _api_add(self):\n"
        "        add = self.api('plugins.core.commands:add.command')\n"
        "        return add('hail', lambda: (True, ['hail!']), 'greet')\n\n"
        "    @AddAPI('remove', description='remove it')\n"
        "    def _api_remove(self):\n"
        "        return self.api('plugins.core.commands:remove.command')('hail')\n",
    )
    proxy.load("plugins.games.other")
    assert proxy.api("plugins.games.other:add")()
    assert "hail" in proxy.api(f"{COMMANDS}:get.commands")("plugins.games.other")
    answer = []
    assert proxy.api(f"{COMMANDS}:run")("#bp.other.hail", "", answer.extend)
    assert answer == ["hail!"]
    assert not proxy.api(f"{COMMANDS}:run")("hail", "", answer.extend)
    assert proxy.api("plugins.games.other:remove")()
    assert not proxy.api("plugins.games.other:remove")()
    assert proxy.api(f"{COMMANDS}:get.current.command.args")() == {}
    assert proxy.api(f"{COMMANDS}:get.current.client")() == ""


async def test_a_command_line_with_no_mud_connected_is_answered(tmp_path):
    async with ProxyHarness(tmp_path, mud=False, notices=True) as proxy:
        client = await proxy.connect()
        await client.send_line("#bp.commands.history")
        await client.read_until("the history is empty")
        await client.send_line("look")
        await client.read_until("to connect, type: #bp.proxy.connect HOST PORT")


async def test_a_password_is_in_no_event_no_log_and_no_history(proxy):
    client = await proxy.connect()
    seen = [
        proxy.events(name)
        for name in ("ev_from_client_event", "ev_to_mud_data_modify", "ev_to_mud_data_read")
    ]
    proxy.api("plugins.core.log:set.level")("", "debug")
    proxy.mud.echo(True)
    await proxy.mud.sync()
    await client.sync()
    await client.send_line("hunter2")
    assert await proxy.mud.read_line() == "hunter2"
    await client.send_line("#bp.mine.whoami hunter2")
    assert await proxy.mud.read_line() == "#bp.mine.whoami hunter2"
    proxy.mud.echo(False)
    await proxy.mud.sync()
    await client.send_line("look")
    assert await proxy.mud.read_line() == "look"
    assert [record["line"] for log in seen for record in log.raises] == ["look"] * 3
    assert not any("hunter2" in message for message in proxy.log)
    assert "hunter2" not in "".join(await proxy.command("#bp.commands.history"))
    assert "hunter2" not in (proxy.home / "logs" / "bastproxy.log").read_text()
