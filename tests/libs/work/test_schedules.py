import asyncio
import gc
import weakref
from collections.abc import Callable
from contextvars import Context
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bastproxy.libs.ledger import Ledger
from bastproxy.libs.tasks import Tasks
from bastproxy.libs.work import Work
from bastproxy.libs.work.recurrence import At, Every
from bastproxy.libs.work.schedules import GRACE, LOOK, Schedules

ME = "plugins.games.mine"
BERLIN = "Europe/Berlin"


class Call:
    def __init__(self, when: float, run: Callable[[], object]) -> None:
        self.when = when
        self.run = run
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class World:
    """A loop's clock and one on the wall, which pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.ahead = 0.0
        self.calls: list[Call] = []

    def time(self) -> float:
        return self.now

    def wall(self) -> float:
        return self.now + self.ahead

    def call_at(
        self, when: float, callback: Callable[..., object], *args: Any, context: Context
    ) -> Call:
        self.calls.append(Call(when, lambda: context.run(callback, *args)))
        return self.calls[-1]

    def set(self, text: str, zone: str = BERLIN) -> None:
        """Set the clock on the wall, and nothing else."""
        moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
        self.ahead = moment.timestamp() - self.now

    def shows(self, zone: str = BERLIN) -> str:
        moment = datetime.fromtimestamp(round(self.wall()), ZoneInfo(zone))
        return f"{moment:%d %H:%M:%S %z}"

    def pass_(self, seconds: float) -> None:
        end = self.now + seconds
        while due := [c for c in self.calls if not c.cancelled and c.when <= end]:
            call = min(due, key=lambda c: c.when)
            self.calls.remove(call)
            self.now = max(self.now, call.when)
            call.run()
        self.now = end

    def days(self, count: float) -> None:
        self.pass_(timedelta(days=count).total_seconds())


@pytest.fixture
def world(work: Work) -> World:
    fake = World()
    fake.set("2026-11-23 12:00")
    work.schedules.clock = lambda: fake
    work.schedules.wall = fake.wall
    return fake


@pytest.fixture
def schedules(work: Work, world: World) -> Schedules:
    return work.schedules


@pytest.fixture
def generation(ledger: Ledger) -> int:
    return ledger.open_generation(ME)


def at(hour: int, minute: int = 0, zone: str = BERLIN) -> At:
    return At(time(hour, minute), zone)


def test_an_interval_does_not_drift(schedules: Schedules, world: World) -> None:
    calls: list[float] = []

    def slow() -> None:
        calls.append(world.now)
        world.now += 0.7

    schedules.add(ME, "tick", slow, Every(10))
    world.pass_(10_000)
    assert calls[:3] == [1010, 1020, 1030]
    assert calls[-1] == 11_000
    assert len(calls) == 1000


def test_calls_that_were_missed_do_not_pile_up(schedules: Schedules, world: World) -> None:
    calls: list[float] = []
    schedules.add(ME, "tick", lambda: calls.append(world.now), Every(10))
    world.now += 35  # nothing was called meanwhile
    world.pass_(0)
    assert calls == [1035]
    world.pass_(10)
    assert calls == [1035, 1040]


def test_calls_that_pass_during_a_slow_one_are_left_out(schedules: Schedules, world: World) -> None:
    calls: list[float] = []

    def slow() -> None:
        calls.append(world.now)
        world.now += 25

    schedules.add(ME, "tick", slow, Every(10))
    world.pass_(100)
    assert calls == [1010, 1040, 1070, 1100]


async def test_one_that_still_runs_is_not_called_again(schedules: Schedules, world: World) -> None:
    begun, go_on = [], asyncio.Event()

    async def wait() -> None:
        begun.append(world.now)
        await go_on.wait()

    schedules.add(ME, "tick", wait, Every(10))
    world.pass_(30)
    await asyncio.sleep(0)
    assert len(begun) == 1
    assert schedules.all()[0].running
    go_on.set()
    for _ in range(3):
        await asyncio.sleep(0)
    assert not schedules.all()[0].running
    world.pass_(10)
    await asyncio.sleep(0)
    assert begun[1:] == [1040]


def test_a_time_of_day_across_the_spring_change(schedules: Schedules, world: World) -> None:
    calls: list[str] = []
    world.set("2026-03-27 12:00")
    schedules.add(ME, "early", lambda: calls.append(world.shows()), at(2, 30))
    world.days(4)
    assert calls == [
        "28 02:30:00 +0100",
        "29 03:00:00 +0200",
        "30 02:30:00 +0200",
        "31 02:30:00 +0200",
    ]


def test_a_time_of_day_across_the_autumn_change(schedules: Schedules, world: World) -> None:
    calls: list[str] = []
    world.set("2026-10-23 12:00")
    schedules.add(ME, "early", lambda: calls.append(world.shows()), at(2, 30))
    world.days(3)
    assert calls == ["24 02:30:00 +0200", "25 02:30:00 +0200", "26 02:30:00 +0100"]


def test_a_time_of_day_where_summer_is_half_an_hour(schedules: Schedules, world: World) -> None:
    calls: list[str] = []
    zone = "Australia/Lord_Howe"
    world.set("2026-10-02 12:00", zone)
    schedules.add(ME, "early", lambda: calls.append(world.shows(zone)), at(2, 15, zone))
    world.days(3)
    assert calls == ["03 02:15:00 +1030", "04 02:30:00 +1100", "05 02:15:00 +1100"]


def test_once_is_only_the_next_time(schedules: Schedules, world: World, ledger: Ledger) -> None:
    calls: list[str] = []
    schedules.add(ME, "ship", lambda: calls.append("ship"), Every(60), once=True)
    schedules.add(ME, "meal", lambda: calls.append("meal"), at(18, 30), once=True)
    assert [line.name for line in ledger.lines(ME)] == [
        "ship once, every 60 s",
        "meal once, at 18:30 Europe/Berlin",
    ]
    world.days(3)
    assert calls == ["ship", "meal"]
    assert schedules.all() == []
    assert ledger.lines(ME) == []


def test_the_first_call_may_come_sooner(schedules: Schedules, world: World) -> None:
    calls: list[float] = []
    schedules.add(ME, "tick", lambda: calls.append(world.now), Every(10), delay=3)
    world.pass_(25)
    assert calls == [1003, 1013, 1023]


def test_a_clock_that_is_set_forward_is_followed(schedules: Schedules, world: World) -> None:
    calls: list[str] = []
    schedules.add(ME, "meal", lambda: calls.append(world.shows()), at(18, 30))
    world.ahead += 3600 * 6
    world.pass_(3600)
    assert calls == ["23 18:30:00 +0100"]


def test_a_time_that_the_machine_slept_through_by_a_little_still_counts(
    schedules: Schedules, world: World
) -> None:
    calls: list[str] = []
    schedules.add(ME, "meal", lambda: calls.append(world.shows()), at(18, 30))
    world.set("2026-11-23 18:32")
    world.pass_(LOOK)
    assert calls == ["23 18:32:15 +0100"]
    world.days(1)
    assert calls[1:] == ["24 18:30:00 +0100"]


def test_a_time_that_was_slept_through_long_ago_is_left_out_and_told(
    schedules: Schedules, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[str] = []
    schedules.add(ME, "meal", lambda: calls.append(world.shows()), at(18, 30))
    world.set("2026-11-23 18:30")
    world.ahead += GRACE
    world.pass_(LOOK)
    assert calls == []
    assert caplog.messages == [f"timer {ME}:meal has missed its time: the clock jumped"]
    world.days(1)
    assert calls == ["24 18:30:00 +0100"]


def test_a_clock_that_loses_a_little_does_not_call_twice(
    schedules: Schedules, world: World
) -> None:
    calls: list[str] = []
    world.set("2026-11-23 18:29")
    schedules.add(ME, "meal", lambda: calls.append(world.shows()), at(18, 30))
    world.pass_(65)
    world.ahead -= 30
    world.days(1.1)
    assert calls == ["23 18:30:00 +0100", "24 18:30:00 +0100"]


def test_a_clock_that_is_set_back_over_a_call_does_not_call_twice(
    schedules: Schedules, world: World
) -> None:
    calls: list[str] = []
    world.set("2026-11-23 18:29")
    schedules.add(ME, "meal", lambda: calls.append(world.shows()), at(18, 30))
    world.pass_(120)
    world.ahead -= 600
    world.days(1.1)
    assert calls == ["23 18:30:00 +0100", "24 18:30:00 +0100"]


def test_a_clock_that_is_set_back_by_days_is_followed(schedules: Schedules, world: World) -> None:
    calls: list[str] = []
    schedules.add(ME, "meal", lambda: calls.append(world.shows()), at(18, 30))
    world.set("2026-11-20 12:00")
    world.days(1)
    assert calls == ["20 18:30:00 +0100"]


@settings(max_examples=30, deadline=None)
@given(
    start=st.sampled_from(["2026-03-27 18:29", "2026-10-23 18:31", "2026-11-23 02:29"]),
    steps=st.lists(
        st.tuples(st.floats(LOOK + 1, 6 * 3600), st.floats(-55, GRACE - LOOK - 5)), max_size=25
    ),
    minute=st.sampled_from([(2, 30), (18, 30), (0, 0)]),
)
def test_a_clock_that_is_corrected_now_and_then_calls_once_a_day(start, steps, minute) -> None:
    ledger, world = Ledger(), World()
    schedules = Schedules(ledger, Tasks(ledger))
    schedules.clock, schedules.wall = lambda: world, world.wall
    world.set(start)
    rule, calls = at(*minute), []
    expected, latest = rule.next(world.wall()), world.wall()
    schedules.add(ME, "meal", lambda: calls.append(world.wall()), rule)
    for seconds, jump in steps:
        world.pass_(seconds)
        latest = max(latest, world.wall())
        world.ahead += jump
        world.pass_(LOOK + 1)
        latest = max(latest, world.wall())
    due = []
    while expected <= latest:
        due.append(expected)
        expected = rule.next(expected)
    assert len(calls) == len(due)
    for called, wanted in zip(calls, due, strict=True):
        assert wanted <= called <= wanted + GRACE


def test_switched_off_it_is_silent_and_switched_on_it_begins_anew(
    schedules: Schedules, world: World
) -> None:
    calls: list[float] = []
    schedules.add(ME, "tick", lambda: calls.append(world.now), Every(10), enabled=False)
    world.pass_(15)
    assert schedules.get(ME, "tick").due is None
    assert schedules.enable(ME, "tick")
    world.pass_(10)
    assert calls == [1025]
    assert schedules.enable(ME, "tick", True)
    world.pass_(10)
    assert schedules.enable(ME, "tick", False)
    world.pass_(100)
    assert calls == [1025, 1035]
    assert not schedules.enable(ME, "tock")
    assert not schedules.enable("plugins.games.other", "tick")


def test_what_is_told_of_a_timer(schedules: Schedules, world: World) -> None:
    schedules.add(ME, "tick", lambda: None, Every(10))
    schedules.add(ME, "meal", lambda: None, at(18, 30))
    world.pass_(12)
    tick, meal = schedules.all(ME)
    assert (tick.name, tick.calls, tick.due) == ("tick", 1, pytest.approx(world.wall() + 8))
    assert (meal.name, meal.calls) == ("meal", 0)
    assert datetime.fromtimestamp(meal.due, ZoneInfo(BERLIN)).hour == 18
    assert schedules.all("plugins.games.other") == []
    assert schedules.get(ME, "tock") is None


def test_one_of_the_same_name_is_replaced(
    schedules: Schedules, world: World, ledger: Ledger
) -> None:
    calls: list[str] = []
    schedules.add(ME, "tick", lambda: calls.append("old"), Every(10))
    world.pass_(5)
    schedules.add(ME, "tick", lambda: calls.append("new"), Every(10))
    schedules.add("plugins.games.other", "tick", lambda: calls.append("other"), Every(10))
    world.pass_(10)
    assert calls == ["new", "other"]
    assert len(ledger.lines(ME)) == 1


def test_it_may_end_or_replace_itself(schedules: Schedules, world: World) -> None:
    calls: list[str] = []

    def again() -> None:
        calls.append("again")
        schedules.remove(ME, "tick")

    def first() -> None:
        calls.append("first")
        schedules.add(ME, "tick", again, Every(5))

    schedules.add(ME, "tick", first, Every(10))
    world.pass_(100)
    assert calls == ["first", "again"]
    assert not schedules.remove(ME, "tick")


def test_it_may_switch_itself_off_and_on(schedules: Schedules, world: World) -> None:
    calls: list[float] = []

    def blink() -> None:
        calls.append(world.now)
        schedules.enable(ME, "tick", False)
        schedules.enable(ME, "tick", True)

    schedules.add(ME, "tick", blink, Every(10))
    world.pass_(30)
    assert calls == [1010, 1020, 1030]


def test_a_failure_is_told_and_the_timer_goes_on(
    schedules: Schedules, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    schedules.add(ME, "tick", lambda: 1 / 0, Every(10))
    world.pass_(20)
    assert caplog.messages == [f"timer {ME}:tick failed: ZeroDivisionError: division by zero"] * 2
    assert caplog.records[0].name == f"bastproxy.{ME}"


def test_a_release_ends_them_and_lets_go(
    schedules: Schedules, world: World, ledger: Ledger
) -> None:
    class Owner:
        def ring(self) -> None:
            raise AssertionError

    owner = Owner()
    schedules.add(ME, "tick", owner.ring, Every(10))
    schedules.add(ME, "meal", owner.ring, at(18, 30))
    alive = weakref.ref(owner)
    assert ledger.release(ME) == 2
    del owner
    gc.collect()
    world.calls[:] = [call for call in world.calls if not call.cancelled]
    assert world.calls == []
    assert alive() is None
    assert schedules.all() == []


def test_a_reload_that_adds_it_again_keeps_its_beat(
    schedules: Schedules, world: World, ledger: Ledger, generation: int
) -> None:
    calls: list[tuple[str, float]] = []
    schedules.add(ME, "tick", lambda: calls.append(("old", world.now)), Every(10))
    schedules.add(ME, "other", lambda: calls.append(("other", world.now)), Every(10))
    world.pass_(14)
    ledger.suspend(ME, generation=generation)
    world.pass_(1)
    ledger.open_generation(ME)
    schedules.add(ME, "tick", lambda: calls.append(("new", world.now)), Every(10))
    schedules.add(ME, "other", lambda: calls.append(("faster", world.now)), Every(3))
    ledger.release(ME, generation=generation)
    world.pass_(6)
    assert calls == [
        ("old", 1010),
        ("other", 1010),
        ("faster", 1018),
        ("new", 1020),
        ("faster", 1021),
    ]
    assert schedules.get(ME, "tick").calls == 2


def test_what_a_reload_did_not_add_again_is_gone(
    schedules: Schedules, world: World, ledger: Ledger, generation: int
) -> None:
    calls: list[float] = []
    schedules.add(ME, "tick", lambda: calls.append(world.now), Every(10))
    ledger.suspend(ME, generation=generation)
    assert schedules.all() == []
    ledger.open_generation(ME)
    ledger.release(ME, generation=generation)
    world.pass_(100)
    assert calls == []


def test_a_reload_that_failed_leaves_it_as_it_was(
    schedules: Schedules, world: World, ledger: Ledger, generation: int
) -> None:
    calls: list[tuple[str, float]] = []
    schedules.add(ME, "tick", lambda: calls.append(("old", world.now)), Every(10))
    schedules.add(ME, "meal", lambda: calls.append(("meal", world.now)), at(12, 1))
    ledger.suspend(ME, generation=generation)
    new = ledger.open_generation(ME)
    schedules.add(ME, "tick", lambda: calls.append(("new", world.now)), Every(10))
    world.now += 12
    ledger.release(ME, generation=new)
    ledger.return_to_generation(ME, generation)
    ledger.resume(ME, generation=generation)
    world.pass_(0)
    assert calls == [("old", 1012)]
    world.pass_(50)
    assert calls[1:3] == [("old", 1020), ("old", 1030)]
    assert ("meal", 1060) in calls


def test_what_cannot_be_added(schedules: Schedules, world: World) -> None:
    with pytest.raises(ValueError, match="needs a name"):
        schedules.add(ME, "", lambda: None, Every(1))
    with pytest.raises(TypeError, match="needs a function"):
        schedules.add(ME, "tick", "look", Every(1))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="cannot wait -1"):
        schedules.add(ME, "tick", lambda: None, Every(1), delay=-1)
    assert schedules.all() == []


async def test_on_the_real_clocks(work: Work) -> None:
    rung = asyncio.Event()
    work.schedules.add(ME, "tick", rung.set, Every(0.01))
    await asyncio.wait_for(rung.wait(), 5)
    assert work.schedules.remove(ME, "tick")
