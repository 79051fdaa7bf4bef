"""Takes the lines that players type, and sends what they stand for."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from bastproxy.libs.ansi import plain
from bastproxy.libs.api import AddAPI
from bastproxy.libs.commands import CommandTable, History
from bastproxy.libs.events import RegisterToEvent
from bastproxy.libs.files import set_aside
from bastproxy.libs.records import LogRecord
from bastproxy.libs.session import Session
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook
from bastproxy.plugins.client.input.libs.asking import asks_for_password
from bastproxy.plugins.client.input.libs.expand import Command, Expander, Limits, Replacement
from bastproxy.plugins.client.input.libs.parse import InputError, Syntax, read_directions
from bastproxy.plugins.client.input.libs.saver import Saver
from bastproxy.plugins.core.commands import AddArgument, AddCommand, AddParser

Result = tuple[bool, list[str]]

SETTINGS: Final = "plugins.core.settings"
VARIABLES: Final = "plugins.client.variables:get"
EVENT: Final = "ev_input_command"
SAVE_AFTER: Final = 2
"""Seconds after which a line that was typed is in the history's file."""
DEEPEST: Final = 20
"""Runs inside one another, by plugins that listen to what they send themselves."""

_HIDE: Final = r"(?i)^\s*(connect|create|identify|@?pass\w*)\b"
_SETTINGS: Final[tuple[tuple[str, object, object, str], ...]] = (
    ("enabled", True, bool, "make more of what is typed; off: it goes as it is"),
    ("separator", ";", str, "what separates commands in a line; empty: nothing does"),
    ("repeat", "#", str, "what a number stands behind that repeats a command; empty: nothing"),
    ("speedwalk", ".", str, "what a speedwalk begins with; empty: there are none"),
    ("directions", "n s e w u d", str, "the letters of a speedwalk; o=out sends another word"),
    ("verbatim", "\\", str, "what a line begins with that goes as it is; empty: nothing"),
    ("recall", "!", str, "what a line begins with that stands for an earlier one; empty: nothing"),
    ("hide", _HIDE, str, "the history forgets lines in which this regular expression is found"),
    ("most", 1000, int, "so many commands one line may make"),
    ("depth", 20, int, "so many aliases may be inside one another"),
)


class Plugin(BasePlugin):
    """Several commands in a line, repeats, speedwalks and the history."""

    session: Session
    table: CommandTable

    def __init__(self, plugin_id: str, plugin_info: Any) -> None:
        super().__init__(plugin_id, plugin_info)
        self.attributes_to_save_on_reload = ["history", "begun", "saver"]
        self.history = History()
        self.saver = Saver(self.plugin_info.data_directory / "history.json")
        self.begun: set[str] = set()
        self.saving = False
        self.running = 0
        self._client_id = ""
        self.expander = Expander(self._ask, self.table.is_command, self._variable)
        self.hide: re.Pattern[str] | None = None

    @RegisterPluginHook("__init__", priority=10)
    def _phook_find_engine(self) -> None:
        self.session = self.api("libs.session:get.session")()
        self.table = self.api("libs.commands:get.table")()

    @RegisterPluginHook("initialize")
    def _phook_initialize(self) -> None:
        add = self.api(f"{SETTINGS}:add")
        for name, default, kind, purpose in _SETTINGS:
            least = {"minimum": 1} if kind is int else {}
            add(self.plugin_id, name, default, kind, purpose, **least)
        self.api("plugins.core.events:add.event")(
            EVENT,
            self.plugin_id,
            [
                "One command is about to be sent for a player, alone, without the others of its "
                "line. Who knows what it stands for says so in `replace`. It is raised for what "
                "is only tried, too: do nothing else in a callback."
            ],
            {
                "command": "the command",
                "replace": "what is to be sent in its place: commands with places for values; "
                "None: the command itself",
                "values": "the values for the places of `replace`, by name: `1`, `*`, `who`",
                "by": "who replaces it, in a word for messages; finds circles",
                "within": "who has made this command, the first one first",
                "client_id": "the client that has typed it; empty when none has",
            },
        )
        self.saving = False  # a timer of an initialize that was undone is gone
        if self.is_reloading_f:
            self._save_soon()
        else:
            self._read_history()
        self._use_settings()

    @RegisterPluginHook("save")
    def _phook_save(self) -> None:
        self._save()

    @RegisterToEvent("ev_{plugin_id}_var_enabled_modified")
    @RegisterToEvent("ev_{plugin_id}_var_separator_modified")
    @RegisterToEvent("ev_{plugin_id}_var_repeat_modified")
    @RegisterToEvent("ev_{plugin_id}_var_speedwalk_modified")
    @RegisterToEvent("ev_{plugin_id}_var_directions_modified")
    @RegisterToEvent("ev_{plugin_id}_var_verbatim_modified")
    @RegisterToEvent("ev_{plugin_id}_var_recall_modified")
    @RegisterToEvent("ev_{plugin_id}_var_hide_modified")
    @RegisterToEvent("ev_{plugin_id}_var_most_modified")
    @RegisterToEvent("ev_{plugin_id}_var_depth_modified")
    def _eventcb_settings(self) -> None:
        self._use_settings()

    @RegisterToEvent("ev_client_disconnected")
    def _eventcb_client_gone(self) -> None:
        self.begun.discard(self._record()["client_id"])

    @RegisterToEvent("ev_from_client_event", priority=20)
    def _eventcb_line(self) -> None:
        record = self._record()
        client_id = record["client_id"]
        if record["continues"]:  # its beginning has gone already
            self.begun.add(client_id)
            return
        if client_id in self.begun:
            self.begun.discard(client_id)
            return
        if not (record["send"] and self._setting("enabled")) or "\n" in record["line"]:
            return
        if self._asks_for_password():
            return
        line = record["line"]
        try:
            commands = self._typed(line, client_id)
        except InputError as error:
            record["send"] = False
            self._tell(str(error), client_id)
            return
        if commands == [Command(line)]:
            return
        if commands and not any(command.for_proxy for command in commands):
            record["line"] = "\n".join(command.text for command in commands)
            return
        record["send"] = False  # first, lest a reload by one of them begins all this anew
        self._send(commands, client_id)

    @AddAPI("run", description="send what a player or a plugin has written as if it was typed")
    def _api_run(
        self, text: str, values: Mapping[str, str] | None = None, client_id: str = ""
    ) -> bool:
        """Send all that a text stands for: stacked commands, repeats, walks, aliases.

        Commands of the proxy in it are run. The history is not used, and does not have it.

        :param text: may have several lines.
        :param values: for the places ``%1``, ``$1``, ``$name`` and ``${name}`` (which may be a
            variable too) in it; with None, only variables have places. A value never makes a
            command of its own, so it may be what the MUD has said.
        :param client_id: who is answered; everybody by default.
        :returns: False when nothing is sent, as it would be too much, or the MUD would take it
            for a password; the client is told why.
        """
        if self.running >= DEEPEST:
            self._tell(f"{text!r} goes round in circles; it is not sent", client_id)
            return False
        self.running += 1
        try:
            commands = self._template(text, values, client_id)
            if self.session.private and not all(command.for_proxy for command in commands):
                raise InputError("the MUD asks for a password; nothing else is sent")
            self._send(commands, client_id)
        except InputError as error:
            self._tell(str(error), client_id)
            return False
        finally:
            self.running -= 1
        return True

    @AddAPI("expand", description="what a line that is typed would send")
    def _api_expand(
        self, text: str, values: Mapping[str, str] | None = None, client_id: str = ""
    ) -> list[str]:
        """Return the commands that :meth:`run` would send, and send nothing.

        :raises ValueError: they would be too many, or go round in circles.
        """
        return [command.text for command in self._template(text, values, client_id)]

    @AddAPI("history", description="what players have typed")
    def _api_history(self) -> list[str]:
        """Return the lines of the history, oldest first."""
        return [entry.text for entry in self.history]

    @AddCommand()
    @AddParser(description="show what was typed; !! is the last one, !12 number 12, !kill by words")
    @AddArgument("count", nargs="?", type=int, default=20, help="how many of the last")
    def _command_history(self) -> Result:
        count = self._args()["count"]
        entries = list(self.history)[-count:] if count > 0 else []
        lines = [f"{entry.number:>4}: {entry.text}" for entry in entries]
        return True, lines or ["nothing was typed yet"]

    @AddCommand(show_in_history=False)
    @AddParser(description="forget what was typed: a line by its number, or all of it")
    @AddArgument("what", help="a number of the history, or all")
    def _command_forget(self) -> Result:
        what: str = self._args()["what"]
        if what == "all":
            self.history.clear()
            self._save()
            return True, ["everything that was typed is forgotten"]
        entry = self.history.get(int(what)) if what.isdecimal() and len(what) < 10 else None
        if entry is None:
            return False, [f"the history has no number {what!r}; say one that it has, or all"]
        self._forget(entry.number)
        self._save()
        return True, [f"number {entry.number} is forgotten"]

    @AddCommand(show_in_history=False)
    @AddParser(description="show what a line would send, and send nothing")
    @AddArgument("line", nargs="+", help="the line, in quotes when it has quotes or a backslash")
    def _command_test(self) -> Result:
        line = " ".join(self._args()["line"])
        self._client_id = self.api("plugins.core.commands:get.current.client")()
        try:
            commands = self.expander.typed(self.expander.recalled(line) or line)
        except InputError as error:
            return False, [str(error)]
        return True, [command.text for command in commands] or ["nothing is sent"]

    def _typed(self, line: str, client_id: str) -> list[Command]:
        """Return the commands of a line that was typed, and remember it."""
        self._client_id = client_id
        recalled = self.expander.recalled(line)
        if recalled is not None:
            self._tell(recalled, client_id)
            line = recalled
        if line.strip() and not (self.hide and self.hide.search(line)):
            self.history.add(line)
            self._save_soon()
        return self.expander.typed(line)

    def _asks_for_password(self) -> bool:
        """Say whether the MUD asks for one though it has not taken over the echo."""
        said = self.session.scrollback.said()
        if said is None:
            return False
        text = plain(said.data.decode(said.encoding, "replace"))
        return asks_for_password(text, ended=said.ends and not said.prompt)

    def _template(
        self, text: str, values: Mapping[str, str] | None, client_id: str
    ) -> list[Command]:
        self._client_id = client_id
        return self.expander.template(text, _texts(values))

    def _send(self, commands: Sequence[Command], client_id: str) -> None:
        for command in commands:
            if command.for_proxy:
                self.api("plugins.core.commands:run")(command.text, client_id)
            else:
                if client_id:  # by words such as quit a player leaves for good
                    self.session.intent.typed(command.text)
                self.session.send_to_mud(command.text, client_id=client_id)

    def _ask(self, command: str, within: Sequence[str]) -> Replacement | None:
        record = self.api("plugins.core.events:raise.event")(
            EVENT,
            {
                "command": command,
                "replace": None,
                "values": {},
                "by": "",
                "within": list(within),
                "client_id": self._client_id,
            },
        )
        if record["replace"] is None:
            return None
        return Replacement(
            str(record["by"]), str(record["replace"]), _texts(record["values"]) or {}
        )

    def _variable(self, name: str) -> str | None:
        if not self.api.has(VARIABLES):
            return None
        value = self.api(VARIABLES)(name)
        return None if value is None else str(value)

    def _use_settings(self) -> None:
        get = self._setting
        expander = self.expander
        expander.history = self.history
        expander.syntax = Syntax(get("separator"), get("repeat"), get("speedwalk"))
        expander.verbatim = get("verbatim")
        expander.recall = get("recall")
        expander.limits = Limits(get("most"), get("depth"))
        try:
            expander.directions = read_directions(get("directions"))
        except ValueError as error:
            self._refuse("directions", str(error))
        try:
            self.hide = re.compile(get("hide")) if get("hide") else None
        except re.error as error:
            self._refuse("hide", f"{get('hide')!r} is no regular expression: {error}")

    def _refuse(self, name: str, reason: str) -> None:
        """Put a setting that cannot be used back to its default, and say why."""
        self._say(f"the setting {name}: {reason}", "error")
        self._tell(reason, self.api("plugins.core.commands:get.current.client")())
        self.api(f"{SETTINGS}:reset")(self.plugin_id, name)

    def _setting(self, name: str) -> Any:
        return self.api(f"{SETTINGS}:get")(self.plugin_id, name)

    def _args(self) -> dict[str, Any]:
        args: dict[str, Any] = self.api("plugins.core.commands:get.current.command.args")()
        return args

    def _record(self) -> Any:
        return self.api("plugins.core.events:get.current.event.record")()

    def _tell(self, text: str, client_id: str) -> None:
        self.session.send_to_clients(f"[input] {text}", [client_id] if client_id else None)

    def _say(self, message: str, level: str) -> None:
        LogRecord(message, level=level, sources=[self.plugin_id])()

    def _forget(self, number: int) -> None:
        kept = [(entry.number, entry.text) for entry in self.history if entry.number != number]
        self.history = self.expander.history = History.from_json(msgspec.json.encode(kept))

    def _save_soon(self) -> None:
        if not self.saving:
            self.saving = True
            self.call_later(SAVE_AFTER, self._save_in_thread)

    async def _save_in_thread(self) -> None:
        self.saving = False
        saver = self.saver
        try:
            await self.run_in_thread(saver.write, saver.number(), self._history_data())
        except OSError as error:
            self._complain(error)

    def _save(self) -> None:
        try:
            self.saver.write(self.saver.number(), self._history_data())
        except OSError as error:
            self._complain(error)

    def _history_data(self) -> bytes:
        return self.history.to_json().encode()

    def _complain(self, error: OSError) -> None:
        self._say(f"{self.saver.path} cannot be written: {error.strerror}", "error")

    def _read_history(self) -> None:
        path = self.saver.path
        try:
            self.history = History.from_json(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            kept = "it cannot be renamed either"
            with contextlib.suppress(OSError):
                kept = f"it is kept as {set_aside(path)}"
            self._say(f"the history in {path} cannot be read ({error}); {kept}", "warning")


def _texts(values: object) -> dict[str, str] | None:
    """Return values as texts, whatever a plugin has put there."""
    if not isinstance(values, Mapping):
        return None
    return {str(name): "" if value is None else str(value) for name, value in values.items()}
