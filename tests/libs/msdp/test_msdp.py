import pytest

from bastproxy.libs.messages import TO_ALL, Delivery
from bastproxy.libs.msdp import OFF, ON, Message
from bastproxy.libs.net.telnet.options.msdp import pack, unpack

NESTED = {"VNUM": "6008", "EXITS": {"n": "6011", "e": ["1", "2"]}}


@pytest.fixture
def msdp(world):
    return world.msdp


def test_each_variable_becomes_an_event_and_the_message_is_passed_on_as_it_came(world, msdp):
    seen = world.on("ev_msdp")
    body = pack("HEALTH", "5") + pack("ROOM", NESTED) + b"\1ODD\2a\2b"
    assert msdp.received(body) == [Message(body, TO_ALL)]
    assert [(record["variable"], record["value"]) for record in seen] == [
        ("HEALTH", "5"),
        ("ROOM", NESTED),
        ("ODD", ["a", "b"]),
    ]


@pytest.mark.parametrize("registered", ["health", "HEALTH", "Health"])
def test_the_event_of_one_variable_is_raised_whatever_the_case(world, msdp, registered):
    seen = world.on(f"ev_msdp_{registered}")
    msdp.received(pack("HEALTH", "5") + pack("MANA", "6") + pack("health", "7"))
    assert [record["value"] for record in seen] == ["5", "7"]


def test_one_variable_of_several_can_be_withheld(world, msdp):
    world.on("ev_msdp_mana", send=False)
    world.on("ev_msdp_room", clients=["client-1"])
    body = pack("HEALTH", "5") + pack("MANA", "6") + pack("ROOM", NESTED)
    assert [(unpack(body), delivery) for body, delivery in msdp.received(body)] == [
        ([("HEALTH", "5")], TO_ALL),
        ([("MANA", "6")], Delivery(False)),
        ([("ROOM", NESTED)], Delivery(True, ["client-1"])),
    ]
    body = b"\1MANA\2\6broken\2"
    assert msdp.received(body) == [Message(body, Delivery(False))]


def test_a_body_that_says_nothing_is_passed_on(msdp):
    assert msdp.received(b"") == [Message(b"", TO_ALL)]
    assert msdp.received(b"\2\2\3") == [Message(b"\2\2\3", TO_ALL)]


def test_the_last_value_of_a_variable_can_be_had(world, msdp):
    msdp.received(pack("HEALTH", "5") + pack("ROOM", NESTED))
    msdp.received(pack("Health", "6"))
    assert msdp.get("HEALTH") == msdp.get("health") == "6"
    msdp.get("ROOM")["EXITS"].clear()
    assert msdp.get("ROOM") == NESTED
    assert msdp.get("MANA") is None
    assert msdp.get("MANA", 0) == 0
    assert msdp.variables() == ["Health", "ROOM"]


def test_a_plugin_cannot_change_what_others_see(world, msdp):
    world.dispatcher.register(
        "ev_msdp_room",
        lambda: world.dispatcher.current_record()["value"]["EXITS"].clear(),
        "plugins.a.b",
    )
    body = pack("ROOM", NESTED)
    assert msdp.received(body) == [Message(body, TO_ALL)]
    assert msdp.get("ROOM") == NESTED


def test_what_a_mud_has_told_is_forgotten_at_another_one(world, msdp):
    world.begin(address=("a", 1))
    msdp.received(pack("HEALTH", "5"))
    msdp.end()
    world.begin(address=("a", 1))
    assert msdp.get("HEALTH") == "5"
    world.begin(address=("b", 1))
    assert msdp.get("HEALTH") is None


def test_a_flood_of_variables_is_bounded(msdp):
    msdp.received(b"".join(pack(f"V{number}", "x") for number in range(3000)))
    assert len(msdp.variables()) == 1024
    msdp.received(pack("x" * 500, "y"))
    assert len(msdp.variables()) == 1024
    for number in range(40):
        msdp.received(pack(f"LARGE{number}", {"a": ["x" * 30_000] * 2}) + pack("SMALL", "x"))
    assert msdp.values.size <= 1 << 20
    assert len(msdp.get("large39")["a"][1]) == 30_000
    assert msdp.get("large0") is None


def test_on_and_off_are_told(world, msdp):
    on, off = world.on(ON), world.on(OFF)
    msdp.end()
    world.begin()
    assert (len(on), len(off), msdp.is_on) == (1, 0, True)
    msdp.end()
    assert (len(on), len(off), msdp.is_on) == (1, 1, False)


def test_a_variable_of_a_plugin_is_sent(world, msdp):
    assert not msdp.send("LIST", "COMMANDS")
    mud = world.begin()
    assert msdp.send("LIST", "COMMANDS")
    assert msdp.send("X", {"a": ["b"]})
    assert mud.heard() == [("LIST", "COMMANDS"), ("X", {"a": ["b"]})]
    with pytest.raises(TypeError):
        msdp.send("X", 5)


async def test_a_report_that_a_plugin_sends_is_its_own(world, msdp):
    mud = world.begin()
    world.say("client-1", ("REPORT", "MANA"))
    mud.heard()
    assert msdp.send("REPORT", ["HEALTH", "MANA"], "plugins.a.one")
    assert mud.heard() == [("REPORT", ["HEALTH"])]
    assert msdp.send("UNREPORT", "MANA", "plugins.a.one")
    assert mud.heard() == []
    world.ledger.release("plugins.a.one")
    world.reports.flush()
    assert mud.heard() == [("UNREPORT", ["HEALTH"])]
