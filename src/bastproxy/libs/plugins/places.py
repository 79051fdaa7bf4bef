"""Where in its files a plugin says something."""

from __future__ import annotations

import re
import sys
import tokenize
from pathlib import Path
from types import FunctionType
from typing import NamedTuple

_DEF = r"\s*(async\s+)?def\b"


class Place(NamedTuple):
    """A file, and the line in it, from 1, where there is one."""

    file: Path | None = None
    line: int | None = None

    def __str__(self) -> str:
        if self.file is None:
            return ""
        return f"{self.file}, line {self.line}" if self.line else str(self.file)


def file_of(definition: FunctionType | type) -> str:
    """Return the file that something is defined in; empty when it is in none."""
    if not isinstance(definition, type):
        return definition.__code__.co_filename
    module = sys.modules.get(str(definition.__module__))
    return str(getattr(module, "__file__", None) or "")


def place_of(definition: FunctionType | type) -> Place:
    """Return the line of the ``def`` or of the ``class`` of something; nowhere for a builtin."""
    file = file_of(definition)
    if not file:
        return Place()
    if isinstance(definition, type):
        pattern = rf"\s*class\s+{re.escape(definition.__name__)}\b"
        return Place(Path(file), _search(file, pattern, 1, None))
    first = definition.__code__.co_firstlineno  # that of its topmost decorator
    if definition.__name__ == "<lambda>":
        return Place(Path(file), first)
    return Place(Path(file), _search(file, _DEF, first, first))


def _search(file: str, pattern: str, first: int, default: int | None) -> int | None:
    """Return the first line, from ``first`` on, that begins with ``pattern``."""
    try:
        with tokenize.open(file) as source:
            lines = source.readlines()
    except (OSError, SyntaxError, UnicodeDecodeError):
        return default
    for number, line in enumerate(lines[first - 1 :], first):
        if re.match(pattern, line):
            return number
    return default
