"""The file of the players' timers: edited in place, written whole, never lost."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import tomlkit
from tomlkit.exceptions import TOMLKitError

from bastproxy.libs.files import set_aside, write_whole
from bastproxy.plugins.core.timers.libs.definition import Definition, from_toml

NAME: Final = "timers.toml"

Say = Callable[[str], object]


class TimerFile:
    """A table for each timer; comments, and tables that are no timer, stay as they are.

    :param say: told what is wrong with the file, in words for a player.
    """

    def __init__(self, path: Path, say: Say) -> None:
        self.path = path
        self._say = say

    def read(self) -> dict[str, Definition]:
        """Return the timers by name.

        :raises OSError: the file cannot be read, or not be set aside.
        """
        found = {}
        for name, values in tomllib.loads(self._text()).items():
            try:
                found[name] = from_toml(name, values)
            except (ValueError, OverflowError) as error:
                self._say(f"{self.path}: the timer {name!r} is left out: {error}")
        return found

    def write(
        self, changed: Mapping[str, Definition | None], known: Mapping[str, Definition]
    ) -> None:
        """Bring the file up to date.

        :param changed: what is to be written, or None for what is to be removed.
        :param known: all timers, for a file that has gone or is broken by now.
        :raises OSError: it cannot be written; it is as it was.
        """
        text = self._text()
        try:
            edited = _edited(text, changed) if text else _made(known)
        except (TOMLKitError, ValueError, TypeError, LookupError, AttributeError) as error:
            # tomlkit cannot edit every layout, and fails in ways of its own
            kept = set_aside(self.path)
            self._say(f"{self.path} cannot be edited ({error}); it is kept as {kept}")
            edited = _made(known)
        write_whole(self.path, edited.encode())

    def _text(self) -> str:
        """Return what is in the file; nothing without one, or when it had to be set aside."""
        try:
            text = self.path.read_bytes().decode("utf-8-sig")
            tomllib.loads(text)
        except FileNotFoundError:
            return ""
        except (ValueError, RecursionError) as error:
            reason = " ".join(str(error).split()) or "nested too deep"
            kept = set_aside(self.path)
            self._say(f"the timers in {self.path} cannot be read ({reason}); it is kept as {kept}")
            return ""
        return text


def _edited(text: str, changed: Mapping[str, Definition | None]) -> str:
    document = tomlkit.parse(text)
    wanted = tomllib.loads(text)
    for name, definition in changed.items():
        if definition is None:
            document.pop(name, None)
            wanted.pop(name, None)
            continue
        wanted[name] = values = definition.to_toml()
        _update(document, name, values)
    edited = document.as_string()
    if tomllib.loads(edited) != wanted:
        raise ValueError("its layout is too unusual")
    return edited


def _update(document: tomlkit.TOMLDocument, name: str, values: dict[str, Any]) -> None:
    table: Any = document.get(name)
    if not isinstance(table, dict):
        document[name] = _table(values)
        return
    for key in [key for key in table if key not in values]:
        del table[key]
    for key, value in values.items():
        if key not in table or table[key] != value:
            table[key] = value


def _made(known: Mapping[str, Definition]) -> str:
    document = tomlkit.document()
    for name, definition in known.items():
        document[name] = _table(definition.to_toml())
    return document.as_string()


def _table(values: dict[str, Any]) -> Any:
    table = tomlkit.table()
    table.update(values)
    return table
