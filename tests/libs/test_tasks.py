import asyncio
import logging
from contextvars import ContextVar

import pytest

from bastproxy.libs.ledger import Ledger
from bastproxy.libs.tasks import KIND, Tasks

variable: ContextVar[str] = ContextVar("variable", default="")


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def tasks(ledger: Ledger) -> Tasks:
    return Tasks(ledger)


async def forever() -> None:
    await asyncio.Event().wait()


async def test_runs_and_gives_the_result(tasks: Tasks, ledger: Ledger) -> None:
    async def answer() -> int:
        return 42

    task = tasks.spawn("me", answer())
    assert [line.name.rsplit(".", 1)[-1] for line in ledger.lines("me", kind=KIND)] == ["answer"]
    assert await task == 42
    assert ledger.owners() == []


async def test_a_task_is_named_after_its_owner(tasks: Tasks) -> None:
    task = tasks.spawn("me", asyncio.sleep(0), "nap")
    assert task.get_name() == "me:nap"
    await task


async def test_the_tasks_of_an_owner_oldest_first(tasks: Tasks, ledger: Ledger) -> None:
    spawned = [tasks.spawn("me", forever()) for _ in range(3)]
    other = tasks.spawn("you", forever())
    assert tasks.of("me") == spawned
    assert tasks.of("you") == [other]
    assert tasks.of("nobody") == []
    ledger.release("me")
    ledger.release("you")
    assert tasks.of("me") == []
    assert await tasks.settle() == []


async def test_a_task_sees_the_context_of_its_caller(tasks: Tasks) -> None:
    async def look() -> str:
        seen = variable.get()
        variable.set("changed")
        return seen

    variable.set("caller")
    task = tasks.spawn("me", look())
    variable.set("later")
    assert await task == "caller"
    assert variable.get() == "later"


async def test_a_failure_is_logged_in_the_name_of_the_owner(
    tasks: Tasks, ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail() -> None:
        raise ValueError("no dragon")

    task = tasks.spawn("plugins.games.mine", fail(), "hunt")
    await asyncio.wait([task])
    (record,) = caplog.records
    assert record.name == "bastproxy.plugins.games.mine"
    assert record.getMessage() == "task plugins.games.mine:hunt failed: ValueError: no dragon"
    assert "in fail" in caplog.text
    assert record.levelno == logging.ERROR
    assert len(ledger) == 0


async def test_sys_exit_ends_the_task_and_not_the_loop(
    tasks: Tasks, caplog: pytest.LogCaptureFixture
) -> None:
    async def leave() -> None:
        raise SystemExit(3)

    task = tasks.spawn("me", leave())
    await asyncio.wait([task])
    assert isinstance(task.exception(), RuntimeError)
    assert "sys.exit(3)" in caplog.text


async def test_a_release_cancels_and_waits_for_the_cleanup(tasks: Tasks, ledger: Ledger) -> None:
    started, cleaned = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        started.set()
        try:
            await forever()
        finally:
            await asyncio.sleep(0)
            cleaned.set()

    task = tasks.spawn("me", work())
    await started.wait()
    ledger.release("me")
    assert not task.done()
    assert await tasks.settle() == []
    assert cleaned.is_set()
    assert task.cancelled()


async def test_cancelled_before_its_first_step_it_never_runs(
    tasks: Tasks, ledger: Ledger, recwarn: pytest.WarningsRecorder
) -> None:
    ran = False

    async def work() -> None:
        nonlocal ran
        ran = True

    tasks.spawn("me", work())
    ledger.release("me")
    assert await tasks.settle() == []
    assert not ran
    assert not [str(warning.message) for warning in recwarn]  # never awaited


async def test_a_failure_in_the_cleanup_is_logged(
    tasks: Tasks, ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    started = asyncio.Event()

    async def work() -> None:
        started.set()
        try:
            await forever()
        finally:
            raise ValueError("in the cleanup")

    tasks.spawn("me", work(), "work")
    await started.wait()
    ledger.release("me")
    await tasks.settle()
    assert "task me:work failed: ValueError: in the cleanup" in caplog.text


async def test_a_task_that_releases_its_own_owner_goes_on_to_its_end(
    tasks: Tasks, ledger: Ledger
) -> None:
    other = tasks.spawn("me", forever(), "other")

    async def unload_me() -> str:
        ledger.release("me")
        stragglers = await tasks.settle()  # does not wait for itself
        await asyncio.sleep(0)
        return f"done, {stragglers}"

    task = tasks.spawn("me", unload_me())
    assert await task == "done, []"
    assert other.cancelled()
    assert len(ledger) == 0


async def test_settling_waits_for_a_task_that_released_its_own_owner(
    tasks: Tasks, ledger: Ledger
) -> None:
    released, go_on = asyncio.Event(), asyncio.Event()

    async def unload_me() -> None:
        ledger.release("me")
        released.set()
        await go_on.wait()

    task = tasks.spawn("me", unload_me(), "unload")
    await released.wait()
    assert await tasks.settle(timeout=0) == ["me:unload"]
    go_on.set()
    assert await tasks.settle() == []
    assert task.done()


async def test_settling_names_those_who_do_not_end(tasks: Tasks, ledger: Ledger) -> None:
    release, started = asyncio.Event(), asyncio.Event()

    async def stubborn() -> None:
        started.set()
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue

    task = tasks.spawn("me", stubborn(), "stubborn")
    tasks.spawn("me", forever(), "quick")
    await started.wait()
    ledger.release("me")
    assert await tasks.settle(timeout=0.01) == ["me:stubborn"]
    release.set()
    await task
    assert await tasks.settle() == []


async def test_settling_with_nothing_to_wait_for(tasks: Tasks) -> None:
    assert await tasks.settle() == []


async def test_a_suspended_task_runs_on_and_can_end(tasks: Tasks, ledger: Ledger) -> None:
    go_on = asyncio.Event()
    ended = tasks.spawn("me", asyncio.wait_for(go_on.wait(), None))
    stays = tasks.spawn("me", forever())
    ledger.suspend("me", generation=0)
    go_on.set()
    assert await ended
    assert [line.key for line in ledger.lines("me")] == [2]
    assert ledger.resume("me", generation=0) == 1
    assert not stays.done()
    ledger.release("me")
    await tasks.settle()


async def test_releasing_what_has_ended_does_nothing(tasks: Tasks) -> None:
    tasks.release(99)
    assert await tasks.settle() == []


def test_without_a_loop_it_is_refused_without_a_trace(
    tasks: Tasks, ledger: Ledger, recwarn: pytest.WarningsRecorder
) -> None:
    with pytest.raises(RuntimeError, match="no running event loop"):
        tasks.spawn("me", forever())
    assert len(ledger) == 0
    assert not [str(warning.message) for warning in recwarn]


async def test_only_a_coroutine_makes_a_task(tasks: Tasks, ledger: Ledger) -> None:
    with pytest.raises(TypeError, match=r"me: a task needs a coroutine .* not <function forever"):
        tasks.spawn("me", forever)
    assert len(ledger) == 0


def test_a_release_without_a_loop_cancels(tasks: Tasks, ledger: Ledger) -> None:
    async def main() -> asyncio.Task[None]:
        task = tasks.spawn("me", forever())
        await asyncio.sleep(0)
        return task

    loop = asyncio.new_event_loop()
    try:
        task = loop.run_until_complete(main())
        ledger.release("me")
        assert loop.run_until_complete(tasks.settle()) == []
        assert task.cancelled()
    finally:
        loop.close()
