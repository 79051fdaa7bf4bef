"""A rule: which lines matter to a player."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bastproxy.libs.tablefile import check_text
from bastproxy.libs.triggers import Pattern, compile_pattern

_TYPES: Final[dict[str, type]] = {"pattern": str, "ignore_case": bool, "enabled": bool}


@dataclass(frozen=True, slots=True)
class Rule:
    """Lines in which a regular expression is found matter."""

    name: str
    pattern: str
    ignore_case: bool = False
    enabled: bool = True

    def to_toml(self) -> dict[str, Any]:
        """Return what is written into a file; what is as usual is left out."""
        values: dict[str, Any] = {"pattern": self.pattern}
        if self.ignore_case:
            values["ignore_case"] = True
        if not self.enabled:
            values["enabled"] = False
        return values

    def compile(self) -> Pattern:
        """Return the pattern, ready to be matched.

        :raises ValueError: it cannot be used; the message says why.
        """
        if not self.name.strip():
            raise ValueError("a rule needs a name")
        check_text(self.name, self.pattern)
        pattern = compile_pattern(self.pattern, ignore_case=self.ignore_case)
        if pattern.regex.search(""):
            raise ValueError(f"the pattern {self.pattern!r} matches every line")
        return pattern


def rule_of(name: str, values: object) -> Rule:
    """Return the rule that a table of a file describes.

    :raises ValueError: it describes none.
    """
    if not isinstance(values, Mapping) or "pattern" not in values:
        raise ValueError("it has no pattern")
    for key, value in values.items():
        if key not in _TYPES:
            raise ValueError(f"{key!r} is nothing that a rule has")
        if type(value) is not _TYPES[key]:
            raise ValueError(f"{key} must be of the type {_TYPES[key].__name__}, not {value!r}")
    rule = Rule(name, **values)
    rule.compile()
    return rule
