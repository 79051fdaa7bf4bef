"""A generation of a plugin as bytes and data: nothing here keeps its code or its objects alive.

The state is pickled.  Classes and functions are in it by module and qualified name only,
and instances of the plugin's classes as such a name with attributes, so that they become
what has that name when the state is thawed.
"""

from __future__ import annotations

import copyreg
import io
import pickle
import sys
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

PROTOCOL = 5
BASE_PACKAGE = "bastproxy.plugins._baseplugin"

#: What belongs to this process, as it runs: a copy of it would be good for nothing.
RUNTIME = {
    *("asyncio", "_asyncio", "concurrent", "logging", "multiprocessing"),
    *("selectors", "socket", "subprocess", "threading", "_thread"),
}

_MISSING = object()


@dataclass(frozen=True, slots=True)
class Kept:
    """What a plugin was before a reload.

    :ivar description: the attributes of its info, its sources among them.
    :ivar state: what it had when the new code took over.
    """

    description: dict[str, Any]
    state: Frozen


@dataclass(slots=True)
class Frozen:
    """Attributes of a plugin as bytes.

    :ivar left_out: the names of those of which something, or all, is not in it.
    """

    parts: list[bytes] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def thaw(self, instance: object) -> dict[str, Any]:
        """Return the attributes, with the classes that are imported now.

        What cannot be had is left out, and added to ``left_out``.

        :param instance: stands for the plugin's instance, wherever that was met.
        """
        found: dict[str, Any] = {}
        for part in self.parts:
            name, pickled = pickle.loads(part)
            try:
                value = _Thawing(io.BytesIO(pickled), instance).load()
                if name in self.left_out:
                    value = _without_missing(value, {id(instance)})
            except Exception:  # the plugin's own classes take part in it
                value = _MISSING
            if value is _MISSING:
                self._leave_out([name] if isinstance(name, str) else name)
            elif isinstance(name, str):
                found[name] = value
            else:
                found.update(value)
        return found

    def _leave_out(self, names: Collection[str]) -> None:
        self.left_out += [name for name in names if name not in self.left_out]


def freeze(kept: Mapping[str, Any], instance: object, modules: Mapping[str, ModuleType]) -> Frozen:
    """Make bytes of what a plugin keeps; what cannot be is left out.

    :param instance: the plugin's instance.
    :param modules: the modules of the plugin, and of those that reload with it, by name.
    """
    frozen = Frozen()
    whole, complete = _pickled(dict(kept), instance, modules)
    if complete:
        frozen.parts.append(pickle.dumps((list(kept), whole)))
        return frozen
    for name, value in kept.items():
        pickled, complete = _pickled(value, instance, modules)
        if pickled:
            frozen.parts.append(pickle.dumps((name, pickled)))
        if not complete:
            frozen.left_out.append(name)
    return frozen


def _pickled(value: Any, instance: object, modules: Mapping[str, ModuleType]) -> tuple[bytes, bool]:
    """Return the bytes, none if there cannot be any, and whether nothing is missing in them."""
    buffer = io.BytesIO()
    freezing = _Freezing(buffer, instance, modules)
    try:
        freezing.dump(value)
    except Exception:  # whatever a __reduce__ hands out
        return b"", False
    return buffer.getvalue(), not freezing.missed


class _Freezing(pickle.Pickler):
    def __init__(
        self, file: io.BytesIO, instance: object, modules: Mapping[str, ModuleType]
    ) -> None:
        super().__init__(file, PROTOCOL)
        self.missed = False
        self._instance = instance
        self._modules = modules

    def reducer_override(self, value: Any) -> Any:
        """Say how anything but the plainest data is to be made again."""
        if value is self._instance:
            return own_instance, ()
        if isinstance(value, type | FunctionType | BuiltinFunctionType) or _wraps(value):
            return self._named(value)
        if isinstance(value, MethodType):
            return method, (value.__self__, value.__func__.__name__)
        if isinstance(value, partial):
            return partial_of, (value.func, value.args, value.keywords)
        if not self._may_be_copied(type(value)):
            return self._miss()
        try:
            reduce = copyreg.dispatch_table.get(type(value))
            reduced = reduce(value) if reduce else value.__reduce_ex__(PROTOCOL)
        except Exception:
            return self._miss()
        return NotImplemented if isinstance(reduced, str) else reduced

    def _may_be_copied(self, cls: type) -> bool:
        """Say whether it is data: no plugin, and nothing of the proxy or other plugins."""
        homes = [base.__module__ for base in cls.__mro__]
        if any(home.startswith(BASE_PACKAGE) for home in homes):
            return False
        if not RUNTIME.isdisjoint(home.partition(".")[0] for home in homes):
            return False
        return cls.__module__ in self._modules or not cls.__module__.startswith("bastproxy.")

    def _named(self, value: Any) -> Any:
        module = getattr(value, "__module__", None) or ""
        name = value.__qualname__
        found: Any = self._modules.get(module) or sys.modules.get(module)
        for part in name.split("."):
            found = getattr(found, part, None)
        if found is not value:
            # A builtin may belong to no module, and pickle knows where those are.
            known = isinstance(value, BuiltinFunctionType) or module == "builtins"
            return NotImplemented if known else self._miss()
        return (named, (module, name)) if module in self._modules else NotImplemented

    def _miss(self) -> Any:
        self.missed = True
        return missing, ()


class _Thawing(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, instance: object) -> None:
        super().__init__(file)
        self._instance = instance

    def find_class(self, module: str, name: str) -> Any:
        """Find what a name in the bytes stands for now."""
        if (module, name) == (__name__, own_instance.__name__):
            return lambda: self._instance
        return super().find_class(module, name)


def own_instance() -> object:
    """Stand for the plugin's instance in the bytes."""
    return _MISSING


def missing() -> object:
    """Stand in the bytes for what could not be kept."""
    return _MISSING


def named(module: str, name: str) -> Any:
    """Return the class or function of a name, as it is imported now."""
    __import__(module)
    found: Any = sys.modules[module]
    for part in name.split("."):
        found = getattr(found, part)
    return found


def method(owner: Any, name: str) -> Any:
    """Return a method of an object; its name may be private."""
    names = [name, *(f"_{cls.__name__.lstrip('_')}{name}" for cls in type(owner).__mro__)]
    return next((found for each in names if (found := getattr(owner, each, None))), _MISSING)


def partial_of(function: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """Return a partial, if its parts are there."""
    if any(part is _MISSING for part in (function, *args, *keywords.values())):
        return _MISSING
    return partial(function, *args, **keywords)


def _wraps(value: Any) -> bool:
    return callable(value) and hasattr(value, "__wrapped__") and hasattr(value, "__qualname__")


def _without_missing(value: Any, seen: set[int]) -> Any:
    """Take what is missing out of containers and instances; return what then is left."""
    if value is _MISSING or isinstance(value, str | bytes | int | float | type | None):
        return value
    if id(value) in seen:
        return value
    seen.add(id(value))
    if isinstance(value, tuple | frozenset):
        whole = all(_without_missing(item, seen) is not _MISSING for item in value)
        return value if whole else _MISSING
    if isinstance(value, dict):
        _clean_dict(value, seen)
    elif isinstance(value, list | deque | set):
        left = [item for item in value if _without_missing(item, seen) is not _MISSING]
        if len(left) != len(value):
            value.clear()
            (value.update if isinstance(value, set) else value.extend)(left)
    if isinstance(attributes := getattr(value, "__dict__", None), dict):
        _clean_dict(attributes, seen)
    return value


def _clean_dict(value: dict[Any, Any], seen: set[int]) -> None:
    for key, item in list(value.items()):
        if _MISSING in (_without_missing(key, seen), _without_missing(item, seen)):
            del value[key]
