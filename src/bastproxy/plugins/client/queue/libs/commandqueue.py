"""CommandQueue: one command is out at a time, and the next waits until it is answered."""

from __future__ import annotations

import re
from bisect import insort
from dataclasses import dataclass
from typing import Final

MOST_WAITING: Final = 1000
MOST_LINES: Final = 200
"""So many lines of an answer are kept: the last ones."""


@dataclass(slots=True, eq=False)
class Item:
    """One command.

    :ivar number: by which players and plugins name it.
    :ivar answer: a regular expression that a line of its answer matches; empty for the prompt.
    :ivar timeout: seconds for which its answer is waited for; None for the usual time.
    :ivar owner_id: the plugin that has added it.
    :ivar client_id: the client that has typed it, if any.
    """

    number: int
    text: str
    priority: int = 50
    answer: str = ""
    timeout: float | None = None
    owner_id: str = ""
    client_id: str = ""

    def __lt__(self, other: Item) -> bool:
        return (self.priority, self.number) < (other.priority, other.number)


class FullError(Exception):
    """Too many commands wait already."""


class CommandQueue:
    """Which command is next; it sends nothing itself.

    :ivar waiting: what is still to be sent, the next one first.
    :ivar current: what was sent and is not answered yet.
    :ivar lines: what the MUD has said since, without colours.
    :ivar deadline: when the current one is answered at the latest.
    :ivar paused: nothing more is sent until it is resumed.
    """

    def __init__(self) -> None:
        self.waiting: list[Item] = []
        self.current: Item | None = None
        self.lines: list[str] = []
        self.deadline = 0.0
        self.paused = False
        self._partial = ""
        self._number = 0

    @property
    def idle(self) -> bool:
        """Whether nothing waits, neither to be sent nor to be answered."""
        return self.current is None and not self.waiting

    def add(
        self,
        text: str,
        *,
        priority: int = 50,
        answer: str = "",
        timeout: float | None = None,
        owner_id: str = "",
        client_id: str = "",
    ) -> Item:
        """Put a command in its place: lower priorities first, the older one first among equals.

        :raises FullError: too many wait.
        """
        if len(self.waiting) >= MOST_WAITING:
            raise FullError(f"{MOST_WAITING} commands wait already")
        self._number += 1
        item = Item(self._number, text, priority, answer, timeout, owner_id, client_id)
        insort(self.waiting, item)
        return item

    def remove(self, number: int) -> Item | None:
        """Take out a command that waits; None when there is none of that number."""
        for item in self.waiting:
            if item.number == number:
                self.waiting.remove(item)
                return item
        return None

    def clear(self, owner_id: str = "") -> int:
        """Take out what waits, of one owner or of all; return how many there were."""
        kept = [item for item in self.waiting if owner_id not in ("", item.owner_id)]
        count = len(self.waiting) - len(kept)
        self.waiting[:] = kept
        return count

    def begin(self, now: float, timeout: float) -> Item | None:
        """Take the next command that is to be sent now, if any.

        :param timeout: seconds for one without a time of its own.
        """
        if self.paused or self.current is not None or not self.waiting:
            return None
        self.current = item = self.waiting.pop(0)
        self.lines, self._partial = [], ""
        self.deadline = now + (timeout if item.timeout is None else item.timeout)
        return item

    def hear(self, text: str, *, prompt: bool = False, continues: bool = False) -> str:
        """Take what the MUD says.

        :param text: a line, or a piece of one, without colours.
        :param prompt: it is a prompt.
        :param continues: the rest of the line is still to come.
        :returns: ``answer`` or ``prompt`` when that answers the current command, else nothing.
        """
        item = self.current
        if item is None:
            return ""
        self._partial += text
        if continues:
            return ""
        line, self._partial = self._partial, ""
        self.lines = [*self.lines[-MOST_LINES + 1 :], line]
        if item.answer:
            return "answer" if re.search(item.answer, line) else ""
        return "prompt" if prompt else ""

    def finish(self) -> tuple[Item, list[str]] | None:
        """Let go of the current command, and return it and what the MUD has said since."""
        item, self.current = self.current, None
        lines, self.lines, self._partial = self.lines, [], ""
        return None if item is None else (item, lines)
