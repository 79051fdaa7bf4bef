"""The table of commands: names, help, and which one an abbreviation means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from bastproxy.demo.entities import Player

if TYPE_CHECKING:
    from bastproxy.demo.game import Game

Action: TypeAlias = Callable[["Game", Player, str], None]


@dataclass(frozen=True, slots=True)
class Command:
    """One command.

    :ivar usage: how it is typed; its first word is the name.
    :ivar whole: only the whole name will do, no abbreviation.
    """

    name: str
    usage: str
    help: str
    action: Action
    group: str
    whole: bool = False


class Table:
    """Commands by name; an abbreviation means the first that was added and begins with it."""

    def __init__(self) -> None:
        self._commands: dict[str, Command] = {}

    def add(
        self, usage: str, help_text: str, group: str, *, whole: bool = False
    ) -> Callable[[Action], Action]:
        """Return a decorator that makes a function a command."""

        def decorate(action: Action) -> Action:
            self.put(Command(usage.split()[0], usage, help_text, action, group, whole))
            return action

        return decorate

    def put(self, command: Command) -> None:
        """Add a command."""
        self._commands[command.name] = command

    def find(self, word: str) -> Command | None:
        """Return the command that a word means."""
        word = word.lower()
        if word in self._commands:
            return self._commands[word]
        return next(
            (c for c in self._commands.values() if c.name.startswith(word) and not c.whole), None
        )

    def groups(self) -> dict[str, list[Command]]:
        """Return the commands by group, in the order of their adding."""
        groups: dict[str, list[Command]] = {}
        for command in self._commands.values():
            groups.setdefault(command.group, []).append(command)
        return groups


TABLE = Table()
