"""What a plugin keeps from one generation of itself to the next."""

from __future__ import annotations

from typing import Any

from bastproxy.libs.records import LogRecord

DATA = "data"


def kept_attributes(plugin_id: str, instance: Any) -> dict[str, Any]:
    """Return ``data`` and what ``attributes_to_save_on_reload`` names, by name.

    What cannot be had is left out, with a warning.
    """
    kept: dict[str, Any] = {DATA: getattr(instance, DATA, None)}
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
    return kept
