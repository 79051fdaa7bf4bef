"""The APIs and commands of events; the engine is ``bastproxy.libs.events``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bastproxy.libs.api import AddAPI
from bastproxy.libs.events import Dispatcher, EventRecord
from bastproxy.libs.nearest import did_you_mean
from bastproxy.libs.tables import table
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook
from bastproxy.plugins.core.commands import AddArgument, AddCommand, AddParser


class Plugin(BasePlugin):
    """Events for plugins and players."""

    dispatcher: Dispatcher

    @RegisterPluginHook("__init__", priority=10)
    def _phook_find_engine(self) -> None:
        self.dispatcher = self.api("libs.events:get.dispatcher")()

    @AddAPI("add.event", description="declare an event")
    def _api_add_event(
        self,
        event_name: str,
        created_by: str,
        description: Sequence[str] = (),
        arg_descriptions: Mapping[str, str] | None = None,
    ) -> bool:
        """Declare an event of the plugin ``created_by``.

        :param description: lines for people.
        :param arg_descriptions: what each key of its record means.
        :returns: False when another plugin has declared it.
        """
        return self.dispatcher.add_event(event_name, created_by, description, arg_descriptions)

    @AddAPI("raise.event", description="raise an event", pass_caller=True)
    def _api_raise_event(
        self,
        event_name: str,
        event_args: Mapping[str, Any] | None = None,
        caller_id: str = "",
    ) -> EventRecord:
        """Call everybody who listens and return the record as they left it.

        It need not be declared.
        """
        return self.dispatcher.raise_event(event_name, event_args, caller_id)

    @AddAPI("register.to.event", description="listen to an event", pass_caller=True)
    def _api_register_to_event(
        self,
        event_name: str,
        func: Callable[[], Any],
        priority: int = 50,
        caller_id: str = "",
    ) -> bool:
        """Have ``func()`` called at every raise, for the plugin that asks.

        :returns: False when it is registered already.
        :raises TypeError: it is an ``async def`` for a ``*_modify`` event.
        """
        return self.dispatcher.register(event_name, func, caller_id, priority)

    @AddAPI("unregister.from.event", description="listen to an event no more")
    def _api_unregister_from_event(self, event_name: str, func: Callable[[], Any]) -> bool:
        """Stop calling ``func``; False when it was not registered."""
        return self.dispatcher.unregister(event_name, func)

    @AddAPI("is.registered.to.event", description="does a function listen to an event")
    def _api_is_registered_to_event(self, event_name: str, func: Callable[[], Any]) -> bool:
        """Say whether raising the event calls ``func``."""
        return self.dispatcher.is_registered(event_name, func)

    @AddAPI("get.current.event.record", description="the record of the current event")
    def _api_get_current_event_record(self) -> EventRecord | None:
        """Return the record of the innermost event being raised here, or None."""
        return self.dispatcher.current_record()

    @AddAPI("get.current.event.name", description="the name of the current event")
    def _api_get_current_event_name(self) -> str | None:
        """Return the name of the innermost event being raised here, or None."""
        record = self.dispatcher.current_record()
        return record.event_name if record is not None else None

    @AddAPI("get.event.stack", description="the events being raised")
    def _api_get_event_stack(self) -> list[str]:
        """Return the names of the events being raised here, the innermost last."""
        return self.dispatcher.stack()

    @AddAPI("get.event.detail", description="all about an event")
    def _api_get_event_detail(self, event_name: str) -> dict[str, Any] | None:
        """Return name, owner, descriptions, counts and callbacks; None when unknown."""
        event = self.dispatcher.event(event_name)
        return event.describe() if event is not None else None

    @AddCommand()
    @AddParser(description="list the events")
    @AddArgument("match", nargs="?", default="", help="only names that contain this")
    def _command_list(self) -> tuple[bool, list[str]]:
        match = self.api("plugins.core.commands:get.current.command.args")()["match"]
        rows = [
            (event.name, event.owner_id or "not declared", len(event.active), event.raised)
            for event in self.dispatcher.events()
            if match in event.name
        ]
        if not rows:
            return False, [f"no event matches {match!r}"]
        return True, table(("event", "owner", "callbacks", "raised"), rows)

    @AddCommand()
    @AddParser(description="show an event with its callbacks, how often they ran and how long")
    @AddArgument("event", help="the name of the event")
    def _command_show(self) -> tuple[bool, list[str]]:
        name = self.api("plugins.core.commands:get.current.command.args")()["event"]
        detail = self._api_get_event_detail(name)
        if detail is None:
            names = [event.name for event in self.dispatcher.events()]
            return False, [f"there is no event {name!r}{did_you_mean(name, names)}"]
        owner = detail["owner_id"] if detail["declared"] else "nobody has declared it"
        lines = [f"{name} ({owner}), raised {detail['raised']} times", *detail["description"]]
        lines += [f"  {key}: {text}" for key, text in detail["arg_descriptions"].items()]
        rows = [
            (
                callback["priority"],
                callback["owner_id"],
                callback["name"],
                callback["calls"],
                callback["errors"],
                f"{callback['seconds'] * 1000:.3f}",
            )
            for callback in detail["callbacks"]
        ]
        headings = ("priority", "plugin", "callback", "calls", "errors", "ms")
        return True, lines + (table(headings, rows) if rows else ["no callbacks"])
