"""Who offers which commands: the ledger's keeper of them."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FunctionType, MethodType, ModuleType
from typing import Any

from bastproxy.libs.commands.add import AddArgument, AddCommand, AddParser
from bastproxy.libs.commands.parsing import Parser, build_parser
from bastproxy.libs.declarations import Declaration, Scanner, declarations_on, declared, declared_on
from bastproxy.libs.ledger import Ledger
from bastproxy.libs.records import LogRecord

KIND = "command"


@dataclass(slots=True, eq=False)
class Command:
    """One command of one owner."""

    serial: int
    owner_id: str
    name: str
    function: Callable[..., Any]
    description: str
    arguments: tuple[AddArgument, ...] = ()
    group: str = ""
    show_in_history: bool = True
    keywords: Mapping[str, Any] = field(default_factory=dict)
    generation: int = 0
    suspended: bool = False
    _parser: Parser | None = None
    _built_for: tuple[str, int] = ("", 0)

    @property
    def summary(self) -> str:
        """The first line of the description."""
        return self.description.strip().partition("\n")[0].strip()

    def parser(self, prog: str, width: int) -> Parser:
        """Return its parser, built at the first use.

        :raises Exception: argparse refuses what the plugin declared.
        """
        if self._parser is None or self._built_for != (prog, width):
            self._parser = build_parser(
                prog, self.description, self.arguments, self.keywords, width
            )
            self._built_for = (prog, width)
        return self._parser


class CommandRegistry:
    """The commands of every owner, in the order in which they came."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._serials = itertools.count(1)
        self._by_serial: dict[Hashable, Command] = {}
        self._owners: dict[str, dict[str, list[Command]]] = {}
        ledger.add_kind(KIND, self)

    def attach(self, scanner: Scanner) -> None:
        """Have the scanner bring what methods declare."""
        scanner.add_handler(AddCommand, self.add_declared, self.remove_declared)
        scanner.add_handler(AddParser, self.check_declared)
        scanner.add_handler(AddArgument, self.check_declared)

    def add(
        self,
        owner_id: str,
        name: str,
        function: Callable[..., Any],
        *,
        description: str = "",
        arguments: Iterable[AddArgument] = (),
        group: str = "",
        show_in_history: bool = True,
        keywords: Mapping[str, Any] | None = None,
    ) -> bool:
        """Offer ``function`` as the command ``name`` of ``owner_id``.

        The same name again replaces it, with a warning when it is another function of
        the same generation.

        :param keywords: for :class:`argparse.ArgumentParser`.
        :returns: False, with a message in the log, when the name cannot be typed.
        """
        if not name or any(character.isspace() for character in name):
            self._say(owner_id, f"{name!r} is no name for a command; use one without spaces")
            return False
        slot = self._owners.setdefault(owner_id, {}).setdefault(name, [])
        self._replace(slot, function)
        command = Command(
            next(self._serials),
            owner_id,
            name,
            function,
            description or inspect.getdoc(function) or "",
            tuple(arguments),
            group,
            show_in_history,
            dict(keywords or {}),
            self._ledger.generation(owner_id),
        )
        slot.append(command)
        self._by_serial[command.serial] = command
        self._ledger.write(owner_id, KIND, command.serial, name)
        return True

    def _replace(self, slot: list[Command], function: Callable[..., Any]) -> None:
        for old in [old for old in slot if not old.suspended]:
            if old.generation == self._ledger.generation(old.owner_id) and old.function != function:
                self._say(
                    old.owner_id,
                    f"the command {old.name!r} is declared twice, by {_where(old.function)} and "
                    f"by {_where(function)}; the later one holds, rename one of them",
                )
            slot.remove(old)
            del self._by_serial[old.serial]
            self._ledger.strike(old.owner_id, KIND, old.serial)

    def add_declared(
        self, owner_id: str, obj: object, attribute: str, declaration: AddCommand
    ) -> None:
        """Offer one method that is decorated with :class:`AddCommand`."""
        beside = declared_on(type(obj), attribute)
        self._add_decorated(owner_id, getattr(obj, attribute), attribute, declaration, beside)

    def remove_declared(
        self, owner_id: str, obj: object, attribute: str, declaration: AddCommand
    ) -> None:
        """Undo :meth:`add_declared`."""
        command = self.get(owner_id, declaration.name_for(attribute))
        if command is not None and command.function == getattr(obj, attribute):
            self.remove(owner_id, command.name)

    def check_declared(
        self, owner_id: str, obj: object, attribute: str, declaration: Declaration
    ) -> None:
        """Warn about a method with a parser or arguments that is no command."""
        beside = declared_on(type(obj), attribute)
        if _is_orphan(beside, declaration):
            self._warn_orphan(owner_id, f"{type(obj).__name__}.{attribute}")

    def add_module_functions(
        self, owner_id: str, plugin: object, module: ModuleType
    ) -> list[object]:
        """Offer what a module of ``commands/`` declares, and return the instances made.

        Decorated functions of the module get ``plugin`` as their first argument; a class
        defined in it that has commands is instantiated with ``plugin``.

        :raises Exception: whatever such a class raises.
        """
        own = [
            value
            for value in vars(module).values()
            if getattr(value, "__module__", None) == module.__name__
        ]
        for function in own:
            if isinstance(function, FunctionType):
                self._add_function(owner_id, plugin, function)
        classes = [value for value in own if isinstance(value, type) and _has_commands(value)]
        instances = []
        for cls in dict.fromkeys(classes):
            derived = any(other is not cls and issubclass(other, cls) for other in classes)
            if not derived and not inspect.isabstract(cls):
                instances.append(self._add_instance(owner_id, cls(plugin)))
        return instances

    def _add_function(self, owner_id: str, plugin: object, function: FunctionType) -> None:
        beside = declarations_on(function)
        for declaration in beside:
            if isinstance(declaration, AddCommand):
                # a bound method, so that the same function of the same plugin is equal
                bound = MethodType(function, plugin)
                self._add_decorated(owner_id, bound, function.__name__, declaration, beside)
            elif _is_orphan(beside, declaration):
                self._warn_orphan(owner_id, f"{function.__module__}.{function.__name__}")

    def _add_instance(self, owner_id: str, instance: object) -> object:
        for attribute, declaration in declared(type(instance)):
            if isinstance(declaration, AddCommand):
                self.add_declared(owner_id, instance, attribute, declaration)
            else:
                self.check_declared(owner_id, instance, attribute, declaration)
        return instance

    def _add_decorated(
        self,
        owner_id: str,
        function: Callable[..., Any],
        attribute: str,
        declaration: AddCommand,
        beside: Sequence[Declaration],
    ) -> None:
        parser = next((found for found in beside if isinstance(found, AddParser)), AddParser())
        self.add(
            owner_id,
            declaration.name_for(attribute),
            function,
            description=parser.description,
            arguments=[found for found in beside if isinstance(found, AddArgument)],
            group=declaration.group,
            show_in_history=declaration.show_in_history,
            keywords=parser.keywords,
        )

    def remove(self, owner_id: str, name: str) -> bool:
        """Take a command back; False when the owner has none of that name."""
        command = self.get(owner_id, name)
        if command is None:
            return False
        self.release(command.serial)
        self._ledger.strike(owner_id, KIND, command.serial)
        return True

    def get(self, owner_id: str, name: str) -> Command | None:
        """Return the command that answers, or None."""
        return _answering(self._owners.get(owner_id, {}).get(name, []))

    def owners(self) -> list[str]:
        """Return everybody who has a command, in the order in which they came."""
        return [
            owner_id
            for owner_id, slots in self._owners.items()
            if any(_answering(slot) is not None for slot in slots.values())
        ]

    def names_of(self, owner_id: str) -> list[str]:
        """Return the names of an owner's commands, in the order in which they came."""
        return [
            name
            for name, slot in self._owners.get(owner_id, {}).items()
            if _answering(slot) is not None
        ]

    def commands_of(self, owner_id: str) -> list[Command]:
        """Return an owner's commands, in the order in which they came."""
        found = (self.get(owner_id, name) for name in self.names_of(owner_id))
        return [command for command in found if command is not None]

    def suspend(self, key: Hashable) -> None:
        """Stop offering one command, but keep its place."""
        self._by_serial[key].suspended = True

    def resume(self, key: Hashable) -> None:
        """Offer it again."""
        self._by_serial[key].suspended = False

    def release(self, key: Hashable) -> None:
        """Forget one command."""
        command = self._by_serial.pop(key)
        slots = self._owners[command.owner_id]
        slots[command.name].remove(command)
        if not slots[command.name]:
            del slots[command.name]
        if not slots:
            del self._owners[command.owner_id]

    def _warn_orphan(self, owner_id: str, where: str) -> None:
        self._say(
            owner_id, f"{where} has AddParser or AddArgument but is no command; add AddCommand"
        )

    def _say(self, owner_id: str, message: str) -> None:
        LogRecord(f"{owner_id}: {message}", level="warning", sources=[owner_id])()


def _answering(slot: list[Command]) -> Command | None:
    for command in reversed(slot):
        if not command.suspended:
            return command
    return None


def _is_orphan(beside: Sequence[Declaration], declaration: Declaration) -> bool:
    """Say whether ``declaration`` is the first of a parser's, with no AddCommand beside it."""
    if any(isinstance(found, AddCommand) for found in beside):
        return False
    first = next((found for found in beside if isinstance(found, (AddParser, AddArgument))), None)
    return declaration is first


def _has_commands(cls: type) -> bool:
    return any(isinstance(found.declaration, AddCommand) for found in declared(cls))


def _where(function: Callable[..., Any]) -> str:
    module = getattr(function, "__module__", "?")
    return f"{module}.{getattr(function, '__qualname__', function)}"
