"""The APIs and commands of timers; the engine is ``bastproxy.libs.work.schedules``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from bastproxy.libs.api import AddAPI
from bastproxy.libs.nearest import did_you_mean
from bastproxy.libs.tables import table
from bastproxy.libs.work.recurrence import At, Every, parse_days, parse_time
from bastproxy.libs.work.schedules import Schedule
from bastproxy.plugins.core.commands import AddArgument, AddCommand, AddParser
from bastproxy.plugins.core.timers.libs.definition import (
    Definition,
    check,
    make_rule,
    parse_when,
    when_text,
)
from bastproxy.plugins.core.timers.plugin.players import PlayersTimers
from bastproxy.plugins.core.timers.plugin.shown import due_text

Result = tuple[bool, list[str]]


class Plugin(PlayersTimers):
    """Timers for plugins and players."""

    @AddAPI("add", description="call a function every so many seconds", pass_caller=True)
    def _api_add(
        self,
        name: str,
        func: Callable[[], object],
        seconds: float,
        once: bool = False,
        enabled: bool = True,
        caller_id: str = "",
    ) -> bool:
        """Have ``func()``, plain or ``async def``, called until the caller is unloaded.

        Calls keep to the grid of the first one; one that was missed, or for which the last
        one is still running, is left out. A timer of that name is replaced; one that a
        reload adds again as it was keeps its beat.

        :param seconds: between two calls, and before the first.
        :param once: only once, after that time.
        :returns: True.
        :raises ValueError: the seconds are not more than 0, or the name is empty.
        :raises TypeError: ``func`` cannot be called.
        """
        self.schedules.add(caller_id, name, func, Every(seconds), once=once, enabled=enabled)
        return True

    @AddAPI("add.at", description="call a function at a time of day", pass_caller=True)
    def _api_add_at(
        self,
        name: str,
        func: Callable[[], object],
        time: str,
        zone: str = "",
        days: str | Iterable[str] = "",
        once: bool = False,
        enabled: bool = True,
        caller_id: str = "",
    ) -> bool:
        """Have ``func()``, plain or ``async def``, called at a time of day.

        A time that the clock leaves out that day, going forward, is at the end of what is
        left out; one that comes twice is the first. A time that has passed for more than
        five minutes, since the machine slept, is left out.

        :param time: such as ``18:30`` or ``18:30:15``.
        :param zone: such as ``Europe/Berlin``; the system's own by default.
        :param days: such as ``mon,wed``; every day by default.
        :param once: only the next time.
        :returns: True.
        :raises ValueError: there is no such time, zone or day, or the name is empty.
        :raises TypeError: ``func`` cannot be called.
        """
        rule = At(parse_time(time), zone, parse_days(days))
        self.schedules.add(caller_id, name, func, rule, once=once, enabled=enabled)
        return True

    @AddAPI("remove", description="end a timer of the caller", pass_caller=True)
    def _api_remove(self, name: str, caller_id: str = "") -> bool:
        """End a timer; a call that is going on goes on. False when there is none."""
        return self.schedules.remove(caller_id, name)

    @AddAPI("enable", description="switch a timer of the caller on or off", pass_caller=True)
    def _api_enable(self, name: str, on: bool = True, caller_id: str = "") -> bool:
        """Switch a timer on or off; an interval begins anew. False when there is none."""
        return self.schedules.enable(caller_id, name, on)

    @AddAPI("get", description="a timer of the caller", pass_caller=True)
    def _api_get(self, name: str, caller_id: str = "") -> dict[str, Any] | None:
        """Return what :meth:`list` says of one timer of the caller; None without it."""
        timer = self.schedules.get(caller_id, name)
        return _described(timer) if timer is not None else None

    @AddAPI("list", description="the timers")
    def _api_list(self, plugin_id: str = "") -> list[dict[str, Any]]:
        """Return all timers, or those of one plugin.

        :returns: for each ``plugin_id``, ``name``, ``when``, ``once``, ``enabled``, ``due``
            (seconds since the epoch, None while it is off), ``calls`` and ``running``.
        """
        return [_described(timer) for timer in self.schedules.all(plugin_id)]

    @AddCommand()
    @AddParser(
        description="send something every so often, or at a time of day",
        epilog="for example: tick 30s -send look; eat at 18:30 -send 'eat bread'; "
        "ship in 10m -send 'board ship'",
    )
    @AddArgument("name", help="what to call it; one of that name is replaced")
    @AddArgument("when", nargs="+", help="30s, 1h30m, 'in 10m' for once, or 'at 18:30'")
    @AddArgument(
        "-s",
        "-send",
        "--send",
        action="append",
        default=[],
        help="what to send: a line for the MUD, or a #bp command; may be given several times",
    )
    @AddArgument("-o", "-once", "--once", action="store_true", help="only the next time")
    @AddArgument("-z", "-zone", "--zone", default="", help="of a time of day: Europe/Berlin")
    @AddArgument("-d", "-days", "--days", default="", help="of a time of day: mon,wed,fri")
    def _command_add(self) -> Result:
        args = self._args()
        name, lines = args["name"], tuple(args["send"])
        try:
            every, at, once = parse_when(args["when"])
            rule = make_rule(every, at, args["zone"], args["days"])
            check(name, lines)
        except ValueError as error:
            return False, [str(error)]
        replaced = name in self.definitions
        problem = self.define(Definition(name, rule, lines, once=once or args["once"]))
        timer = self.schedules.get(self.plugin_id, name)
        due = due_text(timer, self.schedules.wall()) if timer is not None else "never"
        done = "replaced" if replaced else "added"
        return True, [f"timer {name} {done}: {self.definitions[name].when}, next {due}", *problem]

    @AddCommand()
    @AddParser(description="list the timers, those of plugins too")
    @AddArgument("match", nargs="?", default="", help="only names that contain this")
    def _command_list(self) -> Result:
        match = self._args()["match"]
        now = self.schedules.wall()
        rows = [row for row in self._rows(now) if match in row[0]]
        if not rows:
            return True, [f"no timer matches {match!r}" if match else "there are no timers"]
        return True, table(("timer", "when", "next", "calls", "does"), rows)

    @AddCommand()
    @AddParser(description="remove a timer")
    @AddArgument("name", help="the timer")
    def _command_remove(self) -> Result:
        name = self._args()["name"]
        if name not in self.definitions:
            return False, [self._unknown(name)]
        return True, [f"timer {name} removed", *self.undefine(name)]

    @AddCommand()
    @AddParser(description="switch a timer on")
    @AddArgument("name", help="the timer; one of a plugin is PLUGIN:NAME")
    def _command_on(self) -> Result:
        return self._switch(self._args()["name"], on=True)

    @AddCommand()
    @AddParser(description="switch a timer off")
    @AddArgument("name", help="the timer; one of a plugin is PLUGIN:NAME")
    def _command_off(self) -> Result:
        return self._switch(self._args()["name"], on=False)

    def _switch(self, name: str, *, on: bool) -> Result:
        word = "on" if on else "off"
        if name in self.definitions:
            return True, [f"timer {name} is {word}", *self.switch(name, on)]
        found = self._of_plugins(name)
        if len(found) == 1 and self.schedules.enable(found[0].owner_id, found[0].name, on):
            return True, [f"timer {name} is {word} until {found[0].owner_id} is loaded again"]
        if found:
            whole = " or ".join(f"{timer.owner_id}:{timer.name}" for timer in found)
            return False, [f"which one do you mean: {whole}?"]
        return False, [self._unknown(name)]

    def _of_plugins(self, label: str) -> list[Schedule]:
        """Return the timers of plugins that are called so: ``mine:tick``, or with the whole id."""
        return [
            timer
            for timer in self.schedules.all()
            if timer.owner_id != self.plugin_id
            and label in (_label(timer), f"{timer.owner_id}:{timer.name}")
        ]

    def _rows(self, now: float) -> list[tuple[str, str, str, int, str]]:
        rows = []
        for name, definition in self.definitions.items():
            timer = self.schedules.get(self.plugin_id, name)
            due, calls = ("off", 0) if timer is None else (due_text(timer, now), timer.calls)
            rows.append((name, definition.when, due, calls, "; ".join(definition.send)))
        rows.extend(
            (
                _label(timer),
                when_text(timer.rule, once=timer.once),
                due_text(timer, now),
                timer.calls,
                "a plugin's",
            )
            for timer in self.schedules.all()
            if timer.owner_id != self.plugin_id
        )
        return rows

    def _unknown(self, name: str) -> str:
        known = [row[0] for row in self._rows(0.0)]
        return f"there is no timer {name!r}{did_you_mean(name, known)}"

    def _args(self) -> dict[str, Any]:
        args: dict[str, Any] = self.api("plugins.core.commands:get.current.command.args")()
        return args


def _label(timer: Schedule) -> str:
    return f"{timer.owner_id.rpartition('.')[2]}:{timer.name}"


def _described(timer: Schedule) -> dict[str, Any]:
    return {
        "plugin_id": timer.owner_id,
        "name": timer.name,
        "when": when_text(timer.rule, once=timer.once),
        "once": timer.once,
        "enabled": timer.enabled,
        "due": timer.due,
        "calls": timer.calls,
        "running": timer.running,
    }
