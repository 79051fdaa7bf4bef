"""When something recurs: at an interval, or at a time of day, right across daylight saving."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_EVERY_DAY: Final = frozenset(range(7))
_DAY: Final = 86400
_TIME: Final = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")
_SEARCHED_DAYS: Final = 16
"""A weekday comes within seven; and a zone has left one out altogether, when it changed sides."""


@dataclass(frozen=True, slots=True)
class Every:
    """Every so many seconds, whatever the clock on the wall does.

    :raises ValueError: they are not more than 0, or no number.
    """

    seconds: float

    def __post_init__(self) -> None:
        if not 0 < self.seconds < math.inf:
            raise ValueError(f"a timer cannot be called every {self.seconds!r} seconds")

    def next(self, due: float, now: float) -> float:
        """Return the first point of the grid, on which ``due`` is, that is after ``now``."""
        late = now - due
        return due if late < 0 else due + self.seconds * (math.floor(late / self.seconds) + 1)

    def __str__(self) -> str:
        return f"every {self.seconds:g} s"


@dataclass(frozen=True, slots=True)
class At:
    """At a time of day, on all days or some of the week; once on each, whatever the clock does.

    A time that the zone leaves out that day (the clock goes forward over it) is at the end of
    what is left out; one that comes twice (the clock goes back) is the first.

    :param time: of the day, in the zone.
    :param zone: a name of the IANA such as ``Europe/Berlin``; empty for the system's own zone.
    :param days: of the week, 0 for Monday.
    :raises ValueError: there is no such zone or day, or the time has a zone of its own.
    """

    time: time
    zone: str = ""
    days: frozenset[int] = _EVERY_DAY

    def __post_init__(self) -> None:
        if self.time.tzinfo is not None:
            raise ValueError(f"the time {self.time} has a zone of its own; give it as the zone")
        if not self.days or not self.days <= _EVERY_DAY:
            raise ValueError("the days are some of 0 (Monday) to 6 (Sunday)")
        zone_named(self.zone)

    def next(self, after: float) -> float:
        """Return when it is next.

        :param after: seconds since the epoch; what is returned is later.
        """
        zone = zone_named(self.zone)
        first = _wall(after, zone).date() - timedelta(days=1)
        for number in range(_SEARCHED_DAYS):
            day = first + timedelta(days=number)
            moment = moment_of(day, self.time, zone) if day.weekday() in self.days else None
            if moment is not None and moment > after:
                return moment
        raise ValueError(f"there is no {self} in sight")

    def __str__(self) -> str:
        text = f"at {self.time.isoformat('seconds' if self.time.second else 'minutes')}"
        if self.days != _EVERY_DAY:
            text += f" on {','.join(DAYS[day] for day in sorted(self.days))}"
        return f"{text} {self.zone}" if self.zone else text


Rule = Every | At


def parse_time(text: str) -> time:
    """Return the time of day that a person has written: ``18:30``, ``18:30:15`` or ``6:05``.

    :raises ValueError: it is none.
    """
    written = _TIME.fullmatch(text.strip())
    if written is not None:
        hour, minute, second = (int(part or 0) for part in written.groups())
        if hour < 24 and minute < 60 and second < 60:
            return time(hour, minute, second)
    raise ValueError(f"{text!r} is no time of day; write 18:30 or 18:30:15")


def parse_days(names: str | Iterable[str]) -> frozenset[int]:
    """Return the days of the week of ``mon,wed`` or ``["mon", "wed"]``; nothing is every day.

    :raises ValueError: one is no day.
    """
    found = set()
    for name in names.replace(",", " ").split() if isinstance(names, str) else names:
        short = str(name).strip().lower()[:3]
        if short not in DAYS:
            raise ValueError(f"{name!r} is no day of the week; write {','.join(DAYS)}")
        found.add(DAYS.index(short))
    return frozenset(found) or _EVERY_DAY


def day_names(days: Iterable[int]) -> list[str]:
    """Return the short names of days of the week, Monday first; nothing for every day."""
    known = sorted(set(days))
    return [] if len(known) == len(DAYS) else [DAYS[day] for day in known]


def zone_named(name: str) -> tzinfo | None:
    """Return a zone by its name; None, the system's own, for an empty one.

    :raises ValueError: there is none of that name.
    """
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f"there is no time zone {name!r}; write a name such as Europe/Berlin or UTC"
        ) from None


def moment_of(day: date, at: time, zone: tzinfo | None) -> float | None:
    """Return when it is a time of a day, in seconds since the epoch.

    Of two such moments it is the first; without one, the moment in which the clock goes
    forward over it.

    :param zone: None for the system's own.
    :returns: None when the zone leaves the whole day out.
    """
    wanted = datetime.combine(day, at)
    early = _moment(wanted, zone, fold=0)
    if _wall(early, zone) == wanted:
        return early
    # Read with the clock of before the change it is after it, and the other way round.
    before, after = sorted((early, _moment(wanted, zone, fold=1)))
    if after - before >= _DAY:
        return None
    return _change(before, after, zone)


def _change(before: float, after: float, zone: tzinfo | None) -> float:
    """Return the second in which the clock changes between two moments."""
    low, high = math.floor(before), math.ceil(after)
    old = _offset(low, zone)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(middle, zone) == old:
            low = middle
        else:
            high = middle
    return float(high)


def _offset(moment: float, zone: tzinfo | None) -> timedelta:
    return _wall(moment, zone) - _wall(moment, UTC)


def _moment(wall: datetime, zone: tzinfo | None, *, fold: int) -> float:
    return wall.replace(tzinfo=zone, fold=fold).timestamp()


def _wall(moment: float, zone: tzinfo | None) -> datetime:
    """Return what a clock on a wall in the zone shows."""
    return datetime.fromtimestamp(moment, zone).replace(tzinfo=None, fold=0)
