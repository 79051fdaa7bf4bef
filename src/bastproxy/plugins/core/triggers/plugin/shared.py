"""Files of triggers that players share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bastproxy.plugins.core.commands import AddArgument, AddCommand, AddParser
from bastproxy.plugins.core.triggers.libs import file
from bastproxy.plugins.core.triggers.plugin.players import PlayersTriggers

Result = tuple[bool, list[str]]

SHARED = "shared"


class SharedTriggers(PlayersTriggers):
    """Writes triggers into files for others, and reads theirs."""

    @AddCommand()
    @AddParser(description="write your triggers into a file that others can import")
    @AddArgument("file", help="its name; without a directory it is put beside your triggers")
    @AddArgument("-g", "-group", "--group", default="", help="only those of a group")
    @AddArgument("-replace", "--replace", action="store_true", help="even if there is such a file")
    def _command_export(self) -> Result:
        args = self._args()
        path = self._shared_path(args["file"])
        group = args["group"]
        chosen = [one for one in self.definitions.values() if group in ("", one.group)]
        if not chosen:
            return False, [f"no trigger is in the group {group!r}" if group else "no triggers"]
        if path.exists() and not args["replace"]:
            return False, [f"there is a file {path} already; -replace writes over it"]
        try:
            file.write(path, chosen)
        except OSError as error:
            return False, [f"{path} cannot be written: {error.strerror or error}"]
        return True, [f"{len(chosen)} triggers written to {path}"]

    @AddCommand()
    @AddParser(description="add the triggers of a file, such as one that another has exported")
    @AddArgument("file", help="its name; without a directory it is looked for beside your triggers")
    @AddArgument("-replace", "--replace", action="store_true", help="replace those of its names")
    def _command_import(self) -> Result:
        args = self._args()
        path = self._shared_path(args["file"])
        try:
            contents = file.read(path)
        except OSError as error:
            return False, [f"{path} cannot be read: {error.strerror or error}"]
        except ValueError as error:
            return False, [f"{path} cannot be read: {error}"]
        taken = [
            name
            for name, one in contents.definitions.items()
            if not args["replace"] and self.definitions.get(name, one) != one
        ]
        wanted = [one for name, one in contents.definitions.items() if name not in taken]
        problems = self.define(*wanted)
        lines = [f"{len(wanted)} triggers imported from {path}"]
        if taken:
            lines.append(f"you have others of these names, -replace takes theirs: {_list(taken)}")
        return True, [*lines, *contents.faults, *problems]

    def _shared_path(self, name: str) -> Path:
        path = Path(name).expanduser()
        if path.suffix != ".toml":
            path = path.with_name(f"{path.name}.toml")
        return self.plugin_info.data_directory / SHARED / path

    def _args(self) -> dict[str, Any]:
        args: dict[str, Any] = self.api("plugins.core.commands:get.current.command.args")()
        return args


def _list(names: list[str]) -> str:
    shown = ", ".join(names[:10])
    return shown if len(names) <= 10 else f"{shown} and {len(names) - 10} more"
