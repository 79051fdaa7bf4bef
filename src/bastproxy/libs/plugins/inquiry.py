"""What the plugin loader answers: which plugins there are, and how they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bastproxy.libs.api import AddAPI
from bastproxy.libs.plugins.codestore import digest_of
from bastproxy.libs.plugins.lifecycle import Lifecycle
from bastproxy.libs.plugins.needs import LoaderNeeds
from bastproxy.libs.plugins.plugininfo import PluginInfo


class LoaderInquiry(LoaderNeeds):
    """The questions of the plugin loader; none of them raises for an unknown plugin."""

    errors: dict[str, str]
    load_order: list[str]
    lifecycle: Lifecycle

    def discover(self) -> None:
        """Look at the disk again."""
        raise NotImplementedError

    @AddAPI("is.plugin.loaded", description="is the plugin loaded")
    def is_plugin_loaded(self, plugin_id: str) -> bool:
        """Say whether a plugin is fully loaded."""
        info = self.plugins_info.get(plugin_id)
        return info is not None and info.runtime_info.is_loaded

    @AddAPI("is.plugin.instantiated", description="does the plugin have an instance")
    def is_plugin_instantiated(self, plugin_id: str) -> bool:
        """Say whether a plugin has an instance."""
        return self.get_plugin_instance(plugin_id) is not None

    @AddAPI("get.plugin.instance", description="the instance of a plugin")
    def get_plugin_instance(self, plugin_id: str) -> Any:
        """Return the instance of a plugin, or None.

        Keep the id rather than the instance: a reload makes a new one.
        """
        info = self.plugins_info.get(plugin_id)
        return info.runtime_info.plugin_instance if info is not None else None

    @AddAPI("get.plugin.info", description="the PluginInfo of a plugin")
    def get_plugin_info(self, plugin_id: str) -> PluginInfo | None:
        """Return the info of a plugin, or None."""
        if plugin_id not in self.plugins_info:
            self.discover()
        return self.plugins_info.get(plugin_id)

    @AddAPI("does.plugin.exist", description="is there such a plugin")
    def does_plugin_exist(self, plugin_id: str) -> bool:
        """Say whether a plugin is loaded or can be found on the disk."""
        return self.get_plugin_info(plugin_id) is not None

    @AddAPI("get.plugin.error", description="why a plugin could not be loaded")
    def get_plugin_error(self, plugin_id: str) -> str:
        """Return why the last action on a plugin failed; empty when it did not."""
        return self.errors.get(plugin_id, "")

    @AddAPI("get.loaded.plugins.list", description="the ids of the loaded plugins")
    def get_loaded_plugins_list(self) -> list[str]:
        """Return the ids of the loaded plugins, in the order of loading."""
        return list(self.load_order)

    @AddAPI("get.all.plugins", description="the ids of all plugins that can be found")
    def get_all_plugins(self) -> list[str]:
        """Return the ids of all plugins, loaded or not, sorted."""
        self.discover()
        return sorted(self.plugins_info)

    @AddAPI("get.not.loaded.plugins", description="the ids of the plugins not loaded")
    def get_not_loaded_plugins(self) -> list[str]:
        """Return the ids of the plugins that could be loaded but are not, sorted."""
        return [name for name in self.get_all_plugins() if not self.is_plugin_loaded(name)]

    @AddAPI("get.plugin.dependents", description="the loaded plugins that depend on one")
    def get_plugin_dependents(self, plugin_id: str) -> list[str]:
        """Return the loaded plugins that depend on a plugin, directly or not, in load order."""
        direct: dict[str, list[str]] = {}
        for name in self.load_order:
            for needed in self.needed(name):
                direct.setdefault(needed, []).append(name)
        found = {plugin_id}
        waiting = [plugin_id]
        while waiting:
            new = [name for name in direct.get(waiting.pop(), ()) if name not in found]
            found.update(new)
            waiting += new
        return [name for name in self.load_order if name in found and name != plugin_id]

    @AddAPI("plugin.get.changed.files", description="the files changed since the load")
    def plugin_get_changed_files(self, plugin_id: str) -> list[str]:
        """Return the ``.py`` files whose content is not what was loaded, as paths.

        New files and deleted ones count; nothing has changed in a plugin that is not
        loaded.
        """
        info = self.plugins_info.get(plugin_id)
        if info is None or not info.is_loaded:
            return []
        now = info.source_files()
        changed = [
            str(path)
            for name, path in now.items()
            if name not in info.files or _digest(path) != info.files[name].digest
        ]
        gone = [str(file.path) for name, file in info.files.items() if name not in now]
        return sorted([*changed, *gone])

    @AddAPI("plugin.get.invalid.python.files", description="the files that do not compile")
    def plugin_get_invalid_python_files(self, plugin_id: str) -> list[str]:
        """Return the ``.py`` files on the disk that are no Python, as paths."""
        info = self.get_plugin_info(plugin_id)
        return [str(path) for path in info.invalid_files()] if info is not None else []

    @AddAPI("get.unloaded.plugins.in.memory", description="what is left of unloaded plugins")
    def get_unloaded_plugins_in_memory(
        self, collect: bool = True, plugin_id: str = ""
    ) -> list[dict[str, Any]]:
        """Return the unloaded generations of which something lives, and who holds it.

        :param collect: run the garbage collector first, and look for the holders; it may
            take some hundred milliseconds.
        :param plugin_id: only those of this plugin.
        :returns: see :meth:`Unloaded.living`.
        """
        instances = {
            plugin_id: info.runtime_info.plugin_instance
            for plugin_id, info in self.plugins_info.items()
            if info.runtime_info.plugin_instance is not None
        }
        return self.lifecycle.unloaded.living(
            plugin_id=plugin_id, collect=collect, instances=instances if collect else None
        )


def _digest(path: Path) -> bytes:
    try:
        return digest_of(path.read_bytes())
    except OSError:
        return b""  # gone this very moment, or not to be read any more: not what was loaded
