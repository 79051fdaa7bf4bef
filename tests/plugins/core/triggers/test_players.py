"""Triggers that players define: what they send, and that nothing of them is lost."""

import tomllib

from bastproxy.testing import ProxyHarness

PLUGIN = "plugins.core.triggers"
RELOAD = "libs.plugins.loader:reload.plugin"


def path_of(proxy):
    return proxy.home / "data" / PLUGIN / "triggers.toml"


def saved(proxy):
    return tomllib.loads(path_of(proxy).read_text())


async def add(proxy, text):
    answer = await proxy.command(f"#bp.triggers.add {text}")
    assert "added" in answer[0], answer
    return answer[1:]


async def sent(proxy, *lines):
    """Have the MUD send lines; return what the proxy sent it in reply."""
    for line in lines:
        await proxy.mud.send_line(line)
    await proxy.mud.sync()
    proxy.api("plugins.core.proxy:send")("the end")
    found = []
    while (line := await proxy.mud.read_line()) != "the end":
        found.append(line)
    return found


async def test_a_trigger_sends_what_it_is_to_send(bastproxy):
    assert await add(bastproxy, '"^You are hungry" -send "eat bread" -send drink') == []
    assert await sent(bastproxy, "You are hungry.", "You are thirsty.") == ["eat bread", "drink"]


async def test_captures_and_variables_are_put_into_it(bastproxy):
    await bastproxy.command("#bp.variables.set bag 'big sack'")
    await add(
        bastproxy,
        r"""'^(\w+) gives you (?P<what>.*)\.' -s 'thank $1; put $what in ${bag} $$ $3 ${x}'""",
    )
    assert await sent(bastproxy, "Bob gives you a pie.") == [
        "thank Bob",
        "put a pie in big sack $  ${x}",
    ]


async def test_what_the_mud_says_is_no_command_of_its_own(bastproxy):
    await add(bastproxy, r"""'^(\w+) says: (.*)' -s 'tell $1 you said $2'""")
    assert await sent(bastproxy, "Bob says: x; quit") == ["tell Bob you said x; quit"]
    assert await sent(bastproxy, "Bob says: #bp.proxy.shutdown") == [
        "tell Bob you said #bp.proxy.shutdown"
    ]


async def test_what_may_not_be_meant_is_said(bastproxy):
    assert await add(bastproxy, r"""'(\d+)' -s 'say $1 $2 $who $0'""") == [
        "its pattern has no text to look for, so it is tried on every line",
        "$2 is no group of the pattern, and no variable yet",
        "$who is no group of the pattern, and no variable yet",
    ]


async def test_colours_do_not_hide_a_line_and_can_be_matched(bastproxy):
    await add(bastproxy, "'^You are hungry' -s eat")
    await add(bastproxy, r"""'^\x1b\[31mYou' -colours -s red""")
    assert await sent(bastproxy, "\x1b[31mYou are \x1b[1mhungry\x1b[0m") == ["eat", "red"]


async def test_a_line_is_gagged_and_later_triggers_are_stopped(bastproxy):
    client = await bastproxy.connect()
    await add(bastproxy, "spam -gag -stop -priority 10 -s one")
    await add(bastproxy, "spam -s two")
    assert await sent(bastproxy, "some spam", "some ham") == ["one"]
    assert await client.read_line() == "some ham"


async def test_once_and_a_count_remove_it_from_the_file_too(bastproxy):
    await add(bastproxy, "door -once -s open")
    await add(bastproxy, "door -count 2 -s enter -name twice")
    assert await sent(bastproxy, "door", "door", "door") == ["open", "enter", "enter"]
    assert await bastproxy.command("#bp.triggers.list") == ["there are no triggers"]
    assert saved(bastproxy) == {}


async def test_several_lines_are_matched_together(bastproxy):
    await add(bastproxy, r"""'dragon\nIt (\w+)' -lines 2 -s '$1!'""")
    lines = ["a dragon", "It sleeps", "It wakes", "dragon", "It eats"]
    assert await sent(bastproxy, *lines) == ["sleeps!", "eats!"]


async def test_big_and_small_letters_can_be_the_same(bastproxy):
    await add(bastproxy, "hungry -i -s eat")
    await add(bastproxy, "hungry -s drink")
    assert await sent(bastproxy, "HUNGRY") == ["eat"]


async def test_a_command_of_the_proxy_is_run(bastproxy):
    await add(bastproxy, r"""'^Your target is (\w+)' -s '#bp.variables.set target $1'""")
    assert await sent(bastproxy, "Your target is orc") == []
    assert bastproxy.api("plugins.client.variables:get")("target") == "orc"


async def test_what_the_mud_says_does_not_become_a_command(bastproxy):
    await add(bastproxy, r"""'tells you (.*)' -s '$1'""")
    assert await sent(bastproxy, "Bob tells you #bp.triggers.remove t1") == [
        "#bp.triggers.remove t1"
    ]
    assert "t1" in saved(bastproxy)


async def test_nothing_is_sent_while_the_mud_asks_for_a_password(bastproxy):
    await add(bastproxy, "hungry -s eat")
    bastproxy.mud.echo(True)
    await bastproxy.mud.send_line("You are hungry")
    await bastproxy.mud.sync()
    bastproxy.mud.echo(False)
    assert await sent(bastproxy, "nothing") == []


async def test_lines_of_the_proxy_fire_nothing(bastproxy):
    await add(bastproxy, "hungry -s eat")
    await bastproxy.connect()
    await bastproxy.command("#bp.triggers.list")
    bastproxy.app.session.send_to_clients("You are hungry")
    assert await sent(bastproxy) == []


async def test_triggers_are_switched(bastproxy):
    command = bastproxy.command
    await add(bastproxy, "hungry -s eat -group food")
    await add(bastproxy, "thirsty -s drink -group food")
    assert await command("#bp.triggers.off t1") == ["t1 is off"]
    assert await sent(bastproxy, "hungry", "thirsty") == ["drink"]
    assert await command("#bp.triggers.on t1 t2") == ["t1, t2 are on"]
    assert await command("#bp.triggers.group food off") == ["group food is off: 2 triggers"]
    assert await sent(bastproxy, "hungry", "thirsty") == []
    rows = await command("#bp.triggers.list -group food")
    assert [" ".join(row.split()[3:]) for row in rows[1:]] == [
        "off with its group 0",
        "off with its group 1",
    ]
    assert (await command("#bp.triggers.group"))[1].split() == ["food", "off", "2"]
    assert await command("#bp.triggers.group fod") == [
        "there is no group 'fod' (did you mean food?)"
    ]
    assert await command("#bp.triggers.group food on") == ["group food is on: 2 triggers"]
    assert await sent(bastproxy, "hungry") == ["eat"]


async def test_a_trigger_is_shown(bastproxy):
    await add(bastproxy, r"""'^(\w+) "waves"' -s 'wave $1' -n wave -p 10""")
    await sent(bastproxy, 'Bob "waves"')
    assert await bastproxy.command("#bp.triggers.show wave") == [
        "trigger wave, on",
        "pattern = '^(\\w+) \"waves\"'",
        "send = ['wave $1']",
        "priority = 10",
        "looked for in each line: ' \"waves\"'",
        "fired 1 times",
    ]


async def test_a_long_list_is_cut_and_says_so(bastproxy):
    for number in range(105):
        bastproxy.api(f"{PLUGIN}:trigger.add")(f"x{number}", f"number {number}")
    lines = await bastproxy.command("#bp.triggers.list")
    assert lines[-1] == "and 5 more; give a part of a name or of a pattern"
    assert len(await bastproxy.command("#bp.triggers.list x104")) == 2


async def test_a_line_is_tried_without_sending_anything(bastproxy):
    await add(bastproxy, r"""'^(?P<who>\w+) (\w+)s' -s '$2 $who' -gag -stop -n echo""")
    await add(bastproxy, "waves -s late -p 60")
    assert await bastproxy.command("#bp.triggers.test Bob waves") == [
        "echo: matches 'Bob waves'",
        "  who = 'Bob'",
        "  $2 = 'wave'",
        "  sends wave Bob",
        "  the line is not shown",
        "  no later trigger fires",
    ]
    assert await bastproxy.command("#bp.triggers.test x") == ["no trigger matches"]
    assert await sent(bastproxy) == []


async def test_what_costs_time_is_shown(bastproxy):
    assert (await bastproxy.command("#bp.triggers.slow"))[0].startswith("no trigger is slow")
    await add(bastproxy, "hungry")
    await add(bastproxy, r"'\d+' -n digits")
    _, row = await bastproxy.command("#bp.triggers.slow")
    assert row.split(None, 2) == ["digits", r"\d+", "tried on every line"]


async def test_what_cannot_be_is_said(bastproxy):
    await add(bastproxy, "hungry -s eat -n food")
    for line, words in {
        "add '(' -s x": "'(' is no regular expression: missing ), unterminated subpattern",
        r"add '(\w+\s?)*!' -s x": r"'(\\w+\\s?)*!' could run away: a repeat in it",
        "add x -name a:b": "'a:b' is no name for a trigger; it has no colon",
        "add x -name ''": "trigger t1 added",
        "add x -name ' -'": "trigger  - added",
        "add x -lines 0": "lines are 1 to 100",
        "add x -count x": "usage: ",
        "remove fod": "there is no trigger 'fod' (did you mean food",
        "on fod": "there is no trigger 'fod' (did you mean food",
        "show plugins.a.b:t1": "there is no trigger 'plugins.a.b:t1'",
        "group food maybe": "usage: ",
        "group": "there are no groups",
        "export x -group nothing": "no trigger is in the group 'nothing'",
        "import nothing": "nothing.toml cannot be read: No such file",
        "list nothing": "no trigger matches",
    }.items():
        answer = await bastproxy.command(f"#bp.triggers.{line}")
        assert words in answer[0]
    assert list(saved(bastproxy)) == ["food", "t1", " -"]


async def test_a_pattern_that_could_run_away_is_taken_by_force(bastproxy):
    await add(bastproxy, r"""'^(\w+\s?)*!$' -force -s loud""")
    assert await sent(bastproxy, "no!", "no") == ["loud"]


async def test_a_trigger_of_the_same_name_is_replaced(bastproxy):
    await add(bastproxy, "hungry -s eat -n food")
    answer = await bastproxy.command("#bp.triggers.add thirsty -s drink -n food")
    assert answer == ["trigger food replaced"]
    assert await sent(bastproxy, "hungry", "thirsty") == ["drink"]


async def test_they_live_through_reloads_and_a_new_start(tmp_path):
    async with ProxyHarness(tmp_path) as proxy:
        await add(proxy, r"""'^(\w+) waves' -s 'wave $1' -group people""")
        await add(proxy, "hungry -s eat -n food")
        await proxy.command("#bp.triggers.off food")
        await proxy.command("#bp.triggers.group people off")
        for plugin in (PLUGIN, "plugins.core.events", "plugins.core.commands"):
            assert proxy.api(RELOAD)(plugin)
        assert await sent(proxy, "hungry", "Bob waves") == []
        await proxy.command("#bp.triggers.group people on")
        assert await sent(proxy, "hungry", "Bob waves") == ["wave Bob"]
        await proxy.command("#bp.triggers.group people off")
        kept = path_of(proxy).read_bytes()
    async with ProxyHarness(tmp_path) as proxy:
        assert await sent(proxy, "hungry", "Bob waves") == []
        await proxy.command("#bp.triggers.group people on")
        await proxy.command("#bp.triggers.on food")
        assert await sent(proxy, "hungry", "Bob waves") == ["eat", "wave Bob"]
        await proxy.command("#bp.triggers.off food")
        assert path_of(proxy).read_bytes() == kept


async def test_a_reload_keeps_counts_and_order(bastproxy):
    await add(bastproxy, "x -s one")
    await add(bastproxy, "x -s two")
    await sent(bastproxy, "x")
    assert bastproxy.api(RELOAD)(PLUGIN)
    assert await sent(bastproxy, "x") == ["one", "two"]
    rows = await bastproxy.command("#bp.triggers.list")
    assert [row.split()[-1] for row in rows[1:]] == ["2", "2"]


async def test_a_bad_file_is_set_aside_and_said(tmp_path):
    path = tmp_path / "data" / PLUGIN / "triggers.toml"
    path.parent.mkdir(parents=True)
    text = "[a]\npattern = '('\n[b]\npattern = 'hungry'\nsend = 'eat'\n"
    path.write_text(text)
    async with ProxyHarness(tmp_path) as proxy:
        assert [one["name"] for one in proxy.api(f"{PLUGIN}:trigger.list")()] == ["b"]
        assert path.with_name("triggers.toml.broken").read_text() == text
        assert any("the file is kept as" in line for line in proxy.log)
        await proxy.command("#bp.triggers.add x -n new")
        assert list(saved(proxy)) == ["b", "new"]


async def test_bad_switches_are_set_aside_and_said(tmp_path):
    path = tmp_path / "data" / PLUGIN / "switched.json"
    path.parent.mkdir(parents=True)
    path.write_text("[]")
    async with ProxyHarness(tmp_path) as proxy:
        assert path.with_name("switched.json.broken").exists()
        assert any("switched.json cannot be read" in line for line in proxy.log)


async def test_what_cannot_be_written_is_said_and_tried_again(bastproxy):
    path_of(bastproxy).mkdir(parents=True)  # nothing can be renamed onto it
    (why,) = await add(bastproxy, "hungry -s eat")
    assert "triggers.toml cannot be written: " in why
    assert bastproxy.api(RELOAD)(PLUGIN)
    assert await sent(bastproxy, "hungry") == ["eat"]
    path_of(bastproxy).rmdir()
    assert bastproxy.api(f"{PLUGIN}:save.state")()
    assert list(saved(bastproxy)) == ["t1"]


async def test_triggers_are_shared(tmp_path):
    command = r"""'^(\w+) "waves" \x1b' -s "say 'hi' $1" -n "a wave" -g people"""
    async with ProxyHarness(tmp_path / "one") as proxy:
        await add(proxy, command)
        await add(proxy, "hungry -s eat")
        file = tmp_path / "mine"
        (answer,) = await proxy.command(f"#bp.triggers.export {file} -group people")
        assert answer == f"1 triggers written to {file}.toml"
        (answer,) = await proxy.command(f"#bp.triggers.export {file}")
        assert "there is a file" in answer
        (answer,) = await proxy.command(f"#bp.triggers.export {file} -replace")
        assert answer.startswith("2 triggers written")
        assert (await proxy.command("#bp.triggers.export here"))[0].endswith("here.toml")
        definitions = saved(proxy)
    async with ProxyHarness(tmp_path / "two") as proxy:
        await add(proxy, "mine -n t1")
        answer = await proxy.command(f"#bp.triggers.import {file}")
        assert answer == [
            f"1 triggers imported from {file}.toml",
            "you have others of these names, -replace takes theirs: t1",
        ]
        assert await sent(proxy, 'Bob "waves" \x1b', "hungry") == []
        await proxy.command(f"#bp.triggers.import {file} -replace")
        assert await sent(proxy, "hungry") == ["eat"]
        assert saved(proxy) == definitions
        file.with_suffix(".toml").write_text("[bad]\npattern = '('\n[x]\npattern = 'x'\n")
        answer = await proxy.command(f"#bp.triggers.import {file}")
        assert answer[0].startswith("1 triggers imported")
        assert "the trigger 'bad' is left out: '(' is no regular" in answer[1]
        file.with_suffix(".toml").write_text("x")
        assert "cannot be read: " in (await proxy.command(f"#bp.triggers.import {file}"))[0]


async def test_a_trigger_that_is_too_slow_is_switched_off_and_said(bastproxy, monkeypatch):
    monkeypatch.setattr("bastproxy.libs.triggers.triggers.SLOW", -1.0)
    monkeypatch.setattr("bastproxy.libs.triggers.watch.SLOW", -1.0)
    client = await bastproxy.connect()
    await add(bastproxy, "slow -n slow -s x")
    for _ in range(3):
        await bastproxy.mud.send_line("slow")
    await bastproxy.mud.sync()
    text = "[bastproxy] the trigger slow is switched off: its pattern took"
    await client.wait_for(lambda: any(text in line for line in client.lines), "the notice")
    assert saved(bastproxy)["slow"]["enabled"] is False
    assert "its pattern took" in " ".join((await bastproxy.command("#bp.triggers.slow"))[1].split())
    assert "switched off: " in (await bastproxy.command("#bp.triggers.show slow"))[-1]
    monkeypatch.undo()
    await bastproxy.command("#bp.triggers.on slow")
    assert await sent(bastproxy, "slow") == ["x", "x", "x"]
