"""The output that a client has not taken yet: bounded, and dropped by whole lines."""

from __future__ import annotations

from collections import deque
from enum import Enum, auto
from itertools import groupby
from typing import Final, TypeAlias


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


# In Python 3.11 looking up a member takes longer than all else that is done with a line.
_LINE: Final = Kind.LINE
_PART: Final = Kind.PART
_MESSAGE: Final = Kind.MESSAGE
_CONTROL: Final = Kind.CONTROL

Entry: TypeAlias = tuple[bytes, Kind]

_FEW: Final = 64
_LEAST: Final = 16
"""Bytes that an entry counts for at least: a million of empty lines takes memory too."""


class OutputQueue:
    """Entries in order, oldest first.

    :param limit: bytes that :meth:`trim` leaves.
    :ivar size: bytes.
    :ivar most: entries that :meth:`trim` leaves.
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
        "most",
        "open",
        "size",
        "switch",
    )

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.most = max(limit // _LEAST, _FEW)
        self.size = 0
        self.control_size = 0
        self.left_out = 0
        self.dropped = 0
        self.open = False
        self.switch: Kind | None = None
        self._entries: deque[Entry] = deque()
        self._skipping = False
        self._taken_open = False

    @property
    def is_full(self) -> bool:
        """Whether there is more in it than it is to hold."""
        return self.size > self.limit or len(self._entries) > self.most

    def __bool__(self) -> bool:
        return bool(self._entries) or bool(self.left_out)

    def add(self, data: bytes, kind: Kind) -> None:
        """Append an entry, unless it is the rest of a line that was dropped."""
        self.append((data, kind))

    def append(self, entry: Entry) -> None:
        """Append an entry that other queues may have too.

        One for all spares the garbage collector most of its work.
        """
        data, kind = entry
        if kind is _LINE or kind is _PART:
            self.open = kind is _PART
            if self._skipping:
                self._skipping = self.open
                return
        elif kind is not _MESSAGE:
            self.control_size += len(data)
        self._entries.append(entry)
        self.size += len(data)

    def trim(self) -> None:
        """Drop the oldest lines, whole, until the limit is kept."""
        kept: list[Entry] = []
        inside = False
        skipping = self._skipping
        while self._entries and (inside or self.is_full):
            data, kind = self._entries.popleft()
            if kind not in (_LINE, _PART, _MESSAGE):
                kept.append((data, kind))
                continue
            self.size -= len(data)
            if kind is not _MESSAGE:
                if not inside:
                    self.left_out += 1
                    self.dropped += 1
                skipping = inside = kind is _PART
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
        entries = self._entries
        while entries and taken < size:
            data, kind = entries.popleft()
            taken += len(data)
            parts.append(data)
            if kind is _LINE or kind is _PART:
                self._taken_open = kind is _PART
            elif kind is not _MESSAGE:
                self.control_size -= len(data)
                if kind is not _CONTROL:
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
