import asyncio
import os
import socket
from pathlib import Path

import pytest

from bastproxy.libs.ledger import Ledger
from bastproxy.libs.work import Work

ME = "plugins.games.mine"


class Resource:
    def __init__(self, log: list[str] | None = None, name: str = "it") -> None:
        self.log = log if log is not None else []
        self.name = name

    def close(self) -> None:
        self.log.append(f"{self.name} closed")


class AsyncResource(Resource):
    def close(self) -> None:
        raise AssertionError("aclose comes first")

    async def aclose(self) -> None:
        await asyncio.sleep(0)
        self.log.append(f"{self.name} closed")


def test_a_file_and_a_socket_are_closed_with_their_owner(
    work: Work, ledger: Ledger, tmp_path: Path
) -> None:
    file = work.closeables.own(ME, (tmp_path / "log").open("w"))
    sock = work.closeables.own(ME, socket.socket())
    assert [line.kind for line in ledger.lines(ME)] == ["resource"] * 2
    ledger.release(ME)
    assert file.closed
    assert sock.fileno() == -1
    assert len(ledger) == 0


def test_a_way_to_close_can_be_given(work: Work, ledger: Ledger) -> None:
    reading, writing = os.pipe()
    work.closeables.own(ME, reading, os.close)
    work.closeables.own(ME, writing, os.close)
    ledger.release(ME)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(reading)


def test_what_cannot_be_closed_is_refused(work: Work, ledger: Ledger) -> None:
    with pytest.raises(TypeError, match=rf"{ME}: 42 has no close\(\) and no aclose\(\)"):
        work.closeables.own(ME, 42)
    assert len(ledger) == 0


async def test_it_is_closed_when_tasks_and_threads_have_ended(work: Work, ledger: Ledger) -> None:
    log: list[str] = []

    async def use() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            log.append("task ended")

    started = asyncio.Event()
    work.closeables.own(ME, Resource(log, "first"))
    work.tasks.spawn(ME, use())
    work.closeables.own(ME, AsyncResource(log, "second"))
    await started.wait()
    ledger.release(ME)
    assert log == []
    assert not work.is_settled()
    assert await work.settle() == []
    assert log == ["task ended", "second closed", "first closed"]
    assert work.is_settled()


async def test_one_that_does_not_close_is_named_and_the_others_are_closed(
    work: Work, ledger: Ledger
) -> None:
    async def never(_: object) -> None:
        await asyncio.Event().wait()

    log: list[str] = []
    work.closeables.own(ME, Resource(log))
    work.closeables.own(ME, Resource(name="gate"), never)
    ledger.release(ME)
    assert await work.settle(0.01) == [f"closing Resource gate of {ME}"]
    assert log == ["it closed"]
    await asyncio.sleep(0)


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_a_failure_is_logged_in_the_name_of_the_owner(
    work: Work, ledger: Ledger, caplog: pytest.LogCaptureFixture, asynchronous: bool
) -> None:
    async def fail_later(_: object) -> None:
        raise ValueError("stuck")

    def fail(_: object) -> None:
        raise ValueError("stuck")

    work.closeables.own(ME, Resource(), fail_later if asynchronous else fail)
    ledger.release(ME)
    assert await work.settle() == []
    assert caplog.messages == ["closing Resource it failed: ValueError: stuck"]
    assert caplog.records[0].name == f"bastproxy.{ME}"


def test_what_needs_an_event_loop_says_so_where_there_is_none(
    work: Work, ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    work.closeables.own(ME, AsyncResource())
    ledger.release(ME)
    assert "AsyncResource it is not closed: that needs an event loop" in caplog.text


def test_what_is_disowned_stays_open(work: Work, ledger: Ledger) -> None:
    resource = work.closeables.own(ME, Resource())
    assert work.closeables.disown(ME, resource)
    assert not work.closeables.disown(ME, resource)
    ledger.release(ME)
    assert resource.log == []


def test_owned_twice_it_is_closed_once(work: Work, ledger: Ledger) -> None:
    resource = work.closeables.own(ME, Resource())
    work.closeables.own(ME, resource)
    assert len(ledger) == 1
    ledger.release(ME)
    assert resource.log == ["it closed"]


@pytest.mark.parametrize("commits", [True, False])
def test_what_a_swap_carries_over_stays_open_whichever_way_it_ends(
    work: Work, ledger: Ledger, commits: bool
) -> None:
    old = ledger.open_generation(ME)
    resource = work.closeables.own(ME, Resource())
    ledger.suspend(ME, generation=old)
    new = ledger.open_generation(ME)
    work.closeables.own(ME, resource)
    if commits:
        ledger.release(ME, generation=old)
    else:
        ledger.release(ME, generation=new)
        ledger.resume(ME, generation=old)
    assert resource.log == []
    ledger.release(ME)
    assert resource.log == ["it closed"]


async def test_owned_again_before_it_was_closed_it_stays_open(work: Work, ledger: Ledger) -> None:
    resource = work.closeables.own(ME, Resource())
    ledger.release(ME)
    work.closeables.own(ME, resource)
    assert await work.settle() == []
    assert resource.log == []
    ledger.release(ME)
    await work.settle()
    assert resource.log == ["it closed"]
