"""Who holds, at module level, what is about to be replaced: it would go stale there."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from types import ModuleType

from bastproxy.libs.plugins.imputils import ROOT

_PREFIX = f"{ROOT}."
_PLAIN = frozenset({str, int, float, bool, type(None), list, dict, set, tuple})


class Holdings:
    """What the modules of plugins hold of other plugins, as it is when this is made.

    Looked at are the names of the modules: imported modules, classes, functions and
    instances, and the bases of classes.
    """

    def __init__(self) -> None:
        self._names: dict[str, dict[str, str]] = {}  # by holder, by owner
        self._owners: dict[str, str] = {}
        for module_name, module in list(sys.modules.items()):
            if module_name.startswith(_PREFIX):
                self._look_at(module_name, module)

    def _look_at(self, module_name: str, module: ModuleType) -> None:
        holder = _plugin_of(module_name)
        names = self._names.setdefault(holder, {})
        owners = self._owners
        for name, value in list(vars(module).items()):
            if type(value) in _PLAIN:
                continue
            for home in _homes(value):
                owner = owners.get(home)
                if owner is None:  # there are few homes, and many names
                    is_plugin = home.startswith(_PREFIX)
                    owner = owners[home] = _plugin_of(home) if is_plugin else ""
                if owner and owner != holder:
                    names.setdefault(owner, name)

    def why(self, plugin_id: str, replaced: Iterable[str]) -> str:
        """Say which object of which replaced plugin the modules of a plugin hold, or nothing."""
        names = self._names.get(plugin_id, {})
        for owner in replaced:
            if owner in names:
                return f"its {names[owner]} comes from {owner}"
        return ""


def _plugin_of(module_name: str) -> str:
    return ".".join(module_name.split(".", 4)[1:4])


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
