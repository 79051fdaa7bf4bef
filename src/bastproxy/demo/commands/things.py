"""Taking, dropping, wearing and using things."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bastproxy.demo.commands.table import TABLE
from bastproxy.demo.entities import MAX_HP, Item, Player
from bastproxy.demo.matching import find
from bastproxy.demo.text import style
from bastproxy.demo.view import list_items

if TYPE_CHECKING:
    from bastproxy.demo.game import Game

MAX_ON_GROUND = 40
MAX_CARRIED = 12


@TABLE.add("inventory", "What you carry and wear.", "Things")
def inventory(game: Game, player: Player, argument: str) -> None:
    """Show what a player has."""
    if not player.items and not player.worn:
        player.line("You carry nothing.")
        return
    if player.items:
        player.line("You carry:")
    for name in list_items(player.items):
        player.line(f"  {style('item', name)}")
    if player.worn:
        player.line("You use:")
    for slot, item in player.worn.items():
        player.line(f"  {style('item', item.name)} ({slot})")


@TABLE.add("get THING", "Pick something up; GET ALL takes all you can.", "Things")
def get(game: Game, player: Player, argument: str) -> None:
    """Pick something up."""
    here = player.room.items
    if argument.strip().lower() == "all":
        if not here:
            player.line("There is nothing to take.")
        for item in list(here):
            if not _take(player, item):
                break
        return
    found = find(argument, here)
    if found is None:
        player.line("There is nothing like that here." if argument.strip() else "Get what?")
    else:
        _take(player, found)


@TABLE.add("drop THING", "Put something down; DROP ALL empties your hands.", "Things")
def drop(game: Game, player: Player, argument: str) -> None:
    """Put something down."""
    if argument.strip().lower() == "all":
        if not player.items:
            player.line("You carry nothing.")
        for item in list(player.items):
            if not _drop(player, item):
                break
        return
    found = _carried(player, argument, "Drop")
    if found is not None:
        _drop(player, found)


@TABLE.add("wear THING", "Put something on.", "Things")
def wear(game: Game, player: Player, argument: str) -> None:
    """Put something on."""
    item = _carried(player, argument, "Wear")
    if item is None:
        return
    if item.kind.slot in ("", "hand"):
        player.line("You can WIELD that." if item.kind.slot else "You cannot wear that.")
    else:
        _put_on(player, item, "put on")


@TABLE.add("wield THING", "Take a weapon into your hand.", "Things")
def wield(game: Game, player: Player, argument: str) -> None:
    """Take a weapon in hand."""
    item = _carried(player, argument, "Wield")
    if item is None:
        return
    if item.kind.slot != "hand":
        player.line("That is no weapon.")
    else:
        _put_on(player, item, "wield")


@TABLE.add("remove THING", "Take something off, or put a weapon away.", "Things")
def remove(game: Game, player: Player, argument: str) -> None:
    """Take something off."""
    item = find(argument, player.worn.values())
    if item is None:
        player.line("You are not using anything like that.")
    else:
        del player.worn[item.kind.slot]
        player.items.append(item)
        player.line(f"You stop using {item.name}.")
        player.room.tell(f"{player.name} stops using {item.name}.", player)


@TABLE.add("eat THING", "Eat something. It heals.", "Things")
def eat(game: Game, player: Player, argument: str) -> None:
    """Eat something."""
    item = _carried(player, argument, "Eat")
    if item is None:
        return
    if not item.kind.food:
        player.line("You would break a tooth.")
        return
    player.items.remove(item)
    player.hp = min(MAX_HP, player.hp + item.kind.food)
    player.line(f"You eat {item.name}, and feel better.")
    player.room.tell(f"{player.name} eats {item.name}.", player)


@TABLE.add("ring [BELL]", "Ring the bell, where there is one.", "Things")
def ring(game: Game, player: Player, argument: str) -> None:
    """Ring the bell: the goal of the game."""
    if player.room.kind.key != "belfry":
        player.line("There is no bell here.")
        return
    clapper = next((item for item in player.items if item.kind.key == "clapper"), None)
    if clapper is None:
        player.line(
            "You swing the great bell with all your weight. It moves, and makes no sound: "
            "it has no clapper."
        )
    else:
        game.ring(player, clapper)


def _carried(player: Player, argument: str, verb: str) -> Item | None:
    if not argument.strip():
        player.line(f"{verb} what?")
        return None
    item = find(argument, player.items)
    if item is None:
        player.line("You carry nothing like that.")
    return item


def _take(player: Player, item: Item) -> bool:
    if sum(1 for _ in player.carried()) >= MAX_CARRIED:
        player.line("You cannot carry any more.")
        return False
    player.room.items.remove(item)
    player.items.append(item)
    player.line(f"You pick up {style('item', item.name)}.")
    player.room.tell(f"{player.name} picks up {item.name}.", player)
    return True


def _drop(player: Player, item: Item) -> bool:
    if len(player.room.items) >= MAX_ON_GROUND and not item.kind.unique:
        player.line("There is no room on the ground.")
        return False
    player.items.remove(item)
    player.room.items.append(item)
    player.line(f"You drop {style('item', item.name)}.")
    player.room.tell(f"{player.name} drops {item.name}.", player)
    return True


def _put_on(player: Player, item: Item, verb: str) -> None:
    player.items.remove(item)
    old = player.worn.pop(item.kind.slot, None)
    if old is not None:
        player.items.append(old)
        player.line(f"You stop using {old.name}.")
    player.worn[item.kind.slot] = item
    player.line(f"You {verb} {style('item', item.name)}.")
    third = {"wield": "wields", "put on": "puts on"}[verb]
    player.room.tell(f"{player.name} {third} {item.name}.", player)
