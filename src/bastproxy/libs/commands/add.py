"""The decorators that make a method a command."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from bastproxy.libs.declarations import Declaration, declare

F = TypeVar("F", bound=Callable[..., Any])

METHOD_PREFIX = "_command_"


class AddCommand(Declaration):
    """Offer the decorated method to players as ``#bp.<plugin>.<name>``.

    The method takes no arguments (what the player gave is in the current command) and
    returns ``(ok, lines)``; it may be ``async``.

    :param name: no spaces; by default the method's name without ``_command_``.
    :param group: a heading in the list of the plugin's commands.
    :param show_in_history: False keeps what was typed out of the history, for commands
        that take a password.
    """

    def __init__(self, name: str = "", *, group: str = "", show_in_history: bool = True) -> None:
        self.name = name
        self.group = group
        self.show_in_history = show_in_history

    def __call__(self, function: F) -> F:
        """Mark the function."""
        return declare(function, self)

    def name_for(self, attribute: str) -> str:
        """Return the command's name, when it decorates a method called ``attribute``."""
        return self.name or attribute.removeprefix(METHOD_PREFIX)


class AddParser(Declaration):
    """Describe the decorated command.

    :param description: shown in lists (its first line) and in the command's help; the
        method's docstring otherwise.
    :param keywords: what :class:`argparse.ArgumentParser` takes, such as ``epilog``.
    """

    def __init__(self, description: str = "", **keywords: Any) -> None:
        self.description = description
        self.keywords = keywords

    def __call__(self, function: F) -> F:
        """Mark the function."""
        return declare(function, self)


class AddArgument(Declaration):
    """Give the decorated command an argument; several are read from the top down.

    :param flags: a name, or option strings such as ``"-n", "--number"``.
    :param keywords: what :meth:`argparse.ArgumentParser.add_argument` takes.
    """

    def __init__(self, *flags: str, **keywords: Any) -> None:
        self.flags = flags
        self.keywords = keywords

    def __call__(self, function: F) -> F:
        """Mark the function."""
        return declare(function, self)
