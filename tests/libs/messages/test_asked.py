import pytest

from bastproxy.libs.ledger import Ledger
from bastproxy.libs.messages import Asked, Want

ONE, TWO = "plugins.a.one", "plugins.a.two"


@pytest.fixture
def ledger():
    return Ledger()


@pytest.fixture
def asked(ledger):
    return Asked(ledger, "gmcp")


def names(asked):
    return [(want.name, want.version) for want in asked.union().values()]


def test_the_union_has_the_highest_version_of_each_whatever_the_case(asked):
    asked.add(ONE, Want("Char", 1))
    asked.add(TWO, Want("char", 3))
    asked.set_client("client-1", {"char": Want("CHAR", 2), "room": Want("Room", 1)})
    assert names(asked) == [("char", 3), ("Room", 1)]


def test_what_a_plugin_asks_for_is_in_the_ledger_and_goes_with_it(asked, ledger):
    asked.add(ONE, Want("Char"))
    asked.add(TWO, Want("Char"))
    asked.add(TWO, Want("Room"))
    assert [(line.kind, line.name) for line in ledger.lines(TWO)] == [
        ("gmcp", "Char"),
        ("gmcp", "Room"),
    ]
    ledger.release(TWO)
    assert names(asked) == [("Char", 1)]
    assert asked.remove(ONE, "char")
    assert not ledger.lines(ONE)
    assert not asked.remove(ONE, "char")
    assert asked.union() == {}


def test_asking_again_changes_the_version_and_keeps_one_line(asked, ledger):
    changes = []
    asked.on_change = lambda: changes.append(names(asked))
    assert asked.add(ONE, Want("Char", 2))
    assert not asked.add(ONE, Want("Char", 2))
    assert asked.add(ONE, Want("Char", 1))
    assert len(ledger.lines(ONE)) == 1
    assert changes == [[("Char", 2)], [("Char", 1)]]


def test_a_suspended_want_counts_until_it_is_released(asked, ledger):
    generation = ledger.open_generation(ONE)
    asked.add(ONE, Want("Char", 2))
    asked.add(ONE, Want("Room"))
    ledger.suspend(ONE, generation=generation)
    assert names(asked) == [("Char", 2), ("Room", 1)]
    assert asked.of(ONE) == {}
    assert asked.requesters() == {}
    ledger.open_generation(ONE)
    asked.add(ONE, Want("Char", 1))
    ledger.release(ONE, generation=generation)
    assert names(asked) == [("Char", 1)]
    assert asked.remove(ONE, "char")
    assert asked.union() == {}


def test_a_resumed_want_can_be_taken_back(asked, ledger):
    generation = ledger.open_generation(ONE)
    asked.add(ONE, Want("Char"))
    ledger.suspend(ONE, generation=generation)
    assert not asked.remove(ONE, "char")
    ledger.resume(ONE, generation=generation)
    assert asked.remove(ONE, "char")
    assert asked.union() == {}
    assert len(ledger) == 0


def test_a_muted_client_does_not_count(asked):
    asked.set_client("client-1", {"char": Want("Char")})
    asked.mute("client-1", True)
    assert asked.union() == {}
    assert asked.clients() == []
    assert asked.of("client-1") == {"char": Want("Char")}
    asked.mute("client-1", False)
    assert names(asked) == [("Char", 1)]


def test_who_else_asks(asked, ledger):
    asked.set_client("client-1", {"char": Want("Char")})
    asked.set_client("client-2", {})
    assert not asked.has_others("client-1")
    asked.set_client("client-2", {"char": Want("Char")})
    assert asked.has_others("client-1")
    asked.forget_client("client-2")
    assert not asked.has_others("client-1")
    asked.add(ONE, Want("Char"))
    assert asked.has_others("client-1")
    assert asked.requesters() == {
        ONE: {"char": Want("Char")},
        "client-1": {"char": Want("Char")},
    }
