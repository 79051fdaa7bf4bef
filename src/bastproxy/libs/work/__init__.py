"""Owned work: timers, threads and closeables, which end with their owner as tasks do."""

from bastproxy.libs.work.schedules import Schedule, Schedules
from bastproxy.libs.work.timers import Timer
from bastproxy.libs.work.work import Work

__all__ = ["Schedule", "Schedules", "Timer", "Work"]
