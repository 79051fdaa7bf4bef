"""Where plugins lie, and which directories to watch for them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bastproxy.libs.plugins import PluginInfo
from bastproxy.plugins.core.watch.libs.directories import Directories


class Places:
    """The places of some plugins, as they were when this was made.

    Watched are the directories that the plugins were found in, so that a plugin that is
    deleted and comes back is seen; and those outside of them that links lead to.

    :ivar plugin_ids: the plugins.
    :ivar directories: where they lie: by their names, and where links lead to.
    :ivar roots: the directories to watch, links resolved, each with what tells it from
        another one of the same name.
    """

    def __init__(self, infos: Iterable[PluginInfo]) -> None:
        directories: dict[str, tuple[Path, ...]] = {}
        self.roots: dict[Path, tuple[int, int]] = {}
        self._missing: list[Path] = []
        wanted: dict[Path, None] = {}
        for info in infos:
            path = info.package_path
            own, target = path.parent.resolve() / path.name, path.resolve()
            directories[info.plugin_id] = (own,) if own == target else (own, target)
            wanted[Path(info.search_path).absolute()] = None
        # What is nearest to the top first: the rest may lie below it.
        for path in sorted({path.resolve() for path in wanted}, key=lambda path: len(path.parts)):
            self._add(path)
        for path in (path for paths in directories.values() for path in paths):
            self._add(path)

        self.plugin_ids = list(directories)
        self.directories = Directories(directories)

    def are_current(self) -> bool:
        """Say whether the watched directories are still there, and no missing one is back."""
        same = all(_identity(path) == identity for path, identity in self.roots.items())
        return same and not any(path.is_dir() for path in self._missing)

    def cover(self, info: PluginInfo) -> bool:
        """Say whether the directory of a plugin is among what is watched."""
        path = info.package_path.resolve()
        return any(path.is_relative_to(root) for root in self.roots)

    def _add(self, path: Path) -> None:
        if any(path.is_relative_to(root) for root in self.roots):
            return
        identity = _identity(path)
        if identity is not None and path.is_dir():
            self.roots[path] = identity
        else:
            self._missing.append(path)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
