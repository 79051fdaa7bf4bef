from __future__ import annotations

import logging

import pytest

FROM_MUD = "ev_from_mud_event"
MODIFY = "ev_to_client_data_modify"
READ = "ev_to_client_data_read"
DOWN = (FROM_MUD, MODIFY, READ)
UP = ("ev_from_client_event", "ev_to_mud_data_modify", "ev_to_mud_data_read")


async def test_a_line_from_the_mud_passes_three_events(world):
    client = await world.connect()
    found = world.collect(*DOWN)
    await world.mud.send(b"You are hungry. \x1b[0m" + b"\xff\n")
    await client.read_line()
    assert [record["event"] for record in found] == list(DOWN)
    assert found[0] == {
        "event": FROM_MUD,
        "line": "You are hungry. \x1b[0m\udcff",
        "raw": b"You are hungry. \x1b[0m\xff",
        "terminator": b"\n",
        "is_prompt": False,
        "continues": False,
        "send": True,
        "client_id": "",
        "internal": False,
    }
    assert found[1]["clients"] is None


async def test_a_line_from_a_client_passes_three_events(world):
    client = await world.connect()
    found = world.collect(*UP)
    await client.send_line("eat bread")
    assert await world.mud.read_line() == "eat bread"
    assert [record["event"] for record in found] == list(UP)
    assert {record["client_id"] for record in found} == {"client-1"}
    assert "clients" not in found[0]


@pytest.mark.parametrize("event", [FROM_MUD, MODIFY])
async def test_assigning_changes_what_is_sent_and_keeps_lead_and_end(world, event):
    client = await world.connect()
    world.on(event, lambda record: record.update(line=record["line"].upper()))
    found = world.collect(READ)
    await world.mud.send(b"one\n\rtwo\n\rend\r\n")
    assert await client.read_until("END\r\n") == b"ONE\n\rTWO\n\rEND\r\n"
    assert [record["line"] for record in found] == ["ONE", "TWO", "END"]


async def test_changes_add_up_along_the_events(world):
    client = await world.connect()
    world.on(FROM_MUD, lambda record: record.update(line=record["line"] + "1"))
    world.on(MODIFY, lambda record: record.update(line=record["line"] + "2"))
    world.on(READ, lambda record: record.update(line="nobody sees it", send=False))
    await world.mud.send_line("x")
    assert await client.read_line() == "x12"


async def test_a_line_that_is_changed_back_goes_out_as_it_came(world):
    client = await world.connect()
    world.on(FROM_MUD, lambda record: record.update(line="other"))
    world.on(MODIFY, lambda record: record.update(line="\udcff\ufffd"))
    await world.mud.send("\udcff\ufffd\r\n".encode("utf-8", "surrogateescape"))
    await client.read_line()
    assert bytes(client.raw) == b"\xff\xef\xbf\xbd\r\n"


async def test_send_false_drops_the_line_and_its_later_events(world):
    client = await world.connect()
    world.on(FROM_MUD, lambda record: record.update(send=record["line"] != "secret"))
    found = world.collect(MODIFY, READ)
    await world.mud.send(b"secret\r\nopen\r\n")
    assert await client.read_line() == "open"
    assert [record["line"] for record in found] == ["open", "open"]


async def test_a_line_feed_in_a_changed_line_makes_more_lines(world):
    client = await world.connect()
    world.on(FROM_MUD, lambda record: record.update(line="a\r\nb\nc"))
    found = world.collect(MODIFY, READ)
    await world.mud.send(b"\rx\n")
    assert await client.read_until("c\n") == b"\ra\nb\nc\n"
    assert [record["line"] for record in found] == ["a", "b", "c"] * 2


async def test_an_alias_may_make_several_commands(world):
    client = await world.connect()
    world.on(UP[0], lambda record: record.update(line="n\ne\nopen door"))
    await client.send_line("go")
    assert [await world.mud.read_line() for _ in range(3)] == ["n", "e", "open door"]


@pytest.mark.parametrize("value", [None, 5, b"bytes", ["line"]])
async def test_a_line_that_is_no_str_is_reported_and_the_original_goes_out(world, value, caplog):
    client = await world.connect()

    def breaks_lines(record):
        record["line"] = value

    world.on(MODIFY, breaks_lines, owner="plugins.bad.one")
    with caplog.at_level(logging.ERROR, "bastproxy"):
        await world.mud.send_line("safe")
        assert await client.read_line() == "safe"
    assert "plugins.bad.one: breaks_lines" in caplog.text
    assert "must be a str" in caplog.text


class Hostile:
    def __bool__(self):
        raise RuntimeError("boo")


async def test_a_value_that_fails_when_looked_at_does_not_stop_the_line(world, caplog):
    client = await world.connect()
    world.on(MODIFY, lambda record: record.update(send=Hostile()))
    await world.mud.send_line("safe")
    assert await client.read_line() == "safe"
    assert "RuntimeError: boo" in caplog.text


async def test_what_cannot_be_encoded_becomes_a_question_mark(world):
    client = await world.connect()
    world.on(MODIFY, lambda record: record.update(line="a\ud800b"))
    await world.mud.send_line("x")
    assert await client.read_line() == "a?b"


async def test_a_deleted_line_goes_out_as_it_was(world):
    client = await world.connect()
    world.on(MODIFY, lambda record: record.clear())
    await world.mud.send_line("x")
    assert await client.read_line() == "x"


async def test_clients_chooses_who_gets_a_line(world):
    one, two = await world.connect(), await world.connect()
    world.on(
        MODIFY,
        lambda record: (
            record.update(clients=["client-2", "nobody"]) if "2" in record["line"] else None
        ),
    )
    await world.mud.send(b"for 2\r\nfor all\r\n")
    assert await one.read_line() == "for all"
    assert await two.read_lines(2) == ["for 2", "for all"]


async def test_wrong_clients_are_reported_and_all_get_the_line(world, caplog):
    client = await world.connect()
    world.on(MODIFY, lambda record: record.update(clients=5))
    await world.mud.send_line("x")
    assert await client.read_line() == "x"
    assert "client ids" in caplog.text


async def test_a_callback_that_fails_does_not_stop_the_line(world):
    client = await world.connect()
    world.on(MODIFY, lambda record: 1 / 0)
    await world.mud.send_line("x")
    assert await client.read_line() == "x"


async def test_a_line_of_a_plugin_passes_the_later_events_only(world):
    client = await world.connect()
    found = world.collect(*DOWN)
    world.session.send_to_clients(["one", "two\nthree"])
    assert await client.read_lines(3) == ["one", "two", "three"]
    assert bytes(client.raw) == b"one\r\ntwo\r\nthree\r\n"
    assert [record["event"] for record in found] == [MODIFY, READ] * 3
    assert all(record["internal"] and record["raw"] is None for record in found)


async def test_a_plugin_sends_to_some_and_leaves_some_out(world):
    one, two = await world.connect(), await world.connect()
    world.session.send_to_clients("a", ["client-1"])
    world.session.send_to_clients("b", exclude=["client-1"])
    world.session.send_to_clients("c")
    assert await one.read_lines(2) == ["a", "c"]
    assert await two.read_lines(2) == ["b", "c"]


async def test_a_plugin_sends_to_the_mud(world):
    found = world.collect(*UP)
    world.session.send_to_mud("look", client_id="client-9")
    assert await world.mud.read_line() == "look"
    assert [(record["event"], record["client_id"]) for record in found] == [
        (UP[1], "client-9"),
        (UP[2], "client-9"),
    ]


@pytest.mark.parametrize(
    ("event", "order"), [(FROM_MUD, ["said", "line"]), (READ, ["line", "said"])]
)
async def test_what_is_sent_inside_a_callback_keeps_to_whole_lines(world, event, order):
    client = await world.connect()

    def says(record):
        if record["line"] == "line":
            world.session.send_to_clients("said")

    world.on(event, says)
    await world.mud.send_line("line")
    assert await client.read_lines(2) == order


async def test_a_disconnect_inside_a_callback_waits_for_the_lines_that_had_come(world):
    client = await world.connect()
    world.on(FROM_MUD, lambda record: world.session.disconnect("enough"))
    found = world.collect(READ, "ev_mud_disconnected")
    await world.mud.send(b"one\r\ntwo\r\n")
    assert await client.read_lines(2) == ["one", "two"]
    assert [record["event"] for record in found] == [READ, READ, "ev_mud_disconnected"]
    assert found[-1]["reason"] == "enough"


async def test_a_client_that_is_kicked_inside_a_callback_says_no_more(world):
    client = await world.connect()
    world.on(UP[0], lambda record: world.session.kick("client-1"))
    await client.send(b"one\r\ntwo\r\n")
    await client.wait_closed()
    world.session.send_to_mud("end")
    assert [await world.mud.read_line(), await world.mud.read_line()] == ["one", "end"]
