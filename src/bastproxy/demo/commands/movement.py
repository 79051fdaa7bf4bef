"""Walking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bastproxy.demo.commands.table import TABLE, Action, Command
from bastproxy.demo.entities import Player
from bastproxy.demo.view import DIRECTIONS

if TYPE_CHECKING:
    from bastproxy.demo.game import Game


def _walk(way: str) -> Action:
    def walk(game: Game, player: Player, argument: str) -> None:
        game.move(player, way)

    return walk


for _way in DIRECTIONS:
    TABLE.put(Command(_way, _way, f"Walk {_way}.", _walk(_way), "Walking"))
