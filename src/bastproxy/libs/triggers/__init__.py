"""Triggers: patterns that lines are matched with, and what is to happen then."""

from bastproxy.libs.triggers.matcher import Candidate, Matcher
from bastproxy.libs.triggers.pattern import Pattern, PatternError, compile_pattern
from bastproxy.libs.triggers.register import RegisterToTrigger
from bastproxy.libs.triggers.template import expand, names_in
from bastproxy.libs.triggers.trigger import TYPES, Hit, Trigger
from bastproxy.libs.triggers.triggers import Triggers

__all__ = [
    "TYPES",
    "Candidate",
    "Hit",
    "Matcher",
    "Pattern",
    "PatternError",
    "RegisterToTrigger",
    "Trigger",
    "Triggers",
    "compile_pattern",
    "expand",
    "names_in",
]
