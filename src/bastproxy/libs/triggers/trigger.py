"""Trigger: one pattern with what is to happen when a line matches it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from bastproxy.libs.triggers.pattern import Pattern

Convert = Callable[[str], Any]

EVENT: Final = "ev_trigger"

TYPES: Final[dict[str, Convert]] = {"str": str, "int": int, "float": float}
"""The types that commands and files can name; a program may pass any function of one text."""


def event_name(owner_id: str, name: str) -> str:
    """Return the event that is raised when a trigger fires."""
    return f"{EVENT}_{owner_id}_{name}"


class Trigger:
    """A trigger; made, and changed, by :class:`~bastproxy.libs.triggers.Triggers` alone.

    :ivar pattern: what a line is matched with.
    :ivar priority: lower fires earlier; the same priority in the order of their making.
    :ivar group: what it is switched on and off with; may be empty.
    :ivar enabled: whether it is switched on, by itself; its group may be off.
    :ivar gag: lines that it matches are not shown.
    :ivar stop: no trigger after it fires on a line that it matches.
    :ivar colours: it is matched with the line as it came, with its escape sequences.
    :ivar lines: with so many lines together, joined by line feeds.
    :ivar limit: after having fired so many times it is removed; 0 for never.
    :ivar types: what makes values of its named groups.
    :ivar live: whether it fires: it is on, its group is, and its owner is not being reloaded.
    :ivar fired: how often it has.
    :ivar slow: on how many lines it took too long.
    :ivar slowest: the longest time that one line took, in seconds.
    :ivar off_because: why the proxy has switched it off; empty when it has not.
    """

    __slots__ = (
        "colours",
        "enabled",
        "event",
        "fired",
        "function",
        "gag",
        "group",
        "key",
        "limit",
        "lines",
        "live",
        "name",
        "off_because",
        "owner_id",
        "pattern",
        "place",
        "priority",
        "slow",
        "slowest",
        "stop",
        "suspended",
        "types",
    )

    def __init__(
        self,
        owner_id: str,
        name: str,
        pattern: Pattern,
        *,
        key: int,
        function: Callable[[], Any] | None = None,
        priority: int = 50,
        group: str = "",
        enabled: bool = True,
        gag: bool = False,
        stop: bool = False,
        colours: bool = False,
        lines: int = 1,
        limit: int = 0,
        types: Mapping[str, Convert] | None = None,
    ) -> None:
        self.owner_id = owner_id
        self.name = name
        self.pattern = pattern
        self.key = key
        self.place = key
        self.event = event_name(owner_id, name)
        self.function = function
        self.priority = priority
        self.group = group
        self.enabled = enabled
        self.gag = gag
        self.stop = stop
        self.colours = colours
        self.lines = lines
        self.limit = limit
        self.types = dict(types or {})
        self.live = False
        self.suspended = False
        self.fired = 0
        self.slow = 0
        self.slowest = 0.0
        self.off_because = ""

    def groups(self, match: re.Match[str]) -> dict[str, Any]:
        """Return the named groups of a match, those that have a type as values of it.

        One that has not taken part is None.

        :raises Exception: whatever a type says of a text that it cannot take.
        """
        groups: dict[str, Any] = match.groupdict()
        for name, convert in self.types.items():
            if groups[name] is not None:
                groups[name] = convert(groups[name])
        return groups

    def describe(self) -> dict[str, Any]:
        """Return all about it, as plain data."""
        return {
            "name": self.name,
            "owner_id": self.owner_id,
            "pattern": self.pattern.text,
            "ignore_case": self.pattern.ignore_case,
            "literals": self.pattern.literals,
            "priority": self.priority,
            "group": self.group,
            "enabled": self.enabled,
            "live": self.live,
            "gag": self.gag,
            "stop": self.stop,
            "colours": self.colours,
            "lines": self.lines,
            "limit": self.limit,
            "types": {
                name: getattr(convert, "__name__", str(convert))
                for name, convert in self.types.items()
            },
            "fired": self.fired,
            "slowest": self.slowest,
            "off_because": self.off_because,
            "event": self.event,
        }

    def __repr__(self) -> str:
        return f"<Trigger {self.owner_id} {self.name!r} {self.pattern.text!r}>"


class Hit(NamedTuple):
    """A trigger that matches a line.

    :ivar trigger: it.
    :ivar match: where, in the text that it is matched with.
    :ivar groups: the named groups, typed.
    """

    trigger: Trigger
    match: re.Match[str]
    groups: dict[str, Any]


def types_of(pattern: Pattern, types: Mapping[str, Convert | str]) -> dict[str, Convert]:
    """Return what makes values of named groups.

    :param types: functions, or names out of :data:`TYPES`, by group.
    :raises ValueError: there is no such group, or no such type.
    """
    found: dict[str, Convert] = {}
    for group, kind in types.items():
        if group not in pattern.regex.groupindex:
            names = ", ".join(pattern.regex.groupindex) or "none"
            raise ValueError(
                f"{pattern.text!r} has no group {group!r} to be given a type; its groups: {names}"
            )
        convert = TYPES.get(kind) if isinstance(kind, str) else kind
        if not callable(convert):
            raise ValueError(f"{kind!r} is no type of a group; use {', '.join(TYPES)}")
        found[group] = convert
    return found
