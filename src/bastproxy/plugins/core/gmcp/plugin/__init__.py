"""The skin over the GMCP engine; the engine itself is never reloaded."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from bastproxy.libs.api import AddAPI
from bastproxy.libs.gmcp import Gmcp
from bastproxy.libs.nearest import did_you_mean
from bastproxy.libs.tables import table
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook
from bastproxy.plugins.core.commands import AddArgument, AddCommand, AddParser

Result = tuple[bool, list[str]]

NOT_ON = "the MUD does no GMCP, or is not connected"


class Plugin(BasePlugin):
    """GMCP for plugins and players."""

    gmcp: Gmcp

    @RegisterPluginHook("__init__", priority=10)
    def _phook_find_engine(self) -> None:
        self.gmcp = self.api("libs.gmcp:get.gmcp")()

    @AddAPI("send", description="send the MUD a GMCP message", pass_caller=True)
    def _api_send(self, package: str, data: Any = None, caller_id: str = "") -> bool:
        """Send a message; a list for ``Core.Supports.*`` becomes what the caller asks for.

        :param data: what JSON can hold; None for a package alone.
        :returns: False when the MUD does no GMCP, or takes nothing.
        :raises ValueError: the package is no name, or JSON cannot hold the data.
        """
        return self.gmcp.send(package, data, caller_id)

    @AddAPI("get", description="the last data of a GMCP package")
    def _api_get(self, package: str, default: Any = None) -> Any:
        """Return a copy of what the MUD told last; ``default`` when it told nothing.

        :param package: such as ``Char.Vitals``; its case does not count.
        """
        return self.gmcp.get(package, default)

    @AddAPI("supports.add", description="ask the MUD for GMCP packages", pass_caller=True)
    def _api_supports_add(
        self, packages: str | Sequence[str], version: int = 1, caller_id: str = ""
    ) -> bool:
        """Ask for packages, at this MUD and every other one, until the caller is unloaded.

        :param packages: such as ``Char``, or ``Room 2`` where one needs a version of its own.
        :returns: False when the caller has asked for all of them already.
        :raises ValueError: one is not the name of a package.
        """
        return self.gmcp.supports.add(caller_id, packages, version)

    @AddAPI(
        "supports.remove", description="ask the MUD for GMCP packages no more", pass_caller=True
    )
    def _api_supports_remove(self, packages: str | Sequence[str], caller_id: str = "") -> bool:
        """Take back what the caller has asked for; the MUD is told when nobody else wants it.

        :returns: False when the caller asks for none of them.
        :raises ValueError: one is not the name of a package.
        """
        return self.gmcp.supports.remove(caller_id, packages)

    @AddAPI("supports.list", description="the GMCP packages that the MUD is asked for")
    def _api_supports_list(self) -> dict[str, int]:
        """Return all packages with their versions: what clients and plugins want together."""
        return {want.name: want.version for want in self.gmcp.supports.union().values()}

    @AddAPI("is.on", description="does the MUD do GMCP")
    def _api_is_on(self) -> bool:
        """Say whether the MUD is connected and does GMCP."""
        return self.gmcp.is_on

    @AddCommand()
    @AddParser(description="show what the MUD has told last, by package")
    @AddArgument("package", nargs="?", default="", help="only this one, such as Char.Vitals")
    def _command_show(self) -> Result:
        name = self._args()["package"]
        known = self.gmcp.packages()
        if not name:
            if not known:
                return True, ["the MUD has told nothing" if self.gmcp.is_on else NOT_ON]
            rows = [(package, _short(self.gmcp.get(package))) for package in known]
            return True, table(("package", "last"), rows)
        found = [
            package for package in known if f"{package.lower()}.".startswith(f"{name.lower()}.")
        ]
        if not found:
            return False, [f"the MUD has told nothing of {name!r}{did_you_mean(name, known)}"]
        lines = []
        for package in found:
            text = json.dumps(self.gmcp.get(package), indent=2, ensure_ascii=False)
            lines += [package, *(f"  {line}" for line in text.splitlines())]
        return True, lines

    @AddCommand()
    @AddParser(description="show which packages the MUD is asked for, and by whom")
    def _command_supports(self) -> Result:
        asked = self.gmcp.supports.asked.requesters()
        rows = [
            (
                f"{want.name} {want.version}",
                ", ".join(one for one, wants in asked.items() if key in wants),
            )
            for key, want in sorted(self.gmcp.supports.union().items())
        ]
        if not rows:
            return True, ["nobody asks for any package"]
        lines = table(("package", "asked for by"), rows)
        return True, lines if self.gmcp.is_on else [*lines, NOT_ON]

    @AddCommand()
    @AddParser(description="send the MUD a GMCP message")
    @AddArgument("package", help="such as Char.Items.Inv")
    @AddArgument("data", nargs="*", help="JSON; nothing for the package alone")
    def _command_send(self) -> Result:
        args = self._args()
        text = " ".join(args["data"])
        try:
            data = json.loads(text) if text else None
        except ValueError as error:
            return False, [f"that is not JSON: {error}; quotes need quotes: '{{\"a\": 1}}'"]
        try:
            sent = self.gmcp.send(args["package"], data, self.plugin_id)
        except ValueError as error:
            return False, [str(error)]
        return (True, [f"sent {args['package']}"]) if sent else (False, [NOT_ON])

    def _args(self) -> dict[str, Any]:
        args: dict[str, Any] = self.api("plugins.core.commands:get.current.command.args")()
        return args


def _short(data: Any, width: int = 50) -> str:
    text = json.dumps(data, ensure_ascii=False)
    return text if len(text) <= width else f"{text[: width - 3]}..."
