from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.nearest import did_you_mean, nearest

NAMES = ["plugins.core.events", "plugins.core.commands", "plugins.core.settings"]


def test_the_most_alike_comes_first() -> None:
    assert nearest("plugins.core.event", NAMES)[0] == "plugins.core.events"
    assert nearest("comands", ["settings", "commands"]) == ["commands"]


def test_capitals_are_no_difference() -> None:
    assert nearest("COMMANDS", ["settings", "Commands"]) == ["Commands"]


def test_nothing_alike_is_nothing() -> None:
    assert nearest("xyzzy", ["aaaa", "bbbb"]) == []
    assert nearest("", NAMES) == []
    assert nearest("word", []) == []


def test_no_more_than_asked_for() -> None:
    assert len(nearest("plugins.core.x", NAMES, limit=2)) == 2


def test_takes_any_iterable() -> None:
    assert nearest("events", (name for name in ["events"])) == ["events"]


def test_the_words_behind_a_message() -> None:
    assert did_you_mean("comands", ["settings", "commands"]) == " (did you mean commands?)"
    assert did_you_mean("xyzzy", ["aaaa"]) == ""


@given(st.text(), st.lists(st.text()))
def test_only_names_that_there_are(word: str, words: list[str]) -> None:
    found = nearest(word, words)
    assert len(found) <= 3
    assert set(found) <= set(words)
