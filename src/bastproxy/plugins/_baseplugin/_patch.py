"""Patching: a plugin's ``_patch_base.py`` adds methods to the base class of all plugins.

Every function that the file defines becomes a method of :class:`BasePlugin`, with what
its decorators declare, for the plugins that are loaded and for those to come.  It goes
with its plugin; what it stood in front of comes back.
"""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Any

from bastproxy.libs import declarations
from bastproxy.libs.plugins import Kernel, PluginInfo
from bastproxy.plugins._baseplugin._base import Plugin

KIND = "base patch"
OWNER_ID = "plugins._baseplugin"
EVENT = "ev_baseplugin_patched"
FILES = ("_patch_base.py", "plugin/_patch_base.py")

_MISSING = object()


@dataclass(frozen=True, slots=True)
class Patch:
    """One method that a plugin has put on the base class."""

    serial: int
    plugin_id: str
    name: str
    function: Any


class BasePatches:
    """The methods that plugins have added to the base class; the ledger undoes them.

    :param instances: returns the instances of all plugins.
    """

    def __init__(self, kernel: Kernel, instances: Any) -> None:
        self._kernel = kernel
        self._instances = instances
        self._serials = itertools.count(1)
        self._patches: dict[str, list[Patch]] = {}
        self._suspended: set[Hashable] = set()
        self._originals: dict[str, Any] = {}
        kernel.ledger.add_kind(KIND, self)
        kernel.dispatcher.add_event(
            EVENT,
            OWNER_ID,
            ["The base class of all plugins has changed"],
            {"plugin_id": "whose patch it was", "names": "the methods that changed"},
        )

    def apply_from(self, info: PluginInfo) -> None:
        """Apply the ``_patch_base.py`` of a plugin that has just been imported."""
        names: list[str] = []
        for file in FILES:
            if file in info.files:
                module = file.removesuffix(".py").replace("/", ".")
                location = f"{info.package_import_location}.{module}"
                names += self._apply(info.plugin_id, importlib.import_module(location))
        if names:
            self._announce(info.plugin_id, names)

    def suspend(self, key: Hashable) -> None:
        """Take a patch off the class, and keep its place."""
        self._suspended.add(key)
        self._refresh(self._of(key).name)

    def resume(self, key: Hashable) -> None:
        """Put it back."""
        self._suspended.discard(key)
        self._refresh(self._of(key).name)

    def release(self, key: Hashable) -> None:
        """Take a patch off the class."""
        patch = self._of(key)
        self._patches[patch.name].remove(patch)
        self._suspended.discard(key)
        self._refresh(patch.name)
        self._announce(patch.plugin_id, [patch.name])

    def reapply(self) -> None:
        """Put all patches on again, after the class itself has changed under them."""
        for name, patches in self._patches.items():
            self._originals[name] = vars(Plugin).get(name, _MISSING)
            active = [patch for patch in patches if patch.serial not in self._suspended]
            if active:
                setattr(Plugin, name, active[-1].function)
        declarations.forget(Plugin)

    def _apply(self, plugin_id: str, module: ModuleType) -> list[str]:
        functions = [
            value
            for value in vars(module).values()
            if isinstance(value, FunctionType) and value.__module__ == module.__name__
        ]
        for function in functions:
            name = function.__name__
            _inherit_declarations(function, vars(Plugin).get(name))
            patch = Patch(next(self._serials), plugin_id, name, function)
            self._patches.setdefault(name, []).append(patch)
            self._kernel.ledger.write(plugin_id, KIND, patch.serial, name)
            self._refresh(name)
        return [function.__name__ for function in functions]

    def _of(self, key: Hashable) -> Patch:
        return next(
            patch
            for patch in itertools.chain.from_iterable(self._patches.values())
            if patch.serial == key
        )

    def _refresh(self, name: str) -> None:
        """Put the newest active patch of ``name`` on the class, or what was there before."""
        own = vars(Plugin).get(name, _MISSING)
        active = [patch for patch in self._patches[name] if patch.serial not in self._suspended]
        if name not in self._originals:
            self._originals[name] = own
        wanted = active[-1].function if active else self._originals[name]
        if wanted is not own:
            set_on_base(self._kernel, self._instances(), {name: wanted})
        if not self._patches[name]:
            del self._patches[name], self._originals[name]

    def _announce(self, plugin_id: str, names: list[str]) -> None:
        self._kernel.dispatcher.raise_event(
            EVENT, {"plugin_id": plugin_id, "names": names}, OWNER_ID
        )


def _inherit_declarations(function: Any, replaced: object) -> None:
    """Let a patch that declares nothing keep what the method that it replaces declares."""
    if not declarations.declarations_on(function):
        for declaration in reversed(declarations.declarations_on(replaced)):
            declarations.declare(function, declaration)


def set_on_base(
    kernel: Kernel, instances: Iterable[Any], attributes: dict[str, Any], base: type = Plugin
) -> None:
    """Set attributes of the base class, and register anew what living plugins declare there.

    A value of ``_MISSING`` takes the attribute away.
    """
    living = list(instances)
    for name, value in attributes.items():
        for instance in living:
            kernel.scanner.undo(instance.plugin_id, instance, name)
        if value is not _MISSING:
            setattr(base, name, value)
        elif name in vars(base):
            delattr(base, name)
        declarations.forget(base)
        for instance in living:
            kernel.scanner.scan(instance.plugin_id, instance, name)
