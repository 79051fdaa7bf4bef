"""Who holds, at module level, what is about to be replaced: it would go stale there."""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType

from bastproxy.libs.plugins.imputils import modules_of


def holds(plugin_id: str, replaced: Iterable[str]) -> str:
    """Say which object of which replaced plugin the modules of a plugin hold, or nothing.

    Looked at are the names of its modules: imported modules, classes, functions and
    instances, and the bases of its classes.
    """
    packages = {f"bastproxy.{name}": name for name in replaced}
    for module in modules_of(f"bastproxy.{plugin_id}").values():
        for name, value in vars(module).items():
            for home in _homes(value):
                owner = packages.get(".".join(home.split(".", 4)[:4]))
                if owner is not None:
                    return f"its {name} comes from {owner}"
    return ""


def _homes(value: object) -> list[str]:
    """Return the names of the modules that define a value."""
    if isinstance(value, ModuleType):
        return [value.__name__]
    if isinstance(value, type):
        return [base.__module__ for base in value.__mro__ if isinstance(base.__module__, str)]
    own = getattr(value, "__module__", None)
    homes = [own] if isinstance(own, str) else []
    kind = type(value).__module__
    return [*homes, kind] if isinstance(kind, str) else homes
