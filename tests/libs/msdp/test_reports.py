import asyncio

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bastproxy.libs.messages.asked import MAX_WANTS
from bastproxy.libs.net.telnet.options.msdp import pack

ONE, TWO = "plugins.a.one", "plugins.a.two"


def test_what_a_client_says_reaches_the_mud_byte_for_byte(world):
    world.begin()
    for body in (
        pack("LIST", "COMMANDS"),
        pack("REPORT", "HEALTH") + pack("SEND", ["MANA", "ROOM"]),
        b"\1REPORT\2HEALTH\2MANA",
        pack("UNREPORT", "HEALTH"),
        pack("RESET", "REPORTED_VARIABLES"),
        pack("CLIENT_NAME", {"a": ["b", {"c": "d"}]}),
        b"no MSDP at all",
        b"",
    ):
        assert world.reports.said("client-1", body) == [body]


def test_what_one_wants_nobody_else_takes_away(world):
    world.reports.add(ONE, ["HEALTH", "MANA"])
    mud = world.begin()
    assert mud.heard() == [("REPORT", ["HEALTH", "MANA"])]
    assert world.say("client-1", ("REPORT", ["HEALTH", "ROOM"])) == [("REPORT", ["HEALTH", "ROOM"])]
    assert world.say("client-1", ("UNREPORT", "HEALTH")) == []
    assert world.say("client-1", ("UNREPORT", ["HEALTH", "ROOM"]), ("SEND", "ROOM")) == [
        ("UNREPORT", ["ROOM"]),
        ("SEND", "ROOM"),
    ]
    assert world.say("client-1", ("RESET", "REPORTABLE_VARIABLES")) == []
    world.say("client-1", ("REPORT", ["HEALTH", "ROOM"]))
    assert world.say("client-1", ("RESET", "REPORTED_VARIABLES")) == [("UNREPORT", ["ROOM"])]
    assert world.say("client-1", ("RESET", "CONFIGURABLE_VARIABLES")) == [
        ("RESET", "CONFIGURABLE_VARIABLES")
    ]
    assert mud.reported == {"health", "mana"}


def test_what_was_taken_back_can_be_wanted_again(world):
    world.reports.add(ONE, "HEALTH")
    mud = world.begin()
    world.say("client-1", ("REPORT", "ROOM"), ("UNREPORT", "ROOM"))
    assert mud.reported == {"health"}
    world.reports.add(ONE, "ROOM")
    assert mud.reported == {"health", "room"}


def test_a_client_that_leaves_takes_only_its_own_with_it(world):
    mud = world.begin()
    world.say("client-1", ("REPORT", ["HEALTH", "MANA"]))
    world.say("client-2", ("REPORT", "health"))
    mud.heard()
    world.reports.forget("client-1")
    assert mud.heard() == [("UNREPORT", ["MANA"])]
    world.reports.forget("client-2")
    assert mud.reported == set()


def test_after_a_reconnect_the_union_is_reported(world):
    world.begin()
    world.say("client-1", ("REPORT", ["HEALTH", "MANA"]))
    world.say("client-2", ("REPORT", "Health"), ("REPORT", "ROOM"))
    world.msdp.end()
    world.say("client-2", ("UNREPORT", "ROOM"))
    world.reports.add(ONE, "EXITS")
    assert world.begin().heard() == [("REPORT", ["EXITS", "HEALTH", "MANA"])]


def test_who_only_watches_does_not_count(world):
    mud = world.begin()
    world.reports.set_muted("client-1", True)
    world.say("client-1", ("REPORT", "HEALTH"))
    assert mud.heard() == []
    world.reports.set_muted("client-1", False)
    assert mud.heard() == [("REPORT", ["HEALTH"])]
    world.reports.set_muted("client-1", True)
    assert mud.heard() == [("UNREPORT", ["HEALTH"])]


def test_one_client_may_not_want_too_much(world):
    mud = world.begin()
    world.say("client-1", ("REPORT", [f"V{number}" for number in range(MAX_WANTS * 2)]))
    assert len(mud.reported) == MAX_WANTS
    world.say("client-1", ("REPORT", "MORE"))
    assert "more" not in mud.reported
    world.reports.forget("client-1")
    assert mud.reported == set()


@pytest.mark.parametrize("wrong", ["", "x" * 129, 5])
def test_what_is_no_variable_is_refused(world, wrong):
    with pytest.raises(ValueError, match="is not the name of an MSDP variable"):
        world.reports.add(ONE, ["HEALTH", wrong])
    assert world.reports.union() == {}


async def test_what_plugins_want_is_told_in_one_message_and_a_reload_not_at_all(world):
    ledger = world.ledger
    first = ledger.open_generation(ONE)
    mud = world.begin()
    world.reports.add(ONE, "HEALTH")
    world.reports.add(ONE, "MANA")
    assert mud.heard() == []
    await asyncio.sleep(0)
    assert mud.heard() == [("REPORT", ["HEALTH", "MANA"])]
    ledger.suspend(ONE, generation=first)
    ledger.open_generation(ONE)
    world.reports.add(ONE, ["MANA", "HEALTH"])
    ledger.release(ONE, generation=first)
    await asyncio.sleep(0)
    assert mud.heard() == []
    ledger.release(ONE)
    await asyncio.sleep(0)
    assert mud.heard() == [("UNREPORT", ["MANA", "HEALTH"])]


NAMES = st.sampled_from(["HEALTH", "health", "MANA", "ROOM", "EXITS"])
LISTS = st.lists(NAMES, max_size=4)
CLIENTS = st.sampled_from(["client-1", "client-2", "client-3"])
OWNERS = st.sampled_from([ONE, TWO])


def lower(names):
    return {name.lower() for name in names}


class Union(RuleBasedStateMachine):
    """What the MUD reports is the union of what a model says that everybody wants."""

    world_class = None

    @initialize()
    def start(self):
        self.world = type(self).world_class()
        self.wants = {}
        self.muted = set()
        self.on = False

    @rule()
    def connect(self):
        self.world.begin()
        self.on = True

    @rule()
    def disconnect(self):
        self.world.msdp.end()
        self.on = False

    @rule(client=CLIENTS, names=LISTS, more=LISTS)
    def client_says(self, client, names, more):
        self.world.say(client, ("REPORT", names), ("SEND", "HEALTH"), ("UNREPORT", more))
        self.wants[client] = (self.wants.get(client, set()) | lower(names)) - lower(more)

    @rule(client=CLIENTS, reset=st.sampled_from(["REPORTED_VARIABLES", "REPORTABLE_VARIABLES"]))
    def client_resets(self, client, reset):
        self.world.say(client, ("RESET", reset))
        self.wants[client] = set()

    @rule(client=CLIENTS)
    def client_leaves(self, client):
        self.world.reports.forget(client)
        self.wants.pop(client, None)
        self.muted.discard(client)

    @rule(client=CLIENTS, muted=st.booleans())
    def mute(self, client, muted):
        self.world.reports.set_muted(client, muted)
        (self.muted.add if muted else self.muted.discard)(client)

    @rule(owner=OWNERS, names=LISTS)
    def plugin_asks(self, owner, names):
        self.world.reports.add(owner, names)
        self.wants[owner] = self.wants.get(owner, set()) | lower(names)

    @rule(owner=OWNERS, names=LISTS)
    def plugin_takes_back(self, owner, names):
        self.world.reports.remove(owner, names)
        self.wants[owner] = self.wants.get(owner, set()) - lower(names)

    @rule(owner=OWNERS)
    def plugin_is_unloaded(self, owner):
        self.world.ledger.release(owner)
        self.wants.pop(owner, None)

    @invariant()
    def the_mud_reports_the_union(self):
        wants = [wants for one, wants in self.wants.items() if one not in self.muted]
        union = set().union(*wants)
        assert self.world.reports.union().keys() == union
        if self.on:
            assert self.world.mud.reported == union, self.world.mud.bodies


def test_the_mud_reports_the_union_whatever_happens(make_world):
    Union.world_class = make_world
    machine = Union.TestCase
    machine.settings = settings(
        stateful_step_count=30,
        deadline=None,
    )
    machine().runTest()
