"""How much is logged, and in which form."""

from __future__ import annotations

import logging

from bastproxy.libs.api import AddAPI
from bastproxy.libs.commands.parsing import Answer
from bastproxy.libs.events import RegisterToEvent
from bastproxy.libs.nearest import did_you_mean
from bastproxy.libs.records import LogOutput, logger_for
from bastproxy.libs.tables import table
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook
from bastproxy.plugins.core.commands import AddArgument, AddCommand, AddParser

LEVELS = ("debug", "info", "warning", "error", "critical")
TAIL_BYTES = 64 * 1024


class Plugin(BasePlugin):
    """The log, for players and plugins."""

    output: LogOutput

    def __init__(self, plugin_id: str, plugin_info: object) -> None:
        super().__init__(plugin_id, plugin_info)  # type: ignore[arg-type]
        self.attributes_to_save_on_reload = ["levels"]
        self.levels: dict[str, str] = {}

    @RegisterPluginHook("__init__", priority=10)
    def _phook_find_engine(self) -> None:
        self.output = self.api("libs.records:get.output")()

    @RegisterPluginHook("initialize")
    def _phook_initialize(self) -> None:
        self.api("plugins.core.settings:add")(
            self.plugin_id,
            "form",
            "text",
            "enum",
            "the form of the log files: text, or json with one object a line",
            choices=["text", "json"],
        )
        self._eventcb_form()

    @RegisterToEvent("ev_{plugin_id}_var_form_modified")
    def _eventcb_form(self) -> None:
        self.output.use_form(self.api("plugins.core.settings:get")(self.plugin_id, "form"))

    @AddAPI("set.level", description="set the level of a source")
    def _api_set_level(self, source: str, level: str = "") -> bool:
        """Log what is at least ``level`` of a source and all below it, until the proxy ends.

        :param source: such as ``plugins.core.events`` or ``plugins``; empty for all.
        :param level: empty to go by the source above it again.
        :returns: False when there is no such level.
        """
        if level and level not in LEVELS:
            return False
        default = "notset" if source else self.api("app:get.options")().log_level
        logger_for(source).setLevel((level or default).upper())
        self.levels.pop(source, None)
        if level:
            self.levels[source] = level
        return True

    @AddAPI("get.level", description="the level that holds for a source")
    def _api_get_level(self, source: str = "") -> str:
        """Return the level that holds for a source."""
        return logging.getLevelName(logger_for(source).getEffectiveLevel()).lower()

    @AddCommand()
    @AddParser(description="show the levels, or set that of a source")
    @AddArgument("source", nargs="?", help="a plugin, libs.session, ...; all: all")
    @AddArgument("level", nargs="?", choices=[*LEVELS, "default"], help="its level")
    def _command_level(self) -> tuple[bool, list[str]]:
        args = self.api("plugins.core.commands:get.current.command.args")()
        if args["source"] is None:
            levels = {"all": self._api_get_level(), **self.levels}
            levels.pop("", None)
            return True, table(("source", "level"), sorted(levels.items()))
        source = "" if args["source"] == "all" else self._find(args["source"])
        if args["level"]:
            self._api_set_level(source, args["level"].replace("default", ""))
        return True, [f"{source or 'all'}: {self._api_get_level(source)}"]

    def _find(self, typed: str) -> str:
        """Return the source that a player means: a plugin by its end, or part of the proxy."""
        plugins = self.api("libs.plugins.loader:get.all.plugins")()
        ends = [name for name in plugins if name.endswith(f".{typed}")]
        if len(ends) == 1:
            return str(ends[0])
        parts = {name.rpartition(".")[0] for name in plugins} | {
            "app",
            "libs",
            "plugins",
            "testing",
        }
        if typed in plugins or typed in parts or typed.startswith("libs."):
            return typed
        raise Answer([f"nothing is logged by {typed!r}{did_you_mean(typed, [*plugins, *parts])}"])

    @AddCommand()
    @AddParser(description="show the last lines of the log")
    @AddArgument("count", nargs="?", type=int, default=20, help="how many")
    def _command_show(self) -> tuple[bool, list[str]]:
        count = self.api("plugins.core.commands:get.current.command.args")()["count"]
        path = self.output.path
        try:
            with path.open("rb") as file:
                file.seek(max(0, path.stat().st_size - TAIL_BYTES))
                lines = file.read().decode(errors="replace").splitlines()
        except OSError as error:
            return False, [f"{path} cannot be read: {error.strerror}"]
        return True, [*lines[-max(1, count) :], f"(from {path})"]
