"""Fighting, fleeing and recovering."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bastproxy.demo.commands.table import TABLE
from bastproxy.demo.entities import Player
from bastproxy.demo.matching import find

if TYPE_CHECKING:
    from bastproxy.demo.game import Game


@TABLE.add("kill MOB", "Attack somebody; 2.RAT is the second rat.", "Fighting")
def kill(game: Game, player: Player, argument: str) -> None:
    """Attack a mob."""
    mob = find(argument, player.room.mobs)
    if mob is not None:
        game.combat.attack(player, mob)
    elif find(argument, player.room.players) is not None:
        player.line("The fog is enemy enough. Players do not fight each other here.")
    else:
        player.line("Nobody like that is here." if argument.strip() else "Kill whom?")


@TABLE.add("attack MOB", "The same as KILL.", "Fighting")
def attack(game: Game, player: Player, argument: str) -> None:
    """Attack a mob."""
    kill(game, player, argument)


@TABLE.add("flee", "Run from a fight, if you can.", "Fighting")
def flee(game: Game, player: Player, argument: str) -> None:
    """Run from a fight."""
    game.combat.flee(player)


@TABLE.add("rest", "Sit down and recover faster, fastest in the inn.", "Fighting")
def rest(game: Game, player: Player, argument: str) -> None:
    """Sit down."""
    if player.target is not None:
        player.line("This is no time to rest!")
    elif player.resting:
        player.line("You are resting.")
    else:
        player.resting = True
        player.line("You sit down and rest.")
        player.room.tell(f"{player.name} sits down to rest.", player)


@TABLE.add("stand", "Stand up.", "Fighting")
def stand(game: Game, player: Player, argument: str) -> None:
    """Stand up."""
    if player.resting:
        game.stand(player)
    else:
        player.line("You are standing.")
