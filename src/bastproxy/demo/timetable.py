"""Things that are due later, in a time that is given and not taken from a clock."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable


class Timetable:
    """Runs actions when their time has come, in order; at one time, the first entered first."""

    def __init__(self) -> None:
        self.now = 0.0
        self._entries: list[tuple[float, int, Callable[[], object]]] = []
        self._serials = itertools.count()

    def after(self, seconds: float, action: Callable[[], object]) -> None:
        """Run ``action`` once, ``seconds`` from now."""
        heapq.heappush(self._entries, (self.now + seconds, next(self._serials), action))

    def every(self, seconds: float, action: Callable[[], object]) -> None:
        """Run ``action`` again and again, first in ``seconds``."""

        def again() -> None:
            self.after(seconds, again)
            action()

        self.after(seconds, again)

    def advance(self, seconds: float) -> None:
        """Let ``seconds`` pass."""
        until = self.now + seconds
        while self._entries and self._entries[0][0] <= until:
            self.now, _, action = heapq.heappop(self._entries)
            action()
        self.now = until
