"""What is left in memory of generations that were unloaded."""

from __future__ import annotations

import gc
import typing
import weakref
from dataclasses import dataclass
from types import ModuleType
from typing import Any


@dataclass(slots=True)
class _Generation:
    plugin_id: str
    number: int
    instance: weakref.ref[Any] | None
    modules: dict[str, weakref.ref[ModuleType]]

    def living(self) -> dict[str, Any] | None:
        modules = sorted(name for name, ref in self.modules.items() if ref() is not None)
        instance = self.instance is not None and self.instance() is not None
        if not modules and not instance:
            return None
        return {
            "plugin_id": self.plugin_id,
            "generation": self.number,
            "instance": instance,
            "modules": modules,
        }


class Unloaded:
    """Weak references to the instances and modules of unloaded generations."""

    def __init__(self) -> None:
        self._generations: list[_Generation] = []

    def remember(
        self, plugin_id: str, number: int, instance: object, modules: dict[str, ModuleType]
    ) -> None:
        """Watch an unloaded generation, and let go of what typing's caches hold of it."""
        _clear_typing_caches()
        self.living()  # or the list would grow with every reload
        self._generations.append(
            _Generation(
                plugin_id,
                number,
                weakref.ref(instance) if instance is not None else None,
                {name: weakref.ref(module) for name, module in modules.items()},
            )
        )

    def living(self, *, collect: bool = False) -> list[dict[str, Any]]:
        """Return the generations of which something lives, oldest first.

        :param collect: run the garbage collector first, which may take tens of
            milliseconds; without it, garbage that nobody has collected yet is listed.
        :returns: dictionaries with ``plugin_id``, ``generation``, ``instance`` (whether
            the instance lives) and ``modules`` (the names of those that do).
        """
        if collect:
            gc.collect()
        found = [(generation, generation.living()) for generation in self._generations]
        self._generations = [generation for generation, living in found if living]
        return [living for _, living in found if living]


def _clear_typing_caches() -> None:
    # Optional[X] and friends keep X alive in caches that only typing's own tests empty.
    for cleanup in getattr(typing, "_cleanups", ()):
        cleanup()
