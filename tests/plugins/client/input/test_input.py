import json

import pytest

from bastproxy.testing import ProxyHarness

INPUT = "plugins.client.input"
MINE = "plugins.games.mine"

SOURCE = """
from bastproxy.libs.events import RegisterToEvent
from bastproxy.plugins._baseplugin import BasePlugin
from bastproxy.plugins.core.commands import AddArgument, AddCommand, AddParser


class Plugin(BasePlugin):
    @RegisterToEvent("ev_input_command")
    def _eventcb_command(self):
        record = self.api("plugins.core.events:get.current.event.record")()
        if record["command"].startswith("go "):
            record["by"] = "go"
            record["replace"] = "say $where;$where"
            record["values"] = {"where": record["command"][3:]}

    @AddCommand()
    @AddParser(description="say something")
    @AddArgument("what", nargs="*", help="what to say")
    def _command_hail(self):
        args = self.api("plugins.core.commands:get.current.command.args")()
        client = self.api("plugins.core.commands:get.current.client")()
        return True, [f"hail {' '.join(args['what'])} from {client}"]
"""


@pytest.fixture
async def proxy(tmp_path):
    async with ProxyHarness(tmp_path) as harness:
        harness.write_plugin(MINE, SOURCE)
        harness.load(MINE)
        yield harness


async def sent(proxy, client, line):
    """Type a line, and return what the MUD gets."""
    before = len(proxy.mud.peer.lines)
    await client.send_line(line)
    await client.sync()
    await proxy.mud.sync()
    return proxy.mud.peer.lines[before:]


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        ("look", ["look"]),
        ("", [""]),
        ("  look ", ["  look "]),
        ("look;n;;;s", ["look", "n;", "s"]),
        ("#2 {look;#2 n}", ["look", "n", "n"] * 2),
        (".2n(open door)", ["n", "n", "open door"]),
        (r"\look;n", ["look;n"]),
        (r"\x/ hi", [r"\x/ hi"]),
        ("go north", ["say north", "north"]),
        ("caf\udce9", ["caf\udce9"]),
        ("a;caf\udce9", ["a", "caf\udce9"]),
    ],
)
async def test_what_is_typed_is_made_more_of(proxy, line, lines):
    client = await proxy.connect()
    assert await sent(proxy, client, line) == lines


async def test_lines_pass_the_events_of_the_mud_one_by_one(proxy):
    client = await proxy.connect()
    seen = proxy.events("ev_to_mud_data_modify")
    await sent(proxy, client, "look;n")
    assert [(one["line"], one["client_id"], one["internal"]) for one in seen.raises] == [
        ("look", "client-1", False),
        ("n", "client-1", False),
    ]


async def test_commands_of_the_proxy_run_in_their_place_for_who_typed_them(proxy):
    await proxy.connect()
    client = await proxy.connect()
    order = proxy.events("ev_to_mud_data_read")
    assert await sent(proxy, client, "look;#bp.mine.hail a b;go home") == [
        "look",
        "say home",
        "home",
    ]
    assert client.lines == ["hail a b from client-2"]
    assert [one["client_id"] for one in order.raises] == ["client-2"] * 3
    assert await sent(proxy, client, "#bp.mine.hail a;look") == []
    assert client.lines[1:] == ["hail a;look from client-2"]


async def test_a_command_may_reload_the_input_itself(proxy):
    client = await proxy.connect()
    line = f"look;#bp.plugins.reload {INPUT};n;#bp.plugins.reload core.commands;s"
    assert await sent(proxy, client, line) == ["look", "n", "s"]
    assert len(client.lines) == 2
    assert all(line.startswith("reloaded") for line in client.lines)
    assert await sent(proxy, client, "look;n") == ["look", "n"]


async def test_too_much_is_refused_with_a_reason_and_the_game_goes_on(proxy):
    client = await proxy.connect()
    assert await sent(proxy, client, "#5000 x") == []
    assert client.lines == [
        "[input] that makes more than 1000 commands (the setting most); nothing is sent"
    ]
    await proxy.command("#bp.input.set most 5")
    assert await sent(proxy, client, "#6 x") == []
    assert await sent(proxy, client, "#5 x") == ["x"] * 5


async def test_words_by_which_a_player_leaves_count_when_a_command_of_the_proxy_is_with_them(proxy):
    client = await proxy.connect()
    session = proxy.api("libs.session:get.session")()
    await sent(proxy, client, "#bp.mine.hail;quit")
    await sent(proxy, client, "look;#bp.mine.hail;quit")
    assert not session.intent.wants_back(orderly=True)


async def test_every_mark_is_a_setting(proxy):
    client = await proxy.connect()
    for name, value in (("separator", ";;"), ("repeat", "*"), ("speedwalk", "''")):
        await proxy.command(f"#bp.input.set {name} {value}")
    assert await sent(proxy, client, "a;b;;*2 c;;#2 d") == ["a;b", "c", "c", "#2 d"]
    await proxy.command("#bp.input.set directions 'n o=out'")
    await proxy.command("#bp.input.set speedwalk default")
    assert await sent(proxy, client, ".no") == ["n", "out"]
    assert await sent(proxy, client, ".ns") == [".ns"]
    await proxy.command("#bp.input.set enabled off")
    assert await sent(proxy, client, "a;;b") == ["a;;b"]


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [("directions", "north", "is no direction"), ("hide", "'(a'", "is no regular expression")],
)
async def test_a_setting_that_cannot_be_is_refused(proxy, name, value, reason):
    client = await proxy.connect()
    before = proxy.api("plugins.core.settings:get")(INPUT, name)
    await client.send_line(f"#bp.input.set {name} {value}")
    await client.read_until(reason)
    assert proxy.api("plugins.core.settings:get")(INPUT, name) == before
    assert any(reason in message for message in proxy.log)
    assert await sent(proxy, client, ".n") == ["n"]


async def test_what_was_typed_before_comes_again_and_is_shown(proxy):
    client = await proxy.connect()
    await sent(proxy, client, "look;n")
    await sent(proxy, client, "kill rat")
    assert await sent(proxy, client, "!!") == ["kill rat"]
    assert await sent(proxy, client, "!l") == ["look", "n"]
    assert await sent(proxy, client, "!kill") == ["kill rat"]
    assert await sent(proxy, client, "^rat^bat") == ["kill bat"]
    assert client.lines == [
        f"[input] {line}" for line in ("kill rat", "look;n", "kill rat", "kill bat")
    ]
    assert await sent(proxy, client, r"\!kill") == ["!kill"]
    assert await sent(proxy, client, "!nothing") == ["!nothing"]
    assert await sent(proxy, client, "!") == ["!"]
    shown = await proxy.command("#bp.input.history 4")
    assert shown == ["   5: kill bat", r"   6: \!kill", "   7: !nothing", "   8: !"]
    assert proxy.api(f"{INPUT}:history")()[:2] == ["look;n", "kill rat"]


async def test_what_was_typed_can_be_forgotten(proxy):
    client = await proxy.connect()
    for line in ("look", "tell bob my pin is 1234", "n"):
        await sent(proxy, client, line)
    assert await proxy.command("#bp.input.forget 2") == ["number 2 is forgotten"]
    assert await proxy.command("#bp.input.history") == ["   1: look", "   3: n"]
    assert "1234" not in (proxy.home / "data" / INPUT / "history.json").read_text()
    assert (await proxy.command("#bp.input.forget 2"))[0].startswith("the history has no number")
    await proxy.command("#bp.input.forget all")
    assert await proxy.command("#bp.input.history") == ["nothing was typed yet"]
    assert await sent(proxy, client, "!!") == ["!!"]


async def test_passwords_never_come_here(proxy):
    client = await proxy.connect()
    asked = proxy.events("ev_input_command")
    proxy.mud.echo(True)
    await proxy.mud.sync()
    await client.sync()
    for password in ("hunter;2", "!!", "#2 hunter2", ".n", r"\go x"):
        assert await sent(proxy, client, password) == [password]
    proxy.mud.echo(False)
    await proxy.mud.sync()
    await sent(proxy, client, "look")
    assert [one["command"] for one in asked.raises] == ["look"]
    assert await proxy.command("#bp.input.history") == ["   1: look"]


@pytest.mark.parametrize("question", [b"\x1b[1mPassword: \x1b[0m", b"Your password?\r\n\r\n"])
async def test_what_is_asked_for_as_a_password_is_let_alone(proxy, question):
    client = await proxy.connect()
    asked = proxy.events("ev_input_command")
    await proxy.mud.send(question)
    await client.read_until("assword")
    await client.sync()
    proxy.api("plugins.core.clients:send")("[a plugin] says something")
    for password in ("hunter;2", "!!", r"\.n"):
        assert await sent(proxy, client, password) == [password]
    await proxy.mud.send(b"\r\nWelcome!\r\n")
    await client.read_until("Welcome!")
    assert await sent(proxy, client, "look;n") == ["look", "n"]
    assert len(asked) == 2
    assert await proxy.command("#bp.input.history") == ["   1: look;n"]


async def test_what_looks_like_a_password_is_not_remembered(proxy):
    client = await proxy.connect()
    for line in ("connect Bob hunter2", "  CREATE Bob hunter2", "password old new", "@password x"):
        assert await sent(proxy, client, line) == [line]
    await sent(proxy, client, "connection")
    await proxy.command("#bp.input.save")
    assert await proxy.command("#bp.input.history") == ["   1: connection"]
    for path in (proxy.home / "data").rglob("*"):
        assert path.is_dir() or b"hunter2" not in path.read_bytes()


async def test_the_history_survives_a_reload_a_restart_and_a_broken_file(tmp_path):
    path = tmp_path / "data" / INPUT / "history.json"
    async with ProxyHarness(tmp_path) as proxy:
        client = await proxy.connect()
        await sent(proxy, client, "kill rat")
        for plugin_id in (INPUT, "plugins.core.events", "plugins.core.commands"):
            assert proxy.api("libs.plugins.loader:reload.plugin")(plugin_id)
        assert await sent(proxy, client, "!k") == ["kill rat"]
    assert json.loads(path.read_text()) == [[1, "kill rat"]]
    path.write_text("[[1,")
    async with ProxyHarness(tmp_path) as proxy:
        assert await proxy.command("#bp.input.history") == ["nothing was typed yet"]
        assert path.with_name("history.json.broken").read_text() == "[[1,"
        assert any("it is kept as" in message for message in proxy.log)


async def test_the_history_is_soon_in_its_file(proxy, monkeypatch):
    monkeypatch.setattr("bastproxy.plugins.client.input.plugin.SAVE_AFTER", 0)
    client = await proxy.connect()
    path = proxy.home / "data" / INPUT / "history.json"
    await sent(proxy, client, "kill rat")
    while not path.exists():
        await client.sync()
    assert json.loads(path.read_text()) == [[1, "kill rat"]]


async def test_a_line_that_a_pause_has_cut_goes_as_it_is(proxy):
    client = await proxy.connect()
    await client.send(b"lo")
    await proxy.mud.read_until("lo")
    await client.send(b"ok;n\r\n")
    assert await proxy.mud.read_line() == "look;n"
    assert await sent(proxy, client, "look;n") == ["look", "n"]
    await client.send(b"lo")
    await proxy.mud.read_until("n\r\nlo")
    client.close()
    await client.wait_closed()
    other = await proxy.connect()
    assert (await sent(proxy, other, "s;w"))[-1] == "w"


async def test_plugins_run_and_expand_texts(proxy):
    client = await proxy.connect()
    run, expand = proxy.api(f"{INPUT}:run"), proxy.api(f"{INPUT}:expand")
    assert expand("look;go $1;#bp.mine.hail", {"1": "a;b"}) == [
        "look",
        "say a;b",
        "a;b",
        "#bp.mine.hail",
    ]
    assert run("look\n#2 say $1;#bp.mine.hail $1", {"1": "x"}, client_id="client-1")
    assert [await proxy.mud.read_line() for _ in range(3)] == ["look", "say x", "say x"]
    assert await client.read_line() == "hail x from client-1"
    assert run("give $5")
    assert await proxy.mud.read_line() == "give $5"
    assert not run("#5000 x")
    assert (await client.read_line()).startswith("[input] that makes more than")
    with pytest.raises(ValueError, match="more than 1000"):
        expand("#5000 x")
    assert await proxy.command("#bp.input.history") == ["nothing was typed yet"]


async def test_no_plugin_answers_for_the_player_who_is_asked_for_a_password(proxy):
    client = await proxy.connect()
    run = proxy.api(f"{INPUT}:run")
    proxy.mud.echo(True)
    await proxy.mud.sync()
    await client.sync()
    assert not run("look", client_id="client-1")
    assert run("#bp.mine.hail x", client_id="client-1")
    assert await client.read_lines(2) == [
        "[input] the MUD asks for a password; nothing else is sent",
        "hail x from client-1",
    ]
    assert await sent(proxy, client, "hunter2") == ["hunter2"]


async def test_a_plugin_that_answers_what_it_sends_is_stopped(proxy):
    client = await proxy.connect()
    echo = SOURCE.partition("    @RegisterToEvent")[0] + (
        "    @RegisterToEvent('ev_to_mud_data_read')\n"
        "    def _eventcb_sent(self):\n"
        "        self.api('plugins.client.input:run')('again')\n"
    )
    proxy.write_plugin("plugins.games.echo", echo)
    proxy.load("plugins.games.echo")
    lines = await sent(proxy, client, "look")
    assert lines[:2] == ["look", "again"]
    assert len(lines) == 21
    assert client.lines == ["[input] 'again' goes round in circles; it is not sent"]


async def test_what_a_line_would_send_is_shown(proxy):
    assert await proxy.command("#bp.input.test 'look;go home'") == ["look", "say home", "home"]
    assert await proxy.command("#bp.input.test '#0 x'") == ["nothing is sent"]
    (answer,) = await proxy.command("#bp.input.test '#5000 x'")
    assert answer.startswith("that makes more than")
    await proxy.mud.sync()
    assert proxy.mud.peer.lines == []


async def test_a_plugin_that_is_broken_stops_no_line(proxy):
    client = await proxy.connect()
    proxy.write_plugin(MINE, SOURCE.replace('record["by"] = "go"', "raise ValueError('no luck')"))
    assert proxy.api("libs.plugins.loader:reload.plugin")(MINE)
    assert await sent(proxy, client, "go home;look") == ["go home", "look"]
    assert any("no luck" in message for message in proxy.log)
    proxy.write_plugin(MINE, SOURCE.replace('record["command"][3:]}', "7}"))
    assert proxy.api("libs.plugins.loader:reload.plugin")(MINE)
    assert await sent(proxy, client, "go home;look") == ["say 7", "7", "look"]
