"""The file of the players' timers: edited in place, written whole, never lost."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bastproxy.libs.tablefile import Say, TableFile
from bastproxy.plugins.core.timers.libs.definition import Definition, from_toml

NAME: Final = "timers.toml"


class TimerFile:
    """A table for each timer; comments, and tables that are no timer, stay as they are.

    :param say: told what is wrong with the file, in words for a player.
    """

    def __init__(self, path: Path, say: Say) -> None:
        self.path = path
        self._say = say
        self._file = TableFile(path, say, "the timers")

    def read(self) -> dict[str, Definition]:
        """Return the timers by name.

        :raises OSError: the file cannot be read, or not be set aside.
        """
        found = {}
        for name, values in self._file.read().items():
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
        tables = {name: None if one is None else one.to_toml() for name, one in changed.items()}
        self._file.write(tables, {name: one.to_toml() for name, one in known.items()})
