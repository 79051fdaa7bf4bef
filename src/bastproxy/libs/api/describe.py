"""What an API says of itself: description, signature and source."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bastproxy.libs.api.registry import Registration


def describe(registration: Registration) -> str:
    """Return the description of an API: its own, or the first line of the docstring."""
    if registration.description:
        return registration.description
    docstring = inspect.getdoc(registration.function)
    return docstring.splitlines()[0] if docstring else ""


class _Words(str):
    """An annotation that was left as text, shown without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _shown(annotation: Any) -> Any:
    return _Words(annotation) if isinstance(annotation, str) else annotation


def signature_of(registration: Registration) -> str:
    """Return name and parameters as they are called, without the caller's id."""
    try:
        signature = inspect.signature(registration.function)
    except (TypeError, ValueError):
        return "(...)"
    parameters = [
        parameter.replace(annotation=_shown(parameter.annotation))
        for parameter in signature.parameters.values()
        if not (registration.pass_caller and parameter.name == "caller_id")
    ]
    result = _shown(signature.return_annotation)
    return str(signature.replace(parameters=parameters, return_annotation=result))


def source_of(function: Callable[..., Any]) -> str:
    """Return the source of a function; empty when there is none to be had."""
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):
        return ""
