"""What the proxy says to the players."""

from __future__ import annotations

from collections.abc import Iterable

DEFAULT_PREFIX = "#bp"


def notice(text: str) -> str:
    """Return a line of the proxy's own."""
    return f"[bastproxy] {text}"


def how_to_connect(prefixes: Iterable[bytes]) -> str:
    """Say what to type to connect to a MUD."""
    prefix = min((one.decode() for one in prefixes), default=DEFAULT_PREFIX)
    return f"to connect, type: {prefix}.proxy.connect HOST PORT"
