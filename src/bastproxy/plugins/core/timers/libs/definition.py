"""A timer that a player has defined, and how it is written down."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from bastproxy.libs.settings.timelength import format_timelength, parse_timelength
from bastproxy.libs.work.recurrence import At, Every, Rule, day_names, parse_days, parse_time

SHORTEST: Final = 0.1
"""Seconds between two calls of a player's timer."""
_KEYS: Final = frozenset({"every", "at", "zone", "days", "send", "once", "enabled", "due"})
_SECONDS: Final = re.compile(r"([0-9]{1,9}\.[0-9]{1,6}) *s?")


@dataclass(frozen=True, slots=True)
class Definition:
    """A player's timer.

    :ivar send: lines for the MUD, or commands of the proxy.
    :ivar due: of one that rings once: when, in seconds since the epoch.
    """

    name: str
    rule: Rule
    send: tuple[str, ...]
    once: bool = False
    enabled: bool = True
    due: float | None = None

    @property
    def when(self) -> str:
        """When it rings, as a player writes it."""
        return when_text(self.rule, once=self.once)

    def to_toml(self) -> dict[str, Any]:
        """Return what is written into the file."""
        rule = self.rule
        values: dict[str, Any] = {}
        if isinstance(rule, Every):
            values["every"] = format_seconds(rule.seconds)
        else:
            values["at"] = rule.time.isoformat("seconds" if rule.time.second else "minutes")
            if rule.zone:
                values["zone"] = rule.zone
            if names := day_names(rule.days):
                values["days"] = names
        values["send"] = list(self.send)
        if self.once:
            values["once"] = True
        if self.due is not None:
            values["due"] = datetime.fromtimestamp(self.due, UTC)
        if not self.enabled:
            values["enabled"] = False
        return values

    def switched(self, on: bool, due: float | None) -> Definition:
        """Return it switched on or off."""
        return replace(self, enabled=on, due=due if self.once and on else None)


def from_toml(name: str, values: object) -> Definition:
    """Return the timer that a table of the file describes.

    :raises ValueError: it describes none.
    """
    if not isinstance(values, Mapping):
        raise ValueError("it is no table")
    for key in values:
        if key not in _KEYS:
            raise ValueError(f"{key!r} is nothing that a timer has")
    send, days, due = values.get("send", ()), values.get("days", ()), values.get("due")
    if isinstance(due, str) or (due is not None and not isinstance(due, datetime)):
        raise ValueError("due must be a date with a time")
    flags = {key: values[key] for key in ("once", "enabled") if key in values}
    for key, value in flags.items():
        if not isinstance(value, bool):
            raise ValueError(f"{key} must be true or false")
    rule = make_rule(
        "" if "every" not in values else str(values["every"]),
        "" if "at" not in values else str(values["at"]),
        str(values.get("zone", "")),
        days if isinstance(days, str) else [str(day) for day in _list(days, "days")],
    )
    lines = (send,) if isinstance(send, str) else tuple(str(one) for one in _list(send, "send"))
    check(name, lines)
    return Definition(
        str(name),
        rule,
        tuple(map(str, lines)),
        once=bool(flags.get("once", False)),
        enabled=bool(flags.get("enabled", True)),
        due=due.timestamp() if due is not None else None,
    )


def make_rule(every: str, at: str, zone: str = "", days: str | list[str] = "") -> Rule:
    """Return when a timer rings, from what a player has written.

    :raises ValueError: that says nothing, or two things.
    """
    if bool(every) == bool(at):
        raise ValueError("say either how often (30s, 1h30m) or at what time of day (18:30)")
    if at:
        return At(parse_time(at), zone, parse_days(days))
    if zone or days:
        raise ValueError("a zone and days are for a time of day such as 18:30")
    seconds = parse_seconds(every)
    if seconds < SHORTEST:
        raise ValueError(f"a timer rings at most every {SHORTEST} seconds, not every {every}")
    return Every(seconds)


def parse_when(words: list[str]) -> tuple[str, str, bool]:
    """Return what ``every 30s``, ``30s``, ``in 10m``, ``at 18:30`` or ``18:30`` means.

    :returns: how often, at what time of day (one of them is empty), and whether once.
    """
    first = words[0].lower() if len(words) > 1 else ""
    text = " ".join(words[1:] if first in ("every", "in", "at") else words)
    if first == "at" or (first == "" and ":" in text):
        return "", text, False
    return text, "", first == "in"


def parse_seconds(text: str) -> float:
    """Return the seconds of ``90``, ``1.5s`` or ``1h30m``.

    :raises ValueError: it is no length of time.
    """
    written = _SECONDS.fullmatch(text.strip())
    return float(written[1]) if written else parse_timelength(text)


def format_seconds(seconds: float) -> str:
    """Return what :func:`parse_seconds` reads: ``1h30m``, or ``1.5s``."""
    return (
        format_timelength(int(seconds)) if seconds == int(seconds) else f"{seconds:f}".rstrip("0")
    )


def when_text(rule: Rule, *, once: bool) -> str:
    """Return when a timer rings: ``every 30s``, ``in 10m``, ``at 18:30``, ``once at 18:30``."""
    if isinstance(rule, At):
        return f"once {rule}" if once else str(rule)
    return f"{'in' if once else 'every'} {format_seconds(rule.seconds)}"


def check(name: str, lines: tuple[str, ...]) -> None:
    """Check the name and what is sent.

    :raises ValueError: the one cannot be typed, or the other is nothing or has line ends.
    """
    if not name or not name.isprintable() or ":" in name or name.startswith("-"):
        raise ValueError(f"{name!r} is no name for a timer; it has no colon, and no dash in front")
    if not lines:
        raise ValueError("a timer needs something to send")
    if any("\n" in line or "\r" in line for line in lines):
        raise ValueError("what is sent is one line; give several with several -send")


def _list(value: object, key: str) -> list[object]:
    if not isinstance(value, list | tuple):
        raise ValueError(f"{key} must be text, or a list of texts")
    return list(value)
