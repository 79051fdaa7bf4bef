"""What the others are shown of a line that a player has typed: no password."""

from __future__ import annotations

import re
from typing import Final

EARLY_LINES: Final = 10
"""So many lines of a connection may be a login; later, ``co`` and its like mean other things."""

_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_SECRET: Final = re.compile(
    r"(?i)\A(\s*(?:connect|create|login|identify|@?pass\w*)\b)\s*\S.*", re.DOTALL
)
"""On some MUDs a password stands in such a line."""

_ABBREVIATED: Final = re.compile(
    r'(?i)\A(\s*(?:co\w*|cr\w*|c[dhv]|register))\s+(?:"[^"]*"|\S+)\s+\S.*', re.DOTALL
)
"""What MUSHes take for ``connect NAME PASSWORD`` and ``create NAME PASSWORD``."""


class Hiding:
    """Leaves out what may be a password, for one connection to a MUD after the other."""

    def __init__(self) -> None:
        self._early = EARLY_LINES

    def begin(self) -> None:
        """Another connection begins: players log in again."""
        self._early = EARLY_LINES

    def shown(self, text: str) -> str:
        """Return what may be shown of the next line that was typed."""
        text = _SECRET.sub(r"\1 ...", _CONTROL.sub("", text))
        if self._early > 0:
            self._early -= 1
            text = _ABBREVIATED.sub(r"\1 ...", text)
        return text
