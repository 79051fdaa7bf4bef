"""The APIs and commands of commands; the engine is ``bastproxy.libs.commands``."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bastproxy.libs.api import AddAPI
from bastproxy.libs.commands import CommandTable, current
from bastproxy.libs.commands.history import History
from bastproxy.libs.events import RegisterToEvent
from bastproxy.libs.files import set_aside, write_whole
from bastproxy.libs.records import LogRecord
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook
from bastproxy.plugins.core.commands import AddArgument, AddCommand, AddParser

EARLY = 1


class Plugin(BasePlugin):
    """Takes the lines that are for the proxy, and answers them."""

    table: CommandTable

    @RegisterPluginHook("__init__", priority=10)
    def _phook_find_engine(self) -> None:
        self.table = self.api("libs.commands:get.table")()
        self.session = self.api("libs.session:get.session")()

    @RegisterPluginHook("initialize")
    def _phook_initialize(self) -> None:
        self.api("plugins.core.settings:add")(
            self.plugin_id, "prefix", "#bp", str, "what a line for the proxy begins with"
        )
        self._use_prefix()
        if not self.is_reloading_f:
            self._read_history()

    @RegisterPluginHook("uninitialize")
    def _phook_uninitialize(self) -> None:
        self.session.hold_prefixes.discard(self.table.prefix.encode())

    @RegisterPluginHook("save")
    def _phook_save(self) -> None:
        path = self._history_path
        try:
            write_whole(path, self.table.history.to_json().encode())
        except OSError as error:
            self._say(f"the history cannot be written to {path}: {error.strerror}", "error")

    @RegisterToEvent("ev_{plugin_id}_var_prefix_modified")
    def _eventcb_prefix(self) -> None:
        self._use_prefix()

    @RegisterToEvent("ev_from_client_event", priority=EARLY)
    def _eventcb_line(self) -> None:
        record = self.api("libs.events:get.dispatcher")().current_record()
        line, client_id = record["line"], record["client_id"]
        # A reload of this plugin by a command registers this callback anew, in the same raise:
        # what has been taken already is not to be run again.
        if not record["send"] or record["continues"] or not self.table.is_command(line):
            return
        record["send"] = False
        self.table.run(line, client_id, lambda lines: self._reply(client_id, lines))

    @AddAPI("get.current.command.args", description="the arguments of the current command")
    def _api_get_current_command_args(self) -> dict[str, Any]:
        """Return the arguments of the command that is being run, by name; empty outside one."""
        command = current()
        return command.args if command is not None else {}

    @AddAPI("get.current.client", description="who has typed the current command")
    def _api_get_current_client(self) -> str:
        """Return the id of the client whose command is being run; empty outside one."""
        command = current()
        return command.client_id if command is not None else ""

    @AddAPI("add.command", description="add a command of a plugin", pass_caller=True)
    def _api_add_command(
        self,
        name: str,
        func: Callable[[], Any],
        description: str = "",
        caller_id: str = "",
    ) -> bool:
        """Offer ``func`` as a command without arguments of the plugin that asks."""
        return self.table.add(caller_id, name, func, description=description)

    @AddAPI("remove.command", description="remove a command of a plugin", pass_caller=True)
    def _api_remove_command(self, name: str, caller_id: str = "") -> bool:
        """Remove a command of the plugin that asks; False when it has none of that name."""
        return self.table.remove(caller_id, name)

    @AddAPI("run", description="run a command as if a client had typed it")
    def _api_run(
        self, line: str, client_id: str = "", reply: Callable[[list[str]], None] | None = None
    ) -> bool:
        """Run a line such as ``#bp.plugins.list``; its answer goes to ``reply`` or the client.

        :returns: False when the line is no command.
        """
        return self.table.run(
            line, client_id, reply or (lambda lines: self._reply(client_id, lines))
        )

    @AddAPI("get.commands", description="the commands of a plugin")
    def _api_get_commands(self, plugin_id: str) -> list[str]:
        """Return the names of a plugin's commands."""
        return self.table.names_of(plugin_id)

    @AddCommand()
    @AddParser(description="list the plugins that have commands, or the commands of one")
    @AddArgument("plugin", nargs="?", default="", help="a plugin")
    def _command_list(self) -> tuple[bool, list[str]]:
        plugin = self._api_get_current_command_args()["plugin"]
        answer: list[str] = []
        self.table.run(f"{self.table.prefix}.help {plugin}", "", answer.extend)
        return True, answer

    @AddCommand(show_in_history=False)
    @AddParser(description="show what was typed; !N runs number N again, ! the last one")
    @AddArgument("count", nargs="?", type=int, default=20, help="how many of the last")
    def _command_history(self) -> tuple[bool, list[str]]:
        count = self._api_get_current_command_args()["count"]
        return True, self.table.history_lines(count) or ["the history is empty"]

    def _reply(self, client_id: str, lines: list[str]) -> None:
        self.session.send_to_clients(lines, [client_id] if client_id else None)

    def _use_prefix(self) -> None:
        wanted = self.api("plugins.core.settings:get")(self.plugin_id, "prefix")
        old = self.table.prefix
        try:
            self.table.prefix = wanted
        except ValueError as error:
            self._refuse_prefix(str(error))
        self.session.hold_prefixes.discard(old.encode())
        self.session.hold_prefixes.add(self.table.prefix.encode())

    def _refuse_prefix(self, reason: str) -> None:
        self._say(reason, "error")
        if client_id := self._api_get_current_client():
            self._reply(client_id, [reason])
        self.api("plugins.core.settings:change")(self.plugin_id, "prefix", self.table.prefix)

    def _say(self, message: str, level: str) -> None:
        LogRecord(message, level=level, sources=[self.plugin_id])()

    @property
    def _history_path(self) -> Path:
        return self.plugin_info.data_directory / "history.json"

    def _read_history(self) -> None:
        path = self._history_path
        try:
            self.table.history = History.from_json(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            kept = "it cannot be renamed either"
            with contextlib.suppress(OSError):
                kept = f"it is kept as {set_aside(path)}"
            self._say(f"the history in {path} cannot be read ({error}); {kept}", "warning")
