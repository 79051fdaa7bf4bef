"""What is counted."""

from __future__ import annotations

from dataclasses import dataclass, fields

from bastproxy.libs.settings import format_timelength


@dataclass(slots=True)
class Counts:
    """What happened in some time.

    :ivar lines_in: lines from the MUD.
    :ivar lines_out: lines to it.
    :ivar bytes_in: bytes from it, over the wire.
    :ivar bytes_out: bytes to it.
    :ivar triggers: how often a trigger has fired.
    :ivar sessions: connections that began.
    :ivar connected: seconds in which the MUD was connected.
    :ivar played: seconds of these in which somebody was there who may play.
    """

    lines_in: int = 0
    lines_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    triggers: int = 0
    sessions: int = 0
    connected: float = 0.0
    played: float = 0.0

    def __bool__(self) -> bool:
        return any(self.values())

    def __sub__(self, other: Counts) -> Counts:
        pairs = zip(self.values(), other.values(), strict=True)
        return Counts(*(one - two for one, two in pairs))  # type: ignore[arg-type]

    def values(self) -> list[int | float]:
        """Return the counts in the order of :data:`NAMES`."""
        return [getattr(self, name) for name in NAMES]

    def shown(self) -> tuple[str, ...]:
        """Return them as a player reads them, under :data:`HEADS`."""
        return (
            f"{self.lines_in:,}",
            f"{self.lines_out:,}",
            size(self.bytes_in),
            size(self.bytes_out),
            f"{self.triggers:,}",
            f"{self.sessions:,}",
            format_timelength(round(self.connected)),
            format_timelength(round(self.played)),
        )


NAMES = tuple(field.name for field in fields(Counts))
HEADS = ("lines", "sent", "bytes", "sent", "triggers", "sessions", "connected", "played")


def size(count: float) -> str:
    """Return a number of bytes in words: ``12 KB``."""
    if count < 1024:
        return f"{count:.0f} B"
    for unit in ("KB", "MB"):
        count /= 1024
        if count < 1024:
            return f"{count:.1f} {unit}"
    return f"{count / 1024:.1f} GB"
