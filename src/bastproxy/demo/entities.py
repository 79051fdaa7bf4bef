"""What lives and lies in the world while it runs: items, mobs, players, rooms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Protocol

from bastproxy.demo.model import ItemKind, MobKind, RoomKind

MAX_HP: Final = 30
MAX_MOVES: Final = 20
FISTS: Final = (1, 3)


class Output(Protocol):
    """Where a player's output goes: a connection, or a fake one."""

    def line(self, text: str) -> None:
        """Show a line, wrapped to the screen."""

    def raw(self, text: str) -> None:
        """Show a line exactly as it is."""

    def channel(self, channel: str, talker: str, text: str) -> None:
        """Tell a client that listens on GMCP what was said."""

    def flood(self, count: int, size: int) -> None:
        """Send ``count`` numbered lines of ``size`` bytes, as fast as the client reads."""

    def set_prompt(self, mode: str) -> None:
        """End prompts with ``ga``, nothing (``bare``) or a ``newline``."""

    def set_colour(self, on: bool) -> None:
        """Show colours, or leave them out."""

    def choose_password(self) -> None:
        """Ask for a new password, unseen."""

    def quit(self) -> None:
        """End the connection after what has been sent."""


@dataclass(eq=False, slots=True)
class Item:
    """One item."""

    kind: ItemKind

    @property
    def name(self) -> str:
        """Return the name with its article."""
        return self.kind.name


@dataclass(eq=False, slots=True)
class Mob:
    """One mob, alive."""

    kind: MobKind
    home: Room = field(repr=False)
    room: Room
    hp: int
    items: list[Item] = field(default_factory=list)
    target: Player | None = None

    @property
    def name(self) -> str:
        """Return the name with its article."""
        return self.kind.name


@dataclass(eq=False, slots=True)
class Player:
    """One character; ``worn`` maps slots to items, which are not in ``items`` then."""

    name: str
    output: Output = field(repr=False)
    room: Room
    hp: int = MAX_HP
    moves: int = MAX_MOVES
    items: list[Item] = field(default_factory=list)
    worn: dict[str, Item] = field(default_factory=dict)
    target: Mob | None = None
    resting: bool = False
    kills: int = 0
    deaths: int = 0
    bells: int = 0
    reply_to: str = ""

    @property
    def title(self) -> str:
        """Return the name, with the honour of those who rang the bell."""
        return f"{self.name} the Bell-Ringer" if self.bells else self.name

    @property
    def damage(self) -> tuple[int, int]:
        """Return the least and the most a blow does."""
        weapon = self.worn.get("hand")
        return FISTS if weapon is None else weapon.kind.damage

    @property
    def armour(self) -> int:
        """Return how much less a hit does."""
        return sum(item.kind.armour for item in self.worn.values())

    @property
    def state(self) -> str:
        """Return ``"fighting"``, ``"resting"`` or ``"standing"``."""
        if self.target is not None:
            return "fighting"
        return "resting" if self.resting else "standing"

    def carried(self) -> Iterator[Item]:
        """Iterate over all items, worn ones included."""
        yield from self.items
        yield from self.worn.values()

    def line(self, text: str) -> None:
        """Show the player a line."""
        self.output.line(text)


@dataclass(eq=False, slots=True)
class Room:
    """One room, with what is in it now."""

    kind: RoomKind
    items: list[Item] = field(default_factory=list)
    mobs: list[Mob] = field(default_factory=list, repr=False)
    players: list[Player] = field(default_factory=list, repr=False)
    exits: dict[str, Room] = field(default_factory=dict, repr=False)

    def tell(self, text: str, *but: Player | None) -> None:
        """Show a line to everybody here except ``but``."""
        for player in list(self.players):
            if player not in but:
                player.line(text)
