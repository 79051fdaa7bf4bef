"""What is known of a plugin: its metadata, its files, and how it runs."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bastproxy.libs.plugins.codestore import read_code
from bastproxy.libs.plugins.metadata import Fault

EPOCH = datetime(1970, 1, 1)


@dataclass(slots=True)
class PluginFile:
    """One ``.py`` file of a loaded plugin, and the source that runs, with its digest."""

    path: Path
    digest: bytes
    source: bytes


class PluginRuntimeInfo:
    """How a plugin runs.

    :ivar is_loaded: it is fully loaded.
    :ivar is_imported: its package is imported.
    :ivar plugin_instance: the instance of its ``Plugin``, or None.
    :ivar imported_time: when it was imported, local time; 1970 before that.
    :ivar generation: how often it has been loaded in this run, from 1.
    :ivar is_reloading: what happens to it now happens because of a reload.
    :ivar is_initialized: its ``initialize`` hooks have begun.
    :ivar error: why the last try to load it failed, or empty.
    """

    def __init__(self) -> None:
        self.is_loaded = False
        self.is_imported = False
        self.plugin_instance: Any = None
        self.imported_time = EPOCH
        self.generation = 0
        self.is_reloading = False
        self.is_initialized = False
        self.error = ""


class PluginInfo:
    """The metadata, the files and the runtime state of one plugin.

    :ivar dependencies: what the sources declare, as requirement strings.
    :ivar metadata_errors: what is wrong with the metadata, and where.
    :ivar files: the ``.py`` files by path relative to the package, as they were when
        the plugin was loaded.
    :ivar search_path: where it was found.
    """

    def __init__(self, plugin_id: str) -> None:
        self.plugin_id = plugin_id
        self.package = plugin_id.rsplit(".", 1)[0]
        self.short_name = plugin_id.split(".")[-1]
        self.name = ""
        self.author = ""
        self.purpose = ""
        self.version = -1
        self.is_required = False
        self.is_plugin = False
        self.package_path = Path()
        self.data_directory = Path()
        self.runtime_info = PluginRuntimeInfo()
        self.files: dict[str, PluginFile] = {}
        self.dependencies: list[str] = []
        self.metadata_errors: list[Fault] = []
        self.search_path = ""

    @property
    def package_import_location(self) -> str:
        """The name of the package in ``sys.modules``."""
        return f"bastproxy.{self.plugin_id}"

    @property
    def plugin_class_import_location(self) -> str:
        """The name of the module that holds the class ``Plugin``."""
        return f"bastproxy.{self.plugin_id}.plugin"

    @property
    def is_valid_python_code(self) -> bool:
        """Whether all ``.py`` files on the disk now are Python; they are read for it."""
        return not self.invalid_files()

    @property
    def is_loaded(self) -> bool:
        """Whether the plugin is fully loaded."""
        return self.runtime_info.is_loaded

    def source_files(self) -> dict[str, Path]:
        """Return the ``.py`` files on disk now, by path relative to the package.

        :raises OSError: a directory cannot be read.
        """
        if self.package_path == Path():
            return {}  # nobody has found it yet
        top = os.fspath(self.package_path)
        return {name: Path(path) for name, path in sorted(_python_files(top, ""))}

    def invalid_files(self) -> list[Path]:
        """Return the ``.py`` files on the disk now that are no Python, or cannot be read."""
        invalid = []
        for path in self.source_files().values():
            try:
                read_code(path)
            except (SyntaxError, OSError):
                invalid.append(path)
        return invalid

    def __repr__(self) -> str:
        return f"PluginInfo({self.plugin_id!r})"


def _python_files(directory: str, prefix: str) -> Iterator[tuple[str, str]]:
    """Yield relative name and path; hidden folders and caches are not looked into."""
    with contextlib.suppress(FileNotFoundError), os.scandir(directory) as entries:
        for entry in entries:
            if entry.name.startswith(".") or entry.name == "__pycache__":
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _python_files(entry.path, f"{prefix}{entry.name}/")
            elif entry.name.endswith(".py"):
                yield prefix + entry.name, entry.path
