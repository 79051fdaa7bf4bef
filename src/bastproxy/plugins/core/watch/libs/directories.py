"""Which plugins a changed file may belong to, however many there are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path


class Directories:
    """The directories of plugins, as an index.

    :param directories: where each plugin lies, by every name that its place has.
    """

    def __init__(self, directories: Mapping[str, Collection[Path]]) -> None:
        self._order = list(directories)
        self._inside: dict[str, set[str]] = {}  # directly in the directory of these
        self._above: dict[str, set[str]] = {}  # the directory of these, or one that they are in
        for plugin_id, places in directories.items():
            for place in places:
                self._inside.setdefault(str(place), set()).add(plugin_id)
                for path in (place, *place.parents):
                    self._above.setdefault(str(path), set()).add(plugin_id)

    def touched(self, paths: Iterable[str]) -> list[str]:
        """Return the plugins that files or directories may belong to, in their order.

        :param paths: what was made, changed or deleted.
        """
        found: set[str] = set()
        for path in paths:
            found |= self._above.get(path, set())
            found |= self._owners(Path(path))
        return [plugin_id for plugin_id in self._order if plugin_id in found] if found else []

    def moved(self, paths: Iterable[str]) -> bool:
        """Say whether one of the paths is a plugin's directory itself, or above one."""
        return any(path in self._above for path in paths)

    def _owners(self, path: Path) -> set[str]:
        if not (path.suffix == ".py" or "." not in path.name):  # the latter may be a directory
            return set()
        inner = path
        while inner != inner.parent and not _is_hidden(inner.name):
            inner = inner.parent
            if str(inner) in self._inside:
                return self._inside[str(inner)]
        return set()


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name == "__pycache__"
