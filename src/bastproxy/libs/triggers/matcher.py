"""Matcher: many patterns on one text, at a cost that does not grow with their number."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Generic, TypeVar

from bastproxy.libs.triggers.folding import fold_to_bytes
from bastproxy.libs.triggers.index import LiteralIndex
from bastproxy.libs.triggers.pattern import Pattern

K = TypeVar("K")


class Candidate(Generic[K]):
    """A pattern that may match.

    :ivar place: (priority, serial): its place in the order.
    :ivar search: that of its compiled regular expression.
    """

    __slots__ = ("key", "pattern", "place", "search")

    def __init__(self, key: K, pattern: Pattern, place: tuple[int, int]) -> None:
        self.key = key
        self.pattern = pattern
        self.place = place
        self.search = pattern.regex.search


class Matcher(Generic[K]):
    """Patterns by key, matched with one text.

    One search for all literals names the patterns that may match; those that have no literal
    are always named. :mod:`re` alone decides. A cost that grows is only that of the latter.
    """

    def __init__(self) -> None:
        self._serials = itertools.count(1)
        self._all: dict[K, Candidate[K]] = {}
        self._index: LiteralIndex[Candidate[K]] = LiteralIndex()
        self._always: list[Candidate[K]] = []

    def add(self, key: K, pattern: Pattern, priority: int = 50, serial: int | None = None) -> None:
        """Add a pattern; one of the same key is replaced.

        :param priority: lower comes first; the same priority in the order of ``serial``.
        :param serial: by default the matcher's own count, so that it comes last.
        """
        self.remove(key)
        place = (priority, next(self._serials) if serial is None else serial)
        one = self._all[key] = Candidate(key, pattern, place)
        if pattern.choices:
            self._index.add(one, pattern.choices)
        else:
            self._always = sorted([*self._always, one], key=_PLACE)

    def remove(self, key: K) -> bool:
        """Remove a pattern; False when there is none of that key."""
        one = self._all.pop(key, None)
        if one is None:
            return False
        if one.pattern.choices:
            self._index.remove(one)
        else:
            self._always = [other for other in self._always if other is not one]
        return True

    def candidates(self, text: str) -> Sequence[Candidate[K]]:
        """Return what may match, in order; everything that matches is among it."""
        if not self._index:
            return self._always
        found = self._index.find(fold_to_bytes(text))
        if not found:
            return self._always
        if len(found) == 1 and not self._always:
            return list(found)
        return sorted([*found, *self._always], key=_PLACE)

    def match(self, text: str) -> list[tuple[K, re.Match[str]]]:
        """Return the keys of all patterns that match anywhere in the text, in order.

        With each comes its first match; for all of them use ``match.re.finditer(text)``.
        """
        matches = [(one.key, one.search(text)) for one in self.candidates(text)]
        return [(key, match) for key, match in matches if match is not None]

    def get(self, key: K) -> Pattern | None:
        """Return the pattern of a key, or None."""
        one = self._all.get(key)
        return one.pattern if one is not None else None

    def __len__(self) -> int:
        return len(self._all)

    def __contains__(self, key: object) -> bool:
        return key in self._all

    def __iter__(self) -> Iterator[K]:
        return iter(self._all)


_PLACE = attrgetter("place")
