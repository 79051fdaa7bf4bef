"""What all plugins with rules have: their commands, their APIs, and the life of their rules."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, TypeVar

import msgspec

from bastproxy.libs.ansi import Beginning, Carried
from bastproxy.libs.api import AddAPI
from bastproxy.libs.commands import AddArgument, AddCommand, AddParser, current
from bastproxy.libs.events import EventRecord, RegisterToEvent
from bastproxy.libs.nearest import did_you_mean
from bastproxy.libs.records import LogRecord
from bastproxy.libs.rules.book import RuleBook
from bastproxy.libs.rules.file import RuleFile
from bastproxy.libs.rules.rule import Compiled, Rule
from bastproxy.libs.tables import table

if TYPE_CHECKING:
    from bastproxy.libs.api import API
    from bastproxy.libs.events import Dispatcher

R = TypeVar("R", bound=Rule)
F = TypeVar("F", bound=Callable[..., Any])

Result = tuple[bool, list[str]]

LINE: Final = "ev_to_client_data_modify"
_OPTIONS: Final = (
    AddArgument("-t", "-text", "--text", action="store_true", help="it is no regular expression"),
    AddArgument(
        "-i",
        "-ignore-case",
        "--ignore-case",
        action="store_true",
        help="in any upper or lower case",
    ),
    AddArgument(
        "-p", "-priority", "--priority", type=int, default=50, help="lower comes first (50)"
    ),
    AddArgument("-g", "-group", "--group", default="", help="to switch them on and off together"),
)
_WHICH: Final = "its number in the list, or its pattern"


def rule_arguments(function: F) -> F:
    """Give a command that adds a rule the arguments that all kinds of rules have."""
    for argument in reversed(_OPTIONS):
        function = argument(function)
    return function


class RuleCommands(Generic[R]):
    """A plugin whose rules change the MUD's lines on their way to the clients.

    A subclass says what it is, calls :meth:`open_rules` in ``initialize``, and has a command
    and an API ``add``; lines are looked at only while a rule is on.

    :cvar kind: the class of its rules.
    :cvar word: what one is called: ``highlight``.
    :cvar place: the priority with which it looks at lines.
    :ivar carried: what the lines so far have left.
    :ivar compiled: patterns, for the next generation of the plugin.
    """

    kind: ClassVar[type[Any]]
    word: ClassVar[str]
    place: ClassVar[int]
    kept: ClassVar[list[str]] = ["carried", "compiled"]

    plugin_id: str
    api: API
    dispatcher: Dispatcher
    carried: Carried
    compiled: Compiled
    book: RuleBook[R]

    def change(self, record: EventRecord, beginning: Beginning) -> None:
        """Do with a line what the rules say."""
        raise NotImplementedError

    def row(self, rule: R) -> tuple[str, ...]:
        """Return what the list shows of a rule beside what all have."""
        return ()

    def open_rules(self, directory: Path) -> None:
        """Read the rules, and begin to look at lines.

        :param directory: where the file of the rules is, or will be.
        """
        self.dispatcher = self.api("libs.events:get.dispatcher")()
        self.carried = getattr(self, "carried", None) or Carried()
        file = RuleFile[R](directory / f"{self.word}s.toml", self.kind, self.word, self._warn)
        self.book = RuleBook(file, getattr(self, "compiled", None))
        self.compiled = self.book.compiled
        self._listen()

    def put(self, rule: R) -> R | None:
        """Add a rule; return the one whose place it takes.

        :raises ValueError: something is wrong with it.
        :raises OSError: it is in force, but could not be saved.
        """
        try:
            return self.book.add(rule)
        finally:
            self._listen()

    def add_rule(self, rule: R) -> Result:
        """Add a rule for a player, and say so."""
        try:
            old = self.put(rule)
        except ValueError as error:
            return False, [str(error)]
        except OSError as error:
            return False, [self._unsaved(error)]
        number = self.book.number(rule)
        lines = [f"{self.word} {number} is {'changed' if old else 'added'}: {rule.pattern}"]
        if not self.book.compiled[rule.key].literals:
            lines.append(
                "every line must be tried on it, since there is no text that they must hold"
            )
        return True, lines

    def _line(self) -> None:
        record = self.dispatcher.current_record()
        if record is None or record["internal"]:
            return
        beginning = self.carried.take(
            record["line"], continues=record["continues"], is_prompt=record["is_prompt"]
        )
        self.change(record, beginning)

    @RegisterToEvent("ev_mud_connected")
    def _eventcb_mud_connected(self) -> None:
        self.carried = Carried()

    @AddAPI("remove", description="remove a rule")
    def _api_remove(self, pattern: str) -> bool:
        """Remove a rule by its pattern, or its number in the list; False without one."""
        rule = self.book.find(pattern)
        return rule is not None and self._changes(lambda: self.book.remove(rule))

    @AddAPI("list", description="all rules")
    def _api_list(self) -> list[dict[str, Any]]:
        """Return the rules in their order, each as a dictionary of all that it says."""
        return [msgspec.structs.asdict(rule) for rule in self.book]

    @AddAPI("enable", description="switch a rule on or off")
    def _api_enable(self, pattern: str, on: bool = True) -> bool:
        """Switch a rule by its pattern, or its number in the list; False without one."""
        rule = self.book.find(pattern)
        return rule is not None and self._changes(lambda: self.book.enable([rule], on))

    @AddAPI("group.enable", description="switch the rules of a group on or off")
    def _api_group_enable(self, group: str, on: bool = True) -> bool:
        """Switch all rules of a group; False when there are none."""
        rules = self.book.in_group(group) if group else []
        return bool(rules) and self._changes(lambda: self.book.enable(rules, on))

    @AddCommand()
    @AddParser(description="remove one")
    @AddArgument("which", help=_WHICH)
    def _command_remove(self) -> Result:
        return self._with_one(lambda rule: self.book.remove(rule), "is removed")

    @AddCommand()
    @AddParser(description="list them")
    @AddArgument("match", nargs="?", default="", help="only those that contain this")
    def _command_list(self) -> Result:
        match = _args()["match"]
        rows = []
        for number, rule in enumerate(self.book, 1):
            cells = (rule.pattern, *self.row(rule), _options(rule))
            if match in " ".join(cells):
                rows.append((str(number), *cells))
        if not rows:
            return not match, [f"there is no {self.word}{f' with {match!r}' if match else ''}"]
        return True, table(("", "pattern", *self.columns, "options"), rows)

    columns: ClassVar[tuple[str, ...]] = ()

    @AddCommand()
    @AddParser(description="switch one on")
    @AddArgument("which", help=_WHICH)
    def _command_on(self) -> Result:
        return self._with_one(lambda rule: self.book.enable([rule], True), "is on")

    @AddCommand()
    @AddParser(description="switch one off")
    @AddArgument("which", help=_WHICH)
    def _command_off(self) -> Result:
        return self._with_one(lambda rule: self.book.enable([rule], False), "is off")

    @AddCommand()
    @AddParser(description="switch a group on or off, or list the groups")
    @AddArgument("group", nargs="?", default="", help="its name")
    @AddArgument("state", nargs="?", choices=["on", "off"], default="on", help="on, or off")
    def _command_group(self) -> Result:
        args = _args()
        group, on = args["group"], args["state"] == "on"
        if not group:
            lines = [f"{name}: {self._count(name)}" for name in self.book.groups]
            return True, lines or ["there are no groups; give one to add with -group"]
        rules = self.book.in_group(group)
        if not rules:
            return False, [f"there is no group {group!r}{did_you_mean(group, self.book.groups)}"]
        try:
            self._now(lambda: self.book.enable(rules, on))
        except OSError as error:
            return False, [self._unsaved(error)]
        return True, [f"group {group} is {'on' if on else 'off'}: {self._count(group)}"]

    def _count(self, group: str) -> str:
        rules = self.book.in_group(group)
        on = sum(rule.enabled for rule in rules)
        return f"{on} of {len(rules)} {self.word}s are on"

    def _with_one(self, action: Callable[[R], None], done: str) -> Result:
        which = _args()["which"]
        rule = self.book.find(which)
        if rule is None:
            hint = did_you_mean(which, [one.pattern for one in self.book])
            return False, [f"there is no {self.word} {which!r}{hint}"]
        number = self.book.number(rule)
        try:
            self._now(lambda: action(rule))
        except OSError as error:
            return False, [self._unsaved(error)]
        return True, [f"{self.word} {number} {done}: {rule.pattern}"]

    def _now(self, action: Callable[[], None]) -> None:
        try:
            action()
        finally:
            self._listen()

    def _changes(self, action: Callable[[], None]) -> bool:
        try:
            self._now(action)
        except OSError as error:
            self._warn(self._unsaved(error))
        return True

    def _listen(self) -> None:
        """Look at lines while there is a rule that is on, and not otherwise."""
        events = "plugins.core.events"
        if self.book.active:
            self.api(f"{events}:register.to.event")(LINE, self._line, self.place)
        elif self.api(f"{events}:unregister.from.event")(LINE, self._line):
            self.carried = Carried()

    def _unsaved(self, error: OSError) -> str:
        return f"that is done, but lasts only until the proxy stops: it cannot be saved ({error})"

    def _warn(self, message: str) -> None:
        LogRecord(message, level="warning", sources=[self.plugin_id])()


def _options(rule: Rule) -> str:
    options = [
        "" if rule.enabled else "off",
        "text" if rule.text else "",
        "ignore-case" if rule.ignore_case else "",
        f"priority {rule.priority}" if rule.priority != 50 else "",
        f"group {rule.group}" if rule.group else "",
    ]
    return ", ".join(filter(None, options))


def _args() -> dict[str, Any]:
    command = current()
    return command.args if command is not None else {}
