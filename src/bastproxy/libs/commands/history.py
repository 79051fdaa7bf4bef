"""What players have run: numbered, bounded, and ready to be saved."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

LIMIT = 200


class Entry(NamedTuple):
    """One command as it was typed, without the prefix, and its number from 1."""

    number: int
    text: str


class History:
    """The last commands of the proxy, oldest first.

    :param limit: how many are kept; numbers go on counting.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._entries: deque[Entry] = deque(maxlen=limit)
        self._last = 0

    def add(self, text: str) -> None:
        """Add a command, unless it repeats the one before it."""
        if self._entries and self._entries[-1].text == text:
            return
        self._last += 1
        self._entries.append(Entry(self._last, text))

    def get(self, number: int | None = None) -> Entry | None:
        """Return the entry with a number, or the last one; None when it is not there."""
        if number is None:
            return self._entries[-1] if self._entries else None
        return next((entry for entry in self._entries if entry.number == number), None)

    def clear(self) -> None:
        """Forget every entry; numbers begin at 1 again."""
        self._entries.clear()
        self._last = 0

    def __iter__(self) -> Iterator[Entry]:
        return iter(tuple(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    def to_json(self) -> str:
        """Return the entries as a JSON list of ``[number, text]``."""
        # a client may have sent bytes that are no text; they must not spoil the rest
        entries = [(number, text.encode(errors="replace").decode()) for number, text in self]
        return msgspec.json.encode(entries).decode()

    @classmethod
    def from_json(cls, text: str | bytes, limit: int = LIMIT) -> History:
        """Return the history that :meth:`to_json` wrote.

        :raises ValueError: it is not such a list.
        """
        history = cls(limit)
        history._entries.extend(msgspec.json.decode(text, type=list[Entry]))
        history._last = max((entry.number for entry in history), default=0)
        return history
