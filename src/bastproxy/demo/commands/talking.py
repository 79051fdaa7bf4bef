"""Talking to others: in the room, in private, to all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bastproxy.demo.commands.table import TABLE
from bastproxy.demo.entities import Player
from bastproxy.demo.text import clean, style

if TYPE_CHECKING:
    from bastproxy.demo.game import Game


@TABLE.add("say TEXT", "Say something to the room; 'TEXT does the same.", "Talking")
def say(game: Game, player: Player, argument: str) -> None:
    """Say something to the room."""
    text = clean(argument)
    if not text:
        player.line("Say what?")
        return
    player.line(f"You say: {style('say', text)}")
    player.room.tell(f"{style('player', player.name)} says: {style('say', text)}", player)
    for hearer in player.room.players:
        hearer.output.channel("say", player.name, text)
    game.life.answer(player, text)


@TABLE.add("tell NAME TEXT", "Tell one player something, wherever they are.", "Talking")
def tell(game: Game, player: Player, argument: str) -> None:
    """Tell one player something."""
    name, _, rest = argument.strip().partition(" ")
    text = clean(rest)
    other = game.find_player(name)
    if other is None:
        player.line("Nobody of that name is playing." if name else "Tell whom what?")
    elif other is player:
        player.line("You tell yourself what you knew already.")
    elif not text:
        player.line(f"Tell {other.name} what?")
    else:
        other.reply_to = player.name
        player.line(style("tell", f"You tell {other.name}: {text}"))
        other.line(style("tell", f"{player.name} tells you: {text}"))
        for hearer in (player, other):
            hearer.output.channel("tell", player.name, text)


@TABLE.add("reply TEXT", "Answer the last one who told you something.", "Talking")
def reply(game: Game, player: Player, argument: str) -> None:
    """Answer the last tell."""
    if not player.reply_to:
        player.line("Nobody has told you anything.")
    else:
        tell(game, player, f"{player.reply_to} {argument}")


@TABLE.add("shout TEXT", "Shout, so that all the town hears it.", "Talking")
def shout(game: Game, player: Player, argument: str) -> None:
    """Say something to everybody."""
    text = clean(argument)
    if not text:
        player.line("Shout what?")
        return
    for hearer in list(game.players.values()):
        who = "You shout" if hearer is player else f"{player.name} shouts"
        hearer.line(style("shout", f"{who}: {text}"))
        hearer.output.channel("shout", player.name, text)


@TABLE.add("emote TEXT", "Act: EMOTE YAWNS. shows 'Ann yawns.'; :YAWNS. too.", "Talking")
def emote(game: Game, player: Player, argument: str) -> None:
    """Act something out."""
    text = clean(argument)
    if text:
        player.room.tell(style("player", f"{player.name} {text}"))
    else:
        player.line("Act how?")
