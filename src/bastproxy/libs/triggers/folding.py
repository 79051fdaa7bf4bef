"""Folding of case exactly as :mod:`re` does it, so that a folded search misses no match."""

from __future__ import annotations

from re import _casefix  # type: ignore[attr-defined]
from typing import Any

_OTHERS: Any = _casefix._EXTRA_CASES


class _Table(dict[int, int]):
    """Each character's representative; made when it is first met."""

    def __missing__(self, code: int) -> int:
        lower = chr(code).lower()
        # Of all characters only the dotted capital I becomes two; re makes it an i.
        first = ord(lower[0])
        folded: int = min(first, *_OTHERS.get(first, (first,)))
        self[code] = folded
        return folded


_table = _Table()


def fold(text: str) -> str:
    """Return ``text`` with characters that ``re.IGNORECASE`` takes for equal made equal.

    Character by character, and of the same length: unlike :meth:`str.casefold`, and unlike
    :meth:`str.lower` for a final sigma and a dotted capital I.
    """
    return text.lower() if text.isascii() else text.translate(_table)


def fold_to_bytes(text: str) -> bytes:
    """Return :func:`fold` of ``text`` in UTF-8, what cannot be decoded included."""
    return fold(text).encode("utf-8", "surrogatepass")
