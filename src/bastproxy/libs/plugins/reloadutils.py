"""The reload cache: what a plugin keeps from one generation of itself to the next."""

from __future__ import annotations

from typing import Any

from bastproxy.libs.records import LogRecord


class ReloadCache:
    """The attributes that reloading plugins keep, by plugin, while they are between generations."""

    def __init__(self) -> None:
        self._kept: dict[str, dict[str, Any]] = {}

    def save(self, plugin_id: str, instance: Any) -> None:
        """Keep ``data`` and what ``attributes_to_save_on_reload`` names."""
        kept: dict[str, Any] = {"data": getattr(instance, "data", None)}
        for name in instance.attributes_to_save_on_reload:
            try:
                kept[name] = getattr(instance, name)
            except Exception as error:  # a property of the plugin's may raise anything
                LogRecord(
                    f"attributes_to_save_on_reload names {name!r}, which cannot be kept: "
                    f"{type(error).__name__}: {error}",
                    level="warning",
                    sources=[plugin_id],
                )()
        self._kept[plugin_id] = kept

    def has(self, plugin_id: str) -> bool:
        """Say whether something is kept for the plugin."""
        return plugin_id in self._kept

    def restore(self, plugin_id: str, instance: Any) -> None:
        """Give the new instance what the old one had; nothing is kept afterwards.

        The keys of ``data`` that only the new code makes keep its values.

        :raises AttributeError: the new class does not let an attribute be set.
        """
        kept = self._kept.pop(plugin_id, {})
        data = kept.pop("data", None)
        if isinstance(data, dict) and isinstance(instance.data, dict):
            instance.data.update(data)
        for name, value in kept.items():
            setattr(instance, name, value)

    def drop(self, plugin_id: str) -> None:
        """Forget what is kept for the plugin."""
        self._kept.pop(plugin_id, None)
