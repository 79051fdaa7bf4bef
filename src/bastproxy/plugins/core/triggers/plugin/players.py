"""The triggers that players define: kept in a file, and what they send."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from bastproxy.libs.events import RegisterToEvent
from bastproxy.libs.files import set_aside
from bastproxy.libs.records import LogRecord
from bastproxy.libs.session import Session
from bastproxy.libs.triggers import Triggers, expand
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook
from bastproxy.plugins.core.triggers.libs import file, state
from bastproxy.plugins.core.triggers.libs.definition import Definition, from_toml

UNSAVED: Final = "unsaved"
VARIABLES: Final = "plugins.client.variables:get"

RUN: Final = "plugins.client.input:run"
"""What sends a text as if it was typed, aliases and stacked commands included."""


class PlayersTriggers(BasePlugin):
    """Defines, keeps and fires the players' triggers.

    :ivar definitions: by name; those that are switched off too.
    """

    triggers: Triggers
    session: Session

    @RegisterPluginHook("__init__", priority=10)
    def _phook_find_engine(self) -> None:
        self.triggers = self.api("libs.triggers:get.triggers")()
        self.session = self.api("libs.session:get.session")()
        self.definitions: dict[str, Definition] = {}
        self._path = self.plugin_info.data_directory / file.NAME
        self._state_path = self.plugin_info.data_directory / "switched.json"

    @RegisterPluginHook("initialize")
    def _phook_initialize(self) -> None:
        if not self.is_reloading_f:
            self._read_state()
        self._read()
        for definition in self.definitions.values():
            self._begin(definition)

    @RegisterPluginHook("save")
    def _phook_save(self) -> None:
        if UNSAVED in self.data:
            for problem in self.write():
                self._complain(problem)

    @RegisterToEvent("ev_trigger_switched_off")
    def _eventcb_switched_off(self) -> None:
        record = self.api("plugins.core.events:get.current.event.record")()
        owner_id, name = record["owner_id"], record["name"]
        mine = owner_id == self.plugin_id and name in self.definitions
        label = name if mine else f"{owner_id}:{name}"
        lines = [f"[bastproxy] the trigger {label} is switched off: {record['reason']}"]
        if mine:
            lines += self.switch(name, False)
        # Not between this line and what is shown before it.
        self.call_later(0, self.session.send_to_clients, lines)

    def define(self, *definitions: Definition) -> list[str]:
        """Begin triggers, in place of those of their names, and keep them.

        :returns: why they could not be saved, if so, in words for the player.
        """
        for definition in definitions:
            self._begin(definition)
            self.definitions[definition.name] = definition
        return self.write()

    def undefine(self, names: Iterable[str]) -> list[str]:
        """End triggers for good; as :meth:`define`."""
        for name in names:
            self.triggers.remove(self.plugin_id, name)
            self.definitions.pop(name, None)
        return self.write()

    def switch(self, name: str, on: bool) -> list[str]:
        """Switch a trigger on or off; as :meth:`define`."""
        self.triggers.enable(self.plugin_id, name, on)
        self.definitions[name] = self.definitions[name].switched(on)
        return self.write()

    def write(self) -> list[str]:
        """Write all triggers; return why that fails, in words for the player."""
        try:
            file.write(self._path, self.definitions.values())
        except OSError as error:
            values = {name: one.to_toml() for name, one in self.definitions.items()}
            self.data[UNSAVED] = values
            return [_not_written(self._path, error)]
        self.data.pop(UNSAVED, None)
        return []

    def write_state(self) -> list[str]:
        """Write which groups and triggers of plugins are switched; as :meth:`write`."""
        off = [group for group, on in self.triggers.groups().items() if not on]
        try:
            state.write(self._state_path, off, self.triggers.switched)
        except OSError as error:
            return [_not_written(self._state_path, error)]
        return []

    def look(self, name: str) -> Any:
        """Return a variable of the player's, or None."""
        return self.api(VARIABLES)(name) if self.api.has(VARIABLES) else None

    def _begin(self, definition: Definition) -> None:
        acts = bool(definition.send or definition.limit)
        self.triggers.add(
            self.plugin_id,
            definition.name,
            definition.compiled,
            function=self._act if acts else None,
            **definition.options(),
        )

    def _act(self) -> None:
        """Send what a trigger sends; called for the one that fires."""
        record = self.api("plugins.core.events:get.current.event.record")()
        name = record["name"]
        definition = self.definitions.get(name)
        trigger = self.triggers.get(self.plugin_id, name)
        if definition is None or trigger is None:
            return
        if self.triggers.has_ended(trigger):
            del self.definitions[name]
            for problem in self.write():
                self._complain(problem)
        is_command = self.api("libs.commands:get.table")().is_command
        run = self.api(RUN) if self.api.has(RUN) else None
        for template in definition.send:
            if run is not None:
                run(template, _values(record["match"]))
                continue
            line = expand(template, record["match"], self.look)
            # What the MUD says never becomes a command: that was in the template, or is not.
            if is_command(template):
                self.api("plugins.core.commands:run")(line)
            elif self.session.mud is not None and not self.session.private:
                self.session.send_to_mud(line)

    def _read(self) -> None:
        if UNSAVED in self.data:  # what an earlier generation could not write
            unsaved = self.data[UNSAVED]
            self.definitions = {name: from_toml(name, one) for name, one in unsaved.items()}
            for problem in self.write():
                self._complain(problem)
            return
        try:
            contents = file.take(self._path)
        except OSError as error:
            self._complain(f"the triggers in {self._path} cannot be read: {error}")
            return
        self.definitions = contents.definitions
        for fault in contents.faults:
            self._complain(f"{self._path.name}: {fault}")

    def _read_state(self) -> None:
        try:
            groups, switched = state.read(self._state_path)
        except (OSError, ValueError) as error:
            self._complain(f"{self._state_path} cannot be read: {error}")
            if isinstance(error, ValueError):
                self._complain(f"it is kept as {set_aside(self._state_path)}")
            return
        for group in groups:
            self.triggers.enable_group(group, False)
        self.triggers.restore_switches(switched)

    def _complain(self, message: str) -> None:
        LogRecord(message, level="warning", sources=[self.plugin_id])()


def _values(match: re.Match[str]) -> dict[str, str]:
    """Return what has matched: all of it as ``0``, the groups by number and by name."""
    groups = {str(number): text or "" for number, text in enumerate((match[0], *match.groups()))}
    return groups | {name: text or "" for name, text in match.groupdict().items()}


def _not_written(path: object, error: OSError) -> str:
    reason = f"{path} cannot be written: {error.strerror or error}"
    return f"{reason}; it is tried again at the next change, and when the proxy ends"
