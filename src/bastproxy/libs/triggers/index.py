"""Which literals a text holds: Aho-Corasick automata that are cheap to add to."""

from __future__ import annotations

from collections.abc import Sequence, Sized
from math import log2
from typing import Final, Generic, TypeVar

from ahocorasick_rs import BytesAhoCorasick, Implementation

from bastproxy.libs.triggers.folding import fold_to_bytes
from bastproxy.libs.triggers.literals import Texts, bits_of

LONGEST: Final = 10
"""Characters of a literal that are looked for: more cost time to build and find nothing else."""
ENOUGH: Final = 24.0
"""Bits of a literal: to be rarer by the letter is of no more use."""
CROWD: Final = 4.0
"""Bits that each doubling of those who share a literal takes: it is common in this game."""
LONG: Final = 200
"""Characters of a literal that are looked at."""
RATIO: Final = 4
LARGEST: Final = 16384
"""Literals of one automaton; building it holds the line path up, about 1 ms for each 600."""
SETTLE_AFTER: Final = 1000
"""Searches without a change after which all automata become one."""
SMALL: Final = 256
"""Up to so many literals an automaton that is faster, and slower to build, is built in 4 ms."""

T = TypeVar("T")


class _Tier(Generic[T]):
    """One automaton, and whose its literals are."""

    __slots__ = ("find", "literals", "owners")

    def __init__(
        self, literals: list[bytes], owners: list[dict[T, None]], *, settled: bool
    ) -> None:
        fast = settled and len(literals) <= SMALL
        kind = Implementation.DFA if fast else Implementation.ContiguousNFA
        self.literals = literals
        self.owners = owners
        self.find = BytesAhoCorasick(literals, implementation=kind).find_matches_as_indexes


class LiteralIndex(Generic[T]):
    """Finds those of whose literals a text holds one.

    A new literal gets an automaton of its own, which is merged with those that are not much
    larger, so that adding one costs little however many there are. When nothing has been
    added for a while they all become one.
    """

    def __init__(self) -> None:
        self._owners: dict[bytes, dict[T, None]] = {}
        self._parts: dict[T, set[bytes]] = {}
        self._pending: list[bytes] = []
        self._tiers: list[_Tier[T]] = []
        self._unsettled = 0
        self._dead = 0

    def __len__(self) -> int:
        return len(self._parts)

    def add(self, owner: T, choices: Sequence[Texts]) -> None:
        """Find ``owner`` in texts that hold a literal of it.

        :param choices: sets of literals, folded; each of them will do alone.
        """
        sets = [{self._part(literal) for literal in literals} for literals in choices]
        parts = sets[0] if len(sets) == 1 else max(sets, key=self._worth)
        self._parts[owner] = parts
        for part in parts:
            owners = self._owners.get(part)
            if owners is None:
                owners = self._owners[part] = {}
                self._pending.append(part)
            elif not owners:
                self._dead -= 1
            owners[owner] = None

    def remove(self, owner: T) -> None:
        """Find it no more."""
        for part in self._parts.pop(owner):
            owners = self._owners[part]
            del owners[owner]
            if not owners:
                self._dead += 1
        if self._dead > 64 and self._dead * 2 > len(self._owners):
            self._rebuild()

    def find(self, data: bytes) -> set[T]:
        """Return those of whose literals the text holds one.

        :param data: the text, through :func:`~bastproxy.libs.triggers.folding.fold_to_bytes`.
        """
        if self._pending:
            self._merge()
        elif self._unsettled:
            self._unsettled -= 1
            if not self._unsettled:
                self._rebuild()
        found: set[T] = set()
        for tier in self._tiers:
            hits = tier.find(data, True)
            if hits:
                owners = tier.owners
                for hit in hits:
                    found.update(owners[hit[0]])
        return found

    def _part(self, literal: str) -> bytes:
        """Return the part of a literal to look for: a rare one that few others share."""
        data = fold_to_bytes(literal[:LONG])
        if len(data) <= LONGEST:
            return data
        if not data.isascii():  # not to begin or end within a character
            return max(
                (fold_to_bytes(literal[start : start + LONGEST]) for start in _starts(literal)),
                key=self._rank,
            )
        return max((data[start : start + LONGEST] for start in _starts(data)), key=self._rank)

    def _rank(self, part: bytes) -> tuple[float, float]:
        bits = bits_of(part)
        owners = self._owners.get(part)
        crowd = CROWD * log2(1 + len(owners)) if owners else 0.0
        return min(bits, ENOUGH) - crowd, bits

    def _worth(self, parts: set[bytes]) -> tuple[float, float]:
        least, bits = min(map(self._rank, parts))
        many = log2(len(parts))
        return least - many, bits - many

    def _merge(self) -> None:
        """Build an automaton of what is new, together with the smaller ones before it."""
        literals = self._pending
        tiers = self._tiers
        while tiers and len(tiers[-1].literals) <= min(len(literals) * RATIO, LARGEST // 2):
            literals = tiers.pop().literals + literals
        self._pending = []
        self._build(literals, settled=False)
        self._unsettled = SETTLE_AFTER

    def _rebuild(self) -> None:
        self._owners = {part: owners for part, owners in self._owners.items() if owners}
        self._dead = 0
        self._pending = []
        self._tiers = []
        self._unsettled = 0
        self._build(list(self._owners), settled=True)

    def _build(self, literals: list[bytes], *, settled: bool) -> None:
        for start in range(0, len(literals), LARGEST):
            chunk = literals[start : start + LARGEST]
            owners = [self._owners[part] for part in chunk]
            self._tiers.append(_Tier(chunk, owners, settled=settled))


def _starts(text: Sized) -> range:
    return range(max(1, min(len(text), LONG) - LONGEST + 1))
