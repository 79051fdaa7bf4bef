"""The ways to name a colour."""

from __future__ import annotations

import re

from rich.color import ANSI_COLOR_NAMES

_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_LETTER = re.compile(r"@[krgybmcwKRGYBMCWD]")
_CODE = re.compile(r"@[xX]([0-9]{1,3})")
_NUMBER = re.compile(r"[0-9]{1,3}")

ALLOWED = (
    "a colour: a name such as red or bright_blue, #rrggbb, a number from 0 to 255, "
    "a code such as @R or @x123, or nothing for none"
)


def is_colour(text: str) -> bool:
    """Say whether ``text`` names a colour; nothing at all names none, and will do."""
    return not text or canonical(text) != ""


def canonical(text: str) -> str:
    """Return a colour the way it is kept, or nothing when it is none."""
    text = text.strip()
    code = _CODE.fullmatch(text)
    if _NUMBER.fullmatch(text) or code:
        number = int(code[1] if code else text)
        return (f"@x{number:03}" if code else str(number)) if number <= 255 else ""
    if _LETTER.fullmatch(text):
        return text
    if _HEX.fullmatch(text):
        return text.lower()
    name = text.lower().replace(" ", "_")
    return name if name in ANSI_COLOR_NAMES else ""
