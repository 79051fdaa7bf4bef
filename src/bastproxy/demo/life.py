"""Life: mobs that come, wander, speak and come back, wounds that heal, shelves that fill."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bastproxy.demo.entities import MAX_HP, MAX_MOVES, Item, Mob, Player, Room
from bastproxy.demo.text import sentence, style

if TYPE_CHECKING:
    from bastproxy.demo.game import Game

ACT: Final = 5.0
HEAL: Final = 4.0
RESTOCK: Final = 120.0
WANDER_CHANCE: Final = 0.2
SPEAK_CHANCE: Final = 0.12
AMBUSH_CHANCE: Final = 0.5


class Life:
    """What happens in a game without anybody typing."""

    def __init__(self, game: Game) -> None:
        self._game = game
        for room in game.rooms.values():
            for key in room.kind.mobs:
                self._spawn(key, room)
        self.restock()
        game.timetable.every(ACT, self.act)
        game.timetable.every(HEAL, self.heal)
        game.timetable.every(RESTOCK, self.restock)

    def act(self) -> None:
        """Let every mob that does not fight attack, wander or speak, or do nothing."""
        for room in self._game.rooms.values():
            for mob in list(room.mobs):
                if mob.target is None and mob.room is room:
                    self._act(mob)

    def heal(self) -> None:
        """Let those who do not fight recover, faster at rest."""
        for player in self._game.players.values():
            if player.target is None:
                player.hp = min(MAX_HP, player.hp + _recovery(player))
                player.moves = min(MAX_MOVES, player.moves + _recovery(player))
        for room in self._game.rooms.values():
            for mob in room.mobs:
                if mob.target is None:
                    mob.hp = min(mob.kind.hp, mob.hp + 1)

    def restock(self) -> None:
        """Put back what has been taken from where it belongs."""
        for room in self._game.rooms.values():
            for key in room.kind.items:
                if all(item.kind.key != key for item in room.items):
                    room.items.append(Item(self._game.world.items[key]))

    def bury(self, mob: Mob) -> None:
        """Arrange for a dead mob's return."""
        self._game.timetable.after(mob.kind.respawn, lambda: self._return(mob))

    def return_unique(self, key: str) -> None:
        """Give a unique item back to the mob that guards it, if it is alive."""
        for room in self._game.rooms.values():
            for mob in room.mobs:
                if key in mob.kind.carries:
                    mob.items.append(Item(self._game.world.items[key]))
                    return

    def answer(self, player: Player, text: str) -> None:
        """Let the mobs in the room answer to a word that was said."""
        words = {word.strip(".,:;!?'\"").lower() for word in text.split()}
        for mob in player.room.mobs:
            reply = next((say for word, say in mob.kind.replies.items() if word in words), "")
            if reply:
                self.speak(mob, reply)

    def speak(self, mob: Mob, text: str) -> None:
        """Let a mob say something, or do it (``"*yawns."``)."""
        name = sentence(mob.name)
        if text.startswith("*"):
            mob.room.tell(style("mob", f"{name} {text[1:]}"))
            return
        mob.room.tell(f"{style('mob', name)} says: {style('say', text)}")
        for player in mob.room.players:
            player.output.channel("say", name, text)

    def _act(self, mob: Mob) -> None:
        rng = self._game.rng
        players = mob.room.players
        if mob.kind.aggressive and players and rng.random() < AMBUSH_CHANCE:
            self._game.combat.ambush(mob, rng.choice(players))
            return
        ways = [way for way, to in sorted(mob.room.exits.items()) if to.kind.key in mob.kind.range]
        if ways and rng.random() < WANDER_CHANCE:
            self._game.move_mob(mob, rng.choice(ways))
        elif mob.kind.speech and players and rng.random() < SPEAK_CHANCE:
            self.speak(mob, rng.choice(mob.kind.speech))

    def _spawn(self, key: str, room: Room) -> None:
        kind = self._game.world.mobs[key]
        mob = Mob(kind, room, room, kind.hp)
        for carried in kind.carries:
            item = self._game.world.items[carried]
            if not (item.unique and self._game.has_unique(carried)):
                mob.items.append(Item(item))
        room.mobs.append(mob)

    def _return(self, mob: Mob) -> None:
        self._spawn(mob.kind.key, mob.home)
        mob.home.tell(style("mob", f"{sentence(mob.name)} comes out of the fog."))


def _recovery(player: Player) -> int:
    return 3 * player.room.kind.comfort if player.resting else 1
