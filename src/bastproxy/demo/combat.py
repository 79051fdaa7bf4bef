"""Fighting: who strikes whom, in rounds, and what becomes of the dead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bastproxy.demo.entities import MAX_HP, Mob, Player
from bastproxy.demo.text import sentence, style

if TYPE_CHECKING:
    from bastproxy.demo.game import Game

ROUND: Final = 2.0
"""Seconds from one exchange of blows to the next."""

ACCURACY: Final = 0.75
FLEE_CHANCE: Final = 0.75


class Combat:
    """All fights of a game."""

    def __init__(self, game: Game) -> None:
        self._game = game
        game.timetable.every(ROUND, self.round)

    def attack(self, player: Player, mob: Mob) -> None:
        """Begin a fight with a mob, and strike first."""
        if mob.kind.peaceful:
            player.line(f"{sentence(mob.name)} has done you no harm.")
        elif player.target is mob:
            player.line(f"You are fighting {mob.name} as hard as you can.")
        else:
            # Only the first blow of a fight is free, or turning from mob to mob would pay.
            first = player.target is None
            self._game.stand(player)
            player.target = mob
            mob.target = mob.target or player
            player.line(f"You attack {mob.name}!")
            player.room.tell(f"{player.name} attacks {mob.name}!", player)
            if first:
                self._strike(player, mob)

    def ambush(self, mob: Mob, player: Player) -> None:
        """Let a mob begin a fight."""
        mob.target = player
        player.line(style("hurt", f"{sentence(mob.name)} attacks you!"))
        player.room.tell(f"{sentence(mob.name)} attacks {player.name}!", player)
        self._defend(player, mob)

    def flee(self, player: Player) -> None:
        """Run from a fight, through any exit, with luck."""
        if player.target is None:
            player.line("You are not fighting anybody.")
            return
        if self._game.rng.random() > FLEE_CHANCE:
            player.line(style("hurt", "You try to flee, and cannot get away!"))
            return
        self.disengage(player)
        player.line("You run for it!")
        self._game.walk(player, self._game.rng.choice(sorted(player.room.exits)))

    def disengage(self, player: Player) -> None:
        """End all fights of a player who leaves."""
        player.target = None
        for mob in player.room.mobs:
            if mob.target is player:
                mob.target = next((p for p in player.room.players if p.target is mob), None)

    def round(self) -> None:
        """Let everybody who fights strike once."""
        for player in list(self._game.players.values()):
            if player.target is not None:
                self._strike(player, player.target)
        for room in self._game.rooms.values():
            for mob in list(room.mobs):
                if mob.target is not None:
                    self._bite(mob, mob.target)

    def _strike(self, player: Player, mob: Mob) -> None:
        if self._game.rng.random() > ACCURACY:
            player.line(f"You miss {mob.name}.")
            player.room.tell(f"{player.name} misses {mob.name}.", player)
            return
        damage = self._game.rng.randint(*player.damage)
        mob.hp -= damage
        player.line(style("hit", f"You hit {mob.name}. [{damage}]"))
        player.room.tell(f"{player.name} hits {mob.name}.", player)
        if mob.hp <= 0:
            self._kill(player, mob)

    def _bite(self, mob: Mob, player: Player) -> None:
        name = sentence(mob.name)
        if self._game.rng.random() > mob.kind.accuracy:
            player.line(f"{name} misses you.")
        else:
            damage = max(1, self._game.rng.randint(*mob.kind.damage) - player.armour)
            player.hp -= damage
            player.line(style("hurt", f"{name} hits you. [{damage}]"))
        if player.hp <= 0:
            self._die(player, mob)
        else:
            self._defend(player, mob)

    def _defend(self, player: Player, mob: Mob) -> None:
        if player.target is None:
            self._game.stand(player)
            player.target = mob

    def _kill(self, player: Player, mob: Mob) -> None:
        room = mob.room
        room.tell(style("death", f"{sentence(mob.name)} is dead."))
        room.mobs.remove(mob)
        for item in mob.items:
            room.items.append(item)
            room.tell(style("item", f"{sentence(item.name)} falls to the ground."))
        mob.target = None
        player.kills += 1
        for fighter in room.players:
            if fighter.target is mob:
                fighter.target = next((m for m in room.mobs if m.target is fighter), None)
        self._game.life.bury(mob)

    def _die(self, player: Player, mob: Mob) -> None:
        player.line(style("death", f"{sentence(mob.name)} has killed you!"))
        player.room.tell(style("death", f"{player.name} is dead."), player)
        self.disengage(player)
        self._game.drop_unique(player)
        player.deaths += 1
        player.hp = MAX_HP // 2
        player.line("The fog closes over you. After a while it opens again, somewhere else.")
        self._game.place(player, self._game.start, "is washed up by the fog, coughing.")
