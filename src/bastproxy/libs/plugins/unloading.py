"""Unloading: which plugins go, in which order, and what speaks against it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bastproxy.libs.plugins.errors import PluginError

if TYPE_CHECKING:
    from bastproxy.libs.plugins.loader import PluginLoader

PHASE = "unload"


class Unloading:
    """Takes plugins out."""

    def __init__(self, loader: PluginLoader) -> None:
        self._loader = loader

    def unload(self, plugin_id: str, *, dependents: bool = False) -> None:
        """Unload a plugin.

        :param dependents: unload what depends on it too; refused otherwise.
        :raises PluginError: it, or one of them, must stay; all of them do.
        """
        for member in self._plan(plugin_id, dependents):
            if self._loader.is_plugin_loaded(member):  # and no hook has unloaded it meanwhile
                self._loader.take_out(member)

    def _plan(self, plugin_id: str, dependents: bool) -> list[str]:
        loader = self._loader
        if not loader.is_plugin_loaded(plugin_id):
            raise loader.not_loaded(plugin_id, PHASE)
        others = loader.get_plugin_dependents(plugin_id)
        if others and not dependents:
            raise PluginError(
                plugin_id,
                PHASE,
                f"{', '.join(others)} depend{'s' * (len(others) == 1)} on it; unload "
                f"{'it' if len(others) == 1 else 'them'} too",
            )
        plan = [name for name in reversed(loader.load_order) if name in {plugin_id, *others}]
        for name in plan:
            if loader.loading.is_underway(name):
                raise PluginError(name, PHASE, "it is being loaded; unload it afterwards")
            if loader.plugins_info[name].is_required:
                raise PluginError(name, PHASE, "it is required, so it cannot be unloaded")
            loader.check_may_go(name, PHASE)
        return plan
