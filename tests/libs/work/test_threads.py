import asyncio
import threading
from functools import partial

import pytest

from bastproxy.libs.ledger import Ledger
from bastproxy.libs.work import Work

ME = "plugins.games.mine"


def until(stop: threading.Event) -> str:
    stop.wait()
    return "stopped"


async def test_runs_in_a_thread_of_its_own_and_gives_the_result(work: Work, ledger: Ledger) -> None:
    def where(one: int, two: int) -> tuple[str, int]:
        return threading.current_thread().name, one + two

    result = work.threads.run(ME, where, 1, 2)
    assert [(line.kind, line.name) for line in ledger.lines(ME)] == [("thread", "where")]
    assert await result == (f"{ME}:where", 3)
    assert len(ledger) == 0


async def test_a_release_sets_stop_and_waits_for_the_end(work: Work, ledger: Ledger) -> None:
    result = work.threads.run(ME, until)
    ledger.release(ME)
    assert not work.is_settled()
    assert await work.settle() == []
    assert result.result() == "stopped"
    assert work.is_settled()


async def test_a_swap_and_its_rollback_do_not_stop_it(work: Work, ledger: Ledger) -> None:
    go_on = threading.Event()

    def wait(stop: threading.Event) -> bool:
        go_on.wait()
        return stop.is_set()

    generation = ledger.open_generation(ME)
    result = work.threads.run(ME, wait)
    ledger.suspend(ME, generation=generation)
    ledger.resume(ME, generation=generation)
    go_on.set()
    assert await result is False


async def test_one_that_does_not_end_is_named_once_with_its_place(
    work: Work, ledger: Ledger
) -> None:
    free, started = threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def stubborn() -> None:
        loop.call_soon_threadsafe(started.set)
        free.wait()

    result = work.threads.run(ME, stubborn)
    await started.wait()
    ledger.release(ME)
    (left,) = await work.settle(0.01)
    assert left.startswith(f"the thread {ME}:stubborn (")
    assert ", line " in left
    assert await work.settle(0.01) == []
    free.set()
    await result


async def test_cancelling_what_is_awaited_asks_it_to_stop(work: Work) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()

    def work_on(stop: threading.Event) -> None:
        stop.wait()
        loop.call_soon_threadsafe(stopped.set)

    work.threads.run(ME, work_on).cancel()
    async with asyncio.timeout(5):
        await stopped.wait()


async def test_who_awaits_gets_the_failure_and_the_log_does_not(
    work: Work, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise ValueError("no dragon")

    with pytest.raises(ValueError, match="no dragon"):
        await work.threads.run(ME, fail)
    assert await asyncio.gather(work.threads.run(ME, fail), return_exceptions=True) != [None]
    assert caplog.messages == []


async def test_what_nobody_awaits_is_logged_in_the_name_of_the_owner(
    work: Work, ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    go_on = threading.Event()

    def fail() -> None:
        go_on.wait()
        raise ValueError("no dragon")

    work.threads.run(ME, fail)
    go_on.set()
    ledger.release(ME)
    await work.settle()
    assert caplog.messages == [f"thread {ME}:fail failed: ValueError: no dragon"]
    assert caplog.records[0].name == f"bastproxy.{ME}"


@pytest.mark.parametrize("error", [SystemExit(3), StopIteration(3), KeyboardInterrupt(3)])
async def test_what_may_not_come_out_of_an_await_is_replaced(
    work: Work, error: BaseException
) -> None:
    def leave() -> None:
        raise error

    with pytest.raises(RuntimeError, match=rf"{type(error).__name__}\(3\)"):
        await work.threads.run(ME, leave)


async def test_stop_is_handed_over_only_where_it_is_taken(work: Work) -> None:
    def positional(stop: object) -> object:
        return stop

    def keyword(*, stop: object = None) -> object:
        return stop

    run = work.threads.run
    assert isinstance(await run(ME, positional), threading.Event)
    assert isinstance(await run(ME, keyword), threading.Event)
    assert await run(ME, positional, "mine") == "mine"
    assert await run(ME, partial(positional, "mine")) == "mine"
    assert await run(ME, max, 1, 2) == 2


async def test_wrong_arguments_and_async_functions_are_refused_at_once(
    work: Work, ledger: Ledger
) -> None:
    async def later() -> None:
        raise AssertionError

    with pytest.raises(TypeError, match="cannot run the async def later; spawn a task"):
        work.threads.run(ME, later)
    with pytest.raises(TypeError, match="too many positional arguments"):
        work.threads.run(ME, until, 1, 2)
    assert len(ledger) == 0


def test_without_an_event_loop_there_are_no_threads(work: Work, ledger: Ledger) -> None:
    with pytest.raises(RuntimeError, match="no running event loop"):
        work.threads.run(ME, until)
    assert len(ledger) == 0
