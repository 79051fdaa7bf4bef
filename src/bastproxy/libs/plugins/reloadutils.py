"""What a plugin keeps from one generation of itself to the next."""

from __future__ import annotations

from typing import Any

from bastproxy.libs.records import LogRecord

DATA = "data"


class ReloadCache:
    """What the members of a reload set keep, by plugin, while they are between generations."""

    def __init__(self) -> None:
        self._kept: dict[str, dict[str, Any]] = {}

    def save(self, plugin_id: str, instance: Any) -> None:
        """Keep ``data`` and what ``attributes_to_save_on_reload`` names.

        What cannot be had is left out, with a warning.
        """
        kept = self._kept[plugin_id] = {DATA: getattr(instance, DATA, None)}
        for name in _names(plugin_id, instance.attributes_to_save_on_reload):
            try:
                kept[name] = getattr(instance, name)
            except Exception as error:  # a property of the plugin's may raise anything
                LogRecord(
                    f"attributes_to_save_on_reload names {name!r}, which cannot be kept: "
                    f"{type(error).__name__}: {error}",
                    level="warning",
                    sources=[plugin_id],
                )()

    def has(self, plugin_id: str) -> bool:
        """Say whether something is kept for the plugin."""
        return plugin_id in self._kept

    def take(self, plugin_id: str) -> dict[str, Any]:
        """Return what is kept for the plugin, by name; nothing is kept afterwards."""
        return self._kept.pop(plugin_id, {})


def _names(plugin_id: str, value: Any) -> list[str]:
    if isinstance(value, list | tuple | set | frozenset) and all(
        isinstance(name, str) for name in value
    ):
        return list(value)
    # To refuse would be to refuse the very reload that mends it.
    LogRecord(
        f"attributes_to_save_on_reload must be a list of names, not {value!r:.60}; only {DATA!r} "
        "is kept",
        level="warning",
        sources=[plugin_id],
    )()
    return []
