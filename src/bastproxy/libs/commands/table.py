"""The command table: from a player's line to the command's answer."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from contextlib import suppress

from bastproxy.libs.commands import pages
from bastproxy.libs.commands.current import CurrentCommand, running
from bastproxy.libs.commands.history import History
from bastproxy.libs.commands.parsing import WIDTH, Answer, split_arguments
from bastproxy.libs.commands.registry import Command, CommandRegistry
from bastproxy.libs.commands.resolve import (
    CommandHelp,
    PluginCommands,
    Refusal,
    Request,
    Rerun,
    Resolver,
    Run,
    split_line,
)
from bastproxy.libs.commands.results import as_answer, reason
from bastproxy.libs.ledger import Ledger
from bastproxy.libs.records import LogRecord
from bastproxy.libs.tasks import Tasks

Reply = Callable[[list[str]], None]

PREFIX = "#bp"


class CommandTable(CommandRegistry):
    """All commands, and the way to run them.

    :param tasks: where ``async`` commands run, each owned by its plugin.
    :param prefix: what a line for the proxy begins with; may be changed at any time.
    :param width: columns of lists and help.
    :param purpose_of: one line about a plugin, by its id, for the lists.

    ``history`` is what has been run; it may be replaced by a saved one.
    """

    def __init__(
        self,
        ledger: Ledger,
        tasks: Tasks,
        *,
        prefix: str = PREFIX,
        width: int = WIDTH,
        purpose_of: Callable[[str], str] | None = None,
    ) -> None:
        super().__init__(ledger)
        self._tasks = tasks
        self.prefix = prefix
        self.width = width
        self.purpose_of: Callable[[str], str] = purpose_of or (lambda _: "")
        self.history = History()

    @property
    def prefix(self) -> str:
        """What a line for the proxy begins with.

        :raises ValueError: set to nothing, to something with a space, or ending with a dot.
        """
        return self._prefix

    @prefix.setter
    def prefix(self, prefix: str) -> None:
        if not prefix or any(map(str.isspace, prefix)) or prefix.endswith("."):
            raise ValueError(
                f"{prefix!r} is no prefix of commands; use one or more characters such as #bp, "
                "no spaces and no dot at the end"
            )
        self._prefix = prefix

    def is_command(self, line: str) -> bool:
        """Say whether a line is for the proxy and not for the MUD."""
        return split_line(line, self._prefix) is not None

    def resolve(self, line: str) -> Request | None:
        """Return what a line asks for; None when it is not for the proxy."""
        parts = split_line(line, self._prefix)
        return None if parts is None else self._resolver().resolve(*parts)

    def run(self, line: str, client_id: str, reply: Reply) -> bool:
        """Do what a line asks for and pass the answer to ``reply``, later if it is async.

        ``reply`` is called once for each line; nothing is raised, whatever the command
        or ``reply`` does.

        :returns: False, and nothing has happened, when the line is not for the proxy.
        """
        parts = split_line(line, self._prefix)
        if parts is None:
            return False
        try:
            self._answer(line, parts, client_id, reply)
        except Exception as error:
            LogRecord("a command could not be answered", level="error", exc_info=error)()
            self._reply(reply, [f"the proxy failed: {reason(error)}; the log has the details"])
        return True

    def history_lines(self, count: int = 0) -> list[str]:
        """Return the history as lines with numbers; with ``count``, the last ones only."""
        entries = list(self.history)[-count:]
        return [f"{entry.number:>4}: {self._prefix}.{entry.text}" for entry in entries]

    def label(self, owner_id: str) -> str:
        """Return the shortest way to type a plugin."""
        return self._resolver().label(owner_id)

    def help_of(self, owner_id: str, name: str) -> list[str]:
        """Return the help of a command, or a line saying that it cannot be shown."""
        command = self.get(owner_id, name)
        if command is None:
            return [f"{owner_id} has no command {name!r}"]
        try:
            parser = command.parser(self._typed(command), self.width)
            return parser.format_help().splitlines()
        except Exception as error:
            return self._failed(command, error)

    def overview(self) -> list[str]:
        """Return the list of plugins that have commands."""
        resolver = self._resolver()
        plugins = {
            resolver.label(owner_id): (self._purpose(owner_id), len(self.names_of(owner_id)))
            for owner_id in self.owners()
        }
        return pages.overview(plugins, self._prefix, self.width)

    def list_of(self, owner_id: str) -> list[str]:
        """Return the list of a plugin's commands."""
        commands = self.commands_of(owner_id)
        if not commands:
            return [f"{owner_id} has no commands"]
        return pages.plugin_commands(
            self.label(owner_id), commands, self._purpose(owner_id), self._prefix, self.width
        )

    def _answer(self, line: str, parts: tuple[str, str], client_id: str, reply: Reply) -> None:
        request = self._resolver().resolve(*parts)
        if isinstance(request, Rerun):
            entry = self.history.get(request.number)
            if entry is None:
                self._reply(reply, [self._not_in_history(request.number)])
                return
            line = f"{self._prefix}.{entry.text}"
            parts = split_line(line, self._prefix) or ("", "")
            request = self._resolver().resolve(*parts)
        if isinstance(request, Run):
            command = self.get(request.owner_id, request.name)
            if command is not None:
                if command.show_in_history:
                    self.history.add(" ".join(filter(None, parts)))
                self._run(command, request.arguments, line, client_id, reply)
                return
        self._reply(reply, self._page(request))

    def _page(self, request: Request) -> list[str]:
        match request:
            case Refusal(lines):
                return list(lines)
            case PluginCommands(owner_id):
                return self.list_of(owner_id)
            case CommandHelp(owner_id, name):
                return self.help_of(owner_id, name)
        return self.overview()

    def _not_in_history(self, number: int | None) -> str:
        if not self.history:
            return "the history is empty"
        numbers = [entry.number for entry in self.history]
        return f"the history has no number {number}; it has {numbers[0]} to {numbers[-1]}"

    def _run(
        self, command: Command, arguments: str, line: str, client_id: str, reply: Reply
    ) -> None:
        try:
            parser = command.parser(self._typed(command), self.width)
            args = vars(parser.parse_args(split_arguments(arguments)))
            with running(CurrentCommand(client_id, command.owner_id, command.name, args, line)):
                result = command.function()
                if inspect.isawaitable(result):
                    self._spawn(command, result, reply)
                    return
            lines = as_answer(result)[1]
        except Answer as answer:
            lines = answer.lines
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            lines = self._failed(command, error)
        self._reply(reply, lines)

    def _spawn(self, command: Command, result: Awaitable[object], reply: Reply) -> None:
        def close(_: object = None) -> None:
            if inspect.iscoroutine(result):
                result.close()  # or Python warns, when it was cancelled before it began

        finishing = self._finish(command, result, reply)
        try:
            task = self._tasks.spawn(command.owner_id, finishing, f"command {command.name}")
        except RuntimeError:
            close()
            raise
        task.add_done_callback(close)

    async def _finish(self, command: Command, result: Awaitable[object], reply: Reply) -> None:
        typed = self._typed(command)  # while its plugin is still known
        try:
            lines = as_answer(await result)[1]
        except asyncio.CancelledError:
            self._reply(reply, [f"{typed} was stopped before it was done"])
            raise
        except (Exception, SystemExit) as error:
            lines = self._failed(command, error)
        self._reply(reply, lines)

    def _failed(self, command: Command, error: BaseException) -> list[str]:
        # without the arguments: some commands take passwords
        LogRecord(
            f"{command.owner_id}: the command {command.name!r} failed",
            level="error",
            sources=[command.owner_id],
            exc_info=error,
        )()
        return [f"the command failed: {reason(error)}; the log has the details"]

    def _reply(self, reply: Reply, lines: list[str]) -> None:
        try:
            reply(lines)
        except Exception as error:
            LogRecord("an answer could not be given", level="error", exc_info=error)()

    def _resolver(self) -> Resolver:
        return Resolver(self.owners(), self.names_of, self._prefix)

    def _typed(self, command: Command) -> str:
        return f"{self._prefix}.{self.label(command.owner_id)}.{command.name}"

    def _purpose(self, owner_id: str) -> str:
        with suppress(Exception):
            return self.purpose_of(owner_id)
        return ""
