"""A line in parts that look alike."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from bastproxy.libs.ansi import PLAIN, Sgr
from bastproxy.libs.ansi.escapes import TOKEN
from bastproxy.libs.ansi.sgr import applied

_CONTROLS: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]+")


class Run(NamedTuple):
    """Text of one look; ``typed`` is what a player has typed."""

    text: str
    look: Sgr = PLAIN
    typed: bool = False


def runs_of(text: str, look: Sgr = PLAIN) -> tuple[list[Run], Sgr]:
    """Return the visible parts of a text with escape sequences, and the look that it leaves.

    :param look: with which it begins.
    """
    runs: list[Run] = []
    end = 0
    if "\x1b" in text:
        for found in TOKEN.finditer(text):
            _add(runs, text[end : found.start()], look)
            end = found.end()
            if found["sgr"] is not None:
                look = applied(look, found["sgr"])
    _add(runs, text[end:], look)
    return runs, look


def _add(runs: list[Run], text: str, look: Sgr) -> None:
    if _CONTROLS.search(text):
        text = _CONTROLS.sub("", text)
    if text:
        runs.append(Run(text, look))
