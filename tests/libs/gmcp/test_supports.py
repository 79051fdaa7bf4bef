import asyncio
import json

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bastproxy import __version__
from bastproxy.libs.messages.asked import MAX_WANTS

ONE, TWO = "plugins.a.one", "plugins.a.two"
HELLO = f'Core.Hello {{"client":"bastproxy","version":"{__version__}"}}'


def test_a_sole_client_speaks_in_its_own_words(world):
    mud = world.begin("client-1")
    for verb, text in (
        ("Set", '[ "Char 1","Room 2" ]'),
        ("Add", '["IRE.Rift 1"]'),
        ("set", '["Char 1"]'),
        ("Set", '["Char 1"]'),
        ("Remove", '["Char"]'),
        ("Set", "[broken"),
    ):
        message = f"Core.Supports.{verb} {text}"
        world.supports.said("client-1", f"core.supports.{verb.lower()}", message.encode())
        assert mud.heard() == [message]
    assert mud.packages == {}


def test_plugins_alone_are_introduced_by_the_proxy(world):
    world.supports.add(ONE, "Char")
    mud = world.begin()
    assert mud.heard() == [HELLO, 'Core.Supports.Set ["Char 1"]']
    world.supports.add(TWO, ["Char.Skills 2", "Room"], version=3)
    assert mud.heard() == [
        'Core.Supports.Add ["Char.Skills 2"]',
        'Core.Supports.Add ["Room 3"]',
    ]
    mud = world.begin()
    assert mud.heard() == [HELLO, 'Core.Supports.Set ["Char 1","Char.Skills 2","Room 3"]']


def test_nobody_who_asks_is_nothing_said(world):
    mud = world.begin()
    assert mud.heard() == []
    world.supports.add(ONE, "Char")
    assert mud.heard() == [HELLO, 'Core.Supports.Set ["Char 1"]']


def test_a_client_takes_nothing_away_from_a_plugin(world):
    world.supports.add(ONE, ["Char", "Room"])
    mud = world.begin("client-1")
    mud.heard()
    world.say("client-1", "Set", "Char 1", "Comm 1")
    assert mud.heard() == ['Core.Supports.Add ["Comm 1"]']
    world.say("client-1", "Remove", "Char", "Comm")
    assert mud.heard() == ['Core.Supports.Remove ["Comm"]']
    world.say("client-1", "Set", "Char 2")
    assert mud.heard() == ['Core.Supports.Add ["Char 2"]']
    world.supports.forget("client-1")
    assert mud.heard() == ['Core.Supports.Add ["Char 1"]']
    assert mud.packages == {"char": 1, "room": 1}


def test_what_is_in_a_package_that_goes_is_asked_for_again(world):
    world.supports.add(ONE, ["Char.Vitals", "Character", "Room"])
    mud = world.begin("client-1")
    world.say("client-1", "Set", "Char 1")
    mud.heard()
    world.supports.forget("client-1")
    assert mud.heard() == [
        'Core.Supports.Remove ["Char"]',
        'Core.Supports.Add ["Char.Vitals 1"]',
    ]


def test_a_broken_list_is_not_passed_on_beside_others(world):
    world.supports.add(ONE, "Char")
    mud = world.begin("client-1")
    mud.heard()
    world.supports.said("client-1", "core.supports.set", b'Core.Supports.Set ["Room 1"')
    assert mud.heard() == []


def test_after_a_reconnect_a_sole_client_is_repeated_as_it_spoke(world):
    world.gmcp.hello.take("client-1", b"Core.Hello { }")
    world.begin("client-1")
    words = b'Core.Supports.Set [ "Char 1", 5,"room" ]'
    world.supports.said("client-1", "core.supports.set", words)
    world.gmcp.end()
    mud = world.begin("client-1")
    assert mud.messages == [b"Core.Hello { }", words]
    mud.heard()
    world.say("client-1", "Add", "Comm 1")
    mud = world.begin("client-1")
    assert mud.heard() == [
        "Core.Hello { }",
        'Core.Supports.Set ["Char 1","room 1","Comm 1"]',
    ]


def test_after_a_reconnect_the_union_is_asked_for(world):
    world.begin("client-1", "client-2")
    world.gmcp.hello.take("client-1", b"Core.Hello {}")
    world.say("client-1", "Set", "Char 1")
    world.say("client-2", "Set", "Char 2", "Room 1")
    world.supports.add(ONE, "Comm")
    world.gmcp.end()
    world.say("client-2", "Remove", "Room")
    world.supports.add(ONE, "Group")
    mud = world.begin("client-1", "client-2")
    assert mud.heard() == [
        "Core.Hello {}",
        'Core.Supports.Set ["Comm 1","Group 1","Char 2"]',
    ]


def test_clients_without_a_hello_get_none_from_the_proxy(world):
    world.supports.add(ONE, "Comm")
    world.say("client-1", "Set", "Char 1")
    assert world.begin("client-1").heard() == ['Core.Supports.Set ["Comm 1","Char 1"]']


def test_who_only_watches_does_not_count(world):
    mud = world.begin("client-2")
    world.supports.set_muted("client-1", True)
    assert world.say("client-1", "Set", "Char 1") == {"char"}
    assert mud.heard() == []
    world.say("client-2", "Set", "Room 1")
    assert mud.heard() == ['Core.Supports.Set ["Room 1"]']
    world.supports.set_muted("client-1", False)
    assert mud.heard() == ['Core.Supports.Add ["Char 1"]']
    world.supports.set_muted("client-1", True)
    assert mud.heard() == ['Core.Supports.Remove ["Char"]']
    assert mud.packages == {"room": 1}


def test_what_is_new_to_a_client_is_told(world):
    assert world.say("client-1", "Set", "Char 1", "Room 1") == {"char", "room"}
    assert world.say("client-1", "Set", "char 2", "Comm 1") == {"comm"}
    assert world.say("client-1", "Remove", "Comm") == set()


def test_one_client_may_not_ask_for_too_much(world):
    mud = world.begin("client-1")
    names = [f"Package{number} 1" for number in range(MAX_WANTS * 3)]
    world.say("client-1", "Set", *names)
    assert len(mud.packages) == MAX_WANTS
    world.say("client-1", "Add", "One.More 1")
    assert len(mud.packages) == MAX_WANTS
    assert "one.more" not in mud.packages
    assert max(map(len, mud.messages)) < 5000
    world.supports.forget("client-1")
    assert mud.packages == {}


def test_a_plugin_may_replace_what_it_asks_for(world):
    mud = world.begin()
    world.supports.add(ONE, ["Char", "Room"])
    mud.heard()
    assert world.supports.replace(ONE, ["Room", "Comm"])
    assert mud.packages == {"room": 1, "comm": 1}
    assert not world.supports.replace(ONE, ["Room", "Comm"])


@pytest.mark.parametrize("wrong", ["", "a b c", 5, None])
def test_what_is_no_package_is_refused_and_nothing_of_it_is_asked_for(world, wrong):
    with pytest.raises(ValueError, match=r"plugins\.a\.one: .* is not the name of a GMCP package"):
        world.supports.add(ONE, ["Char", wrong])
    assert world.supports.union() == {}


async def test_what_plugins_ask_for_is_told_in_one_message(world):
    mud = world.begin()
    for name in ("Char", "Room", "Comm"):
        world.supports.add(ONE, name)
    world.supports.remove(ONE, "Room")
    assert mud.heard() == []
    await asyncio.sleep(0)
    assert mud.heard() == [HELLO, 'Core.Supports.Set ["Char 1","Comm 1"]']


async def test_a_client_does_not_overtake_a_plugin(world):
    mud = world.begin("client-1")
    world.supports.add(ONE, "Char")
    world.say("client-1", "Set", "Room 1")
    assert mud.heard() == [
        HELLO,
        'Core.Supports.Set ["Char 1"]',
        'Core.Supports.Add ["Room 1"]',
    ]


async def test_the_mud_hears_nothing_of_a_reload_that_asks_for_the_same(world):
    ledger = world.ledger
    first = ledger.open_generation(ONE)
    world.supports.add(ONE, ["Char", "Room"])
    mud = world.begin()
    mud.heard()
    ledger.suspend(ONE, generation=first)
    world.supports.flush()
    await asyncio.sleep(0)  # no swap takes so long, but even then
    ledger.open_generation(ONE)
    world.supports.add(ONE, ["Room", "Char"])
    ledger.release(ONE, generation=first)
    await asyncio.sleep(0)
    assert mud.heard() == []


async def test_the_mud_hears_only_what_a_reload_has_changed(world):
    ledger = world.ledger
    first = ledger.open_generation(ONE)
    world.supports.add(ONE, ["Char", "Room"])
    mud = world.begin()
    mud.heard()
    ledger.suspend(ONE, generation=first)
    ledger.open_generation(ONE)
    world.supports.add(ONE, ["Room", "Comm"])
    ledger.release(ONE, generation=first)
    await asyncio.sleep(0)
    assert mud.heard() == ['Core.Supports.Remove ["Char"]', 'Core.Supports.Add ["Comm 1"]']


async def test_the_mud_hears_nothing_of_a_reload_that_failed(world):
    ledger = world.ledger
    first = ledger.open_generation(ONE)
    world.supports.add(ONE, "Char")
    mud = world.begin()
    mud.heard()
    ledger.suspend(ONE, generation=first)
    second = ledger.open_generation(ONE)
    world.supports.add(ONE, "Comm")
    ledger.release(ONE, generation=second)
    ledger.return_to_generation(ONE, first)
    ledger.resume(ONE, generation=first)
    await asyncio.sleep(0)
    assert mud.heard() == []
    ledger.release(ONE)
    await asyncio.sleep(0)
    assert mud.heard() == ['Core.Supports.Remove ["Char"]']


NAMES = st.sampled_from(["Char", "char", "CHAR", "Char.Vitals", "Room", "room", "Comm", "IRE.Rift"])
LISTS = st.lists(st.tuples(NAMES, st.sampled_from(["", " 1", " 2", " 3"])), max_size=5)
CLIENTS = st.sampled_from(["client-1", "client-2", "client-3"])
OWNERS = st.sampled_from([ONE, TWO])


def asked(entries):
    return {name.lower(): int(version or 1) for name, version in entries}


class Union(RuleBasedStateMachine):
    """The MUD's view is the union of what a model says that everybody asks for."""

    world_class = None

    @initialize()
    def start(self):
        self.world = type(self).world_class()
        self.clients = {}
        self.owners = {ONE: {}, TWO: {}}
        self.muted = set()
        self.on = False

    @rule()
    def connect(self):
        self.world.begin()
        self.on = True

    @rule()
    def disconnect(self):
        self.world.gmcp.end()
        self.on = False

    @rule(client=CLIENTS, verb=st.sampled_from(["Set", "Add", "Remove"]), entries=LISTS)
    def client_says(self, client, verb, entries):
        known = self.clients.setdefault(client, {})
        new = self.world.say(client, verb, *(name + version for name, version in entries))
        if verb == "Remove":
            now = {key: version for key, version in known.items() if key not in asked(entries)}
        else:
            now = {**(known if verb == "Add" else {}), **asked(entries)}
        assert new == now.keys() - known.keys()
        self.clients[client] = now

    @rule(client=CLIENTS, text=st.sampled_from(["[", "", "{}", '["Char 1"', '"Char"']))
    def client_babbles(self, client, text):
        message = f"Core.Supports.Set {text}".encode()
        self.world.supports.said(client, "core.supports.set", message)

    @rule(client=CLIENTS)
    def client_leaves(self, client):
        self.world.supports.forget(client)
        self.clients.pop(client, None)
        self.muted.discard(client)

    @rule(client=CLIENTS, muted=st.booleans())
    def mute(self, client, muted):
        self.world.supports.set_muted(client, muted)
        (self.muted.add if muted else self.muted.discard)(client)

    @rule(owner=OWNERS, entries=LISTS, version=st.integers(1, 3))
    def plugin_asks(self, owner, entries, version):
        self.world.supports.add(owner, [name + said for name, said in entries], version)
        self.owners[owner].update({name.lower(): int(said or version) for name, said in entries})

    @rule(owner=OWNERS, name=NAMES)
    def plugin_takes_back(self, owner, name):
        removed = self.world.supports.remove(owner, name)
        assert removed == (self.owners[owner].pop(name.lower(), None) is not None)

    @rule(owner=OWNERS)
    def plugin_is_unloaded(self, owner):
        self.world.ledger.release(owner)
        self.owners[owner] = {}

    @rule(owner=OWNERS, entries=LISTS)
    def plugin_is_reloaded(self, owner, entries):
        ledger = self.world.ledger
        before = ledger.generation(owner)
        ledger.suspend(owner, generation=before)
        ledger.open_generation(owner)
        self.world.supports.add(owner, [name + version for name, version in entries])
        ledger.release(owner, generation=before)
        self.owners[owner] = asked(entries)

    @invariant()
    def the_mud_sees_the_union(self):
        union = {}
        speaking = [wants for one, wants in self.clients.items() if one not in self.muted]
        for wants in (*self.owners.values(), *speaking):
            for key, version in wants.items():
                union[key] = max(version, union.get(key, 0))
        assert {key: want.version for key, want in self.world.supports.union().items()} == union
        if self.on:
            assert self.world.mud.packages == union, self.world.mud.messages


def test_the_mud_sees_the_union_whatever_happens(make_world):
    Union.world_class = make_world
    machine = Union.TestCase
    machine.settings = settings(
        stateful_step_count=30,
        deadline=None,
    )
    machine().runTest()


def test_the_words_of_messages_are_json(world):
    world.supports.add(ONE, "Ünï.Cödé\udcff")
    mud = world.begin()
    message = mud.messages[-1]
    assert json.loads(message.partition(b" ")[2].decode("utf-8", "surrogateescape")) == [
        "Ünï.Cödé\udcff 1"
    ]
