"""The ban list: networks from which nobody may connect."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from bastproxy.libs.access.addresses import Network, network_of, show
from bastproxy.libs.files import set_aside, write_whole
from bastproxy.libs.records import LogRecord

OWNER_ID: Final = "libs.access"
MOST: Final = 4096
"""So many bans that end are kept; those that end first go first."""


class Ban(msgspec.Struct, frozen=True, kw_only=True):
    """One ban.

    :ivar network: an address, or a network such as ``203.0.113.0/24``.
    :ivar until: seconds since the epoch; None for ever.
    :ivar reason: in words for the player.
    """

    network: str
    until: float | None = None
    reason: str = ""


class Bans:
    """The bans, kept in a file once :meth:`keep_in` names one.

    :param clock: seconds since the epoch.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._bans: dict[Network, Ban] = {}
        self._lengths: dict[int, set[int]] = {4: set(), 6: set()}
        self._path: Path | None = None

    def keep_in(self, path: Path) -> None:
        """Read the bans of a file, and write them there from now on.

        A file that cannot be understood is set aside, and the log says so.
        """
        self._path = path
        try:
            stored = msgspec.json.decode(path.read_bytes(), type=list[Ban])
            read = {network_of(ban.network): ban for ban in stored}
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:  # msgspec's errors are ValueErrors
            self._lost(path, error)
            return
        self._bans = {**read, **self._bans}
        for network in read:
            self._lengths[network.version].add(network.prefixlen)

    def add(self, address: str, seconds: float | None = None, reason: str = "") -> Ban:
        """Ban an address, or a network; of an IPv6 address its /64.

        :param seconds: how long; None is for ever.
        :raises ValueError: it is neither an address nor a network.
        """
        network = network_of(address)
        until = None if seconds is None else self._clock() + seconds
        ban = Ban(network=show(network), until=until, reason=reason)
        self._bans[network] = ban
        self._lengths[network.version].add(network.prefixlen)
        self._trim()
        self._write()
        return ban

    def remove(self, address: str) -> bool:
        """End the ban of exactly this address or network; False when there is none.

        :raises ValueError: it is neither an address nor a network.
        """
        if self._bans.pop(network_of(address), None) is None:
            return False
        self._write()
        return True

    def of(self, address: str) -> Ban | None:
        """Return the ban that covers an address, the longest of several."""
        try:
            network = network_of(address)
        except ValueError:
            return None
        now = self._clock()
        # Few lengths of prefixes, and maybe thousands of bans.
        lengths = sorted(self._lengths[network.version])
        wider = [network.supernet(new_prefix=n) for n in lengths if n <= network.prefixlen]
        found = [self._bans[one] for one in wider if one in self._bans]
        return max((ban for ban in found if _until(ban) > now), key=_until, default=None)

    def list(self) -> list[Ban]:
        """Return all bans, oldest first."""
        self._forget_ended()
        return list(self._bans.values())

    def seconds_left(self, ban: Ban) -> float | None:
        """Return how long a ban still holds; None is for ever."""
        return None if ban.until is None else max(0.0, ban.until - self._clock())

    def _forget_ended(self) -> None:
        now = self._clock()
        for network, ban in list(self._bans.items()):
            if ban.until is not None and ban.until <= now:
                del self._bans[network]

    def _trim(self) -> None:
        self._forget_ended()
        ending = [network for network, ban in self._bans.items() if ban.until is not None]
        while len(ending) > MOST:
            first = min(ending, key=lambda network: _until(self._bans[network]))
            ending.remove(first)
            del self._bans[first]

    def _write(self) -> None:
        if self._path is None:
            return
        bans = [msgspec.to_builtins(ban) for ban in self._bans.values()]
        try:
            write_whole(self._path, json.dumps(bans, indent=1).encode())
        except OSError as error:
            _log(f"the ban list cannot be written to {self._path}: {error.strerror or error}")

    def _lost(self, path: Path, error: Exception) -> None:
        try:
            kept = f"; it is kept as {set_aside(path).name}"
        except OSError:
            kept = ""
        _log(f"the ban list {path} cannot be read, and is empty now: {error}{kept}")


def _until(ban: Ban) -> float:
    return float("inf") if ban.until is None else ban.until


def _log(message: str) -> None:
    LogRecord(message, level="error", sources=[OWNER_ID])()
