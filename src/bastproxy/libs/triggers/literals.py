"""The literals of a pattern: texts of which every line that it matches holds at least one.

They are read from the tree that :mod:`re` itself parses a pattern into. All are folded (see
:mod:`~bastproxy.libs.triggers.folding`), so that what a pattern says of case does not matter.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import groupby
from math import log2
from re import _constants as ops  # type: ignore[attr-defined]
from typing import Any, Final, NamedTuple

from bastproxy.libs.triggers.folding import fold

MOST_ALTERNATIVES: Final = 16
MOST_COPIES: Final = 16
MOST_OF_RANGE: Final = 16
LEAST_BITS: Final = 6.0
"""A literal that says less, such as a single e, is in too many lines to be of use."""

MOST_CHOICES: Final = 6

Texts = frozenset[str]

_NOTHING: Final[Texts] = frozenset(("",))
# About how many bits it says that a character is in a line of English, spaces first.
_COMMON: Final = " etaoinshrdlucmfwypvbgk"
_BITS: Final = [7.5] * 256
for _index, _char in enumerate(_COMMON):
    _BITS[ord(_char)] = 2.5 + _index / 5


class _Shape(NamedTuple):
    """What is known of the texts that a part of a pattern matches.

    :ivar exact: all of them, when they are few.
    :ivar prefix: each of them begins with one of these.
    :ivar suffix: each of them ends with one of these.
    :ivar needed: of each of these sets each of them, or the line around it, holds a text.
    """

    exact: Texts | None
    prefix: Texts
    suffix: Texts
    needed: tuple[Texts, ...]


_EMPTY: Final = _Shape(_NOTHING, _NOTHING, _NOTHING, ())
_ANYTHING: Final = _Shape(None, _NOTHING, _NOTHING, ())


def choices_of(tree: Any) -> tuple[Texts, ...]:
    """Return sets of literals, folded, the best first; each of them will do alone.

    :param tree: what ``re._parser.parse`` has returned.
    :returns: nothing when the pattern has no useful ones.
    """
    sets = _required(_sequence(tree))
    ends = [end for texts in sets if len(texts) > 1 for end in _common_ends(texts)]
    return tuple(texts for texts in _best(*sets, *ends) if _least(texts) >= LEAST_BITS)


def _common_ends(texts: Texts) -> list[Texts]:
    """Return what all texts begin with, and what they end with: one literal is less to find."""
    backwards = _common_begin([text[::-1] for text in texts])
    return [frozenset((end,)) for end in (_common_begin(texts), backwards[::-1])]


def _common_begin(texts: Collection[str]) -> str:
    begin = min(texts)
    for size, (one, other) in enumerate(zip(begin, max(texts), strict=False)):
        if one != other:
            return begin[:size]
    return begin


def bits_of(literal: bytes) -> float:
    """Return about how much it says that a line holds this; more is rarer."""
    return sum(map(_BITS.__getitem__, literal))


def _least(texts: Texts) -> float:
    return min(bits_of(text.encode("utf-8", "surrogatepass")) for text in texts)


def _score(texts: Texts) -> float:
    return max(0.1, _least(texts) - log2(len(texts)))


def _best(*choices: Texts) -> tuple[Texts, ...]:
    """Return the best sets, those left out that a text can hold nothing of."""
    useful = [texts for texts in dict.fromkeys(choices) if texts and "" not in texts]
    if len(useful) > 1:
        useful.sort(key=_score, reverse=True)
    return tuple(useful[:MOST_CHOICES])


def _required(shape: _Shape) -> tuple[Texts, ...]:
    if shape.exact is not None:
        return _best(shape.exact, *shape.needed)
    return _best(shape.prefix, shape.suffix, *shape.needed)


def _exactly(texts: Iterable[str]) -> _Shape:
    exact = frozenset(texts)
    return _Shape(exact, exact, exact, ())


def _cross(left: Texts, right: Texts) -> Texts | None:
    if len(left) * len(right) > MOST_ALTERNATIVES:
        return None
    return frozenset(first + second for first in left for second in right)


def _join(left: _Shape, right: _Shape) -> _Shape:
    if left is _EMPTY:
        return right
    if left.exact is not None and right.exact is not None:
        exact = _cross(left.exact, right.exact)
        if exact is not None:
            return _Shape(exact, exact, exact, left.needed + right.needed)
    middle = _cross(left.suffix, right.prefix)
    between = (middle,) if middle is not None else (left.suffix, right.prefix)
    prefix, suffix = left.prefix, right.suffix
    if left.exact is not None:
        prefix = _cross(left.exact, right.prefix) or prefix
    if right.exact is not None:
        suffix = _cross(left.suffix, right.exact) or suffix
    return _Shape(None, prefix, suffix, _best(*left.needed, *right.needed, *between))


def _sequence(parts: Iterable[tuple[Any, Any]]) -> _Shape:
    shape = _EMPTY
    for is_literal, run in groupby(parts, key=_is_literal):
        if is_literal:
            shape = _join(shape, _exactly([fold("".join(chr(code) for _, code in run))]))
        else:
            for operation, argument in run:
                shape = _join(shape, _part(operation, argument))
    return shape


def _is_literal(part: tuple[Any, Any]) -> bool:
    return part[0] is ops.LITERAL


def _part(operation: Any, argument: Any) -> _Shape:
    if operation is ops.IN:
        return _set(argument)
    if operation is ops.SUBPATTERN:
        return _sequence(argument[3])
    if operation is ops.ATOMIC_GROUP:
        return _sequence(argument)
    if operation is ops.BRANCH:
        return _either([_sequence(branch) for branch in argument[1]])
    if operation in (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT):
        return _repeat(*argument)
    if operation is ops.GROUPREF_EXISTS:
        return _either([_sequence(branch or ()) for branch in argument[1:]])
    if operation is ops.ASSERT:
        return _EMPTY._replace(needed=_required(_sequence(argument[1])))
    if operation in (ops.AT, ops.ASSERT_NOT, ops.FAILURE):
        return _EMPTY
    return _ANYTHING


def _set(items: Iterable[tuple[Any, Any]]) -> _Shape:
    chars: list[str] = []
    for operation, argument in items:
        if operation is ops.LITERAL:
            chars.append(chr(argument))
        elif operation is ops.RANGE and argument[1] - argument[0] < MOST_OF_RANGE:
            chars += map(chr, range(argument[0], argument[1] + 1))
        else:
            return _ANYTHING
    texts = frozenset(map(fold, chars))
    return _exactly(texts) if len(texts) <= MOST_ALTERNATIVES else _ANYTHING


def _either(shapes: list[_Shape]) -> _Shape:
    needed = _union([next(iter(_required(shape)), None) for shape in shapes])
    return _Shape(
        _union([shape.exact for shape in shapes]),
        _union([shape.prefix for shape in shapes]) or _NOTHING,
        _union([shape.suffix for shape in shapes]) or _NOTHING,
        _best(needed) if needed is not None else (),
    )


def _union(choices: list[Texts | None]) -> Texts | None:
    union: Texts = frozenset()
    for choice in choices:
        if choice is None:
            return None
        union |= choice
    return union if len(union) <= MOST_ALTERNATIVES else None


def _repeat(least: int, most: int, body: Any) -> _Shape:
    once = _sequence(body)
    if least == 0:
        return _either([_EMPTY, once]) if most == 1 else _ANYTHING
    shape = once
    for _ in range(min(least, MOST_COPIES) - 1):
        shape = _join(shape, once)
    if most == least <= MOST_COPIES:
        return shape
    return _Shape(None, shape.prefix, shape.suffix, _required(shape))
