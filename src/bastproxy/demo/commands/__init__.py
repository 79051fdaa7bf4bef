"""The commands of the game."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

# Where several commands begin alike, an abbreviation means the one imported first.
# isort: off
from bastproxy.demo.commands import movement as movement
from bastproxy.demo.commands import looking as looking
from bastproxy.demo.commands import things as things
from bastproxy.demo.commands import fighting as fighting
from bastproxy.demo.commands import talking as talking
from bastproxy.demo.commands import account as account
from bastproxy.demo.commands import testing as testing
from bastproxy.demo.commands.table import TABLE
# isort: on

if TYPE_CHECKING:
    from bastproxy.demo.entities import Player
    from bastproxy.demo.game import Game

_SIGNS: Final = {"'": "say", ":": "emote"}


def run(game: Game, player: Player, line: str) -> None:
    """Do what a player typed; what follows the command's one space reaches it untouched."""
    stripped = line.lstrip()
    if stripped[:1] in _SIGNS:
        word, argument = _SIGNS[stripped[0]], stripped[1:]
    else:
        word, _, argument = stripped.partition(" ")
    word = word.strip()
    if not word:
        return
    command = TABLE.find(word)
    if command is None:
        player.line("You cannot do that here. HELP lists what you can do.")
    else:
        command.action(game, player, argument)
