"""The names that a wrong name may have been meant to be."""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz import fuzz, process

CUTOFF = 60


def nearest(word: str, words: Iterable[str], limit: int = 3) -> list[str]:
    """Return up to ``limit`` of ``words`` that resemble ``word``, the most alike first."""
    matches = process.extract(
        word,
        list(words),
        scorer=fuzz.WRatio,
        processor=str.lower,
        limit=limit,
        score_cutoff=CUTOFF,
    )
    return [match[0] for match in matches]


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """Return `` (did you mean a, b?)`` to put behind a message, or nothing."""
    names = nearest(word, words)
    return f" (did you mean {', '.join(names)}?)" if names else ""
