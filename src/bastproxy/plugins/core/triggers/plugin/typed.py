"""The commands of triggers."""

from __future__ import annotations

import itertools
from typing import Any

from bastproxy.libs.nearest import did_you_mean
from bastproxy.libs.tables import table
from bastproxy.libs.triggers import Trigger, expand, names_in
from bastproxy.plugins.core.commands import AddArgument, AddCommand, AddParser
from bastproxy.plugins.core.triggers.libs.definition import Definition, check
from bastproxy.plugins.core.triggers.plugin.shared import SharedTriggers

Result = tuple[bool, list[str]]

NAME = "the trigger; one of a plugin is PLUGIN_ID:NAME"
MOST_ROWS = 100
"""Of a list: to draw more would hold lines up."""


class TriggerCommands(SharedTriggers):
    """What players type about triggers."""

    @AddCommand()
    @AddParser(
        description="send something when a line matches",
        epilog="for example: '^You are hungry' -send 'eat bread'; "
        "'^(\\w+) waves' -name wave -send 'wave $1'. Quote the pattern.",
    )
    @AddArgument("pattern", help="a regular expression, searched for anywhere in the line")
    @AddArgument(
        "-s",
        "-send",
        "--send",
        action="append",
        default=[],
        help="what to send: a line for the MUD, or a #bp command; $1, $name and ${variable} "
        "stand for what they name; may be given several times",
    )
    @AddArgument("-n", "-name", "--name", default="", help="what to call it")
    @AddArgument("-g", "-group", "--group", default="", help="what to switch it on and off with")
    @AddArgument("-p", "-priority", "--priority", type=int, default=50, help="lower fires earlier")
    @AddArgument("-i", "-ignore-case", "--ignore-case", action="store_true", help="big and small")
    @AddArgument("-gag", "--gag", action="store_true", help="do not show the line")
    @AddArgument("-stop", "--stop", action="store_true", help="no later trigger fires on it")
    @AddArgument("-once", "--once", action="store_true", help="remove it when it has fired")
    @AddArgument("-count", "--count", type=int, default=0, help="remove it after so many times")
    @AddArgument("-lines", "--lines", type=int, default=1, help="match so many lines together")
    @AddArgument("-colours", "--colours", action="store_true", help="match colour codes too")
    @AddArgument("-force", "--force", action="store_true", help="even if it could run away")
    def _command_add(self) -> Result:
        args = self._args()
        name = args["name"] or self._free_name()
        try:
            definition = check(
                Definition(
                    name,
                    args["pattern"],
                    tuple(args["send"]),
                    group=args["group"],
                    priority=args["priority"],
                    gag=args["gag"],
                    stop=args["stop"],
                    colours=args["colours"],
                    lines=args["lines"],
                    limit=1 if args["once"] else args["count"],
                    ignore_case=args["ignore_case"],
                    force=args["force"],
                )
            )
        except ValueError as error:
            return False, [str(error)]
        done = "replaced" if name in self.definitions else "added"
        problems = self.define(definition)
        return True, [f"trigger {name} {done}", *self._remarks(definition), *problems]

    @AddCommand()
    @AddParser(description="remove triggers")
    @AddArgument("names", nargs="+", metavar="name", help="the trigger")
    def _command_remove(self) -> Result:
        names = list(dict.fromkeys(self._args()["names"]))
        for name in names:
            if name not in self.definitions:
                return False, [self._unknown(name, self.definitions)]
        problems = self.undefine(names)
        return True, [f"removed {', '.join(names)}", *problems]

    @AddCommand()
    @AddParser(description="list the triggers, those of plugins too")
    @AddArgument("match", nargs="?", default="", help="only names and patterns that contain this")
    @AddArgument("-g", "-group", "--group", default="", help="only those of a group")
    def _command_list(self) -> Result:
        args = self._args()
        match, group = args["match"], args["group"]
        rows = [
            (
                self._label(one),
                one.pattern.text,
                one.group,
                _state(one),
                one.fired,
            )
            for one in self.triggers
            if (match in self._label(one) or match in one.pattern.text) and group in ("", one.group)
        ]
        if not rows:
            return True, ["no trigger matches" if match or group else "there are no triggers"]
        lines = table(("trigger", "pattern", "group", "", "fired"), rows[:MOST_ROWS])
        more = len(rows) - MOST_ROWS
        if more > 0:
            lines.append(f"and {more:,} more; give a part of a name or of a pattern")
        return True, lines

    @AddCommand()
    @AddParser(description="show all about a trigger")
    @AddArgument("name", help=NAME)
    def _command_show(self) -> Result:
        name = self._args()["name"]
        trigger = self._find(name)
        if trigger is None:
            return False, [self._unknown(name)]
        lines = [f"trigger {self._label(trigger)}, {_state(trigger)}"]
        definition = self.definitions.get(name)
        if definition is not None:
            lines += definition.text.splitlines()[1:]
        else:
            lines.append(f"pattern = {trigger.pattern.text!r}")
        literals = ", ".join(map(repr, trigger.pattern.literals))
        lines.append(f"looked for in each line: {literals or 'nothing, so it is always tried'}")
        lines.append(f"fired {trigger.fired} times")
        if trigger.off_because:
            lines.append(f"switched off: {trigger.off_because}")
        return True, lines

    @AddCommand()
    @AddParser(description="switch triggers on")
    @AddArgument("names", nargs="+", metavar="name", help=NAME)
    def _command_on(self) -> Result:
        return self._switch(self._args()["names"], on=True)

    @AddCommand()
    @AddParser(description="switch triggers off")
    @AddArgument("names", nargs="+", metavar="name", help=NAME)
    def _command_off(self) -> Result:
        return self._switch(self._args()["names"], on=False)

    @AddCommand()
    @AddParser(description="switch a group of triggers on or off, or list the groups")
    @AddArgument("group", nargs="?", default="", help="the group")
    @AddArgument("state", nargs="?", default="", choices=("", "on", "off"), help="on or off")
    def _command_group(self) -> Result:
        args = self._args()
        group, wanted = args["group"], args["state"]
        groups = self.triggers.groups()
        if not wanted:
            found = {name: on for name, on in groups.items() if group in ("", name)}
            if not found:
                return False, [
                    f"there is no group {group!r}{did_you_mean(group, groups)}"
                    if group
                    else "there are no groups"
                ]
            members = [one.group for one in self.triggers]
            rows = [(one, _on_off(on), members.count(one)) for one, on in found.items()]
            return True, table(("group", "", "triggers"), rows)
        count = self.triggers.enable_group(group, wanted == "on")
        return True, [f"group {group} is {wanted}: {count} triggers", *self.write_state()]

    @AddCommand()
    @AddParser(description="show which triggers a line would fire; nothing is sent")
    @AddArgument("text", nargs="+", help="the line")
    def _command_test(self) -> Result:
        hits = self.triggers.match(" ".join(self._args()["text"]))
        lines: list[str] = []
        for hit in hits:
            lines.append(f"{self._label(hit.trigger)}: matches {hit.match[0]!r}")
            lines += [f"  {name} = {value!r}" for name, value in _captured(hit.match)]
            definition = self._definition_of(hit.trigger)
            for template in definition.send if definition is not None else ():
                lines.append(f"  sends {expand(template, hit.match, self.look)}")
            if hit.trigger.gag:
                lines.append("  the line is not shown")
            if hit.trigger.stop:
                lines.append("  no later trigger fires")
                break
        return True, lines or ["no trigger matches"]

    @AddCommand()
    @AddParser(description="show the triggers that cost time: tried on every line, or too slow")
    def _command_slow(self) -> Result:
        rows = [
            (
                self._label(one),
                one.pattern.text,
                f"{one.slowest * 1000:.0f} ms" if one.slowest else "",
                one.off_because or ("" if one.pattern.literals else "tried on every line"),
            )
            for one in self.triggers
            if one.slowest or not one.pattern.literals
        ]
        if not rows:
            return True, ["no trigger is slow: each has a text that is looked for first"]
        return True, table(("trigger", "pattern", "slowest", "why"), rows[:MOST_ROWS])

    def _switch(self, names: list[str], *, on: bool) -> Result:
        for name in names:
            if self._find(name) is None:
                return False, [self._unknown(name)]
        problems: dict[str, None] = {}
        for name in names:
            if name in self.definitions:
                problems.update(dict.fromkeys(self.switch(name, on)))
                continue
            owner_id, _, short = name.rpartition(":")
            self.triggers.enable(owner_id, short, on, remember=True)
            problems.update(dict.fromkeys(self.write_state()))
        verb = "is" if len(names) == 1 else "are"
        return True, [f"{', '.join(names)} {verb} {_on_off(on)}", *problems]

    def _remarks(self, definition: Definition) -> list[str]:
        """Return what the player may not have meant."""
        remarks = []
        if not definition.compiled.literals:
            remarks.append("its pattern has no text to look for, so it is tried on every line")
        regex = definition.compiled.regex
        for name in dict.fromkeys(itertools.chain(*map(names_in, definition.send))):
            known = (
                int(name) <= regex.groups
                if name.isdecimal()
                else name in regex.groupindex or self.look(name) is not None
            )
            if not known:
                remarks.append(f"${name} is no group of the pattern, and no variable yet")
        return remarks

    def _free_name(self) -> str:
        names = (f"t{number}" for number in itertools.count(1))
        return next(name for name in names if name not in self.definitions)

    def _label(self, trigger: Trigger) -> str:
        if trigger.owner_id == self.plugin_id:
            return trigger.name
        return f"{trigger.owner_id}:{trigger.name}"

    def _definition_of(self, trigger: Trigger) -> Definition | None:
        mine = trigger.owner_id == self.plugin_id
        return self.definitions.get(trigger.name) if mine else None

    def _find(self, name: str) -> Trigger | None:
        if name in self.definitions:
            return self.triggers.get(self.plugin_id, name)
        owner_id, _, short = name.rpartition(":")
        return self.triggers.get(owner_id, short)

    def _unknown(self, name: str, names: Any = None) -> str:
        known = map(self._label, self.triggers) if names is None else names
        return f"there is no trigger {name!r}{did_you_mean(name, known)}"


def _captured(match: Any) -> list[tuple[str, Any]]:
    names = {number: name for name, number in match.re.groupindex.items()}
    return [(names.get(index, f"${index}"), text) for index, text in enumerate(match.groups(), 1)]


def _on_off(on: bool) -> str:
    return "on" if on else "off"


def _state(trigger: Trigger) -> str:
    if trigger.live:
        return "on"
    return "off" if not trigger.enabled else "off with its group"
