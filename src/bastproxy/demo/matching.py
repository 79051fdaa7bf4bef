"""Finding what a player means by a word: ``rat``, ``2.rat``, ``all``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar


class Named(Protocol):
    """Anything with a name."""

    @property
    def name(self) -> str:
        """Return the name, whose words are keywords."""


N = TypeVar("N", bound=Named)


def find(wanted: str, among: Iterable[N]) -> N | None:
    """Return the first whose name has words beginning with the wanted ones.

    ``2.rat`` is the second of them.
    """
    number, dot, rest = wanted.partition(".")
    if not (dot and number.isascii() and number.isdigit()):
        number, rest = "1", wanted
    # More digits than a screen has things; and int() refuses very long ones.
    index = int(number) - 1 if len(number) < 4 else -1
    found = [thing for thing in among if _matches(rest, thing.name)]
    return found[index] if 0 <= index < len(found) else None


def _matches(wanted: str, name: str) -> bool:
    words = name.lower().split()
    parts = wanted.lower().split()
    return bool(parts) and all(any(word.startswith(part) for word in words) for part in parts)
