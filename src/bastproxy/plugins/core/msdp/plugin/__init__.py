"""The skin over the MSDP engine; the engine itself is never reloaded."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from bastproxy.libs.api import AddAPI
from bastproxy.libs.msdp import Msdp
from bastproxy.libs.nearest import did_you_mean
from bastproxy.libs.tables import table
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook
from bastproxy.plugins.core.commands import AddArgument, AddCommand, AddParser

Result = tuple[bool, list[str]]

NOT_ON = "the MUD does no MSDP, or is not connected"


class Plugin(BasePlugin):
    """MSDP for plugins and players."""

    msdp: Msdp

    @RegisterPluginHook("__init__", priority=10)
    def _phook_find_engine(self) -> None:
        self.msdp = self.api("libs.msdp:get.msdp")()

    @AddAPI("send", description="send the MUD an MSDP variable or command", pass_caller=True)
    def _api_send(self, variable: str, value: Any = "", caller_id: str = "") -> bool:
        """Send a variable, or a command such as LIST or SEND.

        REPORT and UNREPORT become what the caller wants reported.

        :param value: a str, or a list or a dict of them.
        :returns: False when the MUD does no MSDP, or takes nothing.
        :raises ValueError: the value is nested too deeply.
        :raises TypeError: the value is, or holds, something else.
        """
        return self.msdp.send(variable, value, caller_id)

    @AddAPI("get", description="the last value of an MSDP variable")
    def _api_get(self, variable: str, default: Any = None) -> Any:
        """Return a copy of the last value; ``default`` when the MUD told none.

        :param variable: such as ``HEALTH``; its case does not count.
        """
        return self.msdp.get(variable, default)

    @AddAPI("report.add", description="have the MUD report MSDP variables", pass_caller=True)
    def _api_report_add(self, variables: str | Sequence[str], caller_id: str = "") -> bool:
        """Have variables reported, by this MUD and every other one, until the caller is unloaded.

        :returns: False when the caller has all of them reported already.
        :raises ValueError: one is not the name of a variable.
        """
        return self.msdp.reports.add(caller_id, variables)

    @AddAPI(
        "report.remove", description="have the MUD report MSDP variables no more", pass_caller=True
    )
    def _api_report_remove(self, variables: str | Sequence[str], caller_id: str = "") -> bool:
        """Take back what the caller wanted; the MUD is told when nobody else wants it.

        :returns: False when the caller wants none of them.
        :raises ValueError: one is not the name of a variable.
        """
        return self.msdp.reports.remove(caller_id, variables)

    @AddAPI("report.list", description="the MSDP variables that the MUD is to report")
    def _api_report_list(self) -> list[str]:
        """Return all variables that clients and plugins want together."""
        return [want.name for want in self.msdp.reports.union().values()]

    @AddAPI("is.on", description="does the MUD do MSDP")
    def _api_is_on(self) -> bool:
        """Say whether the MUD is connected and does MSDP."""
        return self.msdp.is_on

    @AddCommand()
    @AddParser(description="show the MSDP variables that the MUD has told")
    @AddArgument("variable", nargs="?", default="", help="only this one, such as HEALTH")
    def _command_show(self) -> Result:
        name = self._args()["variable"]
        known = self.msdp.variables()
        if not name:
            if not known:
                return True, ["the MUD has told nothing" if self.msdp.is_on else NOT_ON]
            rows = [(variable, _short(self.msdp.get(variable))) for variable in known]
            return True, table(("variable", "value"), rows)
        value = self.msdp.get(name)
        if value is None:
            return False, [f"the MUD has told nothing of {name!r}{did_you_mean(name, known)}"]
        return True, json.dumps(value, indent=2, ensure_ascii=False).splitlines()

    @AddCommand()
    @AddParser(description="show which variables the MUD is to report, and for whom")
    def _command_reports(self) -> Result:
        asked = self.msdp.reports.asked.requesters()
        rows = [
            (want.name, ", ".join(one for one, wants in asked.items() if key in wants))
            for key, want in sorted(self.msdp.reports.union().items())
        ]
        if not rows:
            return True, ["nobody wants any variable reported"]
        lines = table(("variable", "wanted by"), rows)
        return True, lines if self.msdp.is_on else [*lines, NOT_ON]

    @AddCommand()
    @AddParser(description="send the MUD an MSDP variable or command, such as LIST COMMANDS")
    @AddArgument("variable", help="such as LIST")
    @AddArgument("values", nargs="*", help="its value; several make an array")
    def _command_send(self) -> Result:
        args = self._args()
        values = args["values"]
        value = values[0] if len(values) == 1 else values or ""
        if self.msdp.send(args["variable"], value, self.plugin_id):
            return True, [f"sent {args['variable']}"]
        return False, [NOT_ON]

    def _args(self) -> dict[str, Any]:
        args: dict[str, Any] = self.api("plugins.core.commands:get.current.command.args")()
        return args


def _short(value: Any, width: int = 50) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= width else f"{text[: width - 3]}..."
