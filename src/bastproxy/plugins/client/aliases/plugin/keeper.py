"""The aliases that players define: kept in a file, and used by the input."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from bastproxy.libs.api import AddAPI
from bastproxy.libs.events import RegisterToEvent
from bastproxy.libs.nearest import did_you_mean
from bastproxy.libs.records import LogRecord
from bastproxy.libs.tablefile import TableFile
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook
from bastproxy.plugins.client.aliases.libs.alias import Alias, alias_of
from bastproxy.plugins.client.aliases.libs.aliases import Aliases

FILE: Final = "aliases.toml"
UNSAVED: Final = "unsaved"


class Keeper(BasePlugin):
    """Keeps the aliases, and offers them to the input and to other plugins."""

    def __init__(self, plugin_id: str, plugin_info: Any) -> None:
        super().__init__(plugin_id, plugin_info)
        self.aliases = Aliases()
        self.file = TableFile(self.plugin_info.data_directory / FILE, self._warn)

    @RegisterPluginHook("initialize")
    def _phook_initialize(self) -> None:
        unsaved = self.data.get(UNSAVED)
        if unsaved is not None:  # what an earlier generation could not write
            self._take(unsaved)
            self._logged(self._keep([]))
            return
        try:
            self._take(self.file.read())
        except OSError as error:
            self._warn(f"the aliases in {self.file.path} cannot be read: {error}")

    @RegisterPluginHook("save")
    def _phook_save(self) -> None:
        if UNSAVED in self.data:
            self._logged(self._keep([]))

    @RegisterToEvent("ev_input_command", priority=40)
    def _eventcb_command(self) -> None:
        record = self.api("plugins.core.events:get.current.event.record")()
        if record["replace"] is not None:
            return
        found = self.aliases.find(record["command"], record["within"])
        if found is not None:
            alias, record["replace"], record["values"] = found
            record["by"] = alias.name

    @AddAPI("add", description="add an alias of the player's")
    def _api_add(
        self, pattern: str, send: str | Sequence[str], name: str = "", **more: Any
    ) -> bool:
        """Add an alias, or replace the one of its name; it is kept.

        :param pattern: a word, words with places such as ``%1``, or a regular expression.
        :param send: what is sent, with places for what was typed.
        :param name: the pattern by default.
        :param more: ``regex``, ``ignore_case``, ``priority``, ``group``, ``enabled``.
        :returns: False when it could not be saved; the log says why.
        :raises ValueError: it cannot be used; the message says why.
        """
        lines = send if isinstance(send, str) else list(send)
        alias = alias_of(name or pattern, {"pattern": pattern, "send": lines, **more})
        return self._logged(self.define([alias]))

    @AddAPI("remove", description="remove an alias")
    def _api_remove(self, name: str) -> bool:
        """Remove an alias for good; False when there is none of that name."""
        if name not in self.aliases:
            return False
        self._logged(self.undefine([name]))
        return True

    @AddAPI("get", description="all about an alias")
    def _api_get(self, name: str) -> dict[str, Any] | None:
        """Return what an alias consists of; None when there is none of that name."""
        alias = self.aliases.get(name)
        return asdict(alias) if alias is not None else None

    @AddAPI("list", description="the names of the aliases")
    def _api_list(self, group: str = "") -> list[str]:
        """Return the names of all aliases, or of those of a group."""
        return [alias.name for alias in self.aliases if group in ("", alias.group)]

    @AddAPI("enable", description="switch an alias on or off")
    def _api_enable(self, name: str, on: bool = True) -> bool:
        """Switch an alias; False when there is none of that name."""
        if name not in self.aliases:
            return False
        self._logged(self.switch([name], on))
        return True

    @AddAPI("group.enable", description="switch all aliases of a group on or off")
    def _api_group_enable(self, group: str, on: bool = True) -> int:
        """Switch the aliases of a group, and return how many it has."""
        names = self.aliases.of_group(group)
        self._logged(self.switch(names, on))
        return len(names)

    def define(self, aliases: Iterable[Alias]) -> list[str]:
        """Add aliases, or replace those of their names, and keep them.

        :returns: why they could not be saved, if so, in words for the player.
        :raises ValueError: one cannot be used; those before it can.
        """
        names = []
        try:
            for alias in aliases:
                self.aliases.put(alias)
                names.append(alias.name)
        finally:
            problems = self._keep(names) if names else []
        return problems

    def undefine(self, names: Sequence[str]) -> list[str]:
        """Remove aliases for good; returns what :meth:`define` does."""
        for name in names:
            self.aliases.remove(name)
        return self._keep(names)

    def switch(self, names: Sequence[str], on: bool) -> list[str]:
        """Switch aliases on or off; returns what :meth:`define` does."""
        changed = self.aliases.switch(names, on)
        return self._keep([alias.name for alias in changed]) if changed else []

    def _keep(self, names: Sequence[str]) -> list[str]:
        """Write what has changed; of all of it, what an earlier write has left undone too."""
        tables = {alias.name: alias.to_toml() for alias in self.aliases}
        pending: dict[str, None] = self.data.get("pending", {}) | dict.fromkeys(names)
        try:
            self.file.write({name: tables.get(name) for name in pending}, tables)
        except OSError as error:
            self.data[UNSAVED], self.data["pending"] = tables, pending
            return [
                f"{self.file.path} cannot be written: {error.strerror or error}; it is tried "
                "again at the next change, and when the proxy ends"
            ]
        self.data.pop(UNSAVED, None)
        self.data.pop("pending", None)
        return []

    def _take(self, tables: Mapping[str, Any]) -> None:
        """Use what a file has; what cannot be used stays in it, and is told."""
        for name, values in tables.items():
            try:
                self.aliases.put(alias_of(name, values))
            except ValueError as error:
                self._warn(f"{self.file.path}: the alias {name!r} is left out: {error}")

    def _logged(self, problems: list[str]) -> bool:
        for problem in problems:
            self._warn(problem)
        return not problems

    def _warn(self, message: str) -> None:
        LogRecord(message, level="warning", sources=[self.plugin_id])()

    def _unknown(self, name: str) -> str:
        names = [alias.name for alias in self.aliases]
        return f"there is no alias {name!r}{did_you_mean(name, names)}"
