import asyncio
import functools

import pytest

from bastproxy.libs.events import Change, Dispatcher
from bastproxy.libs.ledger import Ledger
from bastproxy.libs.tasks import Tasks


async def test_runs_as_a_task_of_its_owner(
    dispatcher: Dispatcher, tasks: Tasks, ledger: Ledger
) -> None:
    ran = asyncio.Event()

    async def callback() -> None:
        ran.set()

    dispatcher.register("ev", callback, "me")
    dispatcher.raise_event("ev")
    assert not ran.is_set()
    (task,) = tasks.of("me")
    assert task.get_name() == "me:ev callback"
    await task
    assert ran.is_set()
    assert [line.kind for line in ledger.lines("me")] == ["callback"]
    (described,) = dispatcher.event("ev").describe()["callbacks"]
    assert (described["name"], described["calls"]) == ("callback", 1)


async def test_ends_with_its_owner(dispatcher: Dispatcher, tasks: Tasks, ledger: Ledger) -> None:
    started = asyncio.Event()

    async def callback() -> None:
        started.set()
        await asyncio.Event().wait()

    dispatcher.register("ev", callback, "me")
    dispatcher.raise_event("ev")
    await started.wait()
    (task,) = tasks.of("me")
    ledger.release("me")
    assert await tasks.settle() == []
    assert task.cancelled()
    assert len(ledger) == 0


async def test_sees_the_record_and_the_stack_of_its_raise(
    dispatcher: Dispatcher, tasks: Tasks
) -> None:
    seen: list[object] = []
    raised = asyncio.Event()

    async def callback() -> None:
        await raised.wait()
        seen.extend((dispatcher.current_record(), dispatcher.stack()))

    dispatcher.register("ev_inner", callback, "me")
    dispatcher.register("ev_outer", lambda: dispatcher.raise_event("ev_inner", {"x": 1}), "me")
    dispatcher.raise_event("ev_outer")
    assert dispatcher.current_record() is None
    raised.set()
    await asyncio.gather(*tasks.of("me"))
    assert seen == [{"x": 1}, ["ev_outer", "ev_inner"]]


async def test_what_it_changes_is_put_down_to_it(dispatcher: Dispatcher, tasks: Tasks) -> None:
    async def change() -> None:
        record = dispatcher.current_record()
        await asyncio.sleep(0)
        record["line"] = "changed"
        inner = dispatcher.raise_event("ev_inner", {"y": 1}, "raiser")
        inner["y"] = 2

    inner_records = []
    dispatcher.register(
        "ev_inner", lambda: inner_records.append(dispatcher.current_record()), "you"
    )
    dispatcher.register("ev", change, "me")
    record = dispatcher.raise_event("ev", {"line": "x"}, "raiser")
    await asyncio.gather(*tasks.of("me"))
    assert record.changes == [Change("line", "me", "change")]
    assert inner_records[0].changes == [Change("y", "raiser", "")]


async def test_a_failure_is_logged_for_its_owner(
    dispatcher: Dispatcher, tasks: Tasks, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail() -> None:
        raise ValueError("no dragon")

    dispatcher.register("ev", fail, "plugins.games.mine")
    dispatcher.raise_event("ev")
    await asyncio.wait(tasks.of("plugins.games.mine"))
    (record,) = caplog.records
    assert record.name == "bastproxy.plugins.games.mine"
    assert "ValueError: no dragon" in caplog.text


class Listener:
    async def method(self) -> None: ...

    async def __call__(self) -> None: ...


@pytest.mark.parametrize(
    "callback", [Listener().method, Listener(), functools.partial(Listener().method)]
)
def test_is_refused_where_a_line_waits(dispatcher: Dispatcher, callback: object) -> None:
    with pytest.raises(TypeError, match=r"plugins.mine: .* is an async def, .*ev_x_modify"):
        dispatcher.register("ev_x_modify", callback, "plugins.mine")
    assert not dispatcher.has_callbacks("ev_x_modify")
    assert dispatcher.events() == []


def test_a_refusal_leaves_an_event_that_there_was(dispatcher: Dispatcher) -> None:
    dispatcher.add_event("ev_x_modify", "you")
    with pytest.raises(TypeError):
        dispatcher.register("ev_x_modify", Listener().method, "me")
    assert dispatcher.has_event("ev_x_modify")


def test_without_a_loop_it_is_an_error_of_the_callback(
    dispatcher: Dispatcher, caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder
) -> None:
    dispatcher.register("ev", Listener().method, "me")
    dispatcher.raise_event("ev")
    assert "no running event loop" in caplog.text
    assert not [str(warning.message) for warning in recwarn]
