"""What loaded plugins do when an event asks them to: save their state, go back to defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bastproxy.libs.plugins.loader import PluginLoader


class Answers:
    """Answers ``ev_plugin_save`` and ``ev_plugin_reset`` for all plugins, or for the one named."""

    def __init__(self, loader: PluginLoader) -> None:
        self._loader = loader
        self._dispatcher = loader.kernel.dispatcher

    def register(self, owner_id: str) -> None:
        """Begin to answer."""
        self._dispatcher.register("ev_plugin_save", self._save, owner_id)
        self._dispatcher.register("ev_plugin_reset", self._reset, owner_id)

    def _save(self) -> None:
        failed = [
            instance.plugin_id
            for instance in self._asked()
            if not instance.run_hooks("save", isolate=True)
        ]
        record = self._dispatcher.current_record()
        if failed and record is not None:
            record["failed"] = failed

    def _reset(self) -> None:
        for instance in self._asked():
            if instance.can_reset_f:
                instance.reset_to_defaults()

    def _asked(self) -> list[Any]:
        """Return the instances that the current event is about."""
        record = self._dispatcher.current_record()
        plugin_id = record.get("plugin_id") if record is not None else None
        return [
            self._loader.get_plugin_instance(name)
            for name in self._loader.load_order
            if plugin_id in (None, "", name)
        ]
