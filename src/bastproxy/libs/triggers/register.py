"""The decorator that makes a method a callback of a trigger of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from bastproxy.libs.declarations import Declaration, declare

F = TypeVar("F", bound=Callable[..., Any])

METHOD_PREFIX = "_triggercb_"


class RegisterToTrigger(Declaration):
    """Call the decorated method, without arguments, for each line that matches a pattern.

    It may stand several times on one method.  The method finds the data of the match with
    ``self.api("plugins.core.events:get.current.event.record")()``.

    :param pattern: a regular expression.
    :param name: the trigger's; by default the method's without ``_triggercb_``.
    :param options: what ``plugins.core.triggers:trigger.add`` takes: ``priority``, ``group``,
        ``gag``, ``types`` and so on.
    """

    def __init__(self, pattern: str, name: str = "", **options: Any) -> None:
        self.pattern = pattern
        self.name = name
        self.options = options

    def __call__(self, function: F) -> F:
        """Mark the function."""
        return declare(function, self)

    def name_for(self, attribute: str) -> str:
        """Return the trigger's name, when it decorates a method called ``attribute``."""
        return self.name or attribute.removeprefix(METHOD_PREFIX)
