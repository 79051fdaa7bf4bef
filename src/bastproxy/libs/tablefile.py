"""A TOML file with a table for each thing that a player has defined: written whole, never lost."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from bastproxy.libs.files import set_aside, write_whole

Say = Callable[[str], object]
Tables = Mapping[str, Mapping[str, Any]]


class TableFile:
    """Tables by name. Comments, and what is no table or cannot be used, stay in the file.

    :param say: told what is wrong with the file, in words for a player.
    :param holds: what is in it, such as ``the timers``, for these words.
    """

    def __init__(self, path: Path, say: Say, holds: str = "") -> None:
        self.path = path
        self._say = say
        self._named = f"{holds} in {path}" if holds else str(path)

    def read(self) -> dict[str, Any]:
        """Return what is in the file, by name; one that is no TOML is set aside.

        :raises OSError: it cannot be read, or not be set aside.
        """
        return tomllib.loads(self._text())

    def write(self, changed: Mapping[str, Mapping[str, Any] | None], known: Tables) -> None:
        """Bring the file up to date.

        :param changed: what is to be written, or None for what is to be removed.
        :param known: everything, for a file that has gone or is broken by now.
        :raises OSError: it cannot be written; it is as it was.
        """
        text = self._text()
        try:
            edited = _edited(text, changed) if text else tables_to_toml(known)
        except (TOMLKitError, ValueError, TypeError, LookupError, AttributeError):
            # tomlkit cannot edit every layout, and fails in ways of its own
            edited = tables_to_toml(known)
            if text:
                self._say(f"{self.path} is written anew; the old one is {set_aside(self.path)}")
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
            self._say(f"{self._named} cannot be read ({reason}); it is kept as {kept}")
            return ""
        return text


def check_text(*texts: str) -> None:
    """Check that texts can be kept, each in a line.

    :raises ValueError: one has a line end, or bytes that are no text.
    """
    for text in texts:
        if "\n" in text or "\r" in text:
            raise ValueError(f"{text!r} has a line end in it")
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ValueError(
                f"{text!r} has bytes that are no text; does your client send UTF-8?"
            ) from None


def read_tables(path: Path) -> dict[str, Any]:
    """Return what is in a file, by name; the file is left as it is.

    :raises OSError: it cannot be read.
    :raises ValueError: it is no TOML.
    """
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def tables_to_toml(tables: Tables) -> str:
    """Return a document with these tables."""
    document = tomlkit.document()
    for name, values in tables.items():
        document[name] = _table(values)
    return document.as_string()


def _edited(text: str, changed: Mapping[str, Mapping[str, Any] | None]) -> str:
    document = tomlkit.parse(text)
    wanted = tomllib.loads(text)
    for name, values in changed.items():
        if values is None:
            document.pop(name, None)
            wanted.pop(name, None)
            continue
        wanted[name] = dict(values)
        _update(document, name, values)
    edited = document.as_string()
    if tomllib.loads(edited) != wanted:
        raise ValueError("its layout is too unusual")
    return edited


def _update(document: tomlkit.TOMLDocument, name: str, values: Mapping[str, Any]) -> None:
    table: Any = document.get(name)
    if not isinstance(table, dict):
        document[name] = _table(values)
        return
    for key in [key for key in table if key not in values]:
        del table[key]
    for key, value in values.items():
        if key not in table or table[key] != value:
            table[key] = value


def _table(values: Mapping[str, Any]) -> Any:
    table = tomlkit.table()
    table.update(values)
    return table
