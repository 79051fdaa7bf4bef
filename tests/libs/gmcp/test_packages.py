import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.gmcp import packages
from bastproxy.libs.gmcp.packages import covers, is_state, read_packages, want_of
from bastproxy.libs.messages import Want


@pytest.mark.parametrize(
    ("entry", "want"),
    [
        ("Char 1", Want("Char", 1)),
        ("  Char.Skills   12 ", Want("Char.Skills", 12)),
        ("Char", Want("Char", 1)),
        ("Char 1.5", Want("Char", 1)),
        ("Char one", Want("Char", 1)),
        ("", None),
        ("Char 1 2", None),
        ('Char"', None),
        ("x" * 129, None),
    ],
)
def test_an_entry_is_a_name_and_a_version(entry, want):
    assert want_of(entry) == want


def test_a_list_is_read_and_what_is_no_package_is_passed_over():
    text = '["Char 1", 5, "", null, "char 2", ["Room"], "Room 1"]'
    assert read_packages(text) == {"char": Want("char", 2), "room": Want("Room", 1)}
    assert read_packages("[]") == {}


@pytest.mark.parametrize("text", ["", '["Char 1"', '{"Char": 1}', '"Char 1"', "[" * 100_000])
def test_what_is_no_list_is_none(text):
    assert read_packages(text) is None


@given(st.lists(st.text(st.characters(min_codepoint=33, exclude_categories=["Cs"]))))
def test_messages_hold_every_package_and_none_is_too_long(names):
    wants = [want for want in map(want_of, names) if want is not None]
    messages = packages.set_message(wants)
    entries = []
    for index, message in enumerate(messages):
        package, _, text = message.decode().partition(" ")
        assert package == ("Core.Supports.Add" if index else "Core.Supports.Set")
        assert len(message) <= packages.MAX_MESSAGE
        entries += json.loads(text)
    assert entries == [f"{want.name} {want.version}" for want in wants]


def test_many_packages_are_told_in_several_messages():
    wants = [Want(f"Package{number}") for number in range(3000)]
    messages = packages.add_messages(wants)
    assert len(messages) > 10
    assert {message.partition(b" ")[0] for message in messages} == {b"Core.Supports.Add"}
    assert packages.remove_messages([]) == []


def test_who_asks_for_a_package_asks_for_all_in_it():
    assert covers({"char"}, "char.vitals")
    assert covers({"char"}, "char")
    assert not covers({"char"}, "character.x")
    assert not covers({"char.vitals"}, "char")
    assert not covers(set(), "char.vitals.x")


@pytest.mark.parametrize(
    ("package", "state"),
    [
        ("char.vitals", True),
        ("room.info", True),
        ("char.items.list", True),
        ("char.items.add", False),
        ("room.removeplayer", False),
        ("comm.channel.text", False),
        ("core.goodbye", False),
        ("char.login.result", False),
        ("client.media.play", False),
        ("commander.x", True),
    ],
)
def test_what_happened_is_no_state(package, state):
    assert is_state(package) is state
