import gc
import weakref
from types import ModuleType

import pytest

from bastproxy.libs.commands import AddArgument, AddCommand, AddParser, CommandRegistry
from bastproxy.libs.declarations import Scanner
from bastproxy.libs.ledger import Ledger

ME = "plugins.games.me"


class Plugin:
    @AddCommand(group="look", show_in_history=False)
    @AddParser("list the things\nin long", epilog="that is all")
    @AddArgument("match", nargs="?", default="")
    @AddArgument("-n", "--number", type=int)
    def _command_list(self) -> None: ...

    @AddArgument("what")
    @AddCommand("dig")
    @AddParser("dig a hole")
    def _command_shovel(self) -> None: ...

    @AddCommand()
    def _command_plain(self) -> None:
        """Do the plain thing.

        At length.
        """


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def registry(ledger: Ledger) -> CommandRegistry:
    return CommandRegistry(ledger)


@pytest.fixture
def scanner(registry: CommandRegistry) -> Scanner:
    scanner = Scanner()
    registry.attach(scanner)
    return scanner


def module_of(source: str, name: str = "me_commands") -> ModuleType:
    module = ModuleType(name)
    exec("from bastproxy.libs.commands import *\n" + source, vars(module))
    return module


def test_decorated_methods_are_commands(registry: CommandRegistry, scanner: Scanner) -> None:
    scanner.scan(ME, Plugin())
    assert registry.owners() == [ME]
    assert registry.names_of(ME) == ["list", "dig", "plain"]
    command = registry.get(ME, "list")
    assert command is not None
    assert (command.group, command.summary) == ("look", "list the things")
    assert not command.show_in_history
    assert [argument.flags for argument in command.arguments] == [("match",), ("-n", "--number")]
    assert "that is all" in command.parser("p", 79).format_help()


def test_the_order_of_the_decorators_does_not_matter(
    registry: CommandRegistry, scanner: Scanner
) -> None:
    scanner.scan(ME, Plugin())
    command = registry.get(ME, "dig")
    assert command is not None
    assert command.description == "dig a hole"
    assert vars(command.parser("p", 79).parse_args(["deep"])) == {"what": "deep"}


def test_the_docstring_describes_a_command_without_a_parser(
    registry: CommandRegistry, scanner: Scanner
) -> None:
    scanner.scan(ME, Plugin())
    command = registry.get(ME, "plain")
    assert command is not None
    assert command.summary == "Do the plain thing."


def test_a_parser_without_a_command_is_reported_once(
    registry: CommandRegistry, scanner: Scanner, caplog: pytest.LogCaptureFixture
) -> None:
    class Careless:
        @AddParser("forgotten")
        @AddArgument("a")
        @AddArgument("b")
        def _command_list(self) -> None: ...

    scanner.scan(ME, Careless())
    assert registry.owners() == []
    assert len(caplog.records) == 1
    assert "Careless._command_list" in caplog.text
    assert "add AddCommand" in caplog.text
    assert caplog.records[0].name == f"bastproxy.{ME}"


def test_a_subclass_overrides_a_command_and_keeps_what_was_declared(
    registry: CommandRegistry, scanner: Scanner, caplog: pytest.LogCaptureFixture
) -> None:
    class Mine(Plugin):
        def _command_list(self) -> None:
            """Mine."""

    mine = Mine()
    scanner.scan(ME, mine)
    command = registry.get(ME, "list")
    assert command is not None
    assert command.function == mine._command_list
    assert command.group == "look"
    assert not caplog.records


def test_scanning_again_is_no_second_declaration(
    registry: CommandRegistry,
    scanner: Scanner,
    ledger: Ledger,
    caplog: pytest.LogCaptureFixture,
) -> None:
    plugin = Plugin()
    scanner.scan(ME, plugin)
    scanner.scan(ME, plugin)
    assert not caplog.records
    assert len(ledger.lines(ME)) == 3


def test_two_functions_of_one_name_are_reported_and_the_later_holds(
    registry: CommandRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    def first() -> None: ...
    def second() -> None: ...

    registry.add(ME, "go", first)
    registry.add(ME, "go", second)
    command = registry.get(ME, "go")
    assert command is not None
    assert command.function is second
    assert "'go' is declared twice" in caplog.text
    assert "first" in caplog.text


def test_the_next_generation_replaces_without_a_word(
    registry: CommandRegistry, ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    ledger.open_generation(ME)
    registry.add(ME, "go", lambda: None)
    ledger.open_generation(ME)
    registry.add(ME, "go", lambda: None)
    assert not caplog.records
    assert len(ledger.lines(ME)) == 1


@pytest.mark.parametrize("name", ["", "two words", "tab\t"])
def test_a_name_that_cannot_be_typed_is_refused(
    registry: CommandRegistry, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    assert not registry.add(ME, name, lambda: None)
    assert "without spaces" in caplog.text
    assert registry.owners() == []


def test_a_command_is_removed_by_hand(registry: CommandRegistry, ledger: Ledger) -> None:
    registry.add(ME, "go", lambda: None)
    assert registry.remove(ME, "go")
    assert not registry.remove(ME, "go")
    assert len(ledger) == 0
    assert registry.owners() == []


def test_a_suspended_command_keeps_its_place(registry: CommandRegistry, ledger: Ledger) -> None:
    first = ledger.open_generation(ME)
    for name in ("a", "b", "c"):
        registry.add(ME, name, lambda: "old")
    ledger.suspend(ME, generation=first)
    assert registry.owners() == []
    assert registry.get(ME, "a") is None
    second = ledger.open_generation(ME)
    registry.add(ME, "b", lambda: "new")
    assert [command.function() for command in registry.commands_of(ME)] == ["new"]
    ledger.release(ME, generation=second)
    ledger.resume(ME, generation=first)
    assert registry.names_of(ME) == ["a", "b", "c"]
    assert {command.function() for command in registry.commands_of(ME)} == {"old"}


def test_an_old_command_answers_while_the_new_one_is_suspended(
    registry: CommandRegistry, ledger: Ledger
) -> None:
    first = ledger.open_generation(ME)
    registry.add(ME, "a", lambda: "old")
    ledger.suspend(ME, generation=first)
    second = ledger.open_generation(ME)
    registry.add(ME, "a", lambda: "new")
    ledger.suspend(ME, generation=second)
    ledger.resume(ME, generation=first)
    assert [command.function() for command in registry.commands_of(ME)] == ["old"]


def test_a_commit_leaves_the_new_ones_only(registry: CommandRegistry, ledger: Ledger) -> None:
    first = ledger.open_generation(ME)
    for name in ("a", "b"):
        registry.add(ME, name, lambda: "old")
    ledger.suspend(ME, generation=first)
    ledger.open_generation(ME)
    registry.add(ME, "b", lambda: "new")
    ledger.release(ME, generation=first)
    assert [(command.name, command.function()) for command in registry.commands_of(ME)] == [
        ("b", "new")
    ]


def test_a_release_lets_go_of_the_plugin(
    registry: CommandRegistry, scanner: Scanner, ledger: Ledger
) -> None:
    plugin = Plugin()
    alive = weakref.ref(plugin)
    scanner.scan(ME, plugin)
    command = registry.get(ME, "list")
    assert command is not None
    command.parser("p", 79)
    del plugin, command
    ledger.release(ME)
    gc.collect()
    assert alive() is None
    assert registry.owners() == []


def test_functions_of_a_module_get_the_plugin(
    registry: CommandRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    module = module_of(
        """
@AddCommand(group="walk")
@AddParser("walk")
@AddArgument("where")
def _command_walk(plugin): return plugin, "walk"

@AddCommand("run")
def anything(plugin): return plugin, "run"

@AddParser("forgotten")
def forgotten(plugin): ...

def helper(plugin): ...
"""
    )
    plugin = Plugin()
    assert registry.add_module_functions(ME, plugin, module) == []
    registry.add_module_functions(ME, plugin, module)
    assert [command.function() for command in registry.commands_of(ME)] == [
        (plugin, "walk"),
        (plugin, "run"),
    ]
    assert {record.getMessage() for record in caplog.records} == {
        f"{ME}: me_commands.forgotten has AddParser or AddArgument but is no command; "
        "add AddCommand"
    }


def test_classes_of_a_module_are_made_with_the_plugin(
    registry: CommandRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    module = module_of(
        """
class Base:
    def __init__(self, plugin): self.plugin = plugin
    @AddCommand()
    def _command_base(self): return self.plugin, "base"

class Walk(Base):
    @AddCommand()
    def _command_walk(self): return self.plugin, "walk"
    @AddParser("forgotten")
    def _command_forgotten(self): ...

class Helper: ...
"""
    )
    plugin = Plugin()
    instances = registry.add_module_functions(ME, plugin, module)
    assert [type(instance).__name__ for instance in instances] == ["Walk"]
    assert [command.function() for command in registry.commands_of(ME)] == [
        (plugin, "base"),
        (plugin, "walk"),
    ]
    assert "Walk._command_forgotten" in caplog.text


def test_what_a_module_imports_is_not_its_own(registry: CommandRegistry) -> None:
    other = module_of("@AddCommand()\ndef _command_walk(plugin): ...", "other_commands")
    module = module_of("")
    vars(module).update(_command_walk=vars(other)["_command_walk"], Plugin=Plugin)
    assert registry.add_module_functions(ME, Plugin(), module) == []
    assert registry.owners() == []


def test_a_class_that_cannot_be_made_says_so(registry: CommandRegistry) -> None:
    module = module_of(
        """
class Walk:
    def __init__(self, plugin): raise ValueError("no legs")
    @AddCommand()
    def _command_walk(self): ...
"""
    )
    with pytest.raises(ValueError, match="no legs"):
        registry.add_module_functions(ME, Plugin(), module)
