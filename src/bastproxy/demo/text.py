"""Text for a player's screen: colours, widths, wrapping, and what others typed made harmless."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

RESET: Final = "\x1b[0m"
STYLES: Final = {
    "title": "\x1b[1;36m",
    "exits": "\x1b[36m",
    "item": "\x1b[32m",
    "mob": "\x1b[33m",
    "player": "\x1b[35m",
    "say": "\x1b[1;37m",
    "tell": "\x1b[1;35m",
    "shout": "\x1b[1;33m",
    "hit": "\x1b[1;32m",
    "hurt": "\x1b[31m",
    "death": "\x1b[1;31m",
    "good": "\x1b[1;32m",
    "bell": "\x1b[1;33m",
    "note": "\x1b[90m",
}
_SGR: Final = re.compile(r"\x1b\[[0-9;]*m")


def style(name: str, text: str) -> str:
    """Return the text in the colour of a style.

    :raises KeyError: no such style.
    """
    return f"{STYLES[name]}{text}{RESET}"


def plain(text: str) -> str:
    """Return the text without its colours."""
    return _SGR.sub("", text)


def clean(text: str) -> str:
    """Return what a player typed, safe for others' screens: no controls, no broken UTF-8."""
    return "".join(map(_clean_character, text)).strip()


def _clean_character(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cs":
        return "\N{REPLACEMENT CHARACTER}"
    # Cf has the marks that turn the direction of the rest of a line.
    return "" if category in ("Cc", "Cf", "Zl", "Zp") else character


def sentence(text: str) -> str:
    """Return the text with its first letter a capital."""
    return text[:1].upper() + text[1:]


def width_of(text: str) -> int:
    """Return the columns the text takes on a screen."""
    text = plain(text)
    if text.isascii():
        return len(text)
    return sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def wrap(text: str, width: int) -> list[str]:
    """Cut a line at spaces so that each piece fits ``width`` columns.

    A word wider than that stays whole. A colour that reaches over a cut is closed before it
    and opened again behind it, so that every piece can stand alone.
    """
    if width_of(text) <= width:
        return [text]
    lines: list[str] = []
    line, used, colour = "", -1, ""
    for word in text.split(" "):
        columns = width_of(word)
        if used > 0 and used + 1 + columns > width:
            lines.append(line + (RESET if colour else ""))
            line, used = colour + word, columns
        elif used >= 0:
            line, used = f"{line} {word}", used + 1 + columns
        else:
            line, used = word, columns
        colour = _colour_after(colour, word)
    return [*lines, line]


def _colour_after(colour: str, word: str) -> str:
    for code in _SGR.findall(word):
        colour = "" if code == RESET else colour + code
    return colour
