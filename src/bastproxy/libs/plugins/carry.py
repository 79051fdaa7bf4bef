"""Carrying a plugin's state from one generation of its classes to the next.

What is kept over a reload must not drag old code along: instances of the plugin's own
classes move to the new class of the same name, methods of the old instance become those
of the new one, and what can be neither is left out with a warning.  Values are changed in
place, so that whoever shares them still does, and every change can be undone.
"""

from __future__ import annotations

import asyncio
import enum
import sys
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from types import (
    AsyncGeneratorType,
    CoroutineType,
    FunctionType,
    GeneratorType,
    MethodType,
    ModuleType,
)
from typing import Any

from bastproxy.libs.records import LogRecord

_PLAIN = (str, bytes, int, float, bool, complex, type(None), bytearray, range)
_RUNNING = (GeneratorType, CoroutineType, AsyncGeneratorType, asyncio.Future)


class _DroppedError(Exception):
    """A value cannot be carried; the reason is its argument."""


class Carry:
    """Carries the values that one plugin keeps over one reload.

    :param old: the old modules of all plugins that reload together, by name.
    :param old_instance: whose methods become those of ``new_instance``.
    """

    def __init__(
        self,
        plugin_id: str,
        old: Mapping[str, ModuleType],
        old_instance: object,
        new_instance: object,
    ) -> None:
        self._plugin_id = plugin_id
        self._old = old
        self._instances = (old_instance, new_instance)
        self._done: dict[int, tuple[Any, Any]] = {}
        self._undo: list[Callable[[], object]] = []

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Set the kept attributes on the new instance, carried over.

        The keys of ``data`` that only the new code makes keep its values.

        :raises AttributeError: the new class does not let one be set.
        """
        new = self._instances[1]
        for name, value in kept.items():
            try:
                carried = self._carry(value)
            except _DroppedError as reason:
                self._warn(name, reason)
                continue
            data = getattr(new, "data", None)
            if name == "data" and isinstance(carried, dict) and isinstance(data, dict):
                data.update(carried)
            else:
                setattr(new, name, carried)

    def undo(self) -> None:
        """Put everything that was changed in place back as it was."""
        while self._undo:
            self._undo.pop()()

    def _carry(self, value: Any) -> Any:
        if isinstance(value, _PLAIN) and type(value).__module__ not in self._old:
            return value
        if id(value) in self._done:
            return self._done[id(value)][1]
        if value is self._instances[0]:
            return self._instances[1]
        # The value is kept beside its twin, so that its id stays its own.
        self._done[id(value)] = (value, value)
        carried = self._twin(value)
        self._done[id(value)] = (value, carried)
        return carried

    def _twin(self, value: Any) -> Any:
        if isinstance(value, ModuleType):
            return sys.modules[value.__name__] if value.__name__ in self._old else value
        if isinstance(value, type | FunctionType):
            return self._named(value)
        if isinstance(value, MethodType):
            return self._method(value)
        if isinstance(value, _RUNNING):
            raise _DroppedError(f"a {type(value).__name__} cannot move to new code")
        if isinstance(value, partial):
            return self._partial(value)
        if type(value).__module__ in self._old:
            self._move(value)
            if isinstance(value, enum.Enum):
                return self._named(type(value))[value.name]
        return self._contents(value)

    def _named(self, value: Any) -> Any:
        """Return what has the name of an old class or function now."""
        if value.__module__ not in self._old:
            return value
        found: Any = sys.modules.get(value.__module__)
        for part in value.__qualname__.split("."):
            found = getattr(found, part, None)
        if type(found) is not type(value) and not isinstance(found, type(value)):
            raise _DroppedError(f"there is no {value.__qualname__} in the new code")
        return found

    def _method(self, method: MethodType) -> Any:
        owner = self._carry(method.__self__)
        foreign = owner is method.__self__ and type(owner).__module__ not in self._old
        if foreign and (isinstance(owner, type) or method.__func__.__module__ not in self._old):
            return method
        name = method.__func__.__name__
        found = getattr(owner, name, None)
        if not callable(found):
            raise _DroppedError(f"there is no method {name} in the new code")
        return found

    def _partial(self, value: partial[Any]) -> partial[Any]:
        keywords = {key: self._carry(item) for key, item in value.keywords.items()}
        return partial(self._carry(value.func), *map(self._carry, value.args), **keywords)

    def _move(self, value: Any) -> None:
        """Make an instance of an old class one of the new class."""
        if isinstance(value, enum.Enum):
            return
        old_class, new_class = type(value), self._named(type(value))
        if new_class is not old_class:
            try:
                value.__class__ = new_class
            except TypeError as error:
                raise _DroppedError(
                    f"{old_class.__qualname__} cannot become the new one: {error}"
                ) from None
            self._undo.append(partial(setattr, value, "__class__", old_class))
        attributes = getattr(value, "__dict__", None)
        if attributes is not None:
            self._change_dict(attributes)
        for slot in _slots(new_class):
            if hasattr(value, slot):
                self._change_slot(value, slot)

    def _contents(self, value: Any) -> Any:
        if isinstance(value, dict):
            self._change_dict(value)
        elif isinstance(value, list | deque):
            self._change_sequence(value)
        elif isinstance(value, set):
            self._change_set(value)
        elif isinstance(value, tuple):
            return self._tuple(value)
        elif isinstance(value, frozenset):
            items = self._items(value)
            return value if _same(value, items) else type(value)(items)
        return value

    def _change_dict(self, value: dict[Any, Any]) -> None:
        before = list(value.items())
        after = []
        for key, item in before:
            try:
                after.append((self._carry(key), self._carry(item)))
            except _DroppedError as reason:
                self._warn(str(key), reason)
        if not _same(
            [part for pair in before for part in pair], [p for pair in after for p in pair]
        ):
            self._undo.append(partial(_refill, value, value.update, before))
            _refill(value, value.update, after)

    def _change_sequence(self, value: list[Any] | deque[Any]) -> None:
        before = list(value)
        after = self._items(before)
        if not _same(before, after):
            self._undo.append(partial(_refill, value, value.extend, before))
            _refill(value, value.extend, after)

    def _change_set(self, value: set[Any]) -> None:
        before = list(value)
        after = self._items(before)
        if not _same(before, after):
            self._undo.append(partial(_refill, value, value.update, before))
            _refill(value, value.update, after)

    def _change_slot(self, value: Any, slot: str) -> None:
        before = getattr(value, slot)
        after = self._carry(before)
        if after is not before:
            object.__setattr__(value, slot, after)
            self._undo.append(partial(object.__setattr__, value, slot, before))

    def _tuple(self, value: tuple[Any, ...]) -> Any:
        after = [self._carry(item) for item in value]
        if _same(value, after):
            return value
        return type(value)._make(after) if hasattr(value, "_make") else type(value)(after)

    def _items(self, values: Any) -> list[Any]:
        after = []
        for item in values:
            try:
                after.append(self._carry(item))
            except _DroppedError as reason:
                self._warn(f"an item of a {type(values).__name__}", reason)
        return after

    def _warn(self, name: str, reason: _DroppedError) -> None:
        LogRecord(
            f"{name} is not kept over the reload: {reason}",
            level="warning",
            sources=[self._plugin_id],
        )()


def _refill(container: Any, fill: Callable[[Any], object], items: list[Any]) -> None:
    container.clear()
    fill(items)


def _same(before: Any, after: list[Any]) -> bool:
    return len(before) == len(after) and all(
        old is new for old, new in zip(before, after, strict=True)
    )


def _slots(cls: type) -> list[str]:
    names: list[str] = []
    for base in cls.__mro__:
        slots = vars(base).get("__slots__", ())
        names += [slots] if isinstance(slots, str) else list(slots)
    return [name for name in names if name not in ("__dict__", "__weakref__")]
