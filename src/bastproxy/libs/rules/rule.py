"""A rule: a pattern of a player, and what is to be done with the text that it matches."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from bastproxy.libs.triggers import Pattern, compile_pattern

LONGEST: Final = 4096
"""Characters of a text in a rule."""

Compiled = dict[tuple[str, bool, bool], Pattern]
"""Patterns that are compiled already, by the keys of their rules."""


class Rule(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """What all kinds of rules have.

    :ivar pattern: a regular expression, or plain text where ``text`` says so.
    :ivar ignore_case: upper and lower case are the same.
    :ivar priority: lower comes first.
    :ivar group: rules of one group are switched on and off together.
    """

    pattern: str
    text: bool = False
    ignore_case: bool = False
    priority: int = 50
    group: str = ""
    enabled: bool = True

    @property
    def key(self) -> tuple[str, bool, bool]:
        """What its compiled pattern depends on."""
        return self.pattern, self.text, self.ignore_case

    def check(self) -> None:
        """Check what is not checked by the types.

        :raises ValueError: something is wrong; the message is for people.
        """
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, str) and not _can_be_kept(value):
                raise ValueError(
                    f"{name}: it must be one line of at most {LONGEST:,} characters of real text"
                )
        if not self.pattern:
            raise ValueError("an empty pattern would match every line")

    def check_pattern(self, pattern: Pattern) -> None:
        """Check whether the rule and its compiled pattern go together; raise as :meth:`check`."""

    def prepared(self, known: Compiled) -> Pattern:
        """Check everything, and return the pattern, ready to be matched.

        :param known: patterns that need not be compiled.
        :raises ValueError: something is wrong; a :class:`PatternError` when the pattern is no
            regular expression, or could run away.
        """
        self.check()
        pattern = known.get(self.key)
        if pattern is None:
            source = re.escape(self.pattern) if self.text else self.pattern
            pattern = compile_pattern(source, ignore_case=self.ignore_case)
        self.check_pattern(pattern)
        return pattern


def _can_be_kept(value: str) -> bool:
    if len(value) > LONGEST or "\n" in value or "\r" in value or "\x00" in value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
