"""Commands for those who test a client or a proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bastproxy.demo.commands.table import TABLE
from bastproxy.demo.entities import Player

if TYPE_CHECKING:
    from bastproxy.demo.game import Game

MAX_LINES: Final = 10_000_000
SIZE: Final = 80
SIZES: Final = range(16, 4097)
PROMPTS: Final = ("ga", "bare", "newline")


@TABLE.add(
    "flood N [SIZE]",
    f"Send N numbered lines of SIZE bytes ({SIZE}; {SIZES[0]} to {SIZES[-1]}) as fast as you read.",
    "Testing",
    whole=True,
)
def flood(game: Game, player: Player, argument: str) -> None:
    """Send many lines."""
    numbers = [_number(word) for word in argument.split()]
    count, size = (*numbers, SIZE)[:2] if numbers else (0, SIZE)
    if len(numbers) > 2 or not 1 <= count <= MAX_LINES or size not in SIZES:
        player.line(
            f"FLOOD N [SIZE]: N from 1 to {MAX_LINES}, SIZE from {SIZES[0]} to {SIZES[-1]} bytes."
        )
    else:
        player.output.flood(count, size)


@TABLE.add("echo TEXT", "Send the text back, byte for byte.", "Testing", whole=True)
def echo(game: Game, player: Player, argument: str) -> None:
    """Send text back as it came."""
    player.output.raw(argument)


@TABLE.add(
    "prompt ga|bare|newline",
    "End prompts with GA (or EOR), nothing, or a newline.",
    "Testing",
    whole=True,
)
def prompt(game: Game, player: Player, argument: str) -> None:
    """Choose the end of prompts."""
    mode = argument.strip().lower()
    if mode in PROMPTS:
        player.output.set_prompt(mode)
        player.line(f"Prompts end with {_ends(mode)} now.")
    else:
        player.line("PROMPT GA, PROMPT BARE or PROMPT NEWLINE?")


def _ends(mode: str) -> str:
    return {"ga": "a go-ahead", "bare": "nothing", "newline": "a newline"}[mode]


def _number(word: str) -> int:
    """Return a small whole number, or -1."""
    return int(word) if word.isascii() and word.isdigit() and len(word) < 10 else -1
