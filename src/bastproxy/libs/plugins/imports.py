"""What the import system asks the loader: where plugins lie, and which of their files ran."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bastproxy.libs.plugins.codestore import Code
from bastproxy.libs.plugins.imputils import PluginFinder

if TYPE_CHECKING:
    from bastproxy.libs.plugins.loader import PluginLoader


class Imports:
    """Answers the finder from what the loader knows.

    :ivar finder: takes part in the imports of the process while it is installed.
    """

    def __init__(self, loader: PluginLoader) -> None:
        self._loader = loader
        self.finder = PluginFinder(loader.store, self._locate, self._has_category, self._ran)

    def _locate(self, plugin_id: str) -> Path | None:
        loader = self._loader
        info = loader.plugins_info.get(plugin_id)
        if loader.reloader.is_busy and (info is None or not info.is_plugin):
            loader.discover()  # a reload looks at the disk only when it has to
            info = loader.plugins_info.get(plugin_id)
        return info.package_path if info is not None and info.is_plugin else None

    def _has_category(self, package: str) -> bool:
        if self._loader.reloader.is_busy and not self._knows_category(package):
            self._loader.discover()
        return self._knows_category(package)

    def _knows_category(self, package: str) -> bool:
        return any(info.package == package for info in self._loader.plugins_info.values())

    def _ran(self, plugin_id: str, path: str, code: Code) -> None:
        for file in self._loader.plugins_info[plugin_id].files.values():
            if str(file.path) == path:
                file.digest, file.source = code.digest, code.source
