"""Seeing where one is, who is there, and how one is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bastproxy.demo.commands.table import TABLE
from bastproxy.demo.entities import MAX_HP, MAX_MOVES, Mob, Player
from bastproxy.demo.matching import find
from bastproxy.demo.text import sentence, style
from bastproxy.demo.view import exits_line, list_items, show_room

if TYPE_CHECKING:
    from bastproxy.demo.game import Game


@TABLE.add("look [THING]", "Look around, or at a thing, a mob, a player.", "Seeing")
def look(game: Game, player: Player, argument: str) -> None:
    """Show the room, or one thing in it."""
    wanted = argument.removeprefix("at ").strip()
    if not wanted:
        show_room(player)
        return
    room = player.room
    thing = find(wanted, player.carried()) or find(wanted, room.items)
    mob = find(wanted, room.mobs)
    other = find(wanted, room.players)
    detail = room.kind.details.get(wanted.lower())
    if mob is not None:
        player.line(f"{mob.kind.look} {_health(mob)}")
    elif thing is not None:
        player.line(thing.kind.look)
    elif detail is not None:
        player.line(detail)
    elif other is not None:
        _look_at_player(player, other)
    else:
        player.line("You see nothing like that here.")


@TABLE.add("exits", "List the exits.", "Seeing")
def exits(game: Game, player: Player, argument: str) -> None:
    """Show where one can go, and where that leads."""
    player.line(exits_line(player.room))


@TABLE.add("score", "How you are, and what you have done.", "Seeing")
def score(game: Game, player: Player, argument: str) -> None:
    """Show a player's own state."""
    low, high = player.damage
    player.line(style("title", player.title))
    player.line(f"Health {player.hp}/{MAX_HP}, moves {player.moves}/{MAX_MOVES}, {player.state}.")
    player.line(f"Damage {low}-{high}, armour {player.armour}.")
    player.line(f"Kills {player.kills}, deaths {player.deaths}, bells rung {player.bells}.")


@TABLE.add("who", "Who is playing.", "Seeing")
def who(game: Game, player: Player, argument: str) -> None:
    """Show all players."""
    count = len(game.players)
    player.line(style("title", f"In Low Tolling: {count} player{'s' * (count != 1)}"))
    for other in sorted(game.players.values(), key=lambda each: each.name):
        player.line(f"  {style('player', other.title)}")


@TABLE.add("help [COMMAND]", "List the commands, or explain one.", "Seeing")
def show_help(game: Game, player: Player, argument: str) -> None:
    """Show the commands."""
    word = argument.strip()
    if not word:
        player.line("Find the bell's clapper, bring it home, and ring the bell.")
        for group, commands in TABLE.groups().items():
            names = ", ".join(command.name for command in commands)
            player.line(f"{style('title', group + ':')} {names}")
        player.line("HELP COMMAND says more; any command may be shortened, as in N, L, K RAT.")
        return
    command = TABLE.find(word)
    if command is None:
        player.line("There is no such command. HELP lists them all.")
        return
    player.line(style("title", command.usage))
    player.line(command.help)


def _health(mob: Mob) -> str:
    if mob.kind.peaceful:
        return ""
    share = mob.hp / mob.kind.hp
    states = ((1, "unhurt"), (0.7, "scratched"), (0.35, "wounded"), (0, "nearly dead"))
    state = next(word for least, word in states if share >= least)
    return f"{sentence(mob.name)} is {state}."


def _look_at_player(player: Player, other: Player) -> None:
    worn = list_items(list(other.worn.values()))
    uses = f"using {', '.join(worn)}" if worn else "with empty hands"
    player.line(f"{other.title} stands before you, {uses}.")
    if other is not player:
        other.line(f"{player.name} looks at you.")
