"""The decorator that makes a method a callback of an event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from bastproxy.libs.declarations import Declaration, declare

F = TypeVar("F", bound=Callable[..., Any])


class RegisterToEvent(Declaration):
    """Call the decorated method, without arguments, whenever the event is raised.

    It may stand several times on one method.  The method finds the data of the raise
    with ``self.api("plugins.core.events:get.current.event.record")()``.

    :param event_name: the event, whether it is declared already or not;
        ``{plugin_id}`` stands for the owner's id.
    :param priority: lower runs earlier; the same priority runs in the order of
        registration.
    """

    def __init__(self, event_name: str, priority: int = 50) -> None:
        self.event_name = event_name
        self.priority = priority

    def __call__(self, function: F) -> F:
        """Mark the function."""
        return declare(function, self)
