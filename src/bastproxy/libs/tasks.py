"""Tasks that somebody owns: named, their failures logged, ended with their owner."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Coroutine, Hashable
from typing import Any, TypeVar

from bastproxy.libs.ledger import Ledger

T = TypeVar("T")

KIND = "task"


class Tasks:
    """The running tasks of every owner."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._serials = itertools.count(1)
        self._running: dict[Hashable, asyncio.Task[Any]] = {}
        self._ending: set[asyncio.Task[Any]] = set()
        ledger.add_kind(KIND, self)

    def spawn(
        self, owner_id: str, coroutine: Coroutine[Any, Any, T], name: str = ""
    ) -> asyncio.Task[T]:
        """Run ``coroutine`` as a task of ``owner_id``.

        It sees a copy of the context of the caller, the current event record included.

        :raises TypeError: it is no coroutine.
        :raises RuntimeError: no event loop is running.
        """
        if not asyncio.iscoroutine(coroutine):
            raise TypeError(
                f"{owner_id}: a task needs a coroutine (call the async def), not {coroutine!r}"
            )
        name = name or getattr(coroutine, "__qualname__", "task")
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            coroutine.close()  # or Python warns that it was never awaited
            raise
        task = loop.create_task(_guarded(coroutine), name=f"{owner_id}:{name}")
        key = next(self._serials)
        self._running[key] = task
        self._ledger.write(owner_id, KIND, key, name)
        task.add_done_callback(lambda done: self._done(owner_id, key, done))
        # Cancelled before its first step it would never have been awaited.
        task.add_done_callback(lambda _: coroutine.close())
        return task

    def of(self, owner_id: str) -> list[asyncio.Task[Any]]:
        """Return the running tasks of an owner, oldest first."""
        return [
            self._running[line.key]
            for line in self._ledger.lines(owner_id, kind=KIND)
            if line.key in self._running
        ]

    def suspend(self, key: Hashable) -> None:
        """Leave the task running: only its end, or its return, is decided later."""

    def resume(self, key: Hashable) -> None:
        """Nothing to do: the task never stopped."""

    def release(self, key: Hashable) -> None:
        """Cancel the task."""
        task = self._running.pop(key, None)
        if task is not None and not task.done():
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)
            if task is not _current_task():
                task.cancel()

    def is_settled(self) -> bool:
        """Say whether no cancelled task is still on its way to its end."""
        return not self._ending

    async def settle(self, timeout: float = 5.0) -> list[str]:
        """Wait for the cancelled tasks to end.

        :param timeout: seconds.
        :returns: the names of those that did not.
        """
        ending = {task for task in self._ending if task is not _current_task()}
        if not ending:
            return []
        _, stragglers = await asyncio.wait(ending, timeout=timeout)
        return sorted(task.get_name() for task in stragglers)

    def _done(self, owner_id: str, key: Hashable, task: asyncio.Task[Any]) -> None:
        if self._running.pop(key, None) is not None:
            self._ledger.strike(owner_id, KIND, key)
        if not task.cancelled() and (error := task.exception()) is not None:
            # The owner speaks, so that its level counts and its name stands in front.
            logging.getLogger(f"bastproxy.{owner_id}").error(
                "task %s failed: %s: %s",
                task.get_name(),
                type(error).__name__,
                error,
                exc_info=error,
                extra={"sources": (owner_id, "libs.tasks")},
            )


async def _guarded(coroutine: Coroutine[Any, Any, T]) -> T:
    try:
        return await coroutine
    except SystemExit as error:
        # asyncio lets it through to the loop, which would end the proxy.
        raise RuntimeError(f"the task called sys.exit({error.code!r})") from error


def _current_task() -> asyncio.Task[Any] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None
