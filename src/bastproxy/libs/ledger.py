"""The one record of who owns which registration, and how it is undone."""

from __future__ import annotations

import logging
from collections.abc import Collection, Hashable, Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

logger = logging.getLogger("bastproxy.libs.ledger")

#: Whose initialize hooks are running, or have begun the task that is running.
initializing: ContextVar[str] = ContextVar("initializing", default="")


class State(StrEnum):
    """Where a line stands between its registration and its end."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    RELEASED = "released"


# To look a member up in its enum takes longer than to compare it.
_ACTIVE, _SUSPENDED, _RELEASED = State


class Keeper(Protocol):
    """A registry, as the ledger sees it: it can undo what it accepted, by key."""

    def suspend(self, key: Hashable) -> None:
        """Stop serving the registration, but keep its place."""

    def resume(self, key: Hashable) -> None:
        """Serve a suspended registration again, in its old place."""

    def release(self, key: Hashable) -> None:
        """Forget the registration."""


@dataclass(slots=True, eq=False)
class Line:
    """One registration: who owns it, of which generation, and what it is.

    :ivar by_initialize: the owner's ``initialize`` hooks have made it, or a task of theirs;
        running them again makes it again.
    """

    owner_id: str
    generation: int
    kind: str
    key: Hashable
    name: str
    by_initialize: bool = False
    state: State = _ACTIVE


class Ledger:
    """Every registration of every owner, in the order in which they were made.

    A registry introduces itself once with :meth:`add_kind`; when it accepts
    something it calls :meth:`write`, and when its owner takes the thing back by
    hand, :meth:`strike`.  Unloading an owner is then one call of :meth:`release`.
    """

    def __init__(self) -> None:
        self._keepers: dict[str, Keeper] = {}
        self._lines: dict[str, dict[tuple[str, Hashable], Line]] = {}
        self._generations: dict[str, int] = {}
        self._opened: dict[str, int] = {}

    def add_kind(self, kind: str, keeper: Keeper) -> None:
        """Let ``keeper`` answer for all lines of ``kind``.

        :raises ValueError: the kind is taken.
        """
        if kind in self._keepers:
            raise ValueError(f"the ledger has a keeper for {kind!r} already")
        self._keepers[kind] = keeper

    def generation(self, owner_id: str) -> int:
        """Return the generation that new lines of ``owner_id`` belong to, 0 before the first."""
        return self._generations.get(owner_id, 0)

    def open_generation(self, owner_id: str) -> int:
        """Begin the next generation of ``owner_id`` and return its number, from 1."""
        generation = self._opened.get(owner_id, 0) + 1
        self._opened[owner_id] = self._generations[owner_id] = generation
        return generation

    def return_to_generation(self, owner_id: str, generation: int) -> None:
        """Have new lines belong to an earlier generation again; its number is not reused."""
        self._generations[owner_id] = generation

    def write(self, owner_id: str, kind: str, key: Hashable, name: str) -> Line:
        """Record that ``owner_id`` owns ``key`` of ``kind``.

        :param name: what a person calls it.
        """
        generation = self._generations.get(owner_id, 0)
        line = Line(owner_id, generation, kind, key, name, initializing.get() == owner_id)
        lines = self._lines.get(owner_id)
        if lines is None:
            lines = self._lines[owner_id] = {}
        place = (kind, key)
        if place in lines:
            lines[place].state = _RELEASED
        lines[place] = line
        return line

    def strike(self, owner_id: str, kind: str, key: Hashable) -> None:
        """Drop a line whose registry has undone the registration by itself."""
        lines = self._lines.get(owner_id)
        line = lines.pop((kind, key), None) if lines is not None else None
        if line is not None:
            line.state = _RELEASED
            if not lines:
                del self._lines[owner_id]

    def lines(
        self, owner_id: str, *, generation: int | None = None, kind: str | None = None
    ) -> list[Line]:
        """Return the lines of an owner, oldest first."""
        return [
            line
            for line in self._lines.get(owner_id, {}).values()
            if (generation is None or line.generation == generation)
            and (kind is None or line.kind == kind)
        ]

    def owners(self) -> list[str]:
        """Return everybody who owns at least one line."""
        return list(self._lines)

    def __iter__(self) -> Iterator[Line]:
        for lines in list(self._lines.values()):
            yield from list(lines.values())

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))

    def release(
        self, owner_id: str, *, generation: int | None = None, kind: str | None = None
    ) -> int:
        """Undo the lines of an owner, newest first, and return how many there were.

        A keeper that fails is logged and does not stop the rest.
        """
        lines = self.lines(owner_id, generation=generation, kind=kind)
        for line in reversed(lines):
            self.drop(line)
        return len(lines)

    def drop(self, line: Line) -> None:
        """Undo one registration."""
        # Undoing one registration may have undone, or replaced, another.
        if line.state is not _RELEASED:
            self._tell(line, "release")
        if line.state is not _RELEASED:
            self.strike(line.owner_id, line.kind, line.key)

    def suspend(self, owner_id: str, *, generation: int) -> int:
        """Set the active lines of one generation aside, newest first."""
        lines = self.lines(owner_id, generation=generation)
        return self._change(reversed(lines), "suspend", _ACTIVE, _SUSPENDED)

    def resume(self, owner_id: str, *, generation: int, but: Collection[Line] = ()) -> int:
        """Make the suspended lines of one generation active again, oldest first.

        :param but: lines that stay as they are.
        """
        stay = set(but)
        lines = self.lines(owner_id, generation=generation)
        lines = [line for line in lines if line not in stay]
        return self._change(lines, "resume", _SUSPENDED, _ACTIVE)

    def _change(self, lines: Iterable[Line], what: str, before: State, after: State) -> int:
        count = 0
        for line in lines:
            if line.state is before:
                self._tell(line, what)
                count += 1
                if line.state is before:  # and its keeper has not undone it
                    line.state = after
        return count

    def _tell(self, line: Line, what: str) -> None:
        try:
            getattr(self._keepers[line.kind], what)(line.key)
        except Exception:
            logger.exception(
                "%s: could not %s the %s %r", line.owner_id, what, line.kind, line.name
            )
