from enum import IntEnum, StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.settings import SettingType, is_colour, type_named


def named(kind: object) -> SettingType:
    found = type_named(kind)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("kind", "given_value", "value"),
    [
        (str, "x", "x"),
        ("str", "", ""),
        (int, 5, 5),
        ("int", " -5 ", -5),
        (int, 5.0, 5),
        (float, "2.5", 2.5),
        ("float", 2, 2.0),
        (bool, "On", True),
        (bool, "no", False),
        (bool, 0, False),
        ("bool", "TRUE", True),
        ("colour", "Bright Blue", "bright_blue"),
        ("color", "#FFaa00", "#ffaa00"),
        ("colour", 7, "7"),
        ("colour", "255", "255"),
        ("colour", "@R", "@R"),
        ("colour", "@X7", "@x007"),
        ("colour", "", ""),
        ("timelength", "1h30m", 5400),
        ("timelength", 12, 12),
    ],
)
def test_reads_values_and_what_players_type(
    kind: object, given_value: object, value: object
) -> None:
    read = named(kind).read(given_value)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("kind", "given_value"),
    [
        (str, 5),
        (str, None),
        (str, "\udcff"),
        (int, "five"),
        (int, 2.5),
        (int, True),
        (int, 2**70),
        (float, "nan"),
        (float, "inf"),
        (float, False),
        (bool, "maybe"),
        (bool, 2),
        (bool, None),
        ("colour", "256"),
        ("colour", "@x256"),
        ("colour", "@Q"),
        ("colour", "#fff"),
        ("colour", "reddish"),
        ("colour", True),
        ("timelength", "-1"),
        ("timelength", -1),
        ("timelength", True),
    ],
)
def test_refuses_the_rest(kind: object, given_value: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        named(kind).read(given_value)


def test_an_unknown_type_is_none() -> None:
    assert type_named("integer") is None
    assert type_named(list) is None
    assert type_named(5) is None


def test_is_colour_accepts_none_at_all() -> None:
    assert is_colour("")
    assert is_colour("red")
    assert not is_colour("rouge")


def test_values_are_plain_so_that_no_class_of_a_plugin_stays_alive() -> None:
    class Mood(StrEnum):
        GOOD = "good"

    class Depth(IntEnum):
        DEEP = 3

    assert type(named(str).read(Mood.GOOD)) is str
    assert type(named(int).read(Depth.DEEP)) is int


@given(st.sampled_from(["str", "int", "float", "bool", "colour", "timelength"]), st.text())
def test_a_value_read_from_any_text_is_shown_so_that_it_reads_back(kind: str, text: str) -> None:
    setting_type = named(kind)
    try:
        value = setting_type.read(text)
    except (ValueError, TypeError):
        return
    assert setting_type.read(setting_type.show(value)) == value
