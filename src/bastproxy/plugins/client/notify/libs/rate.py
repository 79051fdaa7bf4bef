"""How often something may happen."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from time import monotonic


class Rate:
    """Allows so many in so long a time, for each key, and counts the rest.

    :param clock: returns seconds that only grow.
    :ivar limit: how many.
    :ivar period: seconds.
    """

    def __init__(
        self, limit: int = 5, period: float = 10, *, clock: Callable[[], float] = monotonic
    ) -> None:
        self.limit = limit
        self.period = period
        self._clock = clock
        self._times: dict[str, deque[float]] = {}
        self._refused: dict[str, int] = {}

    def allows(self, key: str) -> bool:
        """Say whether one more may happen now, and count it."""
        now = self._clock()
        times = self._times.setdefault(key, deque())
        while times and now - times[0] >= self.period:
            times.popleft()
        if len(times) < self.limit:
            times.append(now)
            return True
        self._refused[key] = self._refused.get(key, 0) + 1
        return False

    def refused(self, key: str) -> int:
        """Return how many were refused since this was last asked to forget them."""
        return self._refused.get(key, 0)

    def forget(self, key: str) -> int:
        """Count the refused ones anew; return how many there were."""
        return self._refused.pop(key, 0)
