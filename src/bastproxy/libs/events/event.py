"""Event and Callback: what is known of one event, and of one function that listens."""

from __future__ import annotations

import inspect
from bisect import bisect
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from types import FunctionType, MethodType
from typing import Any


class Callback:
    """One function that listens to one event.

    :ivar kind: what it has in common with the one that a reload puts in its place.
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
        "kind",
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
        self.kind = (owner_id, self.name, priority)
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


@dataclass(slots=True, eq=False)
class Declaration:
    """What an owner says of an event."""

    serial: int
    owner_id: str
    description: list[str]
    arg_descriptions: dict[str, str]
    suspended: bool = False


class Event:
    """A named occurrence and the callbacks that listen to it.

    :ivar active: the callbacks that a raise runs, in order; replaced, never changed,
        so that a raise in progress can tell.
    :ivar declarations: the newest that is not suspended holds.
    :ivar raised: how often it was raised.
    """

    __slots__ = (
        "_by_function",
        "_suspended",
        "active",
        "declarations",
        "name",
        "raised",
    )

    def __init__(self, name: str) -> None:
        self.name = name
        self.declarations: list[Declaration] = []
        self.active: tuple[Callback, ...] = ()
        self._by_function: dict[Callable[[], Any], Callback] = {}
        self._suspended: dict[tuple[str, str, int], list[Callback]] = {}
        self.raised = 0

    @property
    def declaration(self) -> Declaration | None:
        """What holds of the event; None while callbacks only wait for somebody to add it."""
        for declaration in reversed(self.declarations):
            if not declaration.suspended:
                return declaration
        return None

    @property
    def declared(self) -> bool:
        """Whether somebody has added it."""
        return self.declaration is not None

    @property
    def owner_id(self) -> str:
        """Who has added it; empty while nobody has."""
        declaration = self.declaration
        return declaration.owner_id if declaration is not None else ""

    @property
    def description(self) -> list[str]:
        """Lines for people."""
        declaration = self.declaration
        return declaration.description if declaration is not None else []

    @property
    def arg_descriptions(self) -> dict[str, str]:
        """What each key of its record means."""
        declaration = self.declaration
        return declaration.arg_descriptions if declaration is not None else {}

    @property
    def callbacks(self) -> list[Callback]:
        """The callbacks, the suspended ones last."""
        return [*self.active, *chain.from_iterable(self._suspended.values())]

    @property
    def is_empty(self) -> bool:
        """Whether nobody listens, not even a suspended callback, and nobody has added it."""
        return not (self.active or self._suspended or self.declarations)

    def add(self, callback: Callback) -> None:
        """Put a new callback among those that a raise runs.

        While a plugin reloads its old callbacks are suspended; a new one of the same name
        and priority runs where the old one ran.
        """
        if self._suspended:
            self._take_place(callback)
        self._activate(callback)

    def suspend(self, callback: Callback) -> None:
        """Have raises pass a callback over."""
        self._deactivate(callback)
        self._suspended.setdefault(callback.kind, []).append(callback)

    def resume(self, callback: Callback) -> None:
        """Put a suspended callback back in its old place."""
        self._forget_suspended(callback)
        self._activate(callback)

    def remove(self, callback: Callback) -> None:
        """Forget a callback."""
        if callback in self._suspended.get(callback.kind, ()):
            self._forget_suspended(callback)
        else:
            self._deactivate(callback)

    def find(self, function: Callable[[], Any]) -> Callback | None:
        """Return the active callback of ``function``."""
        try:
            return self._by_function.get(function)
        except TypeError:  # it cannot be hashed
            return next((found for found in self.active if found.function == function), None)

    def _activate(self, callback: Callback) -> None:
        index = bisect(self.active, callback.place, key=_place)
        self.active = (*self.active[:index], callback, *self.active[index:])
        try:
            self._by_function[callback.function] = callback
        except TypeError:  # it cannot be hashed
            return

    def _deactivate(self, callback: Callback) -> None:
        index = bisect(self.active, callback.place, key=_place) - 1
        if index >= 0 and self.active[index] is callback:
            self.active = (*self.active[:index], *self.active[index + 1 :])
        else:
            self.active = tuple(other for other in self.active if other is not callback)
        try:
            self._by_function.pop(callback.function, None)
        except TypeError:  # it cannot be hashed
            return

    def _is_taken(self, place: tuple[int, int]) -> bool:
        index = bisect(self.active, place, key=_place) - 1
        return index >= 0 and self.active[index].place == place

    def _forget_suspended(self, callback: Callback) -> None:
        alike = self._suspended[callback.kind]
        alike.remove(callback)
        if not alike:
            del self._suspended[callback.kind]

    def _take_place(self, callback: Callback) -> None:
        # They are suspended newest first, and those of one name come back oldest first.
        for old in reversed(self._suspended.get(callback.kind, ())):
            if not self._is_taken(old.place):
                callback.place = old.place
                return

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
    if isinstance(function, FunctionType | MethodType):
        return inspect.iscoroutinefunction(function)
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004 - its kind is asked for, not whether
    )
