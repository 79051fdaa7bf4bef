"""The decorator that makes a method an API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from bastproxy.libs.declarations import Declaration, declare

F = TypeVar("F", bound=Callable[..., Any])


class AddAPI(Declaration):
    """Offer the decorated method as ``<owner>:<name>``.

    A subclass overrides it with a method of the same attribute name, or of the same
    API name.

    :param name: dotted; ``{plugin_id}`` and other attributes of the object stand for
        their values.  With a colon in it, it is the whole name, owner included.
    :param description: one line for listings; the method's docstring otherwise.
    :param instance: only the owner's own API object sees it, before any other of
        that name.
    :param pass_caller: the method gets the id of whoever looked it up as the keyword
        ``caller_id``.
    """

    def __init__(
        self,
        name: str,
        description: str = "",
        instance: bool = False,
        *,
        pass_caller: bool = False,
    ) -> None:
        self.name = name
        self.description = description
        self.instance = instance
        self.pass_caller = pass_caller

    def __call__(self, function: F) -> F:
        """Mark the function."""
        return declare(function, self)
