"""The registry: every API by its full name."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from bastproxy.libs.api.add import AddAPI
from bastproxy.libs.api.describe import describe, signature_of, source_of
from bastproxy.libs.api.errors import APINotFoundError
from bastproxy.libs.declarations import declared
from bastproxy.libs.ledger import Ledger
from bastproxy.libs.nearest import nearest
from bastproxy.libs.records import LogRecord

KIND = "api"
OWNER_ID = "libs.api"


@dataclass(slots=True, eq=False)
class Registration:
    """One function offered under one name by one owner."""

    serial: int
    name: str
    owner_id: str
    function: Callable[..., Any]
    description: str
    instance: bool
    pass_caller: bool
    forced: bool = False
    suspended: bool = False

    def __hash__(self) -> int:
        return self.serial


class Lookup:
    """What one caller gets for one name, and how often it asked."""

    __slots__ = ("count", "function")

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.count = 0


@dataclass(slots=True, eq=False)
class _Slot:
    """All registrations of one name, the one that answers last, and who looked it up."""

    registrations: list[Registration] = field(default_factory=list)
    lookups: dict[str, Lookup] = field(default_factory=dict)

    def insert(self, registration: Registration) -> None:
        """Put a registration last, but behind the forced ones unless it is one."""
        index = len(self.registrations)
        if not registration.forced:
            while index and self.registrations[index - 1].forced:
                index -= 1
        self.registrations.insert(index, registration)

    def answering(self, caller_id: str | None = None) -> Registration | None:
        """Return the registration that answers ``caller_id``: its own private one first."""
        public = None
        for registration in reversed(self.registrations):
            if registration.suspended:
                continue
            if registration.instance:
                if registration.owner_id == caller_id:
                    return registration
            elif public is None:
                public = registration
        return public


def _gone(*_args: object, **_keywords: object) -> None:
    """Stand where a removed function stood."""


def _expand(name: str, caller_id: str) -> str:
    if "{" in name:
        return name.replace("{plugin_id}", caller_id).replace("{owner_id}", caller_id)
    return name


def _for_caller(registration: Registration, caller_id: str) -> Callable[..., Any]:
    if registration.pass_caller:
        return partial(registration.function, caller_id=caller_id)
    return registration.function


class Registry:
    """Every API by its full name, with its owner and its callers."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._serials = itertools.count(1)
        self._slots: dict[str, _Slot] = {}
        self._by_serial: dict[Hashable, Registration] = {}
        self._callers: dict[str, dict[str, Lookup]] = {}
        ledger.add_kind(KIND, self)
        self.add_object(OWNER_ID, self)

    @AddAPI("add", description="offer a function as an API")
    def add(
        self,
        owner_id: str,
        name: str,
        function: Callable[..., Any],
        description: str = "",
        instance: bool = False,
        force: bool = False,
        pass_caller: bool = False,
    ) -> bool:
        """Offer ``function`` as ``<owner_id>:<name>``.

        :param name: without an owner it gets ``owner_id``'s.
        :param instance: only ``owner_id``'s own API objects see it.
        :param force: stand in front of another owner's API of that name until this
            one is removed.
        :returns: False, with a message in the log, when the name is another owner's.
        :raises TypeError: the function cannot be called.
        """
        full_name = name if ":" in name else f"{owner_id}:{name}"
        if not callable(function):
            raise TypeError(f"{owner_id}: the API {full_name!r} must be callable")
        slot = self._slots.get(full_name) or _Slot()
        if slot.registrations and not self._give_way(slot, full_name, owner_id, instance, force):
            return False
        self._slots[full_name] = slot  # giving way may have emptied it
        serial = next(self._serials)
        registration = Registration(
            serial, full_name, owner_id, function, description, instance, pass_caller, force
        )
        slot.insert(registration)
        self._by_serial[serial] = registration
        self._ledger.write(owner_id, KIND, serial, full_name)
        self._refresh(full_name, slot)
        return True

    def _give_way(
        self,
        slot: _Slot,
        full_name: str,
        owner_id: str,
        instance: bool,
        force: bool,
    ) -> bool:
        own: list[Registration] = []
        for old in slot.registrations:
            if old.suspended or old.instance is not instance:
                continue
            if old.owner_id == owner_id:
                own.append(old)
            elif not (instance or force or old.forced):  # behind a forced one there is room
                LogRecord(
                    f"{owner_id} cannot offer the API {full_name!r}: {old.owner_id} does; "
                    "choose another name, or force it",
                    level="error",
                    sources=[owner_id, OWNER_ID],
                )()
                return False
        for old in own:
            self.release(old.serial)
            self._ledger.strike(owner_id, KIND, old.serial)
        return True

    @AddAPI("add.apis.for.object", description="offer what an object's methods declare")
    def add_object(self, owner_id: str, obj: object) -> bool:
        """Offer every method of ``obj`` that is decorated with :class:`AddAPI`."""
        for attribute, declaration in declared(type(obj)):
            if type(declaration) is AddAPI:
                self.add_declared(owner_id, obj, attribute, declaration)
        return True

    def add_declared(self, owner_id: str, obj: object, attribute: str, declaration: AddAPI) -> None:
        """Offer one decorated method."""
        self.add(
            owner_id,
            _name_for(owner_id, obj, declaration),
            getattr(obj, attribute),
            declaration.description,
            declaration.instance,
            pass_caller=declaration.pass_caller,
        )

    @AddAPI("has", description="is there such an API", pass_caller=True)
    def has(self, name: str, caller_id: str = "") -> bool:
        """Say whether a look-up of ``<owner>:<name>`` would find something."""
        slot = self._slots.get(_expand(name, caller_id))
        return slot is not None and slot.answering(caller_id) is not None

    @AddAPI("remove", description="remove all APIs of an owner")
    def remove(self, owner_id: str) -> bool:
        """Remove every API of an owner; False when it had none."""
        return self._ledger.release(owner_id, kind=KIND) > 0

    def remove_declared(
        self, owner_id: str, obj: object, attribute: str, declaration: AddAPI
    ) -> None:
        """Undo :meth:`add_declared`."""
        name = _name_for(owner_id, obj, declaration)
        full_name = name if ":" in name else f"{owner_id}:{name}"
        slot = self._slots.get(full_name, _Slot())
        function = getattr(obj, attribute)
        for old in [old for old in slot.registrations if old.function == function]:
            self.release(old.serial)
            self._ledger.strike(owner_id, KIND, old.serial)

    @AddAPI("get.children", description="the names below an owner or a name")
    def get_children(self, parent: str) -> list[str]:
        """Return the rest of every name below ``parent``, sorted.

        ``plugins.core.events`` has children such as ``add.event``;
        ``plugins.core.events:add`` has ``event``.
        """
        prefix = parent + ("." if ":" in parent else ":")
        return sorted(
            name.removeprefix(prefix) for name in self._names() if name.startswith(prefix)
        )

    @AddAPI("list", description="the full names of all APIs")
    def list_names(self, top_level: str = "") -> list[str]:
        """Return the full names, sorted; with ``top_level`` only that one and those below.

        ``plugins.core.log`` has ``plugins.core.log:set.level`` below it, but nothing of
        ``plugins.core.login``.
        """
        below = tuple(top_level.rstrip(".:") + separator for separator in ".:")
        return sorted(
            name
            for name in self._names()
            if not top_level or name == top_level or name.startswith(below)
        )

    @AddAPI("list.data", description="all APIs with their owners")
    def list_data(self, top_level: str = "") -> list[dict[str, Any]]:
        """Return name, owner, description and number of look-ups of each API."""
        return [
            {
                "name": name,
                "owner_id": registration.owner_id,
                "description": describe(registration),
                "calls": sum(self._calls(name).values()),
            }
            for name in self.list_names(top_level)
            if (registration := self._slots[name].answering()) is not None
        ]

    @AddAPI("detail", description="all about one API", pass_caller=True)
    def detail(self, name: str, show_source: bool = False, caller_id: str = "") -> dict[str, Any]:
        """Return all about one API.

        :returns: ``name``, ``owner_id``, ``description``, ``signature``, ``docstring``,
            ``calls`` (look-ups by caller) and, on request, ``source``.
        :raises APINotFoundError: nobody offers it.
        """
        registration = self._answering(name, caller_id)
        function = registration.function
        detail = {
            "name": name,
            "owner_id": registration.owner_id,
            "description": describe(registration),
            "signature": f"{name}{signature_of(registration)}",
            "docstring": inspect.getdoc(function) or "",
            "calls": self._calls(name),
        }
        if show_source:
            detail["source"] = source_of(function)
        return detail

    def lookups_of(self, caller_id: str) -> dict[str, Lookup]:
        """Return what a caller has looked up so far, by name; it stays up to date."""
        return self._callers.setdefault(caller_id, {})

    def look_up(self, name: str, caller_id: str) -> Lookup:
        """Look a name up for ``caller_id``, and remember it among its look-ups.

        :raises APINotFoundError: nobody offers it.
        """
        name = _expand(name, caller_id)
        registration = self._answering(name, caller_id)
        lookups = self._slots[name].lookups
        lookup = lookups.get(caller_id)
        if lookup is None:
            lookup = lookups[caller_id] = Lookup(_for_caller(registration, caller_id))
        else:
            lookup.function = _for_caller(registration, caller_id)
        self.lookups_of(caller_id)[name] = lookup
        return lookup

    def suspend(self, key: Hashable) -> None:
        """Stop answering with one registration."""
        self._set_suspended(key, True)

    def resume(self, key: Hashable) -> None:
        """Answer with it again."""
        self._set_suspended(key, False)

    def release(self, key: Hashable) -> None:
        """Forget one registration."""
        registration = self._by_serial.pop(key)
        slot = self._slots[registration.name]
        slot.registrations.remove(registration)
        self._refresh(registration.name, slot)
        if not slot.registrations:
            del self._slots[registration.name]

    def _set_suspended(self, key: Hashable, suspended: bool) -> None:
        registration = self._by_serial[key]
        registration.suspended = suspended
        self._refresh(registration.name, self._slots[registration.name])

    def _refresh(self, name: str, slot: _Slot) -> None:
        if not slot.lookups:
            return
        for caller_id, lookup in list(slot.lookups.items()):
            registration = slot.answering(caller_id)
            if registration is not None:
                lookup.function = _for_caller(registration, caller_id)
            else:
                lookup.function = _gone  # the count stays, the function must not
                self._callers[caller_id].pop(name, None)

    def _answering(self, name: str, caller_id: str) -> Registration:
        slot = self._slots.get(name)
        registration = slot.answering(caller_id) if slot else None
        if registration is None:
            raise APINotFoundError(name, caller_id, nearest(name, self._names()))
        return registration

    def _calls(self, name: str) -> dict[str, int]:
        return {
            caller_id: lookup.count
            for caller_id, lookup in self._slots[name].lookups.items()
            if lookup.count
        }

    def _names(self) -> list[str]:
        return [name for name, slot in self._slots.items() if slot.answering() is not None]


def _name_for(owner_id: str, obj: object, declaration: AddAPI) -> str:
    if "{" in declaration.name:
        return declaration.name.format_map(_Attributes(owner_id, obj))
    return declaration.name


class _Attributes:
    """The names that a template may use: the owner's id and the object's attributes."""

    def __init__(self, owner_id: str, obj: object) -> None:
        self._owner_id = owner_id
        self._obj = obj

    def __getitem__(self, name: str) -> object:
        if name in ("plugin_id", "owner_id"):
            return getattr(self._obj, name, self._owner_id)
        try:
            return getattr(self._obj, name)
        except AttributeError:
            raise ValueError(
                f"{self._owner_id}: an API name uses {{{name}}}, which "
                f"{type(self._obj).__name__} does not have"
            ) from None
