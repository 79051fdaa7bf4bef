"""Rules of players for the MUD's lines: patterns, matched all at once, kept in a file."""

from bastproxy.libs.rules.book import Hit, RuleBook
from bastproxy.libs.rules.commands import Result, RuleCommands, rule_arguments
from bastproxy.libs.rules.file import RuleFile
from bastproxy.libs.rules.rule import Compiled, Rule

__all__ = [
    "Compiled",
    "Hit",
    "Result",
    "Rule",
    "RuleBook",
    "RuleCommands",
    "RuleFile",
    "rule_arguments",
]
