"""Commands of players: declared by plugins, found by what was typed, run and answered."""

from bastproxy.libs.commands.add import AddArgument, AddCommand, AddParser
from bastproxy.libs.commands.current import CurrentCommand, current
from bastproxy.libs.commands.history import Entry, History
from bastproxy.libs.commands.registry import Command, CommandRegistry
from bastproxy.libs.commands.table import CommandTable

__all__ = [
    "AddArgument",
    "AddCommand",
    "AddParser",
    "Command",
    "CommandRegistry",
    "CommandTable",
    "CurrentCommand",
    "Entry",
    "History",
    "current",
]
