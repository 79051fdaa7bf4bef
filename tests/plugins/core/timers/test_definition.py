import tomllib
from datetime import UTC, datetime, time

import pytest
import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from bastproxy.libs.work.recurrence import At, Every
from bastproxy.plugins.core.timers.libs.definition import (
    Definition,
    format_seconds,
    from_toml,
    make_rule,
    parse_seconds,
    parse_when,
)

LINES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=20)
RULES = st.one_of(
    st.integers(1, 10**7).map(lambda tenths: Every(tenths / 10)),
    st.builds(
        At,
        st.times().map(lambda at: at.replace(microsecond=0)),
        st.sampled_from(["", "Europe/Berlin", "Australia/Lord_Howe"]),
        st.frozensets(st.integers(0, 6), min_size=1),
    ),
)


@settings(deadline=None)
@given(
    rule=RULES,
    send=st.lists(LINES, min_size=1, max_size=3).map(tuple),
    once=st.booleans(),
    enabled=st.booleans(),
    due=st.none() | st.integers(0, 2**32).map(float),
)
def test_what_is_written_is_read(rule, send, once, enabled, due):
    definition = Definition("tick", rule, send, once, enabled, due)
    text = tomlkit.dumps({"tick": definition.to_toml()})
    assert from_toml("tick", tomllib.loads(text)["tick"]) == definition


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ("30s", "it is no table"),
        ({"send": ["x"]}, "say either how often"),
        ({"every": "30s", "at": "18:30", "send": ["x"]}, "say either how often"),
        ({"every": "often", "send": ["x"]}, "no length of time"),
        ({"every": "0", "send": ["x"]}, "at most every 0.1 seconds"),
        ({"every": "30s", "days": ["mon"], "send": ["x"]}, "are for a time of day"),
        ({"at": "25:00", "send": ["x"]}, "no time of day"),
        ({"at": "18:30", "zone": "Nowhere", "send": ["x"]}, "no time zone"),
        ({"at": "18:30", "days": ["doomsday"], "send": ["x"]}, "no day of the week"),
        ({"at": "18:30", "days": 5, "send": ["x"]}, "days must be text"),
        ({"every": "30s"}, "needs something to send"),
        ({"every": "30s", "send": 5}, "send must be text"),
        ({"every": "30s", "send": "a\nb"}, "is one line"),
        ({"every": "30s", "send": ["x"], "once": "yes"}, "once must be true or false"),
        ({"every": "30s", "send": ["x"], "due": "soon"}, "due must be a date"),
        ({"every": "30s", "sends": ["x"]}, "'sends' is nothing"),
    ],
)
def test_what_is_no_timer_is_refused_with_the_reason(values, reason):
    with pytest.raises(ValueError, match=reason):
        from_toml("tick", values)


@pytest.mark.parametrize("name", ["", "a:b", "-x", "a\tb"])
def test_what_is_no_name(name):
    with pytest.raises(ValueError, match="no name for a timer"):
        from_toml(name, {"every": "30s", "send": "look"})


def test_a_person_may_write_less():
    definition = from_toml(
        "tick", {"every": 30, "send": "look", "due": datetime(2026, 1, 1, tzinfo=UTC)}
    )
    assert definition == Definition("tick", Every(30), ("look",), due=1767225600.0)
    assert from_toml("eat", {"at": "18:30", "days": "mon", "send": "x"}).rule.days == {0}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("30s", ("30s", "", False)),
        ("1h 30m", ("1h 30m", "", False)),
        ("every 30s", ("30s", "", False)),
        ("in 10m", ("10m", "", True)),
        ("at 18:30", ("", "18:30", False)),
        ("18:30", ("", "18:30", False)),
        ("at", ("at", "", False)),
        ("every 18:30", ("18:30", "", False)),
    ],
)
def test_when_as_people_write_it(words, expected):
    assert parse_when(words.split()) == expected


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("1.5", 1.5), ("0.25s", 0.25), ("1h30m", 5400), ("2d", 172800)],
)
def test_seconds_as_people_write_them(text, seconds):
    assert parse_seconds(text) == seconds
    assert parse_seconds(format_seconds(seconds)) == seconds


def test_a_rule_is_what_was_said():
    assert make_rule("30s", "") == Every(30)
    assert make_rule("", "18:30", "UTC", "mon") == At(time(18, 30), "UTC", frozenset({0}))
