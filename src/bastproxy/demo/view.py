"""What a player sees: a room, its exits and who is in it."""

from __future__ import annotations

from collections import Counter

from bastproxy.demo.entities import Item, Player, Room
from bastproxy.demo.text import style

DIRECTIONS = ("north", "east", "south", "west", "up", "down")


def show_room(player: Player) -> None:
    """Show a player the room around."""
    room = player.room
    player.line(style("title", room.kind.name))
    player.line(room.kind.look)
    player.line(exits_line(room))
    for text, count in Counter(item.kind.lying for item in room.items).items():
        player.line(style("item", _counted(text, count)))
    for mob in room.mobs:
        fight = "" if mob.target is None else f" (fighting {_who(player, mob.target)})"
        player.line(style("mob", mob.kind.standing + fight))
    for other in room.players:
        if other is not player:
            player.line(style("player", f"{other.title} is here, {_doing(other)}."))


def exits_line(room: Room) -> str:
    """Return the exits in one line."""
    ways = [way for way in DIRECTIONS if way in room.exits]
    return style("exits", f"Exits: {', '.join(ways)}.")


def list_items(items: list[Item]) -> list[str]:
    """Return the names of items, equal ones counted."""
    counted = Counter(item.name for item in items)
    return [_counted(name, count) for name, count in counted.items()]


def _counted(text: str, count: int) -> str:
    return text if count == 1 else f"({count}) {text}"


def _doing(player: Player) -> str:
    return f"fighting {player.target.name}" if player.target is not None else player.state


def _who(viewer: Player, player: Player) -> str:
    return "you" if viewer is player else player.name
