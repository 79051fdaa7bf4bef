import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.events import Change, Dispatcher, EventRecord

Changing = Callable[[EventRecord], Any]


def keys(record: EventRecord) -> list[str]:
    return [change.key for change in record.changes]


@pytest.fixture
def record() -> EventRecord:
    return EventRecord("ev", {"line": "x", "send": True}, "raiser")


def pop_item(record: EventRecord) -> None:
    record.popitem()


def in_place_or(record: EventRecord) -> None:
    record |= {"line": "y", "new": 1}


MUTATORS: list[tuple[Changing, list[str]]] = [
    (lambda record: record.__setitem__("line", "y"), ["line"]),
    (lambda record: record.__setitem__("new", None), ["new"]),
    (lambda record: record.__delitem__("line"), ["line"]),
    (lambda record: record.setdefault("new", 1), ["new"]),
    (lambda record: record.setdefault("line", "y"), []),
    (lambda record: record.update({"line": "y"}, send=False), ["line", "send"]),
    (lambda record: record.update([("new", 1)]), ["new"]),
    (lambda record: record.update(), []),
    (in_place_or, ["line", "new"]),
    (lambda record: record.pop("line"), ["line"]),
    (lambda record: record.pop("new", None), []),
    (pop_item, ["send"]),
    (lambda record: record.clear(), ["line", "send"]),
]


class TestChanges:
    @pytest.mark.parametrize(("change", "changed"), MUTATORS)
    def test_every_way_to_change_a_key_is_seen(
        self, dispatcher: Dispatcher, change: Changing, changed: list[str]
    ) -> None:
        def callback() -> None:
            change(dispatcher.current_record())

        dispatcher.register("ev", callback, "plugins.mine")
        record = dispatcher.raise_event("ev", {"line": "x", "send": True}, "raiser")
        assert record.changes == [Change(key, "plugins.mine", "callback") for key in changed]
        assert all(record.changed(key) for key in changed)
        assert not record.changed("other")

    @pytest.mark.parametrize(("change", "changed"), MUTATORS)
    def test_the_data_changes_as_in_a_dictionary(
        self, record: EventRecord, change: Changing, changed: list[str]
    ) -> None:
        plain = dict(record)
        if change is in_place_or:
            plain |= {"line": "y", "new": 1}
        else:
            change(plain)
        change(record)
        assert record == plain
        assert list(record) == list(plain)

    def test_each_change_is_put_down_to_its_callback(self, dispatcher: Dispatcher) -> None:
        def first() -> None:
            dispatcher.current_record()["line"] = "first"

        def second() -> None:
            dispatcher.current_record()["line"] = "second"

        dispatcher.register("ev", second, "b", 60)
        dispatcher.register("ev", first, "a", 50)
        record = dispatcher.raise_event("ev", {"line": "x"}, "raiser")
        record["line"] = "by the raiser"
        assert record.changes == [
            Change("line", "a", "first"),
            Change("line", "b", "second"),
            Change("line", "raiser", ""),
        ]

    def test_after_a_nested_raise_the_outer_callback_goes_on(self, dispatcher: Dispatcher) -> None:
        def outer() -> None:
            dispatcher.raise_event("ev_inner")
            dispatcher.current_record()["x"] = 2

        def inner() -> None:
            dispatcher.current_record()["y"] = 1

        dispatcher.register("ev", outer, "a")
        dispatcher.register("ev_inner", inner, "b")
        assert dispatcher.raise_event("ev", {"x": 1}).changes == [Change("x", "a", "outer")]

    def test_what_was_so_already_is_no_change(self, record: EventRecord) -> None:
        record["line"] = "".join(["x"])
        record.update(line="x", send=True)
        assert record.changes == []

    def test_equal_but_of_another_type_is_a_change(self, record: EventRecord) -> None:
        record["send"] = 1
        assert keys(record) == ["send"]
        assert record["send"] is not True

    def test_what_cannot_be_compared_has_changed(self, record: EventRecord) -> None:
        class Odd:
            def __eq__(self, other: object) -> bool:
                raise ValueError("not comparable")

            __hash__ = None

        record["odd"] = Odd()
        record["odd"] = Odd()
        assert keys(record) == ["odd", "odd"]

    def test_a_failing_change_is_none(self, record: EventRecord) -> None:
        with pytest.raises(KeyError):
            del record["nothing"]
        with pytest.raises(KeyError):
            record.pop("nothing")
        record.clear()
        before = record.changes
        with pytest.raises(KeyError):
            record.popitem()
        assert record.changes == before

    def test_the_list_of_changes_is_a_copy(self, record: EventRecord) -> None:
        record["line"] = "y"
        record.changes.clear()
        assert keys(record) == ["line"]


class TestRecord:
    def test_knows_its_event_and_who_raised_it(self, dispatcher: Dispatcher) -> None:
        record = dispatcher.raise_event("ev", {"line": "x"}, "plugins.mine")
        assert (record.event_name, record.owner_id, record.parent) == ("ev", "plugins.mine", None)
        assert repr(record) == "EventRecord('ev', {'line': 'x'})"

    def test_the_arguments_are_not_touched(self, dispatcher: Dispatcher) -> None:
        arguments = {"line": "x"}
        dispatcher.register("ev", lambda: dispatcher.current_record().clear(), "me")
        assert dispatcher.raise_event("ev", arguments) == {}
        assert arguments == {"line": "x"}

    def test_without_arguments_it_is_empty(self, dispatcher: Dispatcher) -> None:
        assert dispatcher.raise_event("ev") == {}
        assert dispatcher.raise_event("ev", {}) == {}

    @pytest.mark.parametrize(
        "copied",
        [
            EventRecord.copy,
            copy.copy,
            copy.deepcopy,
            lambda record: pickle.loads(pickle.dumps(record)),
        ],
    )
    def test_copies_are_plain_data(
        self, record: EventRecord, copied: Callable[[EventRecord], object]
    ) -> None:
        result = copied(record)
        assert type(result) is dict
        assert result == {"line": "x", "send": True}
        assert result is not record


@given(
    st.dictionaries(st.text(max_size=2), st.integers()),
    st.lists(
        st.tuples(
            st.sampled_from(["set", "del", "pop", "setdefault", "update"]),
            st.text(max_size=2),
            st.integers(0, 2),
        )
    ),
)
def test_a_key_that_differs_in_the_end_was_changed(
    start: dict[str, int], steps: list[tuple[str, str, int]]
) -> None:
    record = EventRecord("ev", start)
    plain = dict(start)
    for what, key, value in steps:
        for data in (record, plain):
            if what == "set":
                data[key] = value
            elif what == "del":
                if key in data:
                    del data[key]
            elif what == "pop":
                data.pop(key, None)
            elif what == "setdefault":
                data.setdefault(key, value)
            else:
                data.update({key: value})
    assert record == plain
    for key in start.keys() | plain.keys():
        if start.get(key) != plain.get(key):
            assert record.changed(key)
    for key in keys(record):
        assert key in start or any(step[1] == key for step in steps)
