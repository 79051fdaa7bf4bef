"""What the proxy says to the players."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

DEFAULT_PREFIX: Final = b"#bp"
ONLY_WATCHING: Final = "you are only watching: what you type goes nowhere"


def how_to_connect(prefixes: Iterable[bytes]) -> str:
    """Say what to type to connect to a MUD."""
    prefix = min(prefixes, default=DEFAULT_PREFIX).decode("utf-8", "replace")
    return f"to connect, type: {prefix}.proxy.connect HOST PORT"


def not_connected(address: tuple[str, int] | None, prefixes: Iterable[bytes]) -> str:
    """Say that no MUD is there to take a line."""
    what = "no MUD is known yet" if address is None else f"{_at(address)} is not connected"
    return f"{what}; {how_to_connect(prefixes)}"


def connected(address: tuple[str, int]) -> str:
    """Say which MUD is connected."""
    return f"connected to {_at(address)}"


def unreachable(address: tuple[str, int], reason: str) -> str:
    """Say why a MUD could not be connected."""
    return f"cannot connect to {_at(address)}: {reason}"


def disconnected(address: tuple[str, int], reason: str) -> str:
    """Say why the MUD is connected no more."""
    return f"{_at(address)} is disconnected: {reason}"


def _at(address: tuple[str, int]) -> str:
    return f"{address[0]} {address[1]}"
