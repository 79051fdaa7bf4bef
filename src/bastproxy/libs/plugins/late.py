"""Late needs: what a plugin turns out to depend on when it has been instantiated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from bastproxy.libs.plugins.dependency import Requirement, because
from bastproxy.libs.plugins.errors import PluginError
from bastproxy.libs.plugins.plugininfo import PluginInfo

if TYPE_CHECKING:
    from bastproxy.libs.plugins.loader import PluginLoader

Load = Callable[[Sequence[str]], tuple[list[str], dict[str, PluginError]]]


class LateNeeds:
    """Loads what a plugin needs when the plugin itself is there already.

    :param load: loads plugins with what they need.
    """

    def __init__(self, loader: PluginLoader, load: Load) -> None:
        self._loader = loader
        self._load = load

    def load(self, bad: dict[str, PluginError], info: PluginInfo, instance: Any) -> None:
        """Load what only the instance knows that it depends on.

        :param bad: takes in who could not be loaded, and why.
        :raises PluginError: some of it is not there and cannot be loaded.
        """
        loader = self._loader
        needs = loader.parsed(info, loader.said_by(info), loader.store)
        if info.plugin_id in loader.orphaned:
            loader.check_cycle(info.plugin_id, needs)
        self._load_missing(info.plugin_id, needs, bad)

    def add(self, plugin_id: str, dependency: str) -> None:
        """Have a loaded plugin depend on another one, which is loaded if it is not yet.

        :raises PluginError: that cannot be.
        """
        loader = self._loader
        info = loader.plugins_info.get(plugin_id)
        if info is None or not info.is_loaded:
            raise loader.not_loaded(plugin_id, "dependencies")
        needs = loader.parsed(info, [dependency], loader.store)
        loader.check_cycle(plugin_id, needs)
        self._load_missing(plugin_id, needs, {})
        info.runtime_info.plugin_instance.depend_on(dependency)
        loader.sort()

    def check_met(
        self, plugin_id: str, needs: Sequence[Requirement], bad: dict[str, PluginError]
    ) -> None:
        """Refuse a plugin that needs what is not there.

        :param bad: why others could not be loaded.
        :raises PluginError: it does.
        """
        loader = self._loader
        for need in needs:
            if loader.is_plugin_loaded(need.plugin_id):
                reason = loader.check_version(need)
            elif need.plugin_id in bad:
                reason = because(need.plugin_id, bad[need.plugin_id])
            else:
                reason = f"it needs {need.plugin_id}, which is not loaded"
            if reason:
                raise loader.blame(plugin_id, reason, need.plugin_id)

    def _load_missing(
        self, plugin_id: str, needs: Sequence[Requirement], bad: dict[str, PluginError]
    ) -> None:
        missing = [
            need.plugin_id for need in needs if not self._loader.is_plugin_loaded(need.plugin_id)
        ]
        if missing:
            bad.update(self._load(missing)[1])
        if plugin_id in bad:
            raise bad[plugin_id]  # somebody down there needs this very plugin
        self.check_met(plugin_id, needs, bad)
