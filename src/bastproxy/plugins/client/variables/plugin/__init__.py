"""Variables of the player: set and read by commands and by plugins, kept in a file."""

from __future__ import annotations

from typing import Any, Final

from bastproxy.libs.api import AddAPI
from bastproxy.libs.files import set_aside
from bastproxy.libs.nearest import did_you_mean
from bastproxy.libs.records import LogRecord
from bastproxy.libs.tables import table
from bastproxy.libs.work import Timer
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook
from bastproxy.plugins.client.variables.libs import file
from bastproxy.plugins.client.variables.libs.file import Value
from bastproxy.plugins.core.commands import AddArgument, AddCommand, AddParser

Result = tuple[bool, list[str]]

CHANGED: Final = "ev_variable_changed"
UNSAVED: Final = "unsaved"
SOON: Final = 1.0
"""Seconds after which what plugins have set is written; what a player sets is at once."""


class Plugin(BasePlugin):
    """Variables of the player."""

    @RegisterPluginHook("__init__", priority=10)
    def _phook_begin(self) -> None:
        self.values: dict[str, Value] = {}
        self._path = self.plugin_info.data_directory / file.NAME
        self._timer: Timer | None = None

    @RegisterPluginHook("initialize")
    def _phook_initialize(self) -> None:
        self.api("plugins.core.events:add.event")(
            CHANGED,
            self.plugin_id,
            ["A variable was set or removed."],
            {"name": "its name", "value": "None when it was removed", "old": "what it was"},
        )
        self.values = self.data[UNSAVED] if UNSAVED in self.data else self._read()
        if UNSAVED in self.data:
            self._write()

    @RegisterPluginHook("uninitialize")
    def _phook_uninitialize(self) -> None:
        self._write_now()

    @RegisterPluginHook("save")
    def _phook_save(self) -> None:
        self._write_now()

    @AddAPI("set", description="set a variable")
    def _api_set(self, name: str, value: Value) -> bool:
        """Set a variable; it is written to the file within a second.

        :param name: letters, digits and underscores.
        :returns: False when it has that value already.
        :raises ValueError: the name, or the value, is none for a variable.
        """
        checked = file.check(name, value)
        if not self._change(name, checked):
            return False
        self._write_soon()
        return True

    @AddAPI("get", description="get a variable")
    def _api_get(self, name: str, default: Any = None) -> Any:
        """Return the value of a variable; ``default`` when there is none of that name."""
        return self.values.get(name, default)

    @AddAPI("remove", description="remove a variable")
    def _api_remove(self, name: str) -> bool:
        """Remove a variable; False when there is none of that name."""
        if not self._change(name, None):
            return False
        self._write_soon()
        return True

    @AddAPI("list", description="the variables")
    def _api_list(self) -> dict[str, Value]:
        """Return all variables with their values."""
        return dict(self.values)

    @AddCommand()
    @AddParser(
        description="set a variable, which stands for its text in what triggers send",
        epilog="for example: target orc; then ${target} in what a trigger sends is orc",
    )
    @AddArgument("name", help="letters, digits and underscores")
    @AddArgument("value", nargs="+", help="its text")
    def _command_set(self) -> Result:
        args = self._args()
        try:
            value = file.check(args["name"], " ".join(args["value"]))
        except ValueError as error:
            return False, [str(error)]
        self._change(args["name"], value)
        return True, [f"{args['name']} is {value}", *self._write()]

    @AddCommand()
    @AddParser(description="show a variable")
    @AddArgument("name", help="the variable")
    def _command_get(self) -> Result:
        name = self._args()["name"]
        if name not in self.values:
            return False, [self._unknown(name)]
        return True, [f"{name} is {self.values[name]}"]

    @AddCommand()
    @AddParser(description="list the variables")
    @AddArgument("match", nargs="?", default="", help="only names that contain this")
    def _command_list(self) -> Result:
        match = self._args()["match"]
        rows = [(name, value) for name, value in sorted(self.values.items()) if match in name]
        if not rows:
            return True, [f"no variable matches {match!r}" if match else "there are no variables"]
        return True, table(("variable", "value"), rows)

    @AddCommand()
    @AddParser(description="remove variables")
    @AddArgument("names", nargs="+", metavar="name", help="the variable")
    def _command_remove(self) -> Result:
        names = self._args()["names"]
        for name in names:
            if name not in self.values:
                return False, [self._unknown(name)]
        for name in names:
            self._change(name, None)
        return True, [f"removed {', '.join(names)}", *self._write()]

    def _change(self, name: str, value: Value | None) -> bool:
        old = self.values.get(name)
        if old == value and type(old) is type(value):
            return False
        if value is None:
            del self.values[name]
        else:
            self.values[name] = value
        args = {"name": name, "value": value, "old": old}
        self.api("plugins.core.events:raise.event")(CHANGED, args)
        return True

    def _write_soon(self) -> None:
        self.data[UNSAVED] = self.values
        if self._timer is None or not self._timer.active:
            self._timer = self.call_later(SOON, self._write_now)

    def _write_now(self) -> None:
        if UNSAVED in self.data:
            for problem in self._write():
                LogRecord(problem, level="warning", sources=[self.plugin_id])()

    def _write(self) -> list[str]:
        """Write all variables; return why that fails, in words for the player."""
        if self._timer is not None:
            self._timer.cancel()
        try:
            file.write(self._path, self.values)
        except OSError as error:
            self.data[UNSAVED] = self.values
            return [
                f"{self._path} cannot be written: {error.strerror or error}; it is tried again at "
                "the next change, and when the proxy ends"
            ]
        self.data.pop(UNSAVED, None)
        return []

    def _read(self) -> dict[str, Value]:
        try:
            values, faults = file.read(self._path)
        except FileNotFoundError:
            return {}
        except OSError as error:
            self._complain(f"{self._path} cannot be read: {error.strerror or error}")
            return {}
        except ValueError as error:
            values, faults = {}, [f"{self._path} cannot be read: {error}"]
        for fault in faults:
            self._complain(fault)
        if faults:
            try:
                self._complain(f"the file is kept as {set_aside(self._path)}")
                file.write(self._path, values)
            except OSError as error:
                self._complain(f"{self._path} cannot be set aside: {error.strerror or error}")
        return values

    def _unknown(self, name: str) -> str:
        return f"there is no variable {name!r}{did_you_mean(name, self.values)}"

    def _complain(self, message: str) -> None:
        LogRecord(message, level="warning", sources=[self.plugin_id])()

    def _args(self) -> dict[str, Any]:
        args: dict[str, Any] = self.api("plugins.core.commands:get.current.command.args")()
        return args
