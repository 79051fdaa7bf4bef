"""Owned work: timers, threads and closeables, which end with their owner as tasks do."""

from bastproxy.libs.work.timers import Timer
from bastproxy.libs.work.work import Work

__all__ = ["Timer", "Work"]
