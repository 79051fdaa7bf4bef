"""Logging what fails in somebody's work, in the owner's name."""

from __future__ import annotations

import logging

SOURCE = "libs.work"


def log_failure(owner_id: str, what: str, error: BaseException) -> None:
    """Log a failure with its traceback, to the logger of the owner."""
    logging.getLogger(f"bastproxy.{owner_id}").error(
        "%s failed: %s: %s",
        what,
        type(error).__name__,
        error,
        exc_info=error,
        extra={"sources": (owner_id, SOURCE)},
    )


def log_warning(owner_id: str, message: str) -> None:
    """Log a warning, to the logger of the owner."""
    logging.getLogger(f"bastproxy.{owner_id}").warning(
        "%s", message, extra={"sources": (owner_id, SOURCE)}
    )


def name_of(function: object) -> str:
    """Return what a person calls a function."""
    inner = getattr(function, "func", function)  # of a partial
    return str(getattr(inner, "__name__", type(inner).__name__))
