"""The command that is being run, as seen from inside it."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

_current: ContextVar[CurrentCommand | None] = ContextVar("bastproxy_command", default=None)


@dataclass(frozen=True, slots=True)
class CurrentCommand:
    """Who runs which command with what.

    ``args`` is the namespace of the parsed arguments; ``line`` is what the player typed.
    """

    client_id: str
    owner_id: str
    name: str
    args: dict[str, Any]
    line: str


def current() -> CurrentCommand | None:
    """Return the command in progress here; tasks started by a command still see it."""
    return _current.get()


class running:  # noqa: N801  a context manager, used like a function
    """Make a command the current one for the time of a ``with``."""

    def __init__(self, command: CurrentCommand) -> None:
        self._command = command

    def __enter__(self) -> None:
        self._token = _current.set(self._command)

    def __exit__(self, *_: object) -> None:
        _current.reset(self._token)
