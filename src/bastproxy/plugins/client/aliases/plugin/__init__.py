"""The commands of aliases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bastproxy.libs.files import write_whole
from bastproxy.libs.tablefile import read_tables, tables_to_toml
from bastproxy.libs.tables import table
from bastproxy.plugins.client.aliases.libs.alias import Alias, alias_of
from bastproxy.plugins.client.aliases.plugin.keeper import Keeper
from bastproxy.plugins.core.commands import AddArgument, AddCommand, AddParser

Result = tuple[bool, list[str]]

SHARED = "shared"


class Plugin(Keeper):
    """Short words for what a player sends often."""

    @AddCommand()
    @AddParser(
        description="send something in place of what is typed",
        epilog="for example: k 'kill %1;loot'; 'give %1 to %2' 'get %1 bag;give %1 %2'; "
        "'^k(\\d+)$' 'kill $1.rat' -regex. Quote what has several words.",
    )
    @AddArgument("pattern", help="what is typed: a word, or words with %%1 for any, or -regex")
    @AddArgument("text", nargs="*", help="what is sent; %%1 or $1 is the first word after it")
    @AddArgument("-s", "-send", "--send", action="append", default=[], help="one more line to send")
    @AddArgument("-n", "-name", "--name", default="", help="what to call it; else the pattern")
    @AddArgument("-r", "-regex", "--regex", action="store_true", help="a regular expression")
    @AddArgument("-g", "-group", "--group", default="", help="what to switch it on and off with")
    @AddArgument("-p", "-priority", "--priority", type=int, default=50, help="lower comes first")
    @AddArgument("-i", "-ignore-case", "--ignore-case", action="store_true", help="big and small")
    def _command_add(self) -> Result:
        args = self._args()
        lines = [" ".join(args["text"])] if args["text"] else []
        name = args["name"] or args["pattern"]
        known = self.aliases.get(name)
        alias = Alias(
            name=name,
            pattern=args["pattern"],
            send="\n".join([*lines, *args["send"]]),
            regex=args["regex"],
            ignore_case=args["ignore_case"],
            priority=args["priority"],
            group=args["group"],
        )
        try:
            problems = self.define([alias])
        except ValueError as error:
            return False, [str(error)]
        return True, [f"alias {name} {'replaced' if known else 'added'}", *problems]

    @AddCommand()
    @AddParser(description="remove aliases")
    @AddArgument("names", nargs="+", metavar="name", help="the alias")
    def _command_remove(self) -> Result:
        names = self._args()["names"]
        if unknown := [self._unknown(name) for name in names if name not in self.aliases]:
            return False, unknown
        return True, [f"removed {', '.join(names)}", *self.undefine(names)]

    @AddCommand()
    @AddParser(description="list the aliases")
    @AddArgument("match", nargs="?", default="", help="only those that contain this")
    @AddArgument("-g", "-group", "--group", default="", help="only those of a group")
    def _command_list(self) -> Result:
        args = self._args()
        rows = [
            (
                alias.name if alias.enabled else f"{alias.name} (off)",
                alias.pattern if alias.pattern != alias.name else "",
                alias.group,
                " | ".join(alias.send.split("\n")),
            )
            for alias in sorted(self.aliases, key=lambda alias: (alias.group, alias.name))
            if args["group"] in ("", alias.group)
            and any(args["match"] in text for text in (alias.name, alias.pattern, alias.send))
        ]
        if not rows:
            return True, ["there are no aliases" if not len(self.aliases) else "none matches"]
        return True, table(("alias", "pattern", "group", "sends"), rows)

    @AddCommand()
    @AddParser(description="show all about an alias")
    @AddArgument("name", help="the alias")
    def _command_show(self) -> Result:
        name = self._args()["name"]
        alias = self.aliases.get(name)
        if alias is None:
            return False, [self._unknown(name)]
        kind = "regular expression" if alias.regex else "pattern"
        first, *rest = alias.send.split("\n")
        return True, [
            f"{name}: {'on' if alias.enabled else 'off'}, priority {alias.priority}"
            + (f", group {alias.group}" if alias.group else ""),
            f"  {kind}  {alias.pattern}" + ("  (any case)" if alias.ignore_case else ""),
            f"  sends  {first}",
            *(f"         {line}" for line in rest),
        ]

    @AddCommand()
    @AddParser(description="switch aliases on")
    @AddArgument("names", nargs="+", metavar="name", help="the alias")
    def _command_on(self) -> Result:
        return self._switch(True)

    @AddCommand()
    @AddParser(description="switch aliases off")
    @AddArgument("names", nargs="+", metavar="name", help="the alias")
    def _command_off(self) -> Result:
        return self._switch(False)

    @AddCommand()
    @AddParser(description="switch a group of aliases on or off, or list the groups")
    @AddArgument("group", nargs="?", default="", help="the group")
    @AddArgument("state", nargs="?", default="", choices=("", "on", "off"), help="on or off")
    def _command_group(self) -> Result:
        group, state = self._args()["group"], self._args()["state"]
        if not group:
            rows = [(name, *self._counts(name)) for name in self.aliases.groups()]
            return True, table(("group", "on", "off"), rows) if rows else ["there are no groups"]
        names = self.aliases.of_group(group)
        if not names:
            return False, [f"no alias is in the group {group!r}"]
        problems = self.switch(names, state == "on") if state else []
        on, off = self._counts(group)
        return True, [f"group {group}: {on} on, {off} off", *problems]

    @AddCommand()
    @AddParser(description="show what a line would send, and by which alias; nothing is sent")
    @AddArgument("line", nargs="+", help="the line")
    def _command_test(self) -> Result:
        line = " ".join(self._args()["line"])
        found = self.aliases.find(line)
        if found is None:
            return True, [f"no alias fits {line!r}"]
        try:
            commands = self.api("plugins.client.input:expand")(line)
        except ValueError as error:
            return False, [str(error)]
        return True, [f"alias {found[0].name} sends", *(f"  {command}" for command in commands)]

    @AddCommand()
    @AddParser(description="write your aliases into a file that others can import")
    @AddArgument("file", help="its name; without a directory it is put beside your aliases")
    @AddArgument("-g", "-group", "--group", default="", help="only those of a group")
    @AddArgument("-replace", "--replace", action="store_true", help="even if there is such a file")
    def _command_export(self) -> Result:
        args = self._args()
        path, group = self._shared_path(args["file"]), args["group"]
        chosen = [alias for alias in self.aliases if group in ("", alias.group)]
        if not chosen:
            return False, [f"no alias is in the group {group!r}" if group else "no aliases"]
        if path.exists() and not args["replace"]:
            return False, [f"there is a file {path} already; -replace writes over it"]
        text = tables_to_toml({alias.name: alias.to_toml() for alias in chosen})
        try:
            write_whole(path, text.encode())
        except OSError as error:
            return False, [f"{path} cannot be written: {error.strerror or error}"]
        return True, [f"{len(chosen)} aliases written to {path}"]

    @AddCommand()
    @AddParser(description="add the aliases of a file, such as one that another has exported")
    @AddArgument("file", help="its name; without a directory it is looked for beside your aliases")
    @AddArgument("-replace", "--replace", action="store_true", help="replace those of its names")
    def _command_import(self) -> Result:
        args = self._args()
        path = self._shared_path(args["file"])
        try:
            tables = read_tables(path)
        except (OSError, ValueError) as error:
            return False, [f"{path} cannot be read: {getattr(error, 'strerror', None) or error}"]
        wanted, faults, taken = [], [], []
        for name, values in tables.items():
            try:
                alias = alias_of(name, values)
            except ValueError as error:
                faults.append(f"the alias {name!r} is left out: {error}")
                continue
            known = self.aliases.get(name)
            if known is not None and known != alias and not args["replace"]:
                taken.append(name)
            else:
                wanted.append(alias)
        problems = self.define(wanted)
        if taken:
            names = ", ".join(taken)
            faults.append(f"you have others of these names, -replace takes theirs: {names}")
        return True, [f"{len(wanted)} aliases imported from {path}", *faults, *problems]

    def _switch(self, on: bool) -> Result:
        names = self._args()["names"]
        if unknown := [self._unknown(name) for name in names if name not in self.aliases]:
            return False, unknown
        problems = self.switch(names, on)
        return True, [f"{', '.join(names)}: {'on' if on else 'off'}", *problems]

    def _counts(self, group: str) -> tuple[int, int]:
        states = [alias.enabled for alias in self.aliases if alias.group == group]
        return states.count(True), states.count(False)

    def _shared_path(self, name: str) -> Path:
        path = Path(name).expanduser()
        if path.suffix != ".toml":
            path = path.with_name(f"{path.name}.toml")
        return self.plugin_info.data_directory / SHARED / path

    def _args(self) -> dict[str, Any]:
        args: dict[str, Any] = self.api("plugins.core.commands:get.current.command.args")()
        return args
