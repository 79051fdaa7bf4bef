"""Who has tried how often: a growing delay for each address, and at last a ban."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bastproxy.libs.access.addresses import network_of, person_of
from bastproxy.libs.access.bans import Ban, Bans

LONGEST_DELAY: Final = 60.0
MOST_ADDRESSES: Final = 4096
FORGET_AFTER: Final = 3600.0
"""Seconds without a wrong password after which an address begins anew."""


@dataclass(slots=True)
class _Failures:
    count: int
    at: float


class Attempts:
    """Wrong passwords by address; of IPv6 by /64.

    The n-th wrong password in a row costs ``2 ** (n - 1)`` seconds, 60 at most.  Loopback
    is delayed but never banned: through a tunnel everybody comes from there, the owner too.

    :param clock: seconds since the epoch.
    :param ban_after: so many wrong passwords in a row ban an address; 0 is never.
    :param ban_seconds: for so long.
    :ivar bans: the ban list.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.time,
        *,
        ban_after: int = 10,
        ban_seconds: float = 3600.0,
    ) -> None:
        self.ban_after = ban_after
        self.ban_seconds = ban_seconds
        self.bans = Bans(clock)
        self._clock = clock
        self._failures: OrderedDict[str, _Failures] = OrderedDict()

    def wait(self, address: str) -> float:
        """Return the seconds until this address may try; 0 is now."""
        failures = self._failures.get(person_of(address))
        if failures is None:
            return 0.0
        delay = _delay(failures.count)
        # A clock that was set back must not make anybody wait for hours.
        return min(delay, max(0.0, failures.at + delay - self._clock()))

    def failed(self, address: str) -> Ban | None:
        """Note a wrong password, and return the ban that it has brought, if any."""
        key, now = person_of(address), self._clock()
        failures = self._failures.pop(key, None)
        if failures is None or now - failures.at > FORGET_AFTER:
            failures = _Failures(0, now)
        failures.count += 1
        failures.at = now
        self._failures[key] = failures
        if len(self._failures) > MOST_ADDRESSES:
            self._failures.popitem(last=False)
        if not self.ban_after or failures.count < self.ban_after or _is_loopback(address):
            return None
        del self._failures[key]
        return self.bans.add(address, self.ban_seconds, f"{failures.count} wrong passwords")

    def succeeded(self, address: str) -> None:
        """Forget the wrong passwords of an address."""
        self._failures.pop(person_of(address), None)

    def count(self, address: str) -> int:
        """Return how many wrong passwords in a row have come from an address."""
        failures = self._failures.get(person_of(address))
        return failures.count if failures is not None else 0


def _delay(count: int) -> float:
    return min(LONGEST_DELAY, 2.0 ** min(count - 1, 6))


def _is_loopback(address: str) -> bool:
    try:
        return network_of(address).is_loopback
    except ValueError:
        return True  # what has no address cannot be banned
