"""Carrying a plugin's state from one generation of its classes to the next.

What is kept over a reload must not drag old code along: instances of the plugin's own
classes move to the new class of the same name, methods of the old instance become those
of the new one, and what can be neither is left out with a warning.  Values are changed in
place, so that whoever shares them still does; every container that is met is remembered
first, so that all of it can be undone, whatever the new code has done to it meanwhile.
"""

from __future__ import annotations

import asyncio
import copyreg
import enum
import importlib
from collections import OrderedDict, defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import partial
from types import (
    AsyncGeneratorType,
    CoroutineType,
    FunctionType,
    GeneratorType,
    MethodType,
    ModuleType,
    SimpleNamespace,
)
from typing import Any, get_args

from bastproxy.libs.records import LogRecord

_PLAIN = (str, bytes, int, float, bool, complex, type(None), bytearray, range)
_EXACTLY_PLAIN = frozenset(_PLAIN)  # of no subclass, which might be the plugin's own
_RUNNING = (GeneratorType, CoroutineType, AsyncGeneratorType, asyncio.Future, asyncio.Handle)
_CHANGED = (dict, list, deque, set)
_MADE_ANEW = (tuple, frozenset, partial)
_ABSENT = object()


class _DroppedError(Exception):
    """A value cannot be carried; the reason is its argument."""


class NotRestoredError(Exception):
    """The new instance does not let an attribute be set.

    :ivar name: the attribute.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name} cannot be restored")


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
        self._dropped: dict[int, str] = {}
        self._open: set[int] = set()
        self._met_open = False
        self._moved: list[tuple[Any, type]] = []
        self._before: dict[int, tuple[Any, list[Any]]] = {}
        self._slots_before: dict[int, tuple[Any, dict[str, Any]]] = {}
        self._factories: list[tuple[defaultdict[Any, Any], Any]] = []

    def remember(self, kept: Mapping[str, Any]) -> None:
        """Remember all containers in ``kept`` as they are, before anybody changes them."""
        waiting: list[Any] = list(kept.values())
        seen: dict[int, Any] = {}
        while waiting:
            value = waiting.pop()
            if isinstance(value, _PLAIN) or id(value) in seen:
                continue
            seen[id(value)] = value
            if isinstance(value, _CHANGED):
                waiting += _parts(value, self._remember(value))
            elif isinstance(value, (tuple, frozenset)):
                waiting += value
            if self._is_ours(value):
                waiting += self._remember_slots(value).values()
                if isinstance(attributes := getattr(value, "__dict__", None), dict):
                    waiting.append(attributes)

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Set the kept attributes on the new instance, carried over.

        The keys of ``data`` that only the new code makes keep its values.

        :raises NotRestoredError: the new class does not let one be set; its cause is why.
        """
        new = self._instances[1]
        carried = {}
        for name, value in kept.items():
            try:
                carried[name] = self._carry(value)
            except _DroppedError as reason:
                self._warn(name, reason)
        if self._met_open:
            self._replace_late()
        for name, value in carried.items():
            data = getattr(new, "data", None) if name == "data" else None
            if isinstance(value, dict) and isinstance(data, dict):
                data.update(value)
                continue
            try:
                setattr(new, name, value)
            except Exception as error:
                raise NotRestoredError(name) from error

    def undo(self) -> None:
        """Put everything that was met back as it was."""
        while self._moved:  # first of all the classes, which say how things hash
            value, old_class = self._moved.pop()
            object.__setattr__(value, "__class__", old_class)
        while self._factories:
            container, factory = self._factories.pop()
            container.default_factory = factory
        for value, slots in self._slots_before.values():
            for slot, before in slots.items():
                _set_slot(value, slot, before)
        for container, before in self._before.values():
            if self._may_hash_anew(container) or not _same(_contents(container), before):
                _fill(container, before)
        self._slots_before.clear()
        self._before.clear()

    def _carry(self, value: Any) -> Any:
        if type(value) in _EXACTLY_PLAIN:
            return value
        if isinstance(value, _PLAIN) and not self._is_ours(value):
            return value
        key = id(value)
        if key in self._dropped:
            raise _DroppedError(self._dropped[key])
        if key in self._done:
            if key in self._open and isinstance(value, _MADE_ANEW):
                self._met_open = True
            return self._done[key][1]
        if value is self._instances[0]:
            return self._instances[1]
        # The value is kept beside its twin, so that its id stays its own.
        self._done[key] = (value, value)
        self._open.add(key)
        try:
            carried = self._twin(value)
        except _DroppedError as reason:
            self._dropped[key] = str(reason)
            raise
        finally:
            self._open.discard(key)
        self._done[key] = (value, carried)
        return carried

    def _is_ours(self, value: Any) -> bool:
        return type(value).__module__ in self._old

    def _twin(self, value: Any) -> Any:
        if type(value) in _CHANGED:
            self._change(value)
            return value
        if isinstance(value, ModuleType):
            return self._module(value.__name__) if value.__name__ in self._old else value
        if get_args(value):
            return self._alias(value)
        if isinstance(value, type | FunctionType) or _wraps(value):
            return self._named(value)
        if isinstance(value, MethodType):
            return self._method(value)
        if isinstance(value, _RUNNING):
            raise _DroppedError(f"a {type(value).__name__} cannot move to new code")
        if isinstance(value, partial):
            return self._partial(value)
        if self._is_ours(value):
            if isinstance(value, enum.Enum):
                return self._member(value)
            value = self._move(value)
        elif isinstance(value, SimpleNamespace):
            self._change(vars(value))
        return self._items(value)

    def _module(self, name: str) -> ModuleType:
        try:
            return importlib.import_module(name)  # the new code may import it later than now
        except Exception as error:
            raise _DroppedError(f"the new code has no module {name}: {error}") from None

    def _named(self, value: Any) -> Any:
        """Return what has the name of an old class or function now."""
        if value.__module__ not in self._old:
            return value
        found: Any = self._module(value.__module__)
        for part in value.__qualname__.split("."):
            found = getattr(found, part, None)
        if not (isinstance(found, type) if isinstance(value, type) else callable(found)):
            raise _DroppedError(f"there is no {value.__qualname__} in the new code")
        return found

    def _alias(self, value: Any) -> Any:
        """Return ``Box[Thing]`` or ``Thing | None`` with the classes of now."""
        reduce: Any = copyreg.dispatch_table.get(type(value), type(value).__reduce__)
        make, parts = reduce(value)
        carried = [self._carry(part) for part in parts]
        try:
            return value if _same(carried, list(parts)) else make(*carried)
        except TypeError as error:
            raise _DroppedError(f"{value} cannot move: {error}") from None

    def _member(self, value: enum.Enum) -> Any:
        new: Any = self._named(type(value))
        try:
            return new(value.value) if isinstance(value, enum.Flag) else new[value.name]
        except (KeyError, ValueError, TypeError):
            raise _DroppedError(f"there is no {value} in the new code") from None

    def _method(self, method: MethodType) -> Any:
        owner = self._carry(method.__self__)
        ours = method.__func__.__module__ in self._old
        foreign = owner is method.__self__ and not self._is_ours(owner)
        if foreign and (not ours or isinstance(owner, type)):
            return method
        name = method.__func__.__name__
        for attribute in _manglings(owner, name):
            found = getattr(owner, attribute, None)
            if callable(found):
                return found
        raise _DroppedError(f"there is no method {name} in the new code")

    def _partial(self, value: partial[Any]) -> partial[Any]:
        function = self._carry(value.func)
        args = [self._carry(item) for item in value.args]
        keywords = {key: self._carry(item) for key, item in value.keywords.items()}
        before = [value.func, *value.args, *value.keywords.values()]
        if _same([function, *args, *keywords.values()], before):
            return value
        return type(value)(function, *args, **keywords)

    def _move(self, value: Any) -> Any:
        """Make an instance of an old class one of the new class; return it, or its twin."""
        old_class, new_class = type(value), self._named(type(value))
        slots = self._remember_slots(value)
        if new_class is not old_class:
            if _fields(old_class) != _fields(new_class):
                return self._renew_tuple(value, new_class)
            try:
                # A frozen dataclass would refuse an ordinary assignment.
                object.__setattr__(value, "__class__", new_class)
            except TypeError:
                return self._remake(value, new_class, slots)
            self._moved.append((value, old_class))
        attributes = getattr(value, "__dict__", None)
        if isinstance(attributes, dict):
            self._change(attributes)
        for slot, before in slots.items():
            if before is not _ABSENT:
                self._set_carried(value, slot, before)
        _fill_defaults(value, new_class)
        return value

    def _remake(self, value: Any, new_class: Any, slots: Mapping[str, Any]) -> Any:
        """Make a new instance with the attributes of one whose layout has changed."""
        try:
            twin = object.__new__(new_class)
        except TypeError as error:
            raise _DroppedError(f"{type(value).__qualname__} cannot move: {error}") from None
        self._done[id(value)] = (value, twin)  # what it holds may hold it
        for name, item in {**getattr(value, "__dict__", {}), **slots}.items():
            if item is not _ABSENT:
                self._set_carried(twin, name, item)
        _fill_defaults(twin, new_class)
        return twin

    def _set_carried(self, value: Any, name: str, item: Any) -> None:
        try:
            _set_slot(value, name, self._carry(item))
        except _DroppedError as reason:
            _set_slot(value, name, _ABSENT)
            self._warn(name, reason)

    def _renew_tuple(self, value: Any, new_class: Any) -> Any:
        names = [name for name in _fields(type(value)) if name in _fields(new_class)]
        try:
            return new_class(**{name: self._carry(getattr(value, name)) for name in names})
        except TypeError as error:
            raise _DroppedError(f"{type(value).__qualname__} cannot move: {error}") from None

    def _items(self, value: Any) -> Any:
        """Carry what a container holds, in place where that is possible."""
        if isinstance(value, _CHANGED):
            self._change(value)
        elif isinstance(value, (tuple, frozenset)):
            items = [self._carry(item) for item in value]
            if not _same(items, list(value)):
                kind: Any = type(value)
                return kind._make(items) if _fields(kind) else kind(items)
        return value

    def _change(self, container: Any) -> None:
        before = self._remember(container)
        if _is_plain(container):
            return  # most of what plugins keep, and there may be much of it
        after: list[Any] = []
        for item in before:
            try:
                if isinstance(container, dict):
                    after.append((self._carry(item[0]), self._carry(item[1])))
                else:
                    after.append(self._carry(item))
            except _DroppedError as reason:
                name = item[0] if isinstance(container, dict) else None
                self._warn(str(name or f"an item of a {type(container).__name__}"), reason)
        if isinstance(container, defaultdict):
            self._change_factory(container)
        if self._may_hash_anew(container) or not _same(after, before):
            _fill(container, after)

    def _may_hash_anew(self, container: Any) -> bool:
        # The new class of a key may hash in another way than the old one.
        return isinstance(container, dict | set) and any(id(key) in self._done for key in container)

    def _change_factory(self, container: defaultdict[Any, Any]) -> None:
        before = container.default_factory
        try:
            after = self._carry(before)
        except _DroppedError as reason:
            self._warn("the default_factory of a defaultdict", reason)
            after = None
        if after is not before:
            self._factories.append((container, before))
            container.default_factory = after

    def _replace_late(self) -> None:
        """Put in what was made anew only after somebody who holds it had been carried."""

        def now(item: Any) -> Any:
            return self._done.get(id(item), (item, item))[1]

        for container, _ in list(self._before.values()):
            items = _contents(container)
            if isinstance(container, dict):
                after = [(now(key), now(item)) for key, item in items]
            else:
                after = [now(item) for item in items]
            if not _same(after, items):
                _fill(container, after)
        for value, slots in self._slots_before.values():
            for slot in slots:
                if (item := getattr(value, slot, _ABSENT)) is not now(item):
                    _set_slot(value, slot, now(item))

    def _remember(self, container: Any) -> list[Any]:
        contents = _contents(container)
        if id(container) not in self._before:
            self._before[id(container)] = (container, contents)
        return contents

    def _remember_slots(self, value: Any) -> dict[str, Any]:
        now = {slot: getattr(value, slot, _ABSENT) for slot in _slots(type(value))}
        if now:
            self._slots_before.setdefault(id(value), (value, now))
        return now

    def _warn(self, name: str, reason: _DroppedError) -> None:
        LogRecord(
            f"{name} is not kept over the reload: {reason}",
            level="warning",
            sources=[self._plugin_id],
        )()


def _is_plain(container: Any) -> bool:
    """Say whether a container of no special kind holds nothing that could hold code."""
    if type(container) not in _CHANGED:
        return False
    values = container.values() if isinstance(container, dict) else ()
    return _EXACTLY_PLAIN.issuperset(map(type, (*container, *values)))


def _contents(container: Any) -> list[Any]:
    if isinstance(container, dict):
        kind = OrderedDict if isinstance(container, OrderedDict) else dict
        return list(kind.items(container))
    return list(container)


def _parts(container: Any, contents: list[Any]) -> Iterable[Any]:
    return [part for pair in contents for part in pair] if isinstance(container, dict) else contents


def _fill(container: Any, items: list[Any]) -> None:
    """Give a container other contents, past whatever a subclass makes of that."""
    if isinstance(container, dict):
        kind: Any = OrderedDict if isinstance(container, OrderedDict) else dict
        kind.clear(container)
        for key, item in items:
            kind.__setitem__(container, key, item)
        return
    kind = next(kind for kind in (list, deque, set) if isinstance(container, kind))
    kind.clear(container)
    (kind.update if kind is set else kind.extend)(container, items)


def _same(after: list[Any], before: list[Any]) -> bool:
    return len(before) == len(after) and all(
        old is new or (type(old) is tuple is type(new) and len(old) == 2 and _pair(old, new))
        for old, new in zip(before, after, strict=True)
    )


def _pair(old: tuple[Any, Any], new: tuple[Any, Any]) -> bool:
    return len(new) == 2 and old[0] is new[0] and old[1] is new[1]


def _wraps(value: Any) -> bool:
    """Say whether it stands for a function, as what ``lru_cache`` makes does."""
    return callable(value) and hasattr(value, "__wrapped__") and hasattr(value, "__qualname__")


def _fields(cls: Any) -> tuple[str, ...]:
    """Return the fields of a named tuple's class, none for others."""
    return getattr(cls, "_fields", ()) if issubclass(cls, tuple) else ()


def _manglings(owner: Any, name: str) -> list[str]:
    if not name.startswith("__") or name.endswith("__"):
        return [name]
    return [f"_{cls.__name__.lstrip('_')}{name}" for cls in type(owner).__mro__]


def _set_slot(value: Any, name: str, item: Any) -> None:
    if item is not _ABSENT:
        object.__setattr__(value, name, item)
    elif hasattr(value, name):
        object.__delattr__(value, name)


def _fill_defaults(value: Any, cls: Any) -> None:
    """Give an instance the fields that its dataclass has only now, where they have defaults."""
    for field in fields(cls) if is_dataclass(cls) else ():
        if not hasattr(value, field.name):
            if field.default is not MISSING:
                object.__setattr__(value, field.name, field.default)
            elif field.default_factory is not MISSING:
                object.__setattr__(value, field.name, field.default_factory())


def _slots(cls: type) -> list[str]:
    found: list[str] = []
    for base in cls.__mro__:
        slots = vars(base).get("__slots__", ())
        for name in [slots] if isinstance(slots, str) else slots:
            private = name.startswith("__") and not name.endswith("__")
            found.append(f"_{base.__name__.lstrip('_')}{name}" if private else name)
    return [name for name in found if name not in ("__dict__", "__weakref__")]
