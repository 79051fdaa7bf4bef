"""What commands return, and what players see of it."""

from __future__ import annotations

from collections.abc import Iterable

LONGEST_REASON = 200


def as_answer(result: object) -> tuple[bool, list[str]]:
    """Return ``(ok, lines)`` for whatever a command has returned.

    ``(ok, lines)`` itself, lines, a string, an ``ok`` alone, or None for a command that
    has nothing to say.
    """
    if isinstance(result, tuple) and len(result) == 2 and isinstance(result[0], bool):
        ok, said = result
        lines = as_lines(said)
    elif isinstance(result, bool):
        ok, lines = result, []
    else:
        ok, lines = True, as_lines(result)
    if not ok and not lines:
        lines = ["the command failed without saying why"]
    return ok, lines


def as_lines(said: object) -> list[str]:
    """Return lines without line ends for None, a string, some lines, or any object."""
    if said is None:
        return []
    if isinstance(said, str):
        return said.splitlines() or [""]
    if isinstance(said, Iterable) and not isinstance(said, (bytes, dict)):
        return [line for part in said for line in (str(part).splitlines() or [""])]
    return str(said).splitlines()


def reason(error: BaseException) -> str:
    """Return one short line about an exception."""
    try:
        message = " ".join(str(error).split())
    except Exception:
        message = "(its message cannot be shown)"
    if len(message) > LONGEST_REASON:
        message = message[:LONGEST_REASON] + "..."
    return f"{type(error).__name__}: {message}" if message else type(error).__name__
