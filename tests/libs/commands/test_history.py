import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.commands import Entry, History


def test_entries_are_numbered_from_one() -> None:
    history = History()
    for text in ("a", "b", "a"):
        history.add(text)
    assert list(history) == [Entry(1, "a"), Entry(2, "b"), Entry(3, "a")]
    assert history.get() == Entry(3, "a")
    assert history.get(2) == Entry(2, "b")
    assert history.get(4) is None


def test_a_repetition_is_not_added() -> None:
    history = History()
    history.add("a")
    history.add("a")
    assert len(history) == 1


def test_the_oldest_give_way_and_numbers_go_on() -> None:
    history = History(limit=2)
    for text in "abc":
        history.add(text)
    assert list(history) == [Entry(2, "b"), Entry(3, "c")]


def test_an_empty_history_has_no_last_entry() -> None:
    history = History()
    assert history.get() is None
    history.add("a")
    history.clear()
    assert history.get() is None
    history.add("b")
    assert history.get() == Entry(1, "b")


@pytest.mark.parametrize("text", ["", "{}", "[[1]]", '[["a", 1]]', "null", "\udcff"])
def test_what_is_no_history_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  msgspec words it
        History.from_json(text)


@given(st.lists(st.text()), st.integers(min_value=1, max_value=5))
def test_a_saved_history_is_the_same(texts: list[str], limit: int) -> None:
    history = History(limit)
    for text in texts:
        history.add(text)
    again = History.from_json(history.to_json(), limit)
    assert list(again) == list(history)
    again.add("next one")
    assert [entry.number for entry in again] == sorted({entry.number for entry in again})


def test_bytes_that_are_no_text_do_not_stop_a_save() -> None:
    history = History()
    history.add("say \udcff")
    assert list(History.from_json(history.to_json())) == [Entry(1, "say ?")]
