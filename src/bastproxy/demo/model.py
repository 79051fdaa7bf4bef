"""What the world is described with: kinds of items, mobs and rooms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ItemKind:
    """An item as the world file describes it.

    :ivar name: with its article, ``"a bread knife"``; every word of it is a keyword.
    :ivar lying: the sentence for an item on the ground.
    :ivar slot: where it is worn (``"hand"`` is wielded), or ``""``.
    :ivar damage: the least and the most a hit with it does.
    :ivar armour: how much less a hit on its wearer does.
    :ivar food: hit points that eating it gives.
    :ivar unique: there is one in the world, and it never leaves it with a player.
    """

    key: str
    name: str
    lying: str
    look: str
    slot: str = ""
    damage: tuple[int, int] = (0, 0)
    armour: int = 0
    food: int = 0
    unique: bool = False


@dataclass(frozen=True, slots=True)
class MobKind:
    """A mob as the world file describes it.

    :ivar name: with its article, in lower case: ``"the sexton"``.
    :ivar standing: the sentence for a mob in the room.
    :ivar accuracy: the share of its blows that hit, 0..1.
    :ivar speech: what it says, or does (``"*sniffs."``), now and then.
    :ivar replies: what it answers to a word said in its room.
    :ivar range: the rooms it wanders through; empty: it stays.
    :ivar peaceful: nobody may attack it.
    :ivar respawn: seconds from its death to its return.
    """

    key: str
    name: str
    standing: str
    look: str
    hp: int = 10
    damage: tuple[int, int] = (1, 2)
    accuracy: float = 0.6
    speech: tuple[str, ...] = ()
    replies: Mapping[str, str] = field(default_factory=dict)
    range: tuple[str, ...] = ()
    carries: tuple[str, ...] = ()
    aggressive: bool = False
    peaceful: bool = False
    respawn: float = 60.0


@dataclass(frozen=True, slots=True)
class RoomKind:
    """A room as the world file describes it.

    :ivar num: its number for mappers (GMCP ``Room.Info``).
    :ivar exits: direction to the key of a room.
    :ivar details: what ``look <word>`` shows.
    :ivar comfort: how many times faster rest heals here.
    """

    key: str
    num: int
    name: str
    look: str
    exits: Mapping[str, str]
    items: tuple[str, ...] = ()
    mobs: tuple[str, ...] = ()
    details: Mapping[str, str] = field(default_factory=dict)
    comfort: int = 1


@dataclass(frozen=True, slots=True)
class World:
    """All of it; :meth:`check` finds loose ends."""

    area: str
    start: str
    rooms: Mapping[str, RoomKind]
    items: Mapping[str, ItemKind]
    mobs: Mapping[str, MobKind]

    def check(self) -> list[str]:
        """Return what does not fit together, one sentence each."""
        loose = [] if self.start in self.rooms else [f"the start {self.start!r} is no room"]
        for room in self.rooms.values():
            loose += [
                f"{room.key}: no room {to!r}" for to in room.exits.values() if to not in self.rooms
            ]
            loose += [f"{room.key}: no item {key!r}" for key in room.items if key not in self.items]
            loose += [f"{room.key}: no mob {key!r}" for key in room.mobs if key not in self.mobs]
        for mob in self.mobs.values():
            loose += [f"{mob.key}: no item {key!r}" for key in mob.carries if key not in self.items]
            loose += [f"{mob.key}: no room {key!r}" for key in mob.range if key not in self.rooms]
        return loose
