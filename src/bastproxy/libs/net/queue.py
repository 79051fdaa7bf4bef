"""The output that a client has not taken yet: bounded, and dropped by whole lines."""

from __future__ import annotations

from collections import deque
from enum import Enum, auto
from itertools import groupby


class Kind(Enum):
    """What an entry of the queue is.

    ``CONTROL`` (telnet commands) is never dropped; a ``PART`` leaves its line open. After
    ``COMPRESS`` or ``PLAIN``, which are never dropped either, what follows is written that way.
    """

    LINE = auto()
    PART = auto()
    MESSAGE = auto()
    CONTROL = auto()
    COMPRESS = auto()
    PLAIN = auto()


class OutputQueue:
    """Entries in order, oldest first.

    :param limit: bytes that :meth:`trim` leaves.
    :ivar size: bytes.
    :ivar control_size: bytes of these that are never dropped.
    :ivar switch: COMPRESS or PLAIN, when that was the last that :meth:`take` returned.
    :ivar left_out: lines dropped since :meth:`take` last said so.
    :ivar dropped: lines dropped altogether.
    :ivar open: whether the newest entry of text leaves its line open.
    """

    __slots__ = (
        "_entries",
        "_skipping",
        "_taken_open",
        "control_size",
        "dropped",
        "left_out",
        "limit",
        "open",
        "size",
        "switch",
    )

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.size = 0
        self.control_size = 0
        self.left_out = 0
        self.dropped = 0
        self.open = False
        self.switch: Kind | None = None
        self._entries: deque[tuple[bytes, Kind]] = deque()
        self._skipping = False
        self._taken_open = False

    def __bool__(self) -> bool:
        return bool(self._entries) or bool(self.left_out)

    def add(self, data: bytes, kind: Kind) -> None:
        """Append an entry, unless it is the rest of a line that was dropped."""
        if kind is Kind.LINE or kind is Kind.PART:
            self.open = kind is Kind.PART
            if self._skipping:
                self._skipping = self.open
                return
        elif kind is not Kind.MESSAGE:
            self.control_size += len(data)
        self._entries.append((data, kind))
        self.size += len(data)

    def trim(self) -> None:
        """Drop the oldest lines, whole, until the limit is kept."""
        kept: list[tuple[bytes, Kind]] = []
        inside = False
        skipping = self._skipping
        while self._entries and (inside or self.size > self.limit):
            data, kind = self._entries.popleft()
            if kind not in (Kind.LINE, Kind.PART, Kind.MESSAGE):
                kept.append((data, kind))
                continue
            self.size -= len(data)
            if kind is not Kind.MESSAGE:
                if not inside:
                    self.left_out += 1
                    self.dropped += 1
                skipping = inside = kind is Kind.PART
        self._skipping = skipping
        for of_kind, group in groupby(reversed(kept), key=lambda entry: entry[1]):
            joined = b"".join(data for data, _ in reversed([*group]))
            self._entries.appendleft((joined, of_kind))

    def take(self, size: int) -> bytes:
        """Remove and return about ``size`` bytes, whole entries, at least one, up to a switch.

        Where lines were dropped it says how many.
        """
        self.switch = None
        parts = [self._notice()] if self.left_out else []
        taken = 0
        while self._entries and taken < size:
            data, kind = self._entries.popleft()
            taken += len(data)
            parts.append(data)
            if kind is Kind.LINE or kind is Kind.PART:
                self._taken_open = kind is Kind.PART
            elif kind is not Kind.MESSAGE:
                self.control_size -= len(data)
                if kind is not Kind.CONTROL:
                    self.switch = kind
                    break
        self.size -= taken
        return b"".join(parts)

    def _notice(self) -> bytes:
        count, self.left_out = self.left_out, 0
        lines = "line was" if count == 1 else "lines were"
        text = f"[bastproxy] {count} {lines} left out, because this client was reading too slowly."
        begin = b"\r\n" if self._taken_open else b""
        self._taken_open = False
        return begin + text.encode() + b"\r\n"
