import itertools
from collections.abc import Hashable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bastproxy.libs.ledger import Ledger, State


class Recorder:
    """A keeper that notes what it is told, and fails on request."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Hashable]] = []
        self.failing: set[Hashable] = set()

    def suspend(self, key: Hashable) -> None:
        self._note("suspend", key)

    def resume(self, key: Hashable) -> None:
        self._note("resume", key)

    def release(self, key: Hashable) -> None:
        self._note("release", key)

    def _note(self, what: str, key: Hashable) -> None:
        self.told.append((what, key))
        if key in self.failing:
            raise RuntimeError(f"cannot {what} {key}")


@pytest.fixture
def keeper() -> Recorder:
    return Recorder()


@pytest.fixture
def ledger(keeper: Recorder) -> Ledger:
    ledger = Ledger()
    ledger.add_kind("thing", keeper)
    return ledger


def write(ledger: Ledger, *keys: int, owner_id: str = "me") -> None:
    for key in keys:
        ledger.write(owner_id, "thing", key, f"thing {key}")


def test_a_kind_has_one_keeper(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="'thing'"):
        ledger.add_kind("thing", Recorder())


def test_a_line_says_who_owns_what(ledger: Ledger) -> None:
    generation = ledger.open_generation("me")
    line = ledger.write("me", "thing", 7, "the seventh")
    assert (line.owner_id, line.generation, line.kind, line.key, line.name, line.state) == (
        "me",
        generation,
        "thing",
        7,
        "the seventh",
        State.ACTIVE,
    )
    assert ledger.lines("me") == [line]
    assert list(ledger) == [line]
    assert len(ledger) == 1


def test_generations_count_from_one_for_each_owner(ledger: Ledger) -> None:
    assert ledger.generation("me") == 0
    assert [ledger.open_generation("me") for _ in range(2)] == [1, 2]
    assert ledger.open_generation("you") == 1
    assert ledger.generation("me") == 2


def test_lines_can_be_asked_for_by_generation_and_kind(ledger: Ledger) -> None:
    ledger.add_kind("other", Recorder())
    write(ledger, 1)
    ledger.open_generation("me")
    write(ledger, 2)
    ledger.write("me", "other", 2, "other 2")
    assert [line.name for line in ledger.lines("me", generation=0)] == ["thing 1"]
    assert [line.name for line in ledger.lines("me", kind="thing")] == ["thing 1", "thing 2"]
    assert [line.name for line in ledger.lines("me", generation=1, kind="other")] == ["other 2"]


def test_releases_newest_first_and_only_the_owner_asked_for(
    ledger: Ledger, keeper: Recorder
) -> None:
    write(ledger, 1, 2, 3)
    write(ledger, 4, owner_id="you")
    assert ledger.release("me") == 3
    assert keeper.told == [("release", 3), ("release", 2), ("release", 1)]
    assert ledger.owners() == ["you"]
    assert ledger.release("me") == 0


def test_suspends_newest_first_and_resumes_oldest_first(ledger: Ledger, keeper: Recorder) -> None:
    write(ledger, 1, 2)
    assert ledger.suspend("me", generation=0) == 2
    assert {line.state for line in ledger.lines("me")} == {State.SUSPENDED}
    assert ledger.resume("me", generation=0) == 2
    assert {line.state for line in ledger.lines("me")} == {State.ACTIVE}
    assert keeper.told == [("suspend", 2), ("suspend", 1), ("resume", 1), ("resume", 2)]


def test_only_what_is_active_is_suspended_and_the_reverse(ledger: Ledger, keeper: Recorder) -> None:
    write(ledger, 1)
    assert ledger.resume("me", generation=0) == 0
    ledger.suspend("me", generation=0)
    assert ledger.suspend("me", generation=0) == 0
    assert keeper.told == [("suspend", 1)]


def test_only_one_generation_is_suspended(ledger: Ledger, keeper: Recorder) -> None:
    write(ledger, 1)
    generation = ledger.open_generation("me")
    write(ledger, 2)
    assert ledger.suspend("me", generation=generation) == 1
    assert keeper.told == [("suspend", 2)]


@pytest.mark.parametrize("what", ["suspend", "resume", "release"])
def test_a_failing_keeper_stops_nobody_and_is_reported(
    ledger: Ledger, keeper: Recorder, caplog: pytest.LogCaptureFixture, what: str
) -> None:
    write(ledger, 1, 2, 3)
    if what == "resume":
        ledger.suspend("me", generation=0)
        keeper.told.clear()
    keeper.failing = {2}
    if what == "release":
        ledger.release("me")
        assert len(ledger) == 0
    else:
        getattr(ledger, what)("me", generation=0)
    assert sorted(keeper.told) == [(what, 1), (what, 2), (what, 3)]
    assert f"me: could not {what} the thing 'thing 2'" in caplog.text
    assert "RuntimeError" in caplog.text


def test_what_another_release_has_undone_is_not_undone_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Chained(Recorder):
        def release(self, key: Hashable) -> None:
            super().release(key)
            if key == 3:
                ledger.strike("me", "thing", 1)

    keeper = Chained()
    ledger = Ledger()
    ledger.add_kind("thing", keeper)
    write(ledger, 1, 2, 3)
    ledger.release("me")
    assert keeper.told == [("release", 3), ("release", 2)]
    assert len(ledger) == 0
    assert not caplog.records


def test_what_a_release_writes_anew_under_the_same_key_stays() -> None:
    class Rewriting(Recorder):
        def release(self, key: Hashable) -> None:
            ledger.write("me", "thing", key, "again")

    ledger = Ledger()
    ledger.add_kind("thing", Rewriting())
    write(ledger, 1)
    ledger.release("me")
    assert [line.name for line in ledger.lines("me")] == ["again"]


def test_a_line_that_somebody_keeps_says_that_it_is_released(ledger: Ledger) -> None:
    lines = [ledger.write("me", "thing", key, "thing") for key in (1, 1, 2, 3)]
    assert [line.state for line in lines] == [State.RELEASED, *[State.ACTIVE] * 3]
    ledger.strike("me", "thing", 2)
    ledger.release("me")
    assert {line.state for line in lines} == {State.RELEASED}


def test_what_its_own_keeper_strikes_is_not_told_again() -> None:
    class Striking(Recorder):
        def suspend(self, key: Hashable) -> None:
            super().suspend(key)
            ledger.strike("me", "thing", key)

    keeper = Striking()
    ledger = Ledger()
    ledger.add_kind("thing", keeper)
    line = ledger.write("me", "thing", 1, "thing 1")
    ledger.suspend("me", generation=0)
    ledger.drop(line)
    assert keeper.told == [("suspend", 1)]
    assert line.state is State.RELEASED


@pytest.mark.parametrize("first", ["suspend", "resume"])
def test_what_is_struck_meanwhile_is_left_alone(first: str) -> None:
    class Striking(Recorder):
        def suspend(self, key: Hashable) -> None:
            super().suspend(key)
            if first == "suspend":
                ledger.strike("me", "thing", 1)

        def resume(self, key: Hashable) -> None:
            super().resume(key)
            ledger.strike("me", "thing", 2)

    keeper = Striking()
    ledger = Ledger()
    ledger.add_kind("thing", keeper)
    write(ledger, 1, 2)
    ledger.suspend("me", generation=0)
    if first == "resume":
        ledger.resume("me", generation=0)
        assert keeper.told[2:] == [("resume", 1)]
    else:
        assert keeper.told == [("suspend", 2)]


def test_striking_what_is_not_there_does_nothing(ledger: Ledger, keeper: Recorder) -> None:
    ledger.strike("nobody", "thing", 1)
    write(ledger, 1)
    ledger.strike("me", "thing", 2)
    assert len(ledger) == 1
    ledger.strike("me", "thing", 1)
    assert ledger.owners() == []
    assert keeper.told == []


OWNERS = st.sampled_from(["a", "b"])
KINDS = st.sampled_from(["x", "y"])


class LedgerMachine(RuleBasedStateMachine):
    """The ledger and its keepers against dictionaries."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger()
        self.serving: dict[str, dict[Hashable, bool]] = {"x": {}, "y": {}}
        for kind, serving in self.serving.items():
            self.ledger.add_kind(kind, Keeping(serving))
        self.serials = itertools.count()
        self.generations = {"a": 0, "b": 0}
        self.model: dict[tuple[str, int], tuple[str, int, bool]] = {}

    @rule(owner_id=OWNERS)
    def open_generation(self, owner_id: str) -> None:
        self.generations[owner_id] += 1
        assert self.ledger.open_generation(owner_id) == self.generations[owner_id]

    @rule(owner_id=OWNERS, kind=KINDS)
    def write(self, owner_id: str, kind: str) -> None:
        key = next(self.serials)
        self.serving[kind][key] = True
        self.ledger.write(owner_id, kind, key, str(key))
        self.model[kind, key] = (owner_id, self.generations[owner_id], True)

    @rule(data=st.data())
    def strike(self, data: st.DataObject) -> None:
        if self.model:
            kind, key = data.draw(st.sampled_from(sorted(self.model)))
            owner_id, _, _ = self.model.pop((kind, key))
            del self.serving[kind][key]
            self.ledger.strike(owner_id, kind, key)

    @rule(owner_id=OWNERS, kind=st.none() | KINDS, back=st.none() | st.integers(0, 2))
    def release(self, owner_id: str, kind: str | None, back: int | None) -> None:
        generation = None if back is None else self.generations[owner_id] - back
        gone = [
            place
            for place, (owner, number, _) in self.model.items()
            if owner == owner_id and kind in (None, place[0]) and generation in (None, number)
        ]
        assert self.ledger.release(owner_id, kind=kind, generation=generation) == len(gone)
        for place in gone:
            del self.model[place]

    @rule(owner_id=OWNERS, back=st.integers(0, 2), active=st.booleans())
    def suspend_or_resume(self, owner_id: str, back: int, active: bool) -> None:
        generation = self.generations[owner_id] - back
        told = self.ledger.resume if active else self.ledger.suspend
        count = 0
        for place, (owner, number, was) in list(self.model.items()):
            if owner == owner_id and number == generation and was is not active:
                self.model[place] = (owner, number, active)
                count += 1
        assert told(owner_id, generation=generation) == count

    @invariant()
    def agrees(self) -> None:
        lines = {
            (line.kind, line.key): (
                line.owner_id,
                line.generation,
                line.state is State.ACTIVE,
            )
            for line in self.ledger
        }
        assert lines == self.model
        assert len(self.ledger) == len(self.model)
        assert set(self.ledger.owners()) == {owner for owner, _, _ in self.model.values()}
        for kind, serving in self.serving.items():
            assert serving == {
                key: active for (one, key), (_, _, active) in self.model.items() if one == kind
            }


class Keeping:
    def __init__(self, serving: dict[Hashable, bool]) -> None:
        self.serving = serving

    def suspend(self, key: Hashable) -> None:
        assert self.serving[key]
        self.serving[key] = False

    def resume(self, key: Hashable) -> None:
        assert not self.serving[key]
        self.serving[key] = True

    def release(self, key: Hashable) -> None:
        del self.serving[key]


TestLedgerMachine = LedgerMachine.TestCase
TestLedgerMachine.settings = settings(stateful_step_count=25, deadline=None)
