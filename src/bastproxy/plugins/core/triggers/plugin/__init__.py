"""The APIs of triggers; the engine is ``bastproxy.libs.triggers``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bastproxy.libs.api import AddAPI
from bastproxy.libs.triggers.trigger import event_name
from bastproxy.plugins.core.triggers.plugin.typed import TriggerCommands


class Plugin(TriggerCommands):
    """Triggers for plugins and players."""

    @AddAPI("trigger.add", description="do something when a line matches", pass_caller=True)
    def _api_trigger_add(
        self,
        name: str,
        pattern: str,
        func: Callable[[], Any] | None = None,
        *,
        priority: int = 50,
        group: str = "",
        enabled: bool = True,
        gag: bool = False,
        stop: bool = False,
        colours: bool = False,
        lines: int = 1,
        once: bool = False,
        limit: int = 0,
        ignore_case: bool = False,
        types: Mapping[str, Callable[[str], Any] | str] | None = None,
        force: bool = False,
        caller_id: str = "",
    ) -> bool:
        """Add a trigger of the caller, until it is unloaded; one of that name is replaced.

        :param pattern: a regular expression, searched for anywhere in the line.
        :param func: called without arguments when it fires; the current event record has
            ``line``, ``plain``, ``groups``, ``match`` and ``send`` (see docs/triggers.md).
        :param priority: lower fires earlier; of two that are equal, that which was added first.
        :param group: what it can be switched on and off with.
        :param gag: the line is not shown.
        :param stop: no later trigger fires on the line.
        :param colours: match the line with its escape sequences.
        :param lines: match so many lines, joined by line feeds.
        :param once: remove it when it has fired.
        :param limit: remove it when it has fired so many times; 0 for never.
        :param types: functions of a text, or ``"int"`` and ``"float"``, by named group; where
            one fails the trigger does not fire.
        :param force: take a pattern that could run away.
        :returns: True.
        :raises ValueError: the pattern, or something else, is wrong; it says what.
        """
        self.triggers.add(
            caller_id,
            name,
            pattern,
            function=func,
            priority=priority,
            group=group,
            enabled=enabled,
            gag=gag,
            stop=stop,
            colours=colours,
            lines=lines,
            once=once,
            limit=limit,
            ignore_case=ignore_case,
            types=types,
            force=force,
        )
        return True

    @AddAPI("trigger.remove", description="remove a trigger of the caller", pass_caller=True)
    def _api_trigger_remove(self, name: str, caller_id: str = "") -> bool:
        """Remove a trigger; False when the caller has none of that name."""
        return self.triggers.remove(caller_id, name)

    @AddAPI("trigger.get", description="all about a trigger", pass_caller=True)
    def _api_trigger_get(
        self, name: str, plugin_id: str = "", caller_id: str = ""
    ) -> dict[str, Any] | None:
        """Return all about a trigger of the caller, or of another plugin; None without it."""
        trigger = self.triggers.get(plugin_id or caller_id, name)
        return trigger.describe() if trigger is not None else None

    @AddAPI("trigger.list", description="the triggers")
    def _api_trigger_list(self, plugin_id: str = "") -> list[dict[str, Any]]:
        """Return all triggers, or those of one plugin, in the order in which they fire."""
        return [one.describe() for one in self.triggers if plugin_id in ("", one.owner_id)]

    @AddAPI("trigger.enable", description="switch a trigger on or off", pass_caller=True)
    def _api_trigger_enable(
        self, name: str, enabled: bool = True, plugin_id: str = "", caller_id: str = ""
    ) -> bool:
        """Switch a trigger of the caller, or of another plugin; False without it.

        :param plugin_id: ``plugins.core.triggers`` for one that a player has defined.
        """
        owner_id = plugin_id or caller_id
        if owner_id != self.plugin_id or name not in self.definitions:
            return self.triggers.enable(owner_id, name, enabled)
        self.switch(name, enabled)
        return True

    @AddAPI("trigger.match", description="which triggers a line matches")
    def _api_trigger_match(self, line: str) -> list[dict[str, Any]]:
        """Return ``owner_id``, ``name``, ``groups`` and ``span`` of those that would fire.

        :param line: as the MUD would send it; several lines for triggers of several lines.
        """
        return [
            {
                "owner_id": hit.trigger.owner_id,
                "name": hit.trigger.name,
                "groups": hit.groups,
                "span": hit.match.span(),
            }
            for hit in self.triggers.match(line)
        ]

    @AddAPI("group.enable", description="switch a group of triggers on or off")
    def _api_group_enable(self, group: str, enabled: bool = True) -> int:
        """Switch a group, of all plugins, with the triggers that are yet to come.

        :returns: how many triggers it has now.
        :raises ValueError: the name is empty.
        """
        count = self.triggers.enable_group(group, enabled)
        self.write_state()
        return count

    @AddAPI("register", description="listen to a trigger", pass_caller=True)
    def _api_register(
        self,
        name: str,
        func: Callable[[], Any],
        plugin_id: str = "",
        priority: int = 50,
        caller_id: str = "",
    ) -> bool:
        """Have ``func()`` called when a trigger fires, whether it has been added yet or not.

        :param plugin_id: whose trigger it is; the caller's by default.
        :param priority: among the callbacks of this trigger; lower runs earlier.
        :returns: False when it is registered already.
        """
        event = event_name(plugin_id or caller_id, name)
        dispatcher = self.api("libs.events:get.dispatcher")()
        return bool(dispatcher.register(event, func, caller_id, priority))

    @AddAPI("unregister", description="listen to a trigger no more", pass_caller=True)
    def _api_unregister(
        self, name: str, func: Callable[[], Any], plugin_id: str = "", caller_id: str = ""
    ) -> bool:
        """Stop calling ``func``; False when it was not registered."""
        event = event_name(plugin_id or caller_id, name)
        return bool(self.api("libs.events:get.dispatcher")().unregister(event, func))
