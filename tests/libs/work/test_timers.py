import asyncio
import gc
import weakref
from collections.abc import Callable
from contextvars import Context, ContextVar
from typing import Any

import pytest

from bastproxy.libs.ledger import Ledger, initializing
from bastproxy.libs.work import Work

ME = "plugins.games.mine"
variable: ContextVar[str] = ContextVar("variable", default="")


class Call:
    def __init__(self, when: float, run: Callable[[], object]) -> None:
        self.when = when
        self.run = run
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class FakeClock:
    """Time that passes when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.calls: list[Call] = []

    def time(self) -> float:
        return self.now

    def call_at(
        self, when: float, callback: Callable[..., object], *args: Any, context: Context
    ) -> Call:
        self.calls.append(Call(when, lambda: context.run(callback, *args)))
        return self.calls[-1]

    def pass_(self, seconds: float) -> None:
        end = self.now + seconds
        while due := [c for c in self.calls if not c.cancelled and c.when <= end]:
            call = min(due, key=lambda c: c.when)
            self.calls.remove(call)
            self.now = max(self.now, call.when)
            call.run()
        self.now = end

    def be_late(self, seconds: float) -> None:
        """Let time pass in which nothing is called."""
        self.now += seconds


@pytest.fixture
def clock(work: Work) -> FakeClock:
    fake = FakeClock()
    work.timers.clock = lambda: fake
    return fake


@pytest.fixture
def generation(ledger: Ledger) -> int:
    return ledger.open_generation(ME)


def test_a_function_is_called_once_after_its_time(
    work: Work, clock: FakeClock, ledger: Ledger
) -> None:
    calls: list[Any] = []
    timer = work.timers.call_later(ME, 5, calls.append, "ring")
    clock.pass_(4.9)
    assert calls == []
    assert timer.active
    assert [line.name for line in ledger.lines(ME)] == ["append once, after 5 s"]
    clock.pass_(100)
    assert calls == ["ring"]
    assert not timer.active
    assert len(ledger) == 0


def test_every_call_keeps_to_the_grid(work: Work, clock: FakeClock) -> None:
    times: list[float] = []

    def tick() -> None:
        times.append(clock.now)
        clock.be_late(3)  # it takes its time

    work.timers.call_every(ME, 10, tick)
    clock.pass_(40)
    assert times == [1010, 1020, 1030, 1040]


def test_missed_calls_are_left_out(work: Work, clock: FakeClock) -> None:
    times: list[float] = []
    work.timers.call_every(ME, 10, lambda: times.append(clock.now))
    clock.be_late(35)
    clock.pass_(10)
    assert times == [1035, 1040]


def test_a_call_that_takes_longer_than_the_interval_does_not_pile_up(
    work: Work, clock: FakeClock
) -> None:
    times: list[float] = []

    def slow() -> None:
        times.append(clock.now)
        clock.be_late(25)

    work.timers.call_every(ME, 10, slow)
    clock.pass_(50)
    assert times == [1010, 1040]


async def test_an_async_function_runs_as_a_task_and_is_not_begun_twice(
    work: Work, clock: FakeClock, ledger: Ledger
) -> None:
    begun: list[float] = []
    go_on = asyncio.Event()

    async def tick() -> None:
        begun.append(clock.now)
        await go_on.wait()

    work.timers.call_every(ME, 10, tick)
    clock.pass_(10)
    (task,) = work.tasks.of(ME)
    assert task.get_name() == f"{ME}:tick"
    await asyncio.sleep(0)
    clock.pass_(20)
    assert work.tasks.of(ME) == [task]
    go_on.set()
    await task
    clock.pass_(10)
    await asyncio.gather(*work.tasks.of(ME))
    assert begun == [1010, 1040]
    ledger.release(ME)


@pytest.mark.parametrize("error", [ValueError("no dragon"), SystemExit(3)])
def test_a_failure_is_logged_in_the_name_of_the_owner_and_the_timer_goes_on(
    work: Work, clock: FakeClock, caplog: pytest.LogCaptureFixture, error: BaseException
) -> None:
    def hunt() -> None:
        raise error

    work.timers.call_every(ME, 10, hunt)
    clock.pass_(20)
    assert [record.name for record in caplog.records] == [f"bastproxy.{ME}"] * 2
    assert caplog.messages[0] == f"timer {ME}:hunt failed: {type(error).__name__}: {error}"
    assert "in hunt" in caplog.text


def test_a_cancelled_timer_is_not_called(work: Work, clock: FakeClock, ledger: Ledger) -> None:
    calls: list[int] = []
    timer = work.timers.call_later(ME, 1, calls.append, 1)
    timer.cancel()
    timer.cancel()
    clock.pass_(5)
    assert (calls, len(ledger)) == ([], 0)


def test_a_timer_can_end_itself(work: Work, clock: FakeClock) -> None:
    calls: list[float] = []

    def tick() -> None:
        calls.append(clock.now)
        timer.cancel()

    timer = work.timers.call_every(ME, 1, tick)
    clock.pass_(5)
    assert calls == [1001]


def test_a_suspended_timer_is_silent_and_fires_once_when_it_is_resumed(
    work: Work, clock: FakeClock, ledger: Ledger, generation: int
) -> None:
    calls: list[tuple[str, float]] = []
    work.timers.call_every(ME, 10, lambda: calls.append(("every", clock.now)))
    work.timers.call_later(ME, 12, lambda: calls.append(("later", clock.now)))
    ledger.suspend(ME, generation=generation)
    clock.pass_(35)
    assert calls == []
    ledger.resume(ME, generation=generation)
    clock.pass_(5)
    assert calls == [("every", 1035), ("later", 1035), ("every", 1040)]


def test_a_released_timer_is_silent_and_its_handle_pins_nothing(
    work: Work, clock: FakeClock, ledger: Ledger
) -> None:
    class Owner:
        def tick(self) -> None:
            raise AssertionError

    owner = Owner()
    timers = [work.timers.call_every(ME, 1, owner.tick), work.timers.call_later(ME, 1, owner.tick)]
    ledger.release(ME)
    clock.pass_(5)
    gone = weakref.ref(owner)
    clock.calls.clear()
    del owner
    gc.collect()
    assert gone() is None
    assert [timer.active for timer in timers] == [False, False]


@pytest.mark.parametrize("ends", ["resume", "release", "open_generation"])
def test_a_timer_that_swaps_its_own_owner_ends_or_goes_on(
    work: Work, clock: FakeClock, ledger: Ledger, generation: int, ends: str
) -> None:
    times: list[float] = []

    def tick() -> None:
        times.append(clock.now)
        ledger.suspend(ME, generation=generation)
        if ends == "open_generation":
            ledger.open_generation(ME)  # and the swap is not at its end
        else:
            getattr(ledger, ends)(ME, generation=generation)

    work.timers.call_every(ME, 10, tick)
    clock.pass_(30)
    assert times == ([1010, 1020, 1030] if ends == "resume" else [1010])


def test_of_the_context_only_who_is_initializing_is_kept(work: Work, clock: FakeClock) -> None:
    seen: list[tuple[str, str]] = []
    token = initializing.set(ME)
    variable.set("the record of this moment")
    work.timers.call_later(ME, 1, lambda: seen.append((variable.get(), initializing.get())))
    initializing.reset(token)
    clock.pass_(1)
    assert seen == [("", ME)]


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf")])
def test_times_that_never_come_are_refused(work: Work, seconds: float) -> None:
    with pytest.raises(ValueError, match=f"{ME}: a timer cannot wait"):
        work.timers.call_later(ME, seconds, print)
    with pytest.raises(ValueError, match=f"{ME}: a timer cannot be called every"):
        work.timers.call_every(ME, min(seconds, 0), print)


def test_what_cannot_be_called_is_refused(work: Work) -> None:
    with pytest.raises(TypeError, match="needs a function to call, not 'print'"):
        work.timers.call_later(ME, 1, "print")  # type: ignore[arg-type]


def test_without_an_event_loop_there_are_no_timers(work: Work, ledger: Ledger) -> None:
    with pytest.raises(RuntimeError, match="no running event loop"):
        work.timers.call_later(ME, 1, print)
    assert len(ledger) == 0


async def test_the_event_loop_is_the_clock(work: Work) -> None:
    rung = asyncio.Event()
    work.timers.call_later(ME, 0, rung.set)
    async with asyncio.timeout(5):
        await rung.wait()
