"""The commands of notify."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bastproxy.libs.nearest import did_you_mean
from bastproxy.libs.tables import table
from bastproxy.plugins.client.notify.libs.rule import Rule
from bastproxy.plugins.client.notify.plugin.keeper import Keeper
from bastproxy.plugins.core.commands import AddArgument, AddCommand, AddParser

Result = tuple[bool, list[str]]


class Plugin(Keeper):
    """Marks the lines that matter to a player, for all clients."""

    @AddCommand()
    @AddParser(
        description="mark the lines in which a regular expression is found, for all clients",
        epilog="for example: '^\\w+ tells you' -name tells. Quote the pattern.",
    )
    @AddArgument("pattern", help="a regular expression, searched for anywhere in the line")
    @AddArgument("-n", "-name", "--name", default="", help="what to call it; else the pattern")
    @AddArgument("-i", "-ignore-case", "--ignore-case", action="store_true", help="big and small")
    def _command_add(self) -> Result:
        args = self._args()
        name = args["name"] or args["pattern"]
        known = name in self.rules
        try:
            problems = self.define([Rule(name, args["pattern"], args["ignore_case"])])
        except ValueError as error:
            return False, [str(error)]
        return True, [f"rule {name} {'replaced' if known else 'added'}", *problems]

    @AddCommand()
    @AddParser(description="remove rules")
    @AddArgument("names", nargs="+", metavar="name", help="the rule")
    def _command_remove(self) -> Result:
        names, unknown = self._names()
        if unknown:
            return False, unknown
        return True, [f"removed {', '.join(names)}", *self.undefine(names)]

    @AddCommand()
    @AddParser(description="list the rules")
    @AddArgument("match", nargs="?", default="", help="only those that contain this")
    def _command_list(self) -> Result:
        match = self._args()["match"]
        rows = [
            (name, rule.pattern, "on" if rule.enabled else "off")
            for name, rule in sorted(self.rules.items())
            if match in name or match in rule.pattern
        ]
        if not rows:
            return True, ["none matches" if self.rules else "there are no rules"]
        return True, table(("rule", "pattern", "state"), rows)

    @AddCommand()
    @AddParser(description="switch rules on")
    @AddArgument("names", nargs="+", metavar="name", help="the rule")
    def _command_on(self) -> Result:
        return self._switch(True)

    @AddCommand()
    @AddParser(description="switch rules off")
    @AddArgument("names", nargs="+", metavar="name", help="the rule")
    def _command_off(self) -> Result:
        return self._switch(False)

    @AddCommand()
    @AddParser(description="show by which rules a line would be marked")
    @AddArgument("line", nargs="+", help="the line")
    def _command_test(self) -> Result:
        line = " ".join(self._args()["line"])
        found = self.matching(line)
        return True, [f"it is marked by {', '.join(found)}" if found else "it is not marked"]

    @AddCommand()
    @AddParser(description="show a line to all clients, marked")
    @AddArgument("text", nargs="+", help="the line")
    def _command_send(self) -> Result:
        text = " ".join(self._args()["text"])
        if self.api(f"{self.plugin_id}:send")(text):
            return True, []
        return False, ["that was too often; wait a little (the settings limit and period)"]

    def _switch(self, on: bool) -> Result:
        names, unknown = self._names()
        if unknown:
            return False, unknown
        problems = self.define([replace(self.rules[name], enabled=on) for name in names])
        return True, [f"{', '.join(names)}: {'on' if on else 'off'}", *problems]

    def _names(self) -> tuple[list[str], list[str]]:
        """Return the names that were typed, and what is wrong with them."""
        names: list[str] = self._args()["names"]
        unknown = [name for name in names if name not in self.rules]
        return names, [
            f"there is no rule {name!r}{did_you_mean(name, self.rules)}" for name in unknown
        ]

    def _args(self) -> dict[str, Any]:
        args: dict[str, Any] = self.api("plugins.core.commands:get.current.command.args")()
        return args
