"""What is typed, taken apart: several commands in a line, repeats, and walks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

DEEPEST: Final = 20
"""Repeats inside one another."""

_COUNT: Final = r"(\d{1,9})(?:[ \t]+|(?=\{))"
_COUNT_OR_ARGUMENT: Final = r"(\d{1,9}|[%$]\w+|\$\{\w+\})(?:[ \t]+|(?=\{))"
_STEP: Final = re.compile(r"(\d{0,6})(?:([^\W\d_])|\(([^()]+)\))[ \t]*")


class InputError(ValueError):
    """What was typed cannot be made commands of; the message is for the player."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """Commands that are sent several times.

    :ivar count: digits, or an argument such as ``%1``.
    """

    count: str
    body: tuple[Node, ...]


Node = str | Repeat


class Syntax(NamedTuple):
    """The marks of what is typed; an empty one switches its feature off."""

    separator: str = ";"
    repeat: str = "#"
    speedwalk: str = "."


class Step(NamedTuple):
    """One stretch of a walk: a command, and how often it is sent."""

    times: int
    command: str


def parse(text: str, syntax: Syntax, *, template: bool = False) -> list[Node]:
    """Take apart what is to be sent: the commands in it, and the repeats.

    ``look;#3 {kill rat;loot}`` has two: a command and a repeat of two more. A separator that
    is doubled, or has a backslash before it, is a character like any other. A text that begins
    with the separator is one command.

    :param template: it is the text of an alias or a trigger, which may have several lines, and
        arguments such as ``%1`` for numbers.
    :raises InputError: repeats are in one another too deep.
    """
    lines = text.split("\n") if template else [text]
    return [node for line in lines for node in _Line(line, syntax, template).nodes(0)]


def walk(text: str, prefix: str, directions: dict[str, str]) -> list[Step] | None:
    """Return the steps of a speedwalk such as ``.3n2e(open door)u``; None when it is none.

    :param directions: what each letter sends.
    """
    if not prefix or not text.startswith(prefix):
        return None
    rest = text[len(prefix) :].strip()
    steps = []
    position = 0
    while position < len(rest):
        found = _STEP.match(rest, position)
        if found is None:
            return None
        count, letter, command = found.groups()
        if letter is not None:
            command = directions.get(letter)
        if not command:
            return None
        steps.append(Step(int(count or 1), command.strip()))
        position = found.end()
    return steps or None


def read_directions(text: str) -> dict[str, str]:
    """Return what each letter of a walk sends: ``n s o=out`` is n, s and ``o``, which is out.

    :raises ValueError: an entry is something else.
    """
    directions = {}
    for entry in text.split():
        letter, equals, command = entry.partition("=")
        if len(letter) != 1 or not letter.isalpha() or (equals and not command):
            raise ValueError(f"{entry!r} is no direction; write one letter, as in n, or o=out")
        directions[letter] = command or letter
    return directions


class _Line:
    """One line, read from left to right."""

    def __init__(self, text: str, syntax: Syntax, template: bool) -> None:
        self._text = text
        self._syntax = syntax
        self._template = template
        separator = re.escape(syntax.separator)
        self._special = re.compile(rf"\\{separator}|{separator}{separator}|{separator}")
        count = _COUNT_OR_ARGUMENT if template else _COUNT
        self._repeat = re.compile(rf"[ \t]*{re.escape(syntax.repeat)}{count}")
        self._closing: dict[int, int] | None = None

    def nodes(self, depth: int) -> list[Node]:
        text, syntax = self._text, self._syntax
        if not text:
            return [] if self._template or depth else [text]
        if syntax.separator and text.startswith(syntax.separator):
            return [text]
        parts = list(self._parts())
        if parts == [text] and isinstance(self._node(text, depth), str):
            return [self._without_escapes(text)]
        return [self._node(part, depth) for part in parts if part.strip()]

    def _parts(self) -> Iterator[str]:
        """Yield what stands between separators, escapes still in it."""
        text = self._text
        if not self._syntax.separator:
            yield text
            return
        start = 0
        while start <= len(text):
            end = self._end(start)
            yield text[start:end]
            start = end + len(self._syntax.separator)

    def _end(self, start: int) -> int:
        """Return where the part that begins at ``start`` ends."""
        braces = self._braces(start)
        position = braces + 1 if braces >= 0 else start
        for found in self._special.finditer(self._text, position):
            if found[0] == self._syntax.separator:
                return found.start()
        return len(self._text)

    def _braces(self, start: int) -> int:
        """Return where the braces of a repeat that begins at ``start`` close; -1 without."""
        position = start
        while found := self._match_repeat(position):
            position = found.end()
        if position == start or self._text[position : position + 1] != "{":
            return -1
        if self._closing is None:
            self._closing = _closing_braces(self._text)
        return self._closing.get(position, -1)

    def _match_repeat(self, position: int) -> re.Match[str] | None:
        return self._repeat.match(self._text, position) if self._syntax.repeat else None

    def _node(self, part: str, depth: int) -> Node:
        if depth > DEEPEST:
            raise InputError(f"repeats are in one another more than {DEEPEST} deep")
        found = self._repeat.match(part) if self._syntax.repeat else None
        rest = part[found.end() :].strip() if found else ""
        if found is None or not rest:
            return self._without_escapes(part).strip()
        if rest[0] == "{" and rest[-1] == "}":
            inner = _Line(rest[1:-1].strip(), self._syntax, self._template)
            return Repeat(found[1], tuple(inner.nodes(depth + 1)))
        return Repeat(found[1], (self._node(rest, depth + 1),))

    def _without_escapes(self, part: str) -> str:
        separator = self._syntax.separator
        return self._special.sub(lambda _: separator, part) if separator else part


def _closing_braces(text: str) -> dict[int, int]:
    """Return where each brace that is opened is closed."""
    closing = {}
    opened = []
    for brace in re.finditer("[{}]", text):
        if brace[0] == "{":
            opened.append(brace.start())
        elif opened:
            closing[opened.pop()] = brace.start()
    return closing
