"""One word that a player typed against the names there are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from bastproxy.libs.nearest import nearest

# "disconnect" and "connect" are 82 alike and "unload" and "load" 80: none may stand in
# for the other, but "lst" (86) may for "list".
SURE = 85
LEAD = 10
SWAPPED = 95


class Match(NamedTuple):
    """What a word stands for: ``name``, or else the ``candidates`` to choose from.

    ``ambiguous`` says that the candidates all begin with the word.
    """

    name: str | None
    candidates: tuple[str, ...] = ()
    ambiguous: bool = False


def match(word: str, names: Iterable[str]) -> Match:
    """Find the name that ``word`` is, begins, or can only be a slip for, in that order."""
    folded: dict[str, list[str]] = {}
    for name in names:
        folded.setdefault(fold(name), []).append(name)
    typed = fold(word)
    if word in folded.get(typed, ()):
        return Match(word)
    if typed in folded:
        return _one_of(folded[typed])
    beginning = [name for key, same in folded.items() if key.startswith(typed) for name in same]
    if beginning and typed:
        return _one_of(beginning)
    return _slip(typed, folded)


def fold(name: str) -> str:
    """Return what of a name matters: neither case nor the kind of dash."""
    return name.casefold().replace("-", "_")


def _one_of(names: list[str]) -> Match:
    if len(names) == 1:
        return Match(names[0])
    return Match(None, tuple(sorted(names)), ambiguous=True)


def _slip(typed: str, folded: dict[str, list[str]]) -> Match:
    scores = sorted(((_alike(typed, key), key) for key in folded), reverse=True)
    if scores and scores[0][0] >= SURE:
        best, key = scores[0]
        if (len(scores) == 1 or best - scores[1][0] >= LEAD) and len(folded[key]) == 1:
            return Match(folded[key][0])
    names = [name for key in nearest(typed, folded) for name in folded[key]]
    return Match(None, tuple(names))


def _alike(typed: str, key: str) -> float:
    if sorted(typed) == sorted(key) and OSA.distance(typed, key) == 1:
        return SWAPPED
    return fuzz.ratio(typed, key)
