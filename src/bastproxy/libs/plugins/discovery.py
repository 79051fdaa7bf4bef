"""Where plugins are found, and what they say of themselves: nothing of theirs is run."""

from __future__ import annotations

import importlib.util
import keyword
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from bastproxy.libs.plugins.codestore import digest_of
from bastproxy.libs.plugins.metadata import Fault, Metadata, read_metadata
from bastproxy.libs.plugins.places import Place
from bastproxy.libs.plugins.plugininfo import PluginInfo
from bastproxy.libs.records import LogRecord

ENTRY_POINT_GROUP = "bastproxy.plugins"
OWNER_ID = "libs.plugins.discovery"


@dataclass(frozen=True, slots=True)
class Found:
    """A directory that holds, or means to hold, a plugin."""

    plugin_id: str
    path: Path
    search_path: str


class Discovery:
    """Finds plugins in search paths and among installed distributions.

    :param search_paths: dictionaries with ``path``, ``prefix`` (what the ids begin
        with) and ``strip`` (what is taken off the front of a directory's dotted path
        below ``path``); the first one that has an id wins.
    :param data_root: the directory below which each plugin has its data directory.
    """

    def __init__(
        self,
        search_paths: list[dict[str, object]],
        data_root: Path,
        *,
        installed: bool = True,
    ) -> None:
        self.search_paths = search_paths
        self.duplicates: dict[str, list[str]] = {}
        self._data_root = data_root
        self._installed = installed
        self._entry_points: list[Found] | None = None
        self._known: dict[Path, tuple[bytes, Metadata | Fault]] = {}
        self._reported: set[tuple[str, str]] = set()

    def scan(self, plugins_info: dict[str, PluginInfo]) -> None:
        """Bring ``plugins_info`` up to date with the disk.

        A plugin that has gone from the disk stays while it is loaded.
        """
        seen: dict[str, Found] = {}
        self.duplicates = {}
        for found in self._find():
            if found.plugin_id in seen:
                self._duplicate(seen[found.plugin_id], found)
            elif self._update(plugins_info, found):
                seen[found.plugin_id] = found
        for plugin_id in [name for name in plugins_info if name not in seen]:
            if not plugins_info[plugin_id].runtime_info.is_imported:
                del plugins_info[plugin_id]

    def _find(self) -> Iterator[Found]:
        for entry in self.search_paths:
            root = Path(str(entry["path"]))
            prefix, strip = str(entry.get("prefix", "")), str(entry.get("strip", ""))
            for category in _packages(root):
                for directory in _packages(category):
                    dotted = f"{category.name}.{directory.name}".removeprefix(strip)
                    yield Found(f"{prefix}{dotted}", directory, str(root))
        if self._installed:
            if self._entry_points is None:
                self._entry_points = list(_installed(entry_points(group=ENTRY_POINT_GROUP)))
            yield from self._entry_points

    def _update(self, plugins_info: dict[str, PluginInfo], found: Found) -> bool:
        info = plugins_info.get(found.plugin_id)
        is_running = info is not None and info.runtime_info.is_imported
        if is_running and info is not None and info.package_path == found.path:
            return True  # what runs is described by what was read when it was loaded
        metadata = self._metadata(found.path / "__init__.py")
        claims = isinstance(metadata, Fault) or (metadata is not None and metadata.is_plugin)
        if not claims and not (found.path / "plugin").is_dir():
            return False  # somebody's own directory, and not about plugins
        if is_running:
            return True
        if info is None:
            info = plugins_info[found.plugin_id] = PluginInfo(found.plugin_id)
        self._describe(info, found.path, found.search_path, metadata)
        return True

    def fresh(self, running: PluginInfo) -> PluginInfo:
        """Return what the files of a loaded plugin say now, beside what it runs as."""
        info = PluginInfo(running.plugin_id)
        path = running.package_path
        self._describe(info, path, running.search_path, self._metadata(path / "__init__.py"))
        return info

    def _describe(
        self, info: PluginInfo, path: Path, search_path: str, metadata: Metadata | Fault | None
    ) -> None:
        """Write down what the files at ``path`` say."""
        info.package_path = path
        info.search_path = search_path
        info.data_directory = self._data_root / info.plugin_id
        if not isinstance(metadata, Metadata):
            info.is_plugin = False
            info.metadata_errors = [
                metadata or Fault("its __init__.py is missing", Place(path / "__init__.py"))
            ]
            return
        values = metadata.values
        info.name = values.get("PLUGIN_NAME", "")
        info.author = values.get("PLUGIN_AUTHOR", "")
        info.version = values.get("PLUGIN_VERSION", -1)
        info.purpose = values.get("PLUGIN_PURPOSE", "")
        info.is_required = values.get("REQUIRED", False)
        info.dependencies = list(metadata.dependencies)
        info.metadata_errors = [*metadata.errors, *_id_errors(info.plugin_id, path)]
        info.is_plugin = not info.metadata_errors

    def _metadata(self, path: Path) -> Metadata | Fault | None:
        try:
            source = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            return Fault(f"it cannot be read: {error.strerror}", Place(path))
        digest = digest_of(source)
        known = self._known.get(path)
        if known is None or known[0] != digest:
            try:
                read: Metadata | Fault = read_metadata(source, str(path))
            except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
                line = error.lineno if isinstance(error, SyntaxError) else 1
                reason = error.msg if isinstance(error, SyntaxError) else str(error)
                read = Fault(reason, Place(path, line))
            known = self._known[path] = (digest, read)
        return known[1]

    def _duplicate(self, first: Found, second: Found) -> None:
        self.duplicates.setdefault(first.plugin_id, [str(first.path)]).append(str(second.path))
        if (first.plugin_id, str(second.path)) in self._reported:
            return
        self._reported.add((first.plugin_id, str(second.path)))
        LogRecord(
            f"{first.plugin_id} is at {first.path} and at {second.path}; the first one is used",
            level="warning",
            sources=[OWNER_ID],
        )()


def _packages(directory: Path) -> list[Path]:
    try:
        with os.scandir(directory) as entries:
            names = [
                entry.name
                for entry in entries
                if not entry.name.startswith((".", "_")) and entry.is_dir()
            ]
        return [directory / name for name in sorted(names)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        LogRecord(
            f"{directory} cannot be searched for plugins: {error.strerror}",
            level="warning",
            sources=[OWNER_ID],
        )()
        return []


def _installed(found: Iterable[EntryPoint]) -> Iterator[Found]:
    """Locate the plugins of distributions without importing them.

    An entry point is ``<category>.<name> = the.package.of.the.plugin``.
    """
    for entry in found:
        name = entry.dist.name if entry.dist else entry.module
        path = _package_path(entry.module)
        if path is not None:
            yield Found(f"plugins.{entry.name}", path, f"distribution {name}")
        else:
            LogRecord(
                f"the distribution {name} says that the plugin plugins.{entry.name} is the "
                f"package {entry.module}, which is not there",
                level="warning",
                sources=[OWNER_ID],
            )()


def _package_path(package: str) -> Path | None:
    top, *rest = package.split(".")
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return None
    for location in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(location).joinpath(*rest)
        if path.is_dir():
            return path
    return None


def _is_name(text: str) -> bool:
    return text.isidentifier() and not keyword.iskeyword(text)


def _id_errors(plugin_id: str, path: Path) -> list[Fault]:
    parts = plugin_id.split(".")
    if len(parts) == 3 and parts[0] == "plugins" and all(map(_is_name, parts)):
        return []
    reason = (
        f"{plugin_id!r} is no plugin id; it must be plugins.<category>.<name>, "
        "each a Python name: rename the directory"
    )
    return [Fault(reason, Place(path))]
