"""What the proxy says to the players."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bastproxy.libs.net.address import MudAddress

DEFAULT_PREFIX: Final = b"#bp"
ONLY_WATCHING: Final = (
    "you are only watching: what you type goes nowhere, the commands of the proxy included"
)
PLAYING: Final = "you may play: what you type goes to the MUD"


def how_to_connect(address: MudAddress | None, prefixes: Iterable[bytes]) -> str:
    """Say what to type to connect to a MUD.

    :param address: the one that is connected to when none is named, if one is known.
    """
    prefix = min(prefixes, default=DEFAULT_PREFIX).decode("utf-8", "replace")
    return f"to connect, type: {prefix}.proxy.connect{' HOST PORT' if address is None else ''}"


def not_connected(address: MudAddress | None, prefixes: Iterable[bytes]) -> str:
    """Say that no MUD is there to take a line."""
    what = "no MUD is known yet" if address is None else f"{address} is not connected"
    return f"{what}; {how_to_connect(address, prefixes)}"


def being_connected(address: MudAddress | None) -> str:
    """Say that no MUD is there yet to take a line."""
    return f"{address or 'the MUD'} is being connected; what you type now goes nowhere"


def not_yet(address: MudAddress | None) -> str:
    """Say that no MUD is there to take a line, and that it is tried to reach it."""
    return f"{address or 'the MUD'} is not connected; the proxy goes on trying"


def connected(address: MudAddress) -> str:
    """Say which MUD is connected."""
    return f"connected to {address}"


def connecting_again(why: str, delay: float) -> str:
    """Say when it is tried again.

    :param why: what has gone wrong, if that is yet to be said.
    :param delay: seconds.
    """
    return f"{why}{'; ' if why else ''}connecting again in {delay:.0f} s"


def unreachable(address: MudAddress, reason: str) -> str:
    """Say why a MUD could not be connected."""
    return f"cannot connect to {address}: {reason}"


def disconnected(address: MudAddress, reason: str) -> str:
    """Say why the MUD is connected no more."""
    return f"{address} is disconnected: {reason}"
