import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.commands.match import Match, match


@pytest.mark.parametrize(
    ("word", "names", "name"),
    [
        ("list", ["list", "listall"], "list"),
        ("LIST", ["list", "listall"], "list"),
        ("show-all", ["show_all"], "show_all"),
        ("sh", ["show", "list"], "show"),
        ("lst", ["list", "show"], "list"),
        ("lsit", ["list", "show"], "list"),
        ("evnts", ["events", "commands"], "events"),
        ("Load", ["load", "Load"], "Load"),
    ],
)
def test_a_word_stands_for_one_name(word: str, names: list[str], name: str) -> None:
    assert match(word, names) == Match(name)


def test_a_word_that_several_names_begin_with_is_ambiguous() -> None:
    assert match("re", ["reset", "reload", "list"]) == Match(None, ("reload", "reset"), True)


def test_names_that_differ_in_case_only_are_ambiguous() -> None:
    assert match("LOAD", ["load", "Load"]) == Match(None, ("Load", "load"), True)


@pytest.mark.parametrize(
    ("word", "names"),
    [("unload", ["load", "list"]), ("disconnect", ["connect"]), ("lost", ["list"])],
)
def test_another_word_runs_nothing_but_is_suggested(word: str, names: list[str]) -> None:
    found = match(word, names)
    assert found.name is None
    assert found.candidates[0] == names[0]


def test_two_equally_good_slips_run_nothing() -> None:
    found = match("xlist1", ["xlist2", "xlist3"])
    assert found.name is None
    assert sorted(found.candidates) == ["xlist2", "xlist3"]


def test_nothing_alike_has_no_candidates() -> None:
    assert match("qqqq", ["list", "show"]) == Match(None)
    assert match("", []) == Match(None)


@given(st.text(), st.lists(st.text()))
def test_what_is_found_is_one_of_the_names(word: str, names: list[str]) -> None:
    found = match(word, names)
    assert {found.name, *found.candidates} - {None} <= set(names)
    if word in names:
        assert found.name == word
