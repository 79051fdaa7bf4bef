"""The expander: from a line that was typed to the commands that are sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from bastproxy.libs.commands import History
from bastproxy.plugins.client.input.libs.parse import (
    InputError,
    Node,
    Repeat,
    Syntax,
    parse,
    walk,
)
from bastproxy.plugins.client.input.libs.recall import recall
from bastproxy.plugins.client.input.libs.template import Variable, substitute

STEPS_FOR_EACH: Final = 20
"""So many steps may be taken for each command that may be sent."""
SHOWN: Final = 6


class Command(NamedTuple):
    """What is sent.

    :ivar for_proxy: it is a command of the proxy, such as ``#bp.plugins.list``.
    """

    text: str
    for_proxy: bool = False


class Replacement(NamedTuple):
    """What an alias makes of a command.

    :ivar by: its name, which finds circles.
    :ivar text: commands, with places for arguments.
    """

    by: str
    text: str
    values: Mapping[str, str]


Ask = Callable[[str, Sequence[str]], Replacement | None]


class Limits(NamedTuple):
    """How far it goes: commands of one line, and aliases inside one another."""

    commands: int = 1000
    depth: int = 20


class Expander:
    """Makes commands of what is typed.

    :param ask: given a command and the names of the aliases that it comes from, returns what
        is to be sent in its place, or None.
    :param is_command: whether a text is a command of the proxy.
    :param variable: the value of a variable, or None.
    :ivar verbatim: what a line begins with that goes as it is.
    :ivar recall: what a line begins with that stands for an earlier one.
    :ivar history: the lines that were typed.
    """

    def __init__(
        self,
        ask: Ask,
        is_command: Callable[[str], bool] = lambda _: False,
        variable: Variable = lambda _: None,
    ) -> None:
        self.syntax = Syntax()
        self.directions: dict[str, str] = {}
        self.limits = Limits()
        self.verbatim = "\\"
        self.recall = "!"
        self.history = History()
        self._ask = ask
        self._is_command = is_command
        self._variable = variable

    def typed(self, line: str) -> list[Command]:
        """Return the commands of a line that a player typed.

        ``${name}`` in it is a variable, if there is one of that name. A line that begins with
        ``verbatim`` goes as it is, without that, where something would have been made of it.

        :raises InputError: it is more than the limits allow, or goes round in circles.
        """
        if self._is_command(line):
            return [Command(line, True)]
        if self.verbatim and line.startswith(self.verbatim):
            rest = line[len(self.verbatim) :]
            return [Command(rest if self._means_more(rest) else line)]
        return _Run(self).commands(parse(line, self.syntax), None)

    def template(self, text: str, values: Mapping[str, str] | None) -> list[Command]:
        """Return the commands of a text with places for values, and for variables.

        With None for values only variables have places. What is put into a place makes no
        command of its own: separators in it separate nothing.

        :raises InputError: as :meth:`typed` does.
        """
        return _Run(self).commands(parse(text, self.syntax, template=True), values)

    def recalled(self, line: str) -> str | None:
        """Return the line of the history that a line stands for, or None."""
        return recall(line, self.recall, self.history)

    def _means_more(self, line: str) -> bool:
        if line.startswith(self.verbatim):
            return False
        try:
            return self.recalled(line) is not None or self.typed(line) != [Command(line)]
        except InputError:
            return True


class _Run:
    """One expansion, with its counts."""

    def __init__(self, expander: Expander) -> None:
        self._expander = expander
        self._limits = expander.limits
        self._steps = 0
        self._commands: list[Command] = []

    def commands(self, nodes: list[Node], values: Mapping[str, str] | None) -> list[Command]:
        self._run(nodes, values, ())
        return self._commands

    def _run(
        self, nodes: Sequence[Node], values: Mapping[str, str] | None, chain: tuple[str, ...]
    ) -> None:
        for node in nodes:
            self._count()
            if isinstance(node, Repeat):
                for _ in range(self._times(node.count, values)):
                    self._count()
                    self._run(node.body, values, chain)
            else:
                self._leaf(node, values, chain)

    def _leaf(self, node: str, values: Mapping[str, str] | None, chain: tuple[str, ...]) -> None:
        # What an argument brings, which may be the MUD's words, is no walk and no proxy command.
        for_proxy = self._expander._is_command(node)
        text = substitute(node, values, self._expander._variable)
        if for_proxy:
            self._add(Command(text, True))
            return
        speedwalk = self._expander.syntax.speedwalk
        self._command(text, speedwalk if node.startswith(speedwalk) else "", chain)

    def _command(self, text: str, speedwalk: str, chain: tuple[str, ...]) -> None:
        expander = self._expander
        steps = walk(text, speedwalk, expander.directions)
        if steps is not None:
            for step in steps:
                for _ in range(step.times):
                    self._add(Command(step.command))
            return
        found = expander._ask(text, chain)
        if found is None:
            self._add(Command(text))
            return
        if found.by in chain:
            raise InputError(f"{_path([*chain, found.by])} goes round in circles; nothing is sent")
        if len(chain) >= self._limits.depth:
            raise InputError(
                f"{_path([*chain, found.by])}: aliases are in one another more than "
                f"{self._limits.depth} deep (the setting depth); nothing is sent"
            )
        nodes = parse(found.text, expander.syntax, template=True)
        self._run(nodes, found.values, (*chain, found.by))

    def _times(self, count: str, values: Mapping[str, str] | None) -> int:
        text = substitute(count, values, self._expander._variable)
        if not text.isdecimal() or len(text) > 9:
            mark = self._expander.syntax.repeat
            raise InputError(f"{mark}{count} needs a number, and {text!r} is none; nothing is sent")
        times = int(text)
        if times > self._limits.commands:
            self._too_many()
        return times

    def _add(self, command: Command) -> None:
        if len(self._commands) >= self._limits.commands:
            self._too_many()
        self._commands.append(command)

    def _count(self) -> None:
        self._steps += 1
        if self._steps > STEPS_FOR_EACH * self._limits.commands:
            self._too_many()

    def _too_many(self) -> None:
        raise InputError(
            f"that makes more than {self._limits.commands} commands (the setting most); "
            "nothing is sent"
        )


def _path(names: Sequence[str]) -> str:
    if len(names) > SHOWN:
        names = [*names[: SHOWN - 2], "...", *names[-2:]]
    return " -> ".join(names)
