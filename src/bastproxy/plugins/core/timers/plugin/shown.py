"""Timers in words for a player."""

from __future__ import annotations

from datetime import datetime

from bastproxy.libs.settings.timelength import format_timelength
from bastproxy.libs.work.recurrence import At, zone_named
from bastproxy.libs.work.schedules import Schedule


def due_text(timer: Schedule, now: float) -> str:
    """Return when it is called next: ``off``, ``in 12s``, ``2026-03-29 03:00:00 +0200``."""
    if timer.due is None:
        return "off"
    if isinstance(timer.rule, At):
        zone = zone_named(timer.rule.zone)
        moment = datetime.fromtimestamp(timer.due, zone)
        moment = moment.astimezone(zone)  # the system's own zone has no offset yet
        return f"{moment:%Y-%m-%d %H:%M:%S %z}"
    return f"in {format_timelength(max(0, round(timer.due - now)))}"
