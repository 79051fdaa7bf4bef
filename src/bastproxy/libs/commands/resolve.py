"""What a player's line asks for, given who has which commands; nothing is run here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bastproxy.libs.commands.match import Match, fold, match

SHOWN = 8


@dataclass(frozen=True, slots=True)
class Overview:
    """The plugins that have commands."""


@dataclass(frozen=True, slots=True)
class PluginCommands:
    """The commands of one plugin."""

    owner_id: str


@dataclass(frozen=True, slots=True)
class CommandHelp:
    """The help of one command."""

    owner_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Rerun:
    """The history's entry with a number, or its last one."""

    number: int | None


@dataclass(frozen=True, slots=True)
class Run:
    """One command, with the arguments as they were typed."""

    owner_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why none of the others, for the player."""

    lines: tuple[str, ...]


Request = Overview | PluginCommands | CommandHelp | Rerun | Run | Refusal


def split_line(line: str, prefix: str) -> tuple[str, str] | None:
    """Return the dotted head and the rest of a line for the proxy; None for other lines.

    ``#bp.events.list now`` and ``#bp events.list now`` are ``("events.list", "now")``.
    """
    if line[: len(prefix)].casefold() != prefix.casefold():
        return None
    after = line[len(prefix) :]
    if after and after[0] != "." and not after[0].isspace():
        return None
    words = after.removeprefix(".").split(maxsplit=1)
    head = words[0] if words else ""
    return head, words[1] if len(words) > 1 else ""


class Resolver:
    """Finds what a line asks for.

    :param owners: the ids of the plugins that have commands.
    :param names_of: the names of one's commands.
    :param prefix: what lines for the proxy begin with, for messages.
    """

    def __init__(
        self,
        owners: Iterable[str],
        names_of: Callable[[str], Sequence[str]],
        prefix: str = "#bp",
    ) -> None:
        self._owners = list(owners)
        self._names_of = names_of
        self._prefix = prefix
        self._endings: dict[str, list[str]] = {}

    def resolve(self, head: str, rest: str) -> Request:
        """Return what the two parts of a line ask for."""
        head = head.strip(".")
        if not head:
            return Overview()
        if head.startswith("!"):
            return self._rerun(head[1:] + rest)
        if fold(head) == "help" and not self._named("help"):
            return self._help(rest)
        if fold(head).startswith("help.") and not self._named("help"):
            return self._help(f"{head[5:]} {rest}")
        found = self._owner(head)
        if isinstance(found, Refusal):
            return found
        owner_id, command = found
        if not command:
            return PluginCommands(owner_id)
        name = self._command(owner_id, command)
        if isinstance(name, Refusal) and fold(command) == "help":
            return self._help(f"{owner_id} {rest}")
        return name if isinstance(name, Refusal) else Run(owner_id, name, rest)

    def label(self, owner_id: str) -> str:
        """Return the shortest way to type a plugin: ``events``, or ``core.events``."""
        segments = owner_id.split(".")
        for length in range(1, len(segments)):
            ending = ".".join(segments[-length:])
            if self._named(ending) == [owner_id]:
                return ending
        return owner_id

    def _rerun(self, number: str) -> Request:
        number = number.strip()
        if not number:
            return Rerun(None)
        if number.isdecimal() and len(number) < 10:
            return Rerun(int(number))
        return Refusal(
            (
                f"{number!r} is no number of the history; "
                f"type {self._prefix}.!3 for number 3, {self._prefix}.! for the last one",
            )
        )

    def _help(self, topic: str) -> Request:
        words = topic.removeprefix(f"{self._prefix}.").split()
        if not words:
            return Overview()
        found = self._owner(".".join(words).strip("."))
        if isinstance(found, Refusal):
            return found
        owner_id, command = found
        if not command:
            return PluginCommands(owner_id)
        name = self._command(owner_id, command)
        return name if isinstance(name, Refusal) else CommandHelp(owner_id, name)

    def _owner(self, head: str) -> tuple[str, str] | Refusal:
        """Return the plugin that ``head`` begins with, and what follows it."""
        segments = head.split(".")
        for find in (self._named, self._beginning):
            for length in range(len(segments), 0, -1):
                owners = find(".".join(segments[:length]))
                if len(owners) == 1:
                    return owners[0], ".".join(segments[length:])
                if owners:
                    return self._which(map(self.label, owners))
        return self._similar(segments)

    def _named(self, name: str) -> list[str]:
        """Return the plugins whose id is ``name`` or ends with it."""
        if not self._endings:
            self._endings = self._all_endings()
        owners = self._endings.get(fold(name), [])
        whole = [owner_id for owner_id in owners if fold(owner_id) == fold(name)]
        return whole or owners

    def _all_endings(self) -> dict[str, list[str]]:
        endings: dict[str, list[str]] = {}
        for owner_id in self._owners:
            segments = fold(owner_id).split(".")
            for start in range(len(segments)):
                endings.setdefault(".".join(segments[start:]), []).append(owner_id)
        return endings

    def _beginning(self, name: str) -> list[str]:
        """Return the plugins whose short name begins with ``name``, category included."""
        name = fold(name)
        if name.endswith("."):
            return []
        dots = name.count(".")
        return [
            owner_id
            for owner_id in self._owners
            if owner_id.count(".") >= dots
            and ".".join(fold(owner_id).split(".")[-dots - 1 :]).startswith(name)
        ]

    def _similar(self, segments: list[str]) -> tuple[str, str] | Refusal:
        """Return the one plugin that a misspelt head can only mean."""
        shorts: dict[str, list[str]] = {}
        for owner_id in self._owners:
            shorts.setdefault(owner_id.rpartition(".")[2], []).append(owner_id)
        position = self._position(segments)
        word = segments[position]
        found = match(word, shorts)
        if found.name is not None and len(shorts[found.name]) == 1:
            return shorts[found.name][0], ".".join(segments[position + 1 :])
        names = found.candidates or ((found.name,) if found.name else ())
        owners = [owner_id for name in names for owner_id in shorts[name]]
        if not owners:
            return Refusal(
                (f"no plugin {word!r} has commands; type {self._prefix} to see those that do",)
            )
        return self._unsure(f"no plugin {word!r} has commands", map(self.label, owners))

    def _position(self, segments: list[str]) -> int:
        """Return which segment is the plugin's name: the one behind its category, if any."""
        parents = {tuple(fold(owner_id).split(".")[:-1]) for owner_id in self._owners}
        for length in range(len(segments) - 1, 0, -1):
            typed = tuple(map(fold, segments[:length]))
            if any(parent[-length:] == typed for parent in parents):
                return length
        return 0

    def _command(self, owner_id: str, word: str) -> str | Refusal:
        names = self._names_of(owner_id)
        found = match(word, names)
        if found.name is not None:
            return found.name
        label = self.label(owner_id)
        typed = [f"{label}.{name}" for name in found.candidates]
        if found.ambiguous:
            return self._which(typed)
        return self._refused(label, word, found, typed)

    def _refused(self, label: str, word: str, found: Match, typed: list[str]) -> Refusal:
        reason = f"{label} has no command {word!r}"
        if found.candidates:
            return self._unsure(reason, typed)
        return Refusal((f"{reason}; type {self._prefix}.{label} to see those it has",))

    def _which(self, choices: Iterable[str]) -> Refusal:
        return Refusal((f"which one do you mean: {self._listed(choices)}?",))

    def _unsure(self, reason: str, choices: Iterable[str]) -> Refusal:
        return Refusal((f"{reason}; did you mean {self._listed(choices)}?",))

    def _listed(self, choices: Iterable[str]) -> str:
        shown = [f"{self._prefix}.{choice}" for choice in choices]
        more = f" (and {len(shown) - SHOWN} more)" if len(shown) > SHOWN else ""
        return ", ".join(shown[:SHOWN]) + more
