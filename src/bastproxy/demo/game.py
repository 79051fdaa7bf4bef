"""The game: a world that is running. No I/O; time is given to it (:meth:`Game.advance`)."""

from __future__ import annotations

import random
from typing import Final

from bastproxy.demo.combat import Combat
from bastproxy.demo.entities import MAX_HP, MAX_MOVES, Item, Mob, Output, Player, Room
from bastproxy.demo.life import Life
from bastproxy.demo.model import World
from bastproxy.demo.text import sentence, style
from bastproxy.demo.timetable import Timetable
from bastproxy.demo.view import show_room
from bastproxy.demo.world import WORLD

OPPOSITE: Final = {
    "north": "the south",
    "south": "the north",
    "east": "the west",
    "west": "the east",
    "up": "below",
    "down": "above",
}


class Game:
    """One running world, and the players in it.

    :param rng: where all chance comes from; seed it, and the game repeats itself.
    """

    def __init__(self, rng: random.Random | None = None, world: World = WORLD) -> None:
        self.rng = rng or random.Random()
        self.world = world
        self.players: dict[str, Player] = {}
        self.rooms = {key: Room(kind) for key, kind in world.rooms.items()}
        for room in self.rooms.values():
            room.exits = {way: self.rooms[to] for way, to in room.kind.exits.items()}
        self.timetable = Timetable()
        self.combat = Combat(self)
        self.life = Life(self)

    @property
    def start(self) -> Room:
        """Return the room where players enter the world, and return to it."""
        return self.rooms[self.world.start]

    def advance(self, seconds: float) -> None:
        """Let time pass: fights, wandering, healing, returns."""
        self.timetable.advance(seconds)

    def find_player(self, name: str) -> Player | None:
        """Return the player of that name, in any case, who is in the game."""
        return self.players.get(name.lower())

    def join(self, name: str, output: Output, known: Player | None = None) -> Player:
        """Let somebody in, as a new character or as one who was here before.

        :raises ValueError: the name is in the game already.
        """
        if self.find_player(name) is not None:
            raise ValueError(f"{name} is in the game already")
        player = known or Player(name, output, self.start)
        player.output = output
        self.players[name.lower()] = player
        player.room.players.append(player)
        player.room.tell(style("player", f"{player.title} steps out of the fog."), player)
        show_room(player)
        return player

    def leave(self, player: Player) -> None:
        """Take a player out of the world; what is unique stays in it."""
        if self.players.get(player.name.lower()) is not player:
            return
        del self.players[player.name.lower()]
        self.combat.disengage(player)
        self.drop_unique(player)
        player.room.players.remove(player)
        player.resting = False
        player.room.tell(style("player", f"{player.title} fades into the fog."))

    def move(self, player: Player, way: str) -> None:
        """Walk through an exit, if there is one and the legs allow."""
        to = player.room.exits.get(way)
        if player.target is not None:
            player.line("Not while you are fighting! You could FLEE.")
        elif to is None:
            player.line("You cannot go that way.")
        elif player.moves < 1:
            player.line("You are too tired to walk. REST a while.")
        else:
            self.stand(player)
            self.walk(player, way)

    def walk(self, player: Player, way: str) -> None:
        """Bring a player through an exit that is there."""
        player.moves = max(0, player.moves - 1)
        player.room.tell(style("player", f"{player.title} leaves {way}."), player)
        self.place(player, player.room.exits[way], f"arrives from {OPPOSITE[way]}.")

    def place(self, player: Player, room: Room, how: str) -> None:
        """Put a player into another room."""
        player.room.players.remove(player)
        player.room = room
        room.players.append(player)
        room.tell(style("player", f"{player.title} {how}"), player)
        show_room(player)

    def move_mob(self, mob: Mob, way: str) -> None:
        """Bring a mob through an exit that is there."""
        name = sentence(mob.name)
        mob.room.tell(style("mob", f"{name} leaves {way}."))
        mob.room.mobs.remove(mob)
        mob.room = mob.room.exits[way]
        mob.room.mobs.append(mob)
        mob.room.tell(style("mob", f"{name} arrives from {OPPOSITE[way]}."))

    def stand(self, player: Player) -> None:
        """Get a resting player up."""
        if player.resting:
            player.resting = False
            player.line("You stand up.")
            player.room.tell(f"{player.name} stands up.", player)

    def drop_unique(self, player: Player) -> None:
        """Let what is unique fall to the ground."""
        for item in [item for item in player.items if item.kind.unique]:
            player.items.remove(item)
            player.room.items.append(item)
            player.room.tell(style("item", f"{sentence(item.name)} falls to the ground."))

    def has_unique(self, key: str) -> bool:
        """Return whether the one item of a unique kind is anywhere in the world."""
        return any(item.kind.key == key for item in self._all_items())

    def ring(self, player: Player, clapper: Item) -> None:
        """Ring the bell: the goal of the game. The clapper is lost again by it."""
        player.items.remove(clapper)
        player.bells += 1
        player.hp, player.moves = MAX_HP, MAX_MOVES
        player.line(
            "You hang the clapper on its ring, take hold of the bell's rim, and swing. And swing."
        )
        for everybody in list(self.players.values()):
            everybody.line(style("bell", "BONG.  BONG.  BONG."))
            everybody.line(
                style(
                    "good",
                    f"Hilda rings over Low Tolling, and the fog lifts! {player.name} "
                    "has brought the clapper home.",
                )
            )
        player.line(
            "On the third stroke a shadow falls through the louvres. There is a tug, a beating "
            "of wings, and the clapper is gone again. Still: three strokes. From now on you are "
            + style("player", player.title)
            + "."
        )
        player.room.tell("A huge crow bursts in, and is off with the clapper.", player)
        self.life.return_unique(clapper.kind.key)

    def _all_items(self) -> list[Item]:
        found = [item for player in self.players.values() for item in player.carried()]
        for room in self.rooms.values():
            found += room.items
            found += [item for mob in room.mobs for item in mob.items]
        return found
