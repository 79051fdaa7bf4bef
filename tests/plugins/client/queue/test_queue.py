import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bastproxy.testing import ProxyHarness
from bastproxy.testing.peer import TestClient

QUEUE = "plugins.client.queue"
ANSWERED = "ev_queue_answered"
FROM_MUD = "ev_from_mud_event"
TO_MUD = "ev_to_mud_data_modify"


@pytest.fixture
async def proxy(tmp_path: Path) -> AsyncIterator[ProxyHarness]:
    async with ProxyHarness(tmp_path) as proxy:
        yield proxy


@pytest.fixture
async def client(proxy: ProxyHarness) -> TestClient:
    return await proxy.connect()


def set_(proxy: ProxyHarness, name: str, value: object) -> None:
    assert proxy.api("plugins.core.settings:change")(QUEUE, name, value)


def texts(proxy: ProxyHarness) -> list[tuple[str, bool]]:
    return [(item["text"], item["sent"]) for item in proxy.api(f"{QUEUE}:list")()]


async def test_the_next_is_sent_when_the_prompt_has_come(proxy):
    answered = proxy.events(ANSWERED)
    assert await proxy.command("#bp.queue.add cast armor") == ["number 1 is sent"]
    assert await proxy.command("#bp.queue.add cast bless") == ["number 2 waits at place 1"]
    assert await proxy.mud.read_line() == "cast armor"
    await proxy.mud.send_line("\x1b[32mYou feel\x1b[0m protected.")
    await proxy.mud.sync()
    assert texts(proxy) == [("cast armor", True), ("cast bless", False)]
    await proxy.mud.send_prompt("hp>")
    assert await proxy.mud.read_line() == "cast bless"
    await proxy.mud.send_prompt("hp>")
    await answered.wait(2)
    assert answered[0] == {
        "number": 1,
        "text": "cast armor",
        "plugin_id": QUEUE,
        "outcome": "prompt",
        "lines": ["You feel protected.", "hp>"],
    }
    assert proxy.api(f"{QUEUE}:is.idle")()


async def test_the_next_is_sent_when_its_pattern_has_come(proxy):
    add = proxy.api(f"{QUEUE}:add")
    assert add("cast armor", answer=r"^You feel (protected|nothing)") == 1
    assert add("sleep") == 2
    assert await proxy.mud.read_line() == "cast armor"
    await proxy.mud.send_prompt("hp>")
    await proxy.mud.sync()
    assert texts(proxy) == [("cast armor", True), ("sleep", False)]
    await proxy.mud.send_line("You feel nothing.")
    assert await proxy.mud.read_line() == "sleep"


async def test_the_next_is_sent_when_the_time_is_up(proxy, client):
    answered = proxy.events(ANSWERED)
    add = proxy.api(f"{QUEUE}:add")
    add("one", timeout=0.02)
    add("two")
    assert await proxy.mud.read_line() == "one"
    assert await proxy.mud.read_line() == "two"
    assert answered[0]["outcome"] == "timeout"
    await client.read_until("[queue] 'one' was not answered in time")


async def test_the_usual_answer_and_time_are_settings(proxy):
    set_(proxy, "answer", "^Ok")
    set_(proxy, "timeout", 0.1)
    add = proxy.api(f"{QUEUE}:add")
    add("one", timeout=60)
    add("two")
    add("three", timeout=60)
    await proxy.mud.send_prompt("hp>")
    await proxy.mud.sync()
    assert texts(proxy)[0] == ("one", True)
    answered = proxy.events(ANSWERED)
    await proxy.mud.send_line("Ok.")
    await answered.wait(2)
    assert [raised["outcome"] for raised in answered.raises] == ["answer", "timeout"]


async def test_a_setting_that_is_no_pattern_is_told(proxy, client):
    set_(proxy, "answer", "(")
    await client.read_until("[queue] the setting answer is not used: '(' is no regular expression")


async def test_priorities(proxy):
    for line in ("one", "two -priority 60", "three -p 10", "four"):
        await proxy.command(f"#bp.queue.add {line}")
    for expected in ("one", "three", "four", "two"):
        assert await proxy.mud.read_line() == expected
        await proxy.mud.send_prompt("hp>")


async def test_nobody_listens_while_nothing_is_waited_for(proxy):
    dispatcher = proxy.app.kernel.dispatcher
    assert not dispatcher.has_callbacks(FROM_MUD)
    proxy.api(f"{QUEUE}:add")("one")
    assert dispatcher.has_callbacks(FROM_MUD)
    assert proxy.api(f"{QUEUE}:skip")()
    assert not proxy.api(f"{QUEUE}:skip")()
    assert not dispatcher.has_callbacks(FROM_MUD)


async def test_what_is_queued_because_of_a_line_is_not_answered_by_it(proxy):
    def react() -> None:
        if proxy.app.kernel.dispatcher.current_record()["is_prompt"]:
            proxy.api(f"{QUEUE}:add")("one")
            proxy.app.kernel.dispatcher.unregister(FROM_MUD, react)

    proxy.app.kernel.dispatcher.register(FROM_MUD, react, "testing")
    await proxy.mud.send_prompt("hp>")
    assert await proxy.mud.read_line() == "one"
    assert texts(proxy) == [("one", True)]


async def test_listing_pausing_and_taking_out(proxy):
    assert await proxy.command("#bp.queue.list") == ["the queue is empty"]
    assert await proxy.command("#bp.queue.pause") == ["the queue is paused"]
    assert await proxy.command("#bp.queue.add one") == [
        "number 1 waits at place 1",
        "the queue is paused",
    ]
    await proxy.command("#bp.queue.add 'two words' -answer ^Ok")
    assert await proxy.command("#bp.queue.list") == [
        "number  state  priority  answer           command",
        "1       waits  50        the next prompt  one",
        "2       waits  50        ^Ok              two words",
        "the queue is paused; 'resume' goes on",
    ]
    assert await proxy.command("#bp.queue.remove 1") == ["'one' is taken out"]
    assert await proxy.command("#bp.queue.remove 1") == ["no command of the number 1 waits"]
    assert await proxy.command("#bp.queue.resume") == ["the queue goes on; 0 wait"]
    assert await proxy.mud.read_line() == "two words"
    await proxy.command("#bp.queue.add three")
    assert await proxy.command("#bp.queue.clear") == ["1 command taken out"]
    assert await proxy.command("#bp.queue.skip") == ["it is not waited for any more"]
    assert await proxy.command("#bp.queue.skip") == ["no answer is waited for"]
    assert proxy.api(f"{QUEUE}:is.idle")()


async def test_what_cannot_be_queued(proxy):
    add = proxy.api(f"{QUEUE}:add")
    for text in ("", "a\nb"):
        with pytest.raises(ValueError, match="is not one line"):
            add(text)
    with pytest.raises(ValueError, match="no time to wait"):
        add("one", timeout=0)
    with pytest.raises(ValueError, match=r"no regular expression: .* at character 1"):
        add("one", answer="(")
    assert (await proxy.command("#bp.queue.add one -a ("))[0].startswith("'(' is no regular")
    assert (await proxy.command(r"#bp.queue.add one -a '(\w+\s?)*!'"))[0].count("run away")
    assert proxy.api(f"{QUEUE}:is.idle")()


async def test_stacked_commands_and_aliases_are_queued_one_by_one(proxy):
    await proxy.command("#bp.aliases.add both -send 'cast armor;cast bless'")
    assert await proxy.command("#bp.queue.add 'both;sleep' -answer ^Ok") == [
        "number 1 is sent",
        "number 2 waits at place 1",
        "number 3 waits at place 2",
    ]
    for expected in ("cast armor", "cast bless", "sleep"):
        assert await proxy.mud.read_line() == expected
        await proxy.mud.send_line("Ok.")
    refused = await proxy.command("#bp.queue.add 'sleep;#bp.plugins.list'")
    assert refused == ["'#bp.plugins.list' is not for the MUD; only what is can be queued"]


async def test_the_queue_is_bounded(proxy):
    proxy.api(f"{QUEUE}:pause")()
    add = proxy.api(f"{QUEUE}:add")
    for _ in range(1000):
        assert add("x")
    assert add("x") == 0
    assert await proxy.command("#bp.queue.add x") == ["1000 commands wait already"]
    assert proxy.api(f"{QUEUE}:clear")("testing") == 1000


@pytest.mark.bastproxy(mud=False)
async def test_nothing_is_queued_for_a_mud_that_is_not_there(bastproxy):
    assert await bastproxy.command("#bp.queue.add one") == ["the MUD is not connected"]
    assert bastproxy.api(f"{QUEUE}:add")("one") == 0


async def test_when_the_mud_goes_the_queue_pauses_and_loses_nothing(proxy, client):
    proxy.app.session.auto_reconnect = False
    answered = proxy.events(ANSWERED)
    add = proxy.api(f"{QUEUE}:add")
    add("one")
    add("two")
    assert await proxy.mud.read_line() == "one"
    proxy.mud.disconnect()
    await client.read_until("[queue] the MUD is gone, and the queue is paused; 1 commands wait")
    await answered.wait()
    assert answered[0]["outcome"] == "lost"
    assert texts(proxy) == [("two", False)]
    assert proxy.app.session.mud_address is not None
    await proxy.app.session.connect(*proxy.app.session.mud_address)
    await proxy.mud.wait_connected(2)
    assert await proxy.command("#bp.queue.resume") == ["the queue goes on; 0 wait"]
    assert await proxy.mud.read_line() == "two"


async def test_nothing_is_sent_as_a_password(proxy):
    add = proxy.api(f"{QUEUE}:add")
    proxy.mud.echo(True)
    await proxy.mud.sync()
    add("one")
    assert texts(proxy) == [("one", False)]
    proxy.mud.echo(False)
    assert await proxy.mud.read_line() == "one"


async def test_lines_with_the_mark_are_queued(proxy, client):
    set_(proxy, "mark", ">")
    await client.send_line(">cast armor")
    await client.send_line(">>bless")
    await client.send_line("look")
    assert [await proxy.mud.read_line() for _ in range(2)] == ["cast armor", "look"]
    await client.send_line(">")
    assert await proxy.mud.read_line() == ">"
    await proxy.mud.send_prompt("hp>")
    assert await proxy.mud.read_line() == ">bless"
    await proxy.mud.send_prompt("hp>")
    await proxy.mud.sync()
    assert proxy.api(f"{QUEUE}:is.idle")()


async def test_an_excuse_is_sent_between(proxy, client):
    assert not proxy.app.kernel.dispatcher.has_callbacks(TO_MUD)
    await proxy.command("#bp.queue.set count 3")
    await proxy.command("#bp.queue.set excuse score")
    await proxy.command("#bp.queue.set antispam excuse")
    for _ in range(5):
        await client.send_line("kill rat")
    got = [await proxy.mud.read_line() for _ in range(6)]
    assert got == [*["kill rat"] * 3, "score", *["kill rat"] * 2]
    await proxy.command("#bp.queue.set antispam off")
    assert not proxy.app.kernel.dispatcher.has_callbacks(TO_MUD)


async def test_lines_are_spaced_in_their_order(proxy, client):
    set_(proxy, "count", 2)
    set_(proxy, "pause", 0.05)
    set_(proxy, "antispam", "space")
    began = asyncio.get_running_loop().time()
    for line in ("n", "n", "n", "n", "e", "quit"):
        await client.send_line(line)
    got = [await proxy.mud.read_line() for _ in range(6)]
    assert got == ["n", "n", "n", "n", "e", "quit"]
    assert asyncio.get_running_loop().time() - began >= 0.1
    assert not proxy.app.session.intent.wants_back(orderly=False)  # it counts as typed


async def test_what_is_held_is_shown_and_taken_out(proxy, client):
    set_(proxy, "count", 1)
    set_(proxy, "pause", 60.0)
    set_(proxy, "antispam", "space")
    for _ in range(3):
        await client.send_line("n")
    assert await proxy.mud.read_line() == "n"
    await client.sync()
    assert (await proxy.command("#bp.queue.list"))[-1] == "2 lines are held back as too alike"
    assert await proxy.command("#bp.queue.clear") == ["2 commands taken out"]


async def test_what_is_held_goes_when_the_mud_goes(proxy, client):
    set_(proxy, "count", 1)
    set_(proxy, "pause", 60.0)
    set_(proxy, "antispam", "space")
    await client.send_line("n")
    await client.send_line("n")
    await client.sync()
    proxy.mud.disconnect()
    await client.read_until("[queue] the MUD is gone; 1 lines that were held back are dropped")


@pytest.mark.parametrize(
    "plugin_id", [QUEUE, "plugins.core.events", "plugins.core.settings", "plugins.core.commands"]
)
async def test_a_reload_loses_nothing(proxy, client, plugin_id):
    set_(proxy, "count", 2)
    set_(proxy, "pause", 0.05)
    set_(proxy, "antispam", "space")
    answered = proxy.events(ANSWERED)
    add = proxy.api(f"{QUEUE}:add")
    add("one", answer="^Ok")
    add("two")
    add("three", timeout=0.01)
    for _ in range(4):
        await client.send_line("n")
    await client.sync()
    await proxy.mud.send_line("O\x1b[1mk")
    await proxy.mud.sync()
    for _ in range(2):
        assert proxy.api("libs.plugins.loader:reload.plugin")(plugin_id)
    await proxy.mud.send_prompt("hp>")
    await answered.wait(3)
    assert [(raised["text"], raised["outcome"]) for raised in answered.raises] == [
        ("one", "answer"),
        ("two", "prompt"),
        ("three", "timeout"),
    ]
    got = [await proxy.mud.read_line() for _ in range(7)]
    assert sorted(got) == ["n", "n", "n", "n", "one", "three", "two"]
    assert not [one for one in proxy.log if "queue" in one and not one.startswith("INFO")]
