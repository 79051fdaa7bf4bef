import errno
import os
import tomllib

import pytest

from bastproxy.testing import ProxyHarness

NOTIFY = "plugins.client.notify"
MARK = "\x1b[1;33m>>>\x1b[0m "

HIDER = """
from bastproxy.libs.events import RegisterToEvent
from bastproxy.plugins._baseplugin import BasePlugin


class Plugin(BasePlugin):
    @RegisterToEvent("ev_to_client_data_modify", priority=60)
    def _eventcb_line(self):
        record = self.api("plugins.core.events:get.current.event.record")()
        if "gagged" in record["line"]:
            record["send"] = False
        if "mine" in record["line"]:
            record["clients"] = ["client-1"]
"""


@pytest.fixture
async def proxy(tmp_path):
    async with ProxyHarness(tmp_path) as harness:
        await harness.command("#bp.notify.set bell off")
        yield harness


@pytest.fixture
async def tells(proxy):
    await proxy.command(r"#bp.notify.add '^\w+ tells you' -name tells")
    return proxy


async def test_a_line_that_matters_is_marked_for_all_clients(tells):
    clients = [await tells.connect() for _ in range(3)]
    tells.api("plugins.core.clients:set.view.only")("client-3")
    noted = tells.events("ev_notify")
    await tells.mud.send_line("A rat is here.")
    await tells.mud.send_line("Bob \x1b[32mtells\x1b[0m you: hi")
    await tells.mud.send_line("It goes.")
    for client in clients:
        assert await client.read_lines(3) == [
            "A rat is here.",
            f"{MARK}Bob \x1b[32mtells\x1b[0m you: hi",
            "It goes.",
        ]
    assert noted.raises == [{"text": "Bob tells you: hi", "rule": "tells"}]


async def test_it_reaches_those_from_whom_it_was_kept(tells):
    tells.write_plugin("plugins.games.hider", HIDER)
    tells.load("plugins.games.hider")
    one, two = await tells.connect(), await tells.connect()
    await tells.mud.send_line("gagged")
    await tells.mud.send_line("mine")
    await tells.mud.send_line("Bob tells you: gagged")
    await tells.mud.send_line("Bob tells you: mine")
    await tells.mud.send_line("end")
    marked = [f"{MARK}Bob tells you: gagged", f"{MARK}Bob tells you: mine", "end"]
    assert await one.read_lines(4) == ["mine", *marked]
    assert await two.read_lines(3) == marked


async def test_the_mark_and_the_bell_are_settings(tells):
    client = await tells.connect()
    await tells.command("#bp.notify.set bell on")
    await tells.command("#bp.notify.set mark '@R! '")
    await tells.mud.send_line("Bob tells you: hi")
    line = await client.read_line()
    assert line.startswith("\a\x1b[1;31m! ")
    assert line.endswith("Bob tells you: hi")


async def test_a_flood_is_marked_now_and_then_and_the_rest_is_counted(tells):
    client = await tells.connect()
    await tells.command("#bp.notify.set limit 2")
    tells.api("libs.plugins.loader:get.plugin.instance")(NOTIFY).rate.period = 0.2
    await tells.command("#bp.notify.add tells -name second")
    await tells.command("#bp.notify.off second")
    for number in range(5):
        await tells.mud.send_line(f"Bob tells you: {number}")
    lines = await client.read_lines(6)
    assert [line.startswith(MARK) for line in lines[:5]] == [True, True, False, False, False]
    assert lines[5] == "[notify] tells: 3 more lines were not marked"


async def test_a_line_in_pieces_is_shown_again_when_it_is_whole(tells):
    client = await tells.connect()
    await tells.mud.send(b"Bob te")
    await client.read_until("Bob te")
    await tells.mud.send(b"lls you: hi\r\nnext\r\n")
    assert await client.read_lines(3) == ["Bob tells you: hi", f"{MARK}Bob tells you: hi", "next"]


async def test_a_colour_that_the_mud_has_left_on_is_there_behind_the_mark(tells):
    client = await tells.connect()
    await tells.mud.send(b"\x1b[32mIt is green\r\nBob tells you: \x1b[1mhi\r\n")
    _, line = await client.read_lines(2)
    assert line == f"\x1b[0m{MARK}\x1b[32mBob tells you: \x1b[1mhi"
    await tells.mud.send(b"Ann te")
    await client.read_until("Ann te")
    await tells.mud.send(b"lls you: \x1b[0mhi\r\n")
    _, line = await client.read_lines(2)
    assert line == f"{MARK}\x1b[1;32mAnn tells you: \x1b[0mhi"


async def test_prompts_and_what_the_proxy_says_are_let_alone(tells):
    client = await tells.connect()
    tells.api("plugins.core.clients:send")("Bob tells you: I am a plugin")
    assert await client.read_line() == "Bob tells you: I am a plugin"
    await tells.mud.send_prompt("Bob tells you: > ")
    assert await client.read_prompt() == "Bob tells you: > "


async def test_without_rules_no_line_pays_for_it(proxy):
    dispatcher = proxy.api("libs.events:get.dispatcher")()

    def listens():
        callbacks = dispatcher.event("ev_to_client_data_modify").describe()["callbacks"]
        return NOTIFY in [callback["owner_id"] for callback in callbacks]

    assert not listens()
    await proxy.command("#bp.notify.add x")
    assert listens()
    await proxy.command("#bp.notify.off x")
    assert not listens()
    await proxy.command("#bp.notify.on x")
    assert proxy.api("libs.plugins.loader:reload.plugin")(NOTIFY)
    assert listens()
    await proxy.command("#bp.notify.remove x")
    assert not listens()


async def test_plugins_tell_the_player_too_and_not_too_often(proxy):
    client = await proxy.connect()
    noted = proxy.events("ev_notify")
    await proxy.command("#bp.notify.set limit 2")
    send = proxy.api(f"{NOTIFY}:send")
    assert send("the ship leaves")
    assert send("the ship has left")
    assert not send("the ship is gone")
    assert await client.read_lines(2) == [f"{MARK}the ship leaves", f"{MARK}the ship has left"]
    assert noted[0] == {"text": "the ship leaves", "rule": "testing"}
    await client.send_line("#bp.notify.send dinner is ready")
    assert await client.read_line() == f"{MARK}dinner is ready"
    await proxy.command("#bp.notify.send x")
    (answer,) = await proxy.command("#bp.notify.send x")
    assert answer.startswith("that was too often")


async def test_rules_are_listed_tried_and_switched(tells):
    client = await tells.connect()
    await tells.command("#bp.notify.add HELP -i")
    listed = await tells.command("#bp.notify.list")
    assert [line.split() for line in listed] == [
        ["rule", "pattern", "state"],
        ["HELP", "HELP", "on"],
        ["tells", r"^\w+", "tells", "you", "on"],
    ]
    assert await tells.command("#bp.notify.test Bob tells you: help") == [
        "it is marked by tells, HELP"
    ]
    assert await tells.command("#bp.notify.test a rat") == ["it is not marked"]
    assert await tells.command("#bp.notify.off tells") == ["tells: off"]
    await tells.mud.send_line("Bob tells you: hi")
    assert await client.read_line() == "Bob tells you: hi"
    assert len(await tells.command("#bp.notify.list tells")) == 2
    assert await tells.command("#bp.notify.list nothing") == ["none matches"]
    assert await tells.command("#bp.notify.remove tells HELP") == ["removed tells, HELP"]
    assert await tells.command("#bp.notify.list") == ["there are no rules"]


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("add '(a'", "is no regular expression"),
        ("add '(a+)+b'", "could run away"),
        ("add 'x*'", "matches every line"),
        ("remove tell", "there is no rule 'tell' (did you mean tells?)"),
        ("on tell", "there is no rule 'tell'"),
    ],
)
async def test_what_is_wrong_is_told(tells, typed, answer):
    assert answer in (await tells.command(f"#bp.notify.{typed}"))[0]
    assert tells.api(f"{NOTIFY}:list")() == {"tells": r"^\w+ tells you"}


async def test_plugins_define_rules(proxy):
    assert proxy.api(f"{NOTIFY}:add")("pages you", "pages")
    assert proxy.api(f"{NOTIFY}:enable")("pages", False)
    assert not proxy.api(f"{NOTIFY}:enable")("nothing")
    path = proxy.home / "data" / NOTIFY / "rules.toml"
    assert tomllib.loads(path.read_text()) == {"pages": {"pattern": "pages you", "enabled": False}}
    assert proxy.api(f"{NOTIFY}:remove")("pages")
    assert not proxy.api(f"{NOTIFY}:remove")("pages")
    with pytest.raises(ValueError, match="matches every line"):
        proxy.api(f"{NOTIFY}:add")("x*")


async def test_rules_are_kept_at_once_and_survive_reloads_and_a_start(tmp_path):
    path = tmp_path / "data" / NOTIFY / "rules.toml"
    async with ProxyHarness(tmp_path) as proxy:
        client = await proxy.connect()
        await proxy.command("#bp.notify.set bell off")
        await proxy.command("#bp.notify.add 'tells you' -name tells -ignore-case")
        assert tomllib.loads(path.read_text()) == {
            "tells": {"pattern": "tells you", "ignore_case": True}
        }
        for plugin_id in (NOTIFY, "plugins.core.events", "plugins.core.clients"):
            assert proxy.api("libs.plugins.loader:reload.plugin")(plugin_id)
            await proxy.mud.send_line("Bob TELLS you: hi")
            assert await client.read_line() == f"{MARK}Bob TELLS you: hi", plugin_id
    path.write_text(path.read_text() + '[bad]\npattern = "("\n[worse]\n[odd]\npattern = 5\n')
    async with ProxyHarness(tmp_path) as proxy:
        assert proxy.api(f"{NOTIFY}:list")() == {"tells": "tells you"}
        for name in ("bad", "worse", "odd"):
            assert any(f"the rule '{name}' is left out" in message for message in proxy.log)
        await proxy.command("#bp.notify.add x")
        assert "[bad]" in path.read_text()


async def test_a_full_disk_is_told_and_nothing_is_lost(tells, monkeypatch):
    def full(*_args, **_more):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tells.home / "data" / NOTIFY / "rules.toml"
    with monkeypatch.context() as patch:
        patch.setattr("bastproxy.libs.files.tempfile.mkstemp", full)
        added, problem = await tells.command("#bp.notify.add x")
        assert added == "rule x added"
        assert "No space left on device; it is tried again" in problem
        assert tells.api("libs.plugins.loader:reload.plugin")(NOTIFY)
        assert list(tells.api(f"{NOTIFY}:list")()) == ["tells", "x"]
    assert list(tomllib.loads(path.read_text())) == ["tells"]
    await tells.command("#bp.notify.save")
    assert list(tomllib.loads(path.read_text())) == ["tells", "x"]
