"""Pattern: a regular expression of a player or a plugin, checked and taken apart."""

from __future__ import annotations

import re
from functools import lru_cache
from re import _parser  # type: ignore[attr-defined]
from typing import Any, Final

from bastproxy.libs.triggers.literals import Texts, choices_of
from bastproxy.libs.triggers.runaway import reason_to_refuse

LONGEST: Final = 10_000
"""Characters of a pattern."""
KEPT: Final = 16_384
"""So many patterns are remembered."""


class PatternError(ValueError):
    """A pattern cannot be used; the message is for people, with the place of the fault."""


class Pattern:
    """A compiled regular expression and its literals; made by :func:`compile_pattern`.

    :ivar text: as it was written.
    :ivar ignore_case: upper and lower case are the same all over.
    :ivar regex: what decides whether it matches.
    :ivar choices: sets of literals, folded, the best first; every text that it matches holds
        one of each. Empty when there are none of use, so that it must be tried on every text.
    """

    __slots__ = ("choices", "ignore_case", "regex", "text")

    def __init__(
        self, text: str, regex: re.Pattern[str], choices: tuple[Texts, ...], *, ignore_case: bool
    ) -> None:
        self.text = text
        self.ignore_case = ignore_case
        self.regex = regex
        self.choices = choices

    @property
    def literals(self) -> list[str]:
        """The best set of literals; empty when there is none."""
        return sorted(self.choices[0]) if self.choices else []

    def __repr__(self) -> str:
        return f"Pattern({self.text!r})"


def compile_pattern(text: str, *, ignore_case: bool = False, force: bool = False) -> Pattern:
    """Return a pattern, ready to be matched.

    :param text: a regular expression of :mod:`re`.
    :param ignore_case: upper and lower case are the same, as with ``(?i)``.
    :param force: take it even though it could run away.
    :raises PatternError: it is no regular expression, or it could run away: on some lines
        matching it would take longer than anybody waits.
    """
    if len(text) > LONGEST:
        raise PatternError(f"a pattern has at most {LONGEST:,} characters, not {len(text):,}")
    return _compile(text, ignore_case, force)


# Reloading a plugin compiles all of its patterns again, while lines wait.
@lru_cache(maxsize=KEPT)
def _compile(text: str, ignore_case: bool, force: bool) -> Pattern:
    flags = re.IGNORECASE if ignore_case else re.NOFLAG
    try:
        regex = re.compile(text, flags)
        tree: Any = _parser.parse(text, int(flags))
    except re.error as error:
        raise PatternError(_explain(text, error)) from None
    except (OverflowError, RecursionError) as error:
        raise PatternError(f"{_short(text)} cannot be compiled: {error}") from None
    if not force and (reason := reason_to_refuse(tree)):
        raise PatternError(f"{_short(text)} could run away: {reason}")
    return Pattern(text, regex, choices_of(tree), ignore_case=ignore_case)


def _explain(text: str, error: re.error) -> str:
    if error.pos is None:
        return f"{_short(text)} is no regular expression: {error.msg}"
    start = max(0, error.pos - 20)
    there = text[error.pos : error.pos + 20]
    where = f"before {there!r}" if there else "at its end"
    after = f", after {text[start : error.pos]!r}" if error.pos else ""
    return (
        f"{_short(text)} is no regular expression: {error.msg} "
        f"at character {error.pos + 1} ({where}{after})"
    )


def _short(text: str, width: int = 60) -> str:
    return repr(text if len(text) <= width else f"{text[: width - 3]}...")
