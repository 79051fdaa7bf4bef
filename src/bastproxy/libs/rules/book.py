"""The rules of one plugin: in order, by pattern and by number, and matched all at once."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from bastproxy.libs.rules.file import RuleFile
from bastproxy.libs.rules.rule import Compiled, Rule
from bastproxy.libs.triggers import Matcher

R = TypeVar("R", bound=Rule)


@dataclass(frozen=True, slots=True)
class Hit(Generic[R]):
    """A rule that matches.

    :ivar place: its place in the order.
    """

    rule: R
    regex: re.Pattern[str]
    place: tuple[int, int]


class RuleBook(Generic[R]):
    """A player's rules, saved whenever they change.

    :param compiled: patterns from before a reload; those of the rules are kept in it.
    """

    def __init__(self, file: RuleFile[R], compiled: Compiled | None = None) -> None:
        self._file = file
        self._rules: dict[str, R] = {}
        self._matcher: Matcher[str] = Matcher()
        self._serials = itertools.count(1)
        self._places: dict[str, int] = {}
        self.compiled: Compiled = {}
        known = dict(compiled or {})
        for rule in file.read(known):
            self._put(rule, known)

    def __len__(self) -> int:
        return len(self._rules)

    def __iter__(self) -> Iterator[R]:
        return iter(list(self._rules.values()))

    @property
    def active(self) -> bool:
        """Whether a rule is on, so that lines must be looked at."""
        return len(self._matcher) > 0

    @property
    def groups(self) -> list[str]:
        """The names of the groups, in order of the alphabet."""
        return sorted({rule.group for rule in self if rule.group})

    def find(self, which: str) -> R | None:
        """Return a rule by its pattern, or by its number in the list, from 1."""
        rule = self._rules.get(which)
        if rule is None and which.isdecimal() and len(which) < 8:
            number = int(which)
            rules = list(self._rules.values())
            rule = rules[number - 1] if 0 < number <= len(rules) else None
        return rule

    def number(self, rule: R) -> int:
        """Return the number of a rule in the list."""
        return list(self._rules).index(rule.pattern) + 1

    def add(self, rule: R) -> R | None:
        """Add a rule; return the one with the same pattern whose place it takes.

        :raises ValueError: something is wrong with it; nothing is changed.
        :raises OSError: it is in force, but could not be saved.
        """
        old = self._rules.get(rule.pattern)
        self._put(rule, self.compiled)
        self.save()
        return old

    def remove(self, rule: R) -> None:
        """Remove a rule.

        :raises OSError: it is gone, but that could not be saved.
        """
        del self._rules[rule.pattern], self._places[rule.pattern]
        self._matcher.remove(rule.pattern)
        self.compiled.pop(rule.key, None)
        self.save()

    def enable(self, rules: list[R], on: bool) -> None:
        """Switch rules on or off; raise as :meth:`remove` does."""
        for rule in rules:
            self._put(msgspec.structs.replace(rule, enabled=on), self.compiled)
        self.save()

    def in_group(self, group: str) -> list[R]:
        """Return the rules of a group."""
        return [rule for rule in self if rule.group == group]

    def matching(self, text: str, after: tuple[int, int] | None = None) -> Iterator[Hit[R]]:
        """Yield, in order of priority, the rules that are on and match anywhere in a text.

        :param after: only those that come after this place.
        """
        for one in self._matcher.candidates(text):
            if (after is None or one.place > after) and one.search(text) is not None:
                yield Hit(self._rules[one.key], one.pattern.regex, one.place)

    def save(self) -> None:
        """Write the file.

        :raises OSError: it cannot be written.
        """
        self._file.write(self)

    def _put(self, rule: R, known: Compiled) -> None:
        pattern = rule.prepared(known)
        old = self._rules.get(rule.pattern)
        if old is not None:
            self.compiled.pop(old.key, None)
        self.compiled[rule.key] = pattern
        self._rules[rule.pattern] = rule
        if rule.pattern not in self._places:
            self._places[rule.pattern] = next(self._serials)
        if rule.enabled:
            serial = self._places[rule.pattern]
            self._matcher.add(rule.pattern, pattern, rule.priority, serial)
        else:
            self._matcher.remove(rule.pattern)
