"""Timers that somebody owns: no drift, no pile-up, silent while their owner is swapped."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import math
from collections.abc import Callable, Hashable
from contextvars import Context
from typing import Any, Protocol

from bastproxy.libs.ledger import Ledger, initializing
from bastproxy.libs.tasks import Tasks
from bastproxy.libs.work.failures import log_failure, name_of

KIND = "timer"


class Handle(Protocol):
    """One call to come, as the event loop sees it."""

    def cancel(self) -> None:
        """Do not call."""


class Clock(Protocol):
    """What timers need of an event loop."""

    def time(self) -> float:
        """Return the time, in seconds since some moment."""

    def call_at(
        self, when: float, callback: Callable[..., object], *args: Any, context: Context
    ) -> Handle:
        """Call at a time."""


class Timer:
    """One timer, as its owner sees it.

    :ivar name: ``<owner>:<function>``.
    """

    def __init__(self, name: str, stop: Callable[[], None]) -> None:
        self.name = name
        self._stop: Callable[[], None] | None = stop

    @property
    def active(self) -> bool:
        """Whether a call is still to come."""
        return self._stop is not None

    def cancel(self) -> None:
        """End the timer; a call that is going on goes on."""
        stop, self._stop = self._stop, None
        if stop is not None:
            stop()

    def _ended(self) -> None:
        self._stop = None


class _Entry:
    """What the keeper knows of a timer; the handle that the owner has pins none of it."""

    def __init__(
        self,
        timer: Timer,
        owner_id: str,
        function: Callable[..., object],
        args: tuple[Any, ...],
        clock: Clock,
        due: float,
        interval: float | None,
    ) -> None:
        self.timer = timer
        self.owner_id = owner_id
        self.function = function
        self.args = args
        self.clock = clock
        self.due = due
        self.interval = interval
        self.suspended = False
        self.handle: Handle | None = None
        self.task: asyncio.Task[Any] | None = None
        # Of the context of the caller only this counts later: the rest would be pinned.
        self.context = Context()
        self.context.run(initializing.set, initializing.get())

    def advance(self) -> None:
        """Move to the next point of the grid that is still to come."""
        assert self.interval is not None
        late = self.clock.time() - self.due
        if late >= 0:
            self.due += self.interval * (math.floor(late / self.interval) + 1)


class Timers:
    """The timers of every owner.

    :ivar clock: gives the clock of a new timer, the running event loop.
    """

    def __init__(self, ledger: Ledger, tasks: Tasks) -> None:
        self.clock: Callable[[], Clock] = asyncio.get_running_loop
        self._ledger = ledger
        self._tasks = tasks
        self._serials = itertools.count(1)
        self._entries: dict[Hashable, _Entry] = {}
        ledger.add_kind(KIND, self)

    def call_later(
        self, owner_id: str, seconds: float, function: Callable[..., object], *args: Any
    ) -> Timer:
        """Call a function once, after a time; an ``async def`` runs as a task of the owner.

        :param seconds: from now, 0 or more.
        :raises ValueError: ``seconds`` is negative, or no number.
        :raises RuntimeError: no event loop is running.
        """
        if not 0 <= seconds < math.inf:
            raise ValueError(f"{owner_id}: a timer cannot wait {seconds!r} seconds")
        return self._add(owner_id, seconds, None, function, args)

    def call_every(self, owner_id: str, seconds: float, function: Callable[[], object]) -> Timer:
        """Call a function again and again, the first time after ``seconds``.

        Calls keep to the grid of the first one. Those that were missed, or for which the
        last one is still running, are left out.

        :param seconds: between two calls, more than 0.
        :raises ValueError: ``seconds`` is not, or no number.
        :raises RuntimeError: no event loop is running.
        """
        if not 0 < seconds < math.inf:
            raise ValueError(f"{owner_id}: a timer cannot be called every {seconds!r} seconds")
        return self._add(owner_id, seconds, seconds, function, ())

    def suspend(self, key: Hashable) -> None:
        """Do not fire until the timer is resumed."""
        entry = self._entries[key]
        entry.suspended = True
        self._unschedule(entry)

    def resume(self, key: Hashable) -> None:
        """Fire again; what came due meanwhile fires at once, and only once."""
        entry = self._entries[key]
        entry.suspended = False
        self._schedule(key, entry)

    def release(self, key: Hashable) -> None:
        """End the timer; a call that is going on goes on."""
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._unschedule(entry)
            entry.timer._ended()

    def _add(
        self,
        owner_id: str,
        seconds: float,
        interval: float | None,
        function: Callable[..., object],
        args: tuple[Any, ...],
    ) -> Timer:
        if not callable(function):
            raise TypeError(f"{owner_id}: a timer needs a function to call, not {function!r}")
        clock = self.clock()
        key = next(self._serials)
        timer = Timer(f"{owner_id}:{name_of(function)}", lambda: self._cancel(owner_id, key))
        due = clock.time() + seconds
        entry = _Entry(timer, owner_id, function, args, clock, due, interval)
        self._entries[key] = entry
        when = f"once, after {seconds:g} s" if interval is None else f"every {interval:g} s"
        self._ledger.write(owner_id, KIND, key, f"{name_of(function)} {when}")
        self._schedule(key, entry)
        return timer

    def _cancel(self, owner_id: str, key: Hashable) -> None:
        self.release(key)
        self._ledger.strike(owner_id, KIND, key)

    def _schedule(self, key: Hashable, entry: _Entry) -> None:
        entry.handle = entry.clock.call_at(entry.due, self._fire, key, context=entry.context)

    def _unschedule(self, entry: _Entry) -> None:
        if entry.handle is not None:
            entry.handle.cancel()
            entry.handle = None

    def _fire(self, key: Hashable) -> None:
        entry = self._entries[key]
        entry.handle = None
        if entry.interval is None:
            self._cancel(entry.owner_id, key)
            self._call(entry)
            return
        entry.advance()
        if entry.task is None or entry.task.done():
            self._call(entry)
        # The call may have cancelled the timer, or reloaded its owner.
        if self._entries.get(key) is entry and not entry.suspended and entry.handle is None:
            entry.advance()
            self._schedule(key, entry)

    def _call(self, entry: _Entry) -> None:
        try:
            result = entry.function(*entry.args)
        except KeyboardInterrupt:
            raise  # the user's, and not the owner's
        except BaseException as error:
            log_failure(entry.owner_id, f"timer {entry.timer.name}", error)
            return
        if inspect.iscoroutine(result):
            entry.task = self._tasks.spawn(entry.owner_id, result, name_of(entry.function))
