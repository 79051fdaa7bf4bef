from collections import deque
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.plugins._baseplugin._dump import find, show


class Inner:
    def __init__(self) -> None:
        self.value = None


class Thing:
    """What a plugin looks like to a dump."""

    kind = "class attribute"

    def __init__(self) -> None:
        self.data: dict[Any, Any] = {
            "users": [{"name": "Ann"}, {"name": "Bob"}],
            "none": None,
            1: "one",
            -2: "minus two",
            "1x": "text",
        }
        self.zero = 0
        self.empty: list[int] = []
        self.inner = Inner()
        self.line = "text"
        self.queue = deque([1, 2])

    @property
    def broken(self) -> int:
        raise ValueError("cannot be computed")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("zero", 0),
        ("empty", []),
        ("kind", "class attribute"),
        ("inner.value", None),
        ("data.none", None),
        ("data.users.0.name", "Ann"),
        ("data.users.-1.name", "Bob"),
        ("data.1", "one"),
        ("data.-2", "minus two"),
        ("data.1x", "text"),
        ("queue.1", 2),
    ],
)
def test_finds_by_attribute_key_and_index(name: str, value: object) -> None:
    assert find(Thing(), name) == (True, value)


@pytest.mark.parametrize(
    "name",
    [
        "nothing",
        "",
        ".",
        "inner.nothing",
        "inner.value.more",
        "data.nobody",
        "data.--1",
        "data.7",
        "data.٣",
        "data.users.2",
        "data.users.-3",
        "data.users." + "9" * 5000,
        "line.0",
        "zero.0",
    ],
)
def test_says_that_there_is_none(name: str) -> None:
    assert find(Thing(), name) == (False, None)


def test_methods_of_containers_are_found_too() -> None:
    found, method = find(Thing(), "data.keys")
    assert found
    assert callable(method)


def test_what_fails_is_what_there_is_to_see() -> None:
    found, error = find(Thing(), "broken")
    assert found
    assert show(error, detailed=False) == "ValueError('cannot be computed')"


@given(st.text())
def test_any_name_is_found_or_not(name: str) -> None:
    found, _ = find(Thing(), name)
    assert isinstance(found, bool)


@given(st.text(alphabet="-.019data", max_size=12))
def test_any_path_is_found_or_not(name: str) -> None:
    found, _ = find(Thing(), "data." + name)
    assert isinstance(found, bool)


def test_long_values_are_cut_without_details() -> None:
    assert "... +90" in show(list(range(100)), detailed=False)
    assert show("x" * 1000, detailed=False).endswith("+800")
    assert show([[[[["deep"]]]]], detailed=False) == "[[[[...]]]]"


def test_details_are_everything() -> None:
    assert len(show(list(range(100)), detailed=True).splitlines()) == 102
    assert "x" * 1000 in show("x" * 1000, detailed=True)
    assert "deep" in show([[[[["deep"]]]]], detailed=True)


def test_details_show_the_attributes_of_an_object() -> None:
    shown = show(Thing(), detailed=True)
    assert "'zero': 0" in shown
    assert "'name': 'Ann'" in shown
    assert "'zero': 0" not in show(Thing(), detailed=False)


def test_the_attributes_of_a_class_are_not_shown() -> None:
    assert len(show(Thing, detailed=True).splitlines()) == 1


@pytest.mark.parametrize("value", [None, 0, False, "", [], {}, ()])
def test_falsy_values_are_shown(value: object) -> None:
    assert show(value, detailed=False) == show(value, detailed=True) == repr(value)


def test_what_contains_itself_is_shown() -> None:
    value: list[object] = [1]
    value.append(value)
    assert "..." in show(value, detailed=True)


def test_what_cannot_show_itself_is_shown() -> None:
    class Broken:
        def __repr__(self) -> str:
            raise ValueError("no words")

    assert "no words" in show([Broken()], detailed=False)
