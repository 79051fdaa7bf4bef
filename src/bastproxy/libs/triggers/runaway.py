r"""Whether a pattern could run away: match a line in so many ways that trying all takes ages.

``(\w+\s?)*!`` splits a word of 24 letters in eight million ways before it finds that there is
no exclamation mark, and in twice as many for each letter more. It is so wherever a repeat can
go through the same text on two paths that come together again. What is repeated is therefore
made an automaton of positions (V. Glushkov, 1961), and the pairs of positions that the same
text reaches are walked: exponential ambiguity, as A. Weber and H. Seidl (1991) define it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from re import _constants as ops  # type: ignore[attr-defined]
from typing import Any, Final, NamedTuple

from bastproxy.libs.triggers.folding import fold

FEW: Final = 4
"""A repeat with more copies counts as endless."""
MOST_IN_A_ROW: Final = 3
"""So many endless repeats of the same characters may follow one another."""
MOST_PAIRS: Final = 20_000

NESTED: Final = (
    "a repeat in it can go through the same text in several ways, as (\\w+\\s?)* can; have what is "
    "repeated end in something that it cannot begin with, as (\\w+\\s)* does, or give the inner "
    "repeat nothing back, as (\\w++\\s?)* does"
)
IN_A_ROW: Final = (
    "more than three endless repeats of the same characters follow one another, as in .*.*.*.*; "
    "one is enough, or put what stands between them"
)

_REPEATS: Final = (ops.MAX_REPEAT, ops.MIN_REPEAT)
_LEAVES: Final = (ops.LITERAL, ops.NOT_LITERAL, ops.ANY, ops.ANY_ALL, ops.IN)
# One of each kind of character that a category tells from others.
_SAMPLES: Final = "aZ5_ -.\n\té—"
_CATEGORIES: Final[dict[Any, Callable[[str], bool]]] = {
    ops.CATEGORY_DIGIT: str.isdecimal,
    ops.CATEGORY_SPACE: str.isspace,
    ops.CATEGORY_WORD: lambda char: char.isalnum() or char == "_",
}
_NOT: Final = {
    ops.CATEGORY_NOT_DIGIT: ops.CATEGORY_DIGIT,
    ops.CATEGORY_NOT_SPACE: ops.CATEGORY_SPACE,
    ops.CATEGORY_NOT_WORD: ops.CATEGORY_WORD,
}
_IGNORE_CASE: Final = 2
_DOT_ALL: Final = 16

Chars = frozenset[str]
Tree = Iterable[tuple[Any, Any]]


def reason_to_refuse(tree: Any) -> str:
    """Return why a parsed pattern could run away, in words for people; empty when it does not.

    :param tree: what ``re._parser.parse`` has returned.
    """
    flags = tree.state.flags
    endless = _count_endless(tree)
    if not endless:
        return ""
    loops = list(_loops(tree, flags))
    if not loops and endless <= MOST_IN_A_ROW:
        return ""
    alphabet = frozenset([*_SAMPLES, *_characters(tree)])
    if any(_is_ambiguous(body, inner, alphabet) for body, inner in loops):
        return NESTED
    return IN_A_ROW if _Row(alphabet).is_too_long(tree, flags) else ""


def _children(operation: Any, argument: Any, flags: int) -> list[tuple[Any, int]]:
    """Return what is in a part, each with the flags that hold there."""
    if operation is ops.SUBPATTERN:
        return [(argument[3], (flags | argument[1]) & ~argument[2])]
    if operation is ops.BRANCH:
        return [(branch, flags) for branch in argument[1]]
    if operation in (*_REPEATS, ops.POSSESSIVE_REPEAT):
        return [(argument[2], flags)]
    if operation is ops.ATOMIC_GROUP:
        return [(argument, flags)]
    if operation in (ops.ASSERT, ops.ASSERT_NOT):
        return [(argument[1], flags)]
    if operation is ops.GROUPREF_EXISTS:
        return [(branch, flags) for branch in argument[1:] if branch is not None]
    return []


def _characters(tree: Tree) -> Iterator[str]:
    for operation, argument in tree:
        if operation in (ops.LITERAL, ops.NOT_LITERAL):
            yield chr(argument)
        elif operation is ops.RANGE:
            yield from map(chr, argument)
        elif operation is ops.IN:
            yield from _characters(argument)
        for child, _ in _children(operation, argument, 0):
            yield from _characters(child)


def _is_endless(operation: Any, argument: Any) -> bool:
    return operation in _REPEATS and argument[1] > FEW


def _count_endless(tree: Tree) -> int:
    return sum(
        _is_endless(operation, argument)
        + sum(_count_endless(child) for child, _ in _children(operation, argument, 0))
        for operation, argument in tree
    )


def _loops(tree: Tree, flags: int) -> Iterator[tuple[Tree, int]]:
    """Yield the bodies of the outermost endless repeats that could be gone through twice."""
    for operation, argument in tree:
        children = _children(operation, argument, flags)
        if _is_endless(operation, argument) and _has_choice(argument[2]):
            yield from children
            yield from _opaque(argument[2], flags)
        else:
            for child, inner in children:
                yield from _loops(child, inner)


def _opaque(tree: Tree, flags: int) -> Iterator[tuple[Tree, int]]:
    """Yield the loops inside what a loop around them does not see into."""
    for operation, argument in tree:
        seen = operation in (ops.SUBPATTERN, ops.BRANCH, *_REPEATS)
        for child, inner in _children(operation, argument, flags):
            yield from _opaque(child, inner) if seen else _loops(child, inner)


def _has_choice(tree: Tree) -> bool:
    for operation, argument in tree:
        if operation in (ops.BRANCH, ops.GROUPREF, ops.GROUPREF_EXISTS):
            return True
        if operation in _REPEATS and argument[0] != argument[1]:
            return True
        if any(_has_choice(child) for child, _ in _children(operation, argument, 0)):
            return True
    return False


class _Sets:
    """Which characters of an alphabet a part of one character matches."""

    def __init__(self, alphabet: Chars) -> None:
        self._alphabet = alphabet

    def of(self, operation: Any, argument: Any, flags: int) -> Chars:
        if operation in (ops.GROUPREF, ops.ANY_ALL) or (flags & _DOT_ALL and operation is ops.ANY):
            return self._alphabet
        if operation is ops.ANY:
            return self._alphabet - {"\n"}
        same = fold if flags & _IGNORE_CASE else str
        items = argument if operation is ops.IN else [(ops.LITERAL, argument)]
        negated = operation is ops.NOT_LITERAL
        found: set[str] = set()
        for kind, value in items:
            if kind is ops.NEGATE:
                negated = True
            else:
                found.update(char for char in self._alphabet if _is_in(char, kind, value, same))
        return self._alphabet - found if negated else frozenset(found)


def _is_in(char: str, kind: Any, value: Any, same: Any) -> bool:
    if kind is ops.LITERAL:
        return bool(same(char) == same(chr(value)))
    if kind is ops.RANGE:
        return any(value[0] <= ord(one) <= value[1] for one in _cases(char, same))
    if kind is ops.CATEGORY:
        test = _CATEGORIES.get(_NOT.get(value, value))
        return test is None or bool(test(char)) is not (value in _NOT)
    return True


def _cases(char: str, same: Any) -> tuple[str, ...]:
    if same is str:
        return (char,)
    return tuple(one for one in (char, char.lower(), char.upper()) if len(one) == 1)


class _Piece(NamedTuple):
    """What a part of a loop can begin and end with, and in how many ways it matches nothing."""

    empty: int
    first: list[int]
    last: list[int]


_ZERO_WIDTH: Final = _Piece(1, [], [])


class _Positions:
    """The positions of a loop's body, and in how many ways each can follow another.

    :ivar several: a part of it matches nothing in several ways.
    """

    def __init__(self, alphabet: Chars) -> None:
        self._sets = _Sets(alphabet)
        self.several = False
        self.chars: list[Chars] = []
        self.follow: list[Counter[int]] = []

    def sequence(self, tree: Tree, flags: int) -> _Piece:
        whole = _ZERO_WIDTH
        for operation, argument in tree:
            whole = self._join(whole, self._part(operation, argument, flags))
        return whole

    def link(self, last: list[int], first: list[int]) -> None:
        for position in last:
            self.follow[position].update(first)

    def _join(self, left: _Piece, right: _Piece) -> _Piece:
        self.link(left.last, right.first)
        return _Piece(
            left.empty * right.empty,
            left.first + right.first if left.empty else left.first,
            left.last + right.last if right.empty else right.last,
        )

    def _part(self, operation: Any, argument: Any, flags: int) -> _Piece:
        if operation in _LEAVES or operation is ops.GROUPREF:
            return self._position(self._sets.of(operation, argument, flags))
        if operation in (ops.POSSESSIVE_REPEAT, ops.ATOMIC_GROUP):
            return self._position(frozenset())  # it takes one way only
        if operation in (ops.AT, ops.ASSERT, ops.ASSERT_NOT, ops.FAILURE):
            return _ZERO_WIDTH
        if operation in _REPEATS:
            return self._repeat(argument, flags)
        choices = [
            self.sequence(child, inner) for child, inner in _children(operation, argument, flags)
        ]
        if operation is ops.GROUPREF_EXISTS and argument[2] is None:
            choices.append(_ZERO_WIDTH)
        return _Piece(
            self._ways(sum(choice.empty for choice in choices)),
            [position for choice in choices for position in choice.first],
            [position for choice in choices for position in choice.last],
        )

    def _position(self, chars: Chars) -> _Piece:
        position = len(self.chars)
        self.chars.append(chars)
        self.follow.append(Counter())
        return _Piece(0, [position], [position])

    def _repeat(self, argument: Any, flags: int) -> _Piece:
        least, most, body = argument
        whole = self.sequence(body, flags)
        if most > FEW:
            self.link(whole.last, whole.first)
            return whole._replace(empty=1 if whole.empty or least == 0 else 0)
        last = list(whole.last) if least <= 1 else []
        copy = whole
        for number in range(2, most + 1):
            before, copy = copy, self.sequence(body, flags)
            self.link(before.last, copy.first)
            if number >= least:
                last += copy.last
        return _Piece(self._ways(whole.empty + (least == 0)), whole.first, last)

    def _ways(self, ways: int) -> int:
        self.several = self.several or ways > 1
        return ways


def _is_ambiguous(body: Tree, flags: int, alphabet: Chars) -> bool:
    """Say whether going through ``body`` again and again can take two ways over one text."""
    positions = _Positions(alphabet)
    whole = positions.sequence(body, flags)
    positions.link(whole.last, whole.first)
    chars, follow = positions.chars, positions.follow
    if positions.several or any(count > 1 for after in follow for count in after.values()):
        return True
    waiting = [
        pair for after in follow for pair in _pairs(after, after, chars) if pair[0] < pair[1]
    ]
    seen = set(waiting)
    while waiting and len(seen) < MOST_PAIRS:
        one, other = waiting.pop()
        for pair in _pairs(follow[one], follow[other], chars):
            if pair[0] == pair[1]:
                return True
            if pair not in seen:
                seen.add(pair)
                waiting.append(pair)
    return False


def _pairs(
    left: Iterable[int], right: Iterable[int], chars: list[Chars]
) -> Iterator[tuple[int, int]]:
    for one in left:
        for other in right:
            if chars[one] & chars[other]:
                yield (one, other) if one <= other else (other, one)


class _Row:
    """Counts endless repeats in a row that could each take what another does."""

    def __init__(self, alphabet: Chars) -> None:
        self._sets = _Sets(alphabet)
        self._common: Chars = frozenset()
        self._length = 0

    def is_too_long(self, tree: Tree, flags: int) -> bool:
        return any(self._passes(operation, argument, flags) for operation, argument in tree)

    def _passes(self, operation: Any, argument: Any, flags: int) -> bool:
        if operation is ops.SUBPATTERN:
            ((child, inner),) = _children(operation, argument, flags)
            return self.is_too_long(child, inner)
        if operation is ops.BRANCH:
            before = self._common, self._length
            for branch in argument[1]:
                self._common, self._length = before
                if self.is_too_long(branch, flags):
                    return True
            self._length = 0
        elif _is_endless(operation, argument):
            return self._adds(argument[2], flags)
        elif (
            operation in _LEAVES
            or operation is ops.GROUPREF
            or (operation in _REPEATS and argument[0])
        ):
            self._length = 0
        return False

    def _adds(self, body: Tree, flags: int) -> bool:
        chars = self._one_of(body, flags)
        if chars is None:
            self._length = 0
            return False
        both = chars & self._common
        self._common, self._length = (
            (both, self._length + 1) if both and self._length else (chars, 1)
        )
        return self._length > MOST_IN_A_ROW

    def _one_of(self, body: Tree, flags: int) -> Chars | None:
        parts = list(body)
        if len(parts) != 1:
            return None
        operation, argument = parts[0]
        if operation is ops.SUBPATTERN:
            ((child, inner),) = _children(operation, argument, flags)
            return self._one_of(child, inner)
        return self._sets.of(operation, argument, flags) if operation in _LEAVES else None
