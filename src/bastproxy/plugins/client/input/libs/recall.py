"""History expansion: what was typed before, typed again with a mark."""

from __future__ import annotations

import re
from typing import Final

from bastproxy.libs.commands import History

_NUMBER: Final = re.compile(r"(-?\d{1,9})(?!\S)")
_REPLACE: Final = re.compile(r"\^([^^]+)\^([^^]*)\^?")


def recall(line: str, mark: str, history: History) -> str | None:
    """Return what a line such as ``!!``, ``!kill`` or ``^rat^bat`` stands for.

    ``!!`` is the last line, ``!12`` number 12, ``!-2`` the last but one, ``!kill`` the newest
    that begins so, ``!?rat`` the newest that contains it; what follows ``!!`` or a number is
    put behind. ``^rat^bat`` is the last line with the first ``rat`` made ``bat``.

    :param mark: what stands for ``!``; an empty one switches all of it off.
    :returns: None when the line is nothing of the kind, or nothing like it was typed.
    """
    if not mark or not line:
        return None
    texts = [entry.text for entry in history]
    if not texts:
        return None
    if replaced := _REPLACE.fullmatch(line):
        old, new = replaced.groups()
        return texts[-1].replace(old, new, 1) if old in texts[-1] else None
    if not line.startswith(mark):
        return None
    rest = line[len(mark) :]
    if rest.startswith(mark):
        return texts[-1] + rest[len(mark) :]
    if number := _NUMBER.match(rest):
        found = _numbered(int(number[1]), texts, history)
        return None if found is None else found + rest[number.end() :]
    return _alike(rest.rstrip(), texts)


def _numbered(number: int, texts: list[str], history: History) -> str | None:
    if number < 0:
        return texts[number] if -number <= len(texts) else None
    entry = history.get(number)
    return entry.text if entry is not None else None


def _alike(words: str, texts: list[str]) -> str | None:
    inside = words.startswith("?")
    words = words[inside:]
    if not words or words[0].isspace():
        return None
    for text in reversed(texts):
        if words in text if inside else text.startswith(words):
            return text
    return None
