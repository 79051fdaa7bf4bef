"""The timers that players define: kept in a file, and what they send."""

from __future__ import annotations

from functools import partial
from typing import Any, Final, Literal

from bastproxy.libs.records import LogRecord
from bastproxy.libs.session import Session
from bastproxy.libs.work import Schedules
from bastproxy.libs.work.recurrence import Every
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook
from bastproxy.plugins.core.timers.libs.definition import Definition, from_toml
from bastproxy.plugins.core.timers.libs.file import NAME, TimerFile

UNSAVED: Final = "unsaved"
INPUT: Final = "plugins.client.input:run"
"""What knows aliases, stacked commands and variables, if it is loaded."""


class PlayersTimers(BasePlugin):
    """Defines, keeps and rings the players' timers.

    :ivar definitions: by name; those that are switched off too.
    """

    schedules: Schedules
    session: Session

    @RegisterPluginHook("__init__", priority=10)
    def _phook_find_engine(self) -> None:
        self.schedules = self.api("libs.work:get.schedules")()
        self.session = self.api("libs.session:get.session")()
        self.definitions: dict[str, Definition] = {}
        self.file = TimerFile(self.plugin_info.data_directory / NAME, self._complain)

    @RegisterPluginHook("initialize")
    def _phook_initialize(self) -> None:
        try:
            self.definitions = self.file.read()
        except OSError as error:
            self._complain(f"the timers in {self.file.path} cannot be read: {error}")
        self._take_unsaved()
        for definition in list(self.definitions.values()):
            self._begin(definition)

    @RegisterPluginHook("save")
    def _phook_save(self) -> None:
        for problem in self._write({}):
            self._complain(problem)

    def define(self, definition: Definition) -> list[str]:
        """Begin a timer, in place of one of its name, and keep it.

        :returns: why it could not be saved, if so, in words for the player.
        """
        name, on = definition.name, definition.enabled
        self.schedules.remove(self.plugin_id, name)
        if on:
            self._start(definition, None)
        self.definitions[name] = definition.switched(on, self._due(name))
        return self._write({name: self.definitions[name]})

    def undefine(self, name: str) -> list[str]:
        """End a timer for good; as :meth:`define`."""
        self.schedules.remove(self.plugin_id, name)
        self.definitions.pop(name, None)
        return self._write({name: None})

    def switch(self, name: str, on: bool) -> list[str]:
        """Switch a timer on or off; as :meth:`define`."""
        definition = self.definitions[name]
        if definition.enabled == on:
            return []
        return self.define(definition.switched(on, None))

    def _begin(self, definition: Definition) -> None:
        """Begin a timer that was defined before."""
        timer = self.schedules.get(self.plugin_id, definition.name)
        if not definition.enabled or (timer is not None and timer.rule == definition.rule):
            return  # a reload that failed has left it running
        if definition.due is None:
            self._start(definition, None)
            return
        left = definition.due - self.schedules.wall()
        if left > 0 or self.is_reloading_f:
            self._start(definition, max(0.0, left))
            return
        self._complain(
            f"the timer {definition.name} was to ring once while the proxy did not run; it is "
            "off now"
        )
        self.definitions[definition.name] = off = definition.switched(False, None)
        self._write({definition.name: off})

    def _start(self, definition: Definition, delay: float | None) -> None:
        self.schedules.add(
            self.plugin_id,
            definition.name,
            partial(self._ring, definition.name),
            definition.rule,
            once=definition.once,
            delay=delay if isinstance(definition.rule, Every) else None,
        )

    def _due(self, name: str) -> float | None:
        timer = self.schedules.get(self.plugin_id, name)
        return timer.due if timer is not None else None

    def _ring(self, name: str) -> None:
        definition = self.definitions.get(name)
        if definition is None:
            return
        if definition.once:
            del self.definitions[name]
            for problem in self._write({name: None}):
                self._complain(problem)
        if not all(self._do(line) for line in definition.send) and definition.once:
            self.session.send_to_clients(
                f"[bastproxy] the timer {name} has rung, but {self._obstacle()}"
            )

    def _do(self, line: str) -> bool:
        """Do what a line says, as if it was typed; False when it cannot be sent."""
        is_command = self.api("libs.commands:get.table")().is_command(line)
        if not is_command and self._obstacle():
            return False
        if self.api.has(INPUT):
            self.api(INPUT)(line)
        elif is_command:
            self.api("plugins.core.commands:run")(line)
        else:
            self.session.send_to_mud(line)
        return True

    def _obstacle(self) -> str:
        """Return why nothing can be sent now; empty when it can."""
        if self.session.mud is None:
            return "the MUD is not connected"
        return "the MUD asks for a password" if self.session.private else ""

    def _take_unsaved(self) -> None:
        """Take up what the last generation could not save."""
        changed: dict[str, Definition | None] = {}
        for name, values in self.data.get(UNSAVED, {}).items():
            changed[name] = definition = from_toml(name, values) if values is not None else None
            if definition is not None:
                self.definitions[name] = definition
            else:
                self.definitions.pop(name, None)
        if changed:
            self._write(changed)

    def _write(self, changed: dict[str, Definition | None]) -> list[str]:
        """Write what has changed, now or before; return why that fails."""
        unsaved: dict[str, Any] = self.data.setdefault(UNSAVED, {})
        for name, definition in changed.items():
            unsaved[name] = definition.to_toml() if definition is not None else None
        if not unsaved:
            return []
        waiting = {name: self.definitions.get(name) for name in unsaved}
        try:
            self.file.write(waiting, self.definitions)
        except OSError as error:
            reason = f"{self.file.path} cannot be written: {error.strerror or error}"
            return [f"{reason}; it is tried again at the next change, and when the proxy ends"]
        unsaved.clear()
        return []

    def _complain(self, message: str, level: Literal["warning", "error"] = "warning") -> None:
        LogRecord(message, level=level, sources=[self.plugin_id])()
