"""Event and Callback: what is known of one event, and of one function that listens."""

from __future__ import annotations

import inspect
from bisect import bisect
from collections.abc import Callable
from typing import Any


class Callback:
    """One function that listens to one event.

    :ivar call: what a raise calls; for an ``async def`` it spawns the task.
    :ivar calls: how often it ran.
    :ivar errors: how often it failed.
    :ivar seconds: how long it ran altogether.
    """

    __slots__ = (
        "call",
        "calls",
        "errors",
        "function",
        "name",
        "owner_id",
        "place",
        "seconds",
        "serial",
    )

    def __init__(
        self,
        serial: int,
        function: Callable[[], Any],
        owner_id: str,
        priority: int,
        call: Callable[[], Any],
    ) -> None:
        self.serial = serial
        self.function = function
        self.owner_id = owner_id
        self.place = (priority, serial)
        self.call = call
        self.name: str = getattr(function, "__name__", None) or type(function).__name__
        self.calls = 0
        self.errors = 0
        self.seconds = 0.0

    @property
    def priority(self) -> int:
        """Lower runs earlier."""
        return self.place[0]

    def describe(self) -> dict[str, Any]:
        """Return owner, name, priority, counts, and time in seconds."""
        return {
            "owner_id": self.owner_id,
            "name": self.name,
            "priority": self.priority,
            "calls": self.calls,
            "errors": self.errors,
            "seconds": self.seconds,
        }


class Event:
    """A named occurrence and the callbacks that listen to it.

    :ivar owner_id: who declared it, empty while nobody has.
    :ivar active: the callbacks that a raise runs, in order; replaced, never changed,
        so that a raise in progress can tell.
    :ivar callbacks: those and the suspended ones.
    :ivar raised: how often it was raised.
    """

    __slots__ = (
        "active",
        "arg_descriptions",
        "callbacks",
        "description",
        "name",
        "owner_id",
        "raised",
        "suspended",
    )

    def __init__(self, name: str) -> None:
        self.name = name
        self.owner_id = ""
        self.description: list[str] = []
        self.arg_descriptions: dict[str, str] = {}
        self.callbacks: list[Callback] = []
        self.active: tuple[Callback, ...] = ()
        self.raised = 0
        self.suspended = False

    @property
    def declared(self) -> bool:
        """Whether somebody has added it, or callbacks only wait for that."""
        return bool(self.owner_id) and not self.suspended

    def activate(self, callback: Callback) -> None:
        """Put a callback among those that a raise runs, at its place."""
        index = bisect(self.active, callback.place, key=_place)
        self.active = (*self.active[:index], callback, *self.active[index:])

    def deactivate(self, callback: Callback) -> None:
        """Take a callback out of those that a raise runs."""
        self.active = tuple(other for other in self.active if other is not callback)

    def find(self, function: Callable[[], Any]) -> Callback | None:
        """Return the active callback of ``function``."""
        for callback in self.active:
            if callback.function == function:
                return callback
        return None

    def describe(self) -> dict[str, Any]:
        """Return all about the event and its callbacks, as plain data."""
        return {
            "name": self.name,
            "owner_id": self.owner_id,
            "declared": self.declared,
            "description": list(self.description),
            "arg_descriptions": dict(self.arg_descriptions),
            "raised": self.raised,
            "callbacks": [callback.describe() for callback in self.active],
        }


def _place(callback: Callback) -> tuple[int, int]:
    return callback.place


def is_async(function: Callable[..., Any]) -> bool:
    """Say whether calling ``function`` gives a coroutine."""
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004 - its kind is asked for, not whether
    )
