"""The check, when nothing happens, that old generations are gone."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable
from contextvars import Context
from time import monotonic

from bastproxy.libs.plugins.lifecycle import OWNER_ID
from bastproxy.libs.plugins.unloaded import Unloaded
from bastproxy.libs.records import LogRecord
from bastproxy.libs.tasks import Tasks

#: Seconds without anything received that count as quiet.
QUIET = 1.0
#: Seconds between two full collections, at least.
BETWEEN_FULL = 60.0


class LeakCheck:
    """Warns of unloaded generations that stay in memory, without being in anybody's way.

    The young generations of the garbage collector are collected first, one a step, which
    takes a fraction of a millisecond.  The old one, which takes as long as there are
    objects, follows only if something is left, when it is quiet, and once a minute at most.

    :param after: seconds from an unload or a reload to the check; None for no check.
    :ivar activity: returns something else when something was received meanwhile.
    :ivar sleep: waits so many seconds.
    :ivar clock: returns the time in seconds.
    :ivar collect: collects one generation of the garbage collector and the younger ones.
    """

    def __init__(self, tasks: Tasks, unloaded: Unloaded, after: float | None = None) -> None:
        self.after = after
        self.activity: Callable[[], object] = lambda: None
        self.sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
        self.clock: Callable[[], float] = monotonic
        self.collect: Callable[[int], object] = gc.collect
        self._tasks = tasks
        self._unloaded = unloaded
        self._task: asyncio.Task[None] | None = None
        self._asked = False
        self._next_full = 0.0
        self._told: set[tuple[str, int]] = set()

    def schedule(self) -> None:
        """Check in a while; nothing happens where no event loop runs."""
        if self.after is None:
            return
        self._asked = True  # one that is under way begins again
        if self._task is not None and not self._task.done():
            return
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return
        # In a context of its own: that of the caller would be kept, with its event record.
        self._task = Context().run(self._tasks.spawn, OWNER_ID, self._run(), "leak check")

    async def _run(self) -> None:
        while self._asked:
            self._asked = False
            await self.sleep(self.after or 0.0)
            if not self._asked:
                await self._check()

    async def _check(self) -> None:
        for generation in (0, 1):
            await self._quiet()
            self.collect(generation)
            if not self._left():
                return
        while self.clock() < self._next_full or not await self._second_of_quiet():
            if not self._left():
                return  # Python has collected it by itself
            if self.clock() < self._next_full:
                await self.sleep(QUIET)
        self._next_full = self.clock() + BETWEEN_FULL
        self.collect(2)
        self._tell(self._left())

    async def _quiet(self) -> None:
        while not await self._second_of_quiet():
            pass

    async def _second_of_quiet(self) -> bool:
        before = self.activity()
        await self.sleep(QUIET)
        return self.activity() == before

    def _left(self) -> set[tuple[str, int]]:
        left = self._unloaded.living()
        return {(generation["plugin_id"], generation["generation"]) for generation in left}

    def _tell(self, left: set[tuple[str, int]]) -> None:
        self._told &= left
        for plugin_id, generation in sorted(left - self._told):
            LogRecord(
                f"generation {generation} is still in memory although it was unloaded; "
                f"#bp.plugins.show {plugin_id} says who holds it",
                level="warning",
                sources=[plugin_id, OWNER_ID],
            )()
        self._told |= left
