"""Timers with names: at intervals or at times of day, switched on and off, kept over a reload."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import math
import time
from collections.abc import Callable, Hashable
from contextvars import Context
from dataclasses import dataclass
from typing import Any, Final

from bastproxy.libs.ledger import Ledger, initializing
from bastproxy.libs.tasks import Tasks
from bastproxy.libs.work.failures import log_failure, log_warning
from bastproxy.libs.work.recurrence import At, Every, Rule
from bastproxy.libs.work.timers import Clock, Handle

KIND = "schedule"

LOOK: Final = 15.0
"""Seconds after which the clock on the wall is looked at again: it may be set, or have slept."""
GRACE: Final = 300.0
"""Seconds that a time of day may be past (the machine slept) and still count."""
SET_BACK: Final = 60.0
"""Seconds that the clock on the wall may lose without having been set by a person."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """One named timer, as it is now.

    :ivar rule: when it is called.
    :ivar once: it ends with its next call.
    :ivar enabled: it is switched on.
    :ivar due: when it is called next, in seconds since the epoch; None while it is switched off.
    :ivar calls: how often it has been called.
    :ivar running: a call is going on, as a task.
    """

    owner_id: str
    name: str
    rule: Rule
    once: bool
    enabled: bool
    due: float | None
    calls: int
    running: bool


class _Entry:
    """What is known of one timer.

    :ivar due: on the clock of the event loop for an interval, on the wall for a time of day.
    :ivar last: the time of day of the last call.
    :ivar ahead: how far the wall was ahead of the loop's clock when it was looked at last.
    """

    def __init__(
        self,
        owner_id: str,
        name: str,
        function: Callable[[], object],
        rule: Rule,
        clock: Clock,
        *,
        once: bool,
        enabled: bool,
    ) -> None:
        self.owner_id = owner_id
        self.name = name
        self.function = function
        self.rule = rule
        self.clock = clock
        self.once = once
        self.enabled = enabled
        self.suspended = False
        self.due = 0.0
        self.last = 0.0
        self.ahead = 0.0
        self.calls = 0
        self.handle: Handle | None = None
        self.task: asyncio.Task[Any] | None = None
        # Of the context of the caller only this counts later: the rest would be pinned.
        self.context = Context()
        self.context.run(initializing.set, initializing.get())

    @property
    def label(self) -> str:
        return f"timer {self.owner_id}:{self.name}"


class Schedules:
    """The named timers of every owner.

    :ivar clock: gives the clock of a new timer, the running event loop.
    :ivar wall: gives the seconds since the epoch.
    """

    def __init__(self, ledger: Ledger, tasks: Tasks) -> None:
        self.clock: Callable[[], Clock] = asyncio.get_running_loop
        self.wall: Callable[[], float] = time.time
        self._ledger = ledger
        self._tasks = tasks
        self._serials = itertools.count(1)
        self._entries: dict[Hashable, _Entry] = {}
        ledger.add_kind(KIND, self)

    def add(
        self,
        owner_id: str,
        name: str,
        function: Callable[[], object],
        rule: Rule,
        *,
        once: bool = False,
        enabled: bool = True,
        delay: float | None = None,
    ) -> None:
        """Call a function by a rule; an ``async def`` runs as a task of the owner.

        A timer of that name is replaced. One that the owner had before the reload that is
        going on, with the same rule, hands on its beat.

        :param once: only the next time.
        :param delay: seconds until the first call at an interval; one interval by default.
        :raises ValueError: the name is empty, or the delay is negative.
        :raises TypeError: the function cannot be called.
        :raises RuntimeError: no event loop is running.
        """
        if not name:
            raise ValueError(f"{owner_id}: a timer needs a name")
        if not callable(function):
            raise TypeError(f"{owner_id}: a timer needs a function to call, not {function!r}")
        if delay is not None and not 0 <= delay < math.inf:
            raise ValueError(f"{owner_id}: a timer cannot wait {delay!r} seconds")
        clock = self.clock()
        entry = _Entry(owner_id, name, function, rule, clock, once=once, enabled=enabled)
        self._start(entry, delay)
        before = self._find(owner_id, name, suspended=True)
        if before is not None and (before.rule, before.once) == (rule, once):
            entry.calls, entry.last = before.calls, before.last
            if before.enabled:
                entry.due, entry.ahead = before.due, before.ahead
        self.remove(owner_id, name)
        key = next(self._serials)
        self._entries[key] = entry
        self._ledger.write(owner_id, KIND, key, f"{name} {'once, ' if once else ''}{rule}")
        self._plan(key, entry)

    def remove(self, owner_id: str, name: str) -> bool:
        """End a timer; a call that is going on goes on. False when there is none."""
        for key, entry in list(self._entries.items()):
            if (entry.owner_id, entry.name, entry.suspended) == (owner_id, name, False):
                self._end(key, entry)
                return True
        return False

    def enable(self, owner_id: str, name: str, on: bool = True) -> bool:
        """Switch a timer on or off; False when there is none.

        Switched on again, an interval begins anew.
        """
        for key, entry in self._entries.items():
            if (entry.owner_id, entry.name, entry.suspended) == (owner_id, name, False):
                if entry.enabled != on:
                    entry.enabled = on
                    self._unplan(entry)
                    self._start(entry, None)
                    self._plan(key, entry)
                return True
        return False

    def get(self, owner_id: str, name: str) -> Schedule | None:
        """Return a timer as it is now; None when there is none."""
        entry = self._find(owner_id, name)
        return self._shown(entry) if entry is not None else None

    def all(self, owner_id: str = "") -> list[Schedule]:
        """Return all timers, or those of one owner, oldest first."""
        return [
            self._shown(entry)
            for entry in self._entries.values()
            if not entry.suspended and owner_id in ("", entry.owner_id)
        ]

    def suspend(self, key: Hashable) -> None:
        """Do not call until the timer is resumed."""
        entry = self._entries[key]
        entry.suspended = True
        self._unplan(entry)

    def resume(self, key: Hashable) -> None:
        """Call again; what came due meanwhile is called at once, and only once."""
        entry = self._entries[key]
        entry.suspended = False
        self._plan(key, entry)

    def release(self, key: Hashable) -> None:
        """End the timer; a call that is going on goes on."""
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._unplan(entry)

    def _find(self, owner_id: str, name: str, *, suspended: bool = False) -> _Entry | None:
        wanted = (owner_id, name, suspended)
        for entry in reversed(self._entries.values()):
            if (entry.owner_id, entry.name, entry.suspended) == wanted:
                return entry
        return None

    def _shown(self, entry: _Entry) -> Schedule:
        due = entry.due
        if isinstance(entry.rule, Every):
            due += self.wall() - entry.clock.time()
        return Schedule(
            entry.owner_id,
            entry.name,
            entry.rule,
            entry.once,
            entry.enabled,
            due if entry.enabled else None,
            entry.calls,
            entry.task is not None and not entry.task.done(),
        )

    def _start(self, entry: _Entry, delay: float | None) -> None:
        """Find the first call."""
        if isinstance(entry.rule, Every):
            entry.due = entry.clock.time() + (entry.rule.seconds if delay is None else delay)
        else:
            entry.due = entry.rule.next(self.wall())
            entry.ahead = self.wall() - entry.clock.time()

    def _plan(self, key: Hashable, entry: _Entry) -> None:
        """Have the loop call at the next call, or when the wall is to be looked at."""
        if not entry.enabled or entry.handle is not None:
            return
        when = entry.due
        if isinstance(entry.rule, At):
            when = entry.clock.time() + min(max(entry.due - self.wall(), 0.0), LOOK)
        entry.handle = entry.clock.call_at(when, self._wake, key, context=entry.context)

    def _unplan(self, entry: _Entry) -> None:
        if entry.handle is not None:
            entry.handle.cancel()
            entry.handle = None

    def _end(self, key: Hashable, entry: _Entry) -> None:
        self.release(key)
        self._ledger.strike(entry.owner_id, KIND, key)

    def _wake(self, key: Hashable) -> None:
        entry = self._entries[key]
        entry.handle = None
        if isinstance(entry.rule, Every):
            self._fire(key, entry)
            return
        now = self.wall()
        ahead, entry.ahead = entry.ahead, now - entry.clock.time()
        if entry.ahead < ahead - SET_BACK:
            due = entry.rule.next(now)
            entry.due = due if due != entry.last else entry.rule.next(due)
        if now < entry.due:
            self._plan(key, entry)
        elif now > entry.due + GRACE:
            log_warning(entry.owner_id, f"{entry.label} has missed its time: the clock jumped")
            self._advance(entry)
            self._plan(key, entry)
        else:
            entry.last = entry.due
            self._fire(key, entry)

    def _fire(self, key: Hashable, entry: _Entry) -> None:
        if entry.once:
            self._end(key, entry)
            self._call(entry)
            return
        self._advance(entry)
        if entry.task is None or entry.task.done():
            self._call(entry)
        # The call may have ended the timer, switched it off, or reloaded its owner.
        if self._entries.get(key) is entry and not entry.suspended and entry.handle is None:
            self._advance(entry)  # over what has passed during the call
            self._plan(key, entry)

    def _advance(self, entry: _Entry) -> None:
        """Move to the next call that is still to come."""
        if isinstance(entry.rule, Every):
            entry.due = entry.rule.next(entry.due, entry.clock.time())
        elif (now := self.wall()) >= entry.due:
            entry.due = entry.rule.next(now)

    def _call(self, entry: _Entry) -> None:
        entry.calls += 1
        try:
            result = entry.function()
        except KeyboardInterrupt:
            raise  # the user's, and not the owner's
        except BaseException as error:
            log_failure(entry.owner_id, entry.label, error)
            return
        if inspect.iscoroutine(result):
            entry.task = self._tasks.spawn(entry.owner_id, result, f"timer {entry.name}")
