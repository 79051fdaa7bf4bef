"""The player's own connection: password, colours, leaving."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bastproxy.demo.commands.table import TABLE
from bastproxy.demo.entities import Player

if TYPE_CHECKING:
    from bastproxy.demo.game import Game


@TABLE.add(
    "password", "Keep your name, until the game restarts, with a password.", "You", whole=True
)
def password(game: Game, player: Player, argument: str) -> None:
    """Choose a password."""
    if argument.strip():
        player.line("Type PASSWORD alone: you are asked for it, and it is not shown.")
    else:
        player.output.choose_password()


@TABLE.add("colour on|off", "Show colours, or leave them out.", "You", whole=True)
def colour(game: Game, player: Player, argument: str) -> None:
    """Switch colours."""
    choice = argument.strip().lower()
    if choice in ("on", "off"):
        player.output.set_colour(choice == "on")
        player.line(f"Colours are {choice}.")
    else:
        player.line("COLOUR ON or COLOUR OFF?")


@TABLE.add("quit", "Leave the game.", "You", whole=True)
def leave(game: Game, player: Player, argument: str) -> None:
    """Leave the game."""
    player.line("The fog closes behind you. Goodbye!")
    player.output.quit()
