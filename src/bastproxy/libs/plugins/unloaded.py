"""What is left in memory of generations that were unloaded."""

from __future__ import annotations

import gc
import typing
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter
from types import FunctionType, ModuleType
from typing import Any

from bastproxy.libs.plugins.referrers import find_holders

#: How long the holders of all that is left are looked for, at most.
MOST_SECONDS = 1.0


@dataclass(slots=True)
class _Generation:
    plugin_id: str
    number: int
    instance: weakref.ref[Any] | None
    modules: dict[str, weakref.ref[ModuleType]]
    definitions: dict[str, weakref.ref[Any]]

    def is_alive(self) -> bool:
        """Say whether anything of it is left."""
        return any(ref() is not None for ref in self._references().values())

    def living(self) -> dict[str, Any]:
        """Return what is left, by name, as a player is told."""
        return {
            "plugin_id": self.plugin_id,
            "generation": self.number,
            "instance": self.instance is not None and self.instance() is not None,
            "modules": sorted(name for name, ref in self.modules.items() if ref() is not None),
            "definitions": sorted(
                name for name, ref in self.definitions.items() if ref() is not None
            ),
            "holders": [],
        }

    def leaked(self) -> list[object]:
        """Return what is left: the instance, which holds the rest, or else the rest."""
        found = [thing for ref in self._references().values() if (thing := ref()) is not None]
        instance = self.instance() if self.instance is not None else None
        return [instance] if instance is not None else found

    def _references(self) -> dict[str, weakref.ref[Any]]:
        own = {"": self.instance} if self.instance is not None else {}
        return {**own, **self.definitions, **self.modules}


class Unloaded:
    """Weak references to the instances and modules of unloaded generations."""

    def __init__(self) -> None:
        self._generations: list[_Generation] = []

    def remember(
        self, plugin_id: str, number: int, instance: object, modules: dict[str, ModuleType]
    ) -> None:
        """Watch an unloaded generation, and let go of what typing's caches hold of it."""
        _clear_typing_caches()
        self._forget_the_dead()  # or the list would grow with every reload
        self._generations.append(
            _Generation(
                plugin_id,
                number,
                weakref.ref(instance) if instance is not None else None,
                {name: weakref.ref(module) for name, module in modules.items()},
                {
                    f"{name}.{value.__qualname__}": weakref.ref(value)
                    for name, module in modules.items()
                    for value in vars(module).values()
                    if isinstance(value, type | FunctionType) and value.__module__ == name
                },
            )
        )

    def living(
        self,
        *,
        plugin_id: str = "",
        collect: bool = False,
        instances: Mapping[str, object] | None = None,
    ) -> list[dict[str, Any]]:
        """Return the generations of which something lives, oldest first.

        :param plugin_id: only those of this plugin.
        :param collect: run the garbage collector first, which may take tens of
            milliseconds; without it, garbage that nobody has collected yet is listed.
        :param instances: the instances of plugins by id: say who holds what is left, the
            newest first and for a second at most.
        :returns: dictionaries with ``plugin_id``, ``generation``, ``instance`` (whether
            the instance lives), ``modules`` and ``definitions`` (the names of those modules,
            classes and functions that do), and ``holders`` (a line each).
        """
        if collect:
            gc.collect()
        self._forget_the_dead()
        until = perf_counter() + MOST_SECONDS
        found = []
        for generation in reversed(self._generations):
            if plugin_id in ("", generation.plugin_id):
                living = generation.living()
                if instances is not None and perf_counter() < until:
                    living["holders"] = find_holders(generation.leaked(), instances)
                found.append(living)
        return found[::-1]

    def _forget_the_dead(self) -> None:
        self._generations = [one for one in self._generations if one.is_alive()]


def _clear_typing_caches() -> None:
    # Optional[X] and friends keep X alive in caches that only typing's own tests empty.
    for cleanup in getattr(typing, "_cleanups", ()):
        cleanup()
