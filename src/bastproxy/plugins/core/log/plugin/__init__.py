"""How much is logged, and in which form."""

from __future__ import annotations

import logging

from bastproxy.libs.api import AddAPI
from bastproxy.libs.events import RegisterToEvent
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
        default = "info" if not source else "notset"
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
    @AddArgument("source", nargs="?", default="", help="a plugin, libs.session, ...; all: all")
    @AddArgument("level", nargs="?", default="", choices=["", *LEVELS, "default"], help="its level")
    def _command_level(self) -> tuple[bool, list[str]]:
        args = self.api("plugins.core.commands:get.current.command.args")()
        source = "" if args["source"] == "all" else args["source"]
        if args["level"]:
            self._api_set_level(source, args["level"].replace("default", ""))
        if args["source"]:
            return True, [f"{args['source']}: {self._api_get_level(source)}"]
        rows = [("all", self._api_get_level()), *sorted(self.levels.items())]
        return True, table(("source", "level"), rows)

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
