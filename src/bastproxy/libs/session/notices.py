"""What the proxy says to the players."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bastproxy.libs.net.address import MudAddress

DEFAULT_PREFIX: Final = b"#bp"
ONLY_WATCHING: Final = "you are only watching: what you type goes nowhere"


def how_to_connect(prefixes: Iterable[bytes]) -> str:
    """Say what to type to connect to a MUD."""
    prefix = min(prefixes, default=DEFAULT_PREFIX).decode("utf-8", "replace")
    return f"to connect, type: {prefix}.proxy.connect HOST PORT"


def not_connected(address: MudAddress | None, prefixes: Iterable[bytes]) -> str:
    """Say that no MUD is there to take a line."""
    what = "no MUD is known yet" if address is None else f"{_at(address)} is not connected"
    return f"{what}; {how_to_connect(prefixes)}"


def connected(address: MudAddress) -> str:
    """Say which MUD is connected."""
    return f"connected to {_at(address)}"


def unreachable(address: MudAddress, reason: str) -> str:
    """Say why a MUD could not be connected."""
    return f"cannot connect to {_at(address)}: {reason}"


def disconnected(address: MudAddress, reason: str) -> str:
    """Say why the MUD is connected no more."""
    return f"{_at(address)} is disconnected: {reason}"


def _at(address: MudAddress) -> str:
    return f"{address.host} {address.port}" + (" (TLS)" if address.tls else "")
