"""The life of one plugin: import, instantiate, register, initialize, and the way back."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from bastproxy.libs.api import AddAPI
from bastproxy.libs.declarations import declared
from bastproxy.libs.events import EventRecord
from bastproxy.libs.ledger import initializing
from bastproxy.libs.plugins.codestore import CodeStore
from bastproxy.libs.plugins.errors import PluginError, plugin_error
from bastproxy.libs.plugins.imputils import (
    are_current,
    put_back_modules,
    remove_modules,
)
from bastproxy.libs.plugins.kernel import Kernel
from bastproxy.libs.plugins.metadata import line_of_field
from bastproxy.libs.plugins.needs import CLASS_FILES
from bastproxy.libs.plugins.places import place_of
from bastproxy.libs.plugins.plugininfo import EPOCH, PluginFile, PluginInfo
from bastproxy.libs.plugins.reloadutils import ReloadCache
from bastproxy.libs.plugins.unloaded import Unloaded

OWNER_ID = "libs.plugins.loader"
BASE_PACKAGE = "bastproxy.plugins._baseplugin"


#: Loads what an instance turns out to depend on.
Late = Callable[[PluginInfo, Any], None]


class Lifecycle:
    """Takes plugins through the steps of their life, one step of one plugin a call.

    :ivar on_imported: called with a plugin's info when its modules are imported and
        before it is instantiated.
    :ivar on_instantiated: called with info and instance when its decorated methods
        are registered.
    """

    def __init__(self, kernel: Kernel, store: CodeStore) -> None:
        self.kernel = kernel
        self.store = store
        self.cache = ReloadCache()
        self.unloaded = Unloaded()
        self.on_imported: list[Callable[[PluginInfo], None]] = []
        self.on_instantiated: list[Callable[[PluginInfo, Any], None]] = []

    def load(self, info: PluginInfo, late: Late) -> None:
        """Import, instantiate and register a plugin; telling that it is loaded is the caller's.

        :param late: loads what the instance turns out to depend on.
        :raises PluginError: something failed; nothing of the plugin is left.
        """
        runtime = info.runtime_info
        runtime.generation = self.kernel.ledger.open_generation(info.plugin_id)
        stale: dict[str, ModuleType] = {}
        path = sys.path.copy()
        try:
            self.compile(info)
            if not are_current(info.package_import_location, self.store):
                stale = remove_modules(info.plugin_id)
            plugin_class = self.import_modules(info)
            self.bring_up(info, plugin_class, late)
        except BaseException:
            self._abandon(info)
            put_back_modules(stale)
            if sys.path != path:
                sys.path[:] = path
            raise

    def bring_up(
        self,
        info: PluginInfo,
        plugin_class: type,
        late: Late,
        restore: Callable[[Any], None] | None = None,
    ) -> None:
        """Instantiate and register an imported plugin; telling that it is loaded is the caller's.

        :param restore: gives the new instance what the old one had.
        :raises PluginError: something failed; what was registered is still in the ledger.
        """
        with phase(info, "import"):
            for step in self.on_imported:
                step(info)
        instance = self._instantiate(info, plugin_class)
        with phase(info, "registration"):
            self._register(info, instance)
        with phase(info, "dependencies"):
            late(info, instance)
        if restore is not None:
            with phase(info, "restoring the attributes kept over the reload"):
                restore(instance)
        info.runtime_info.is_loaded = True
        info.runtime_info.is_initialized = False

    def compile(self, info: PluginInfo, store: CodeStore | None = None) -> None:
        """Compile every file of a plugin ahead of its import, if it is not compiled yet.

        :param store: where the code goes; the imports' by default.
        :raises PluginError: one of them is no Python, or cannot be read.
        """
        files = {}
        store = store or self.store
        with phase(info, "compile"):
            kept = {name: file.path for name, file in info.files.items()}
            sources = info.source_files() if store.sources is None else kept
            for name, path in sources.items():
                code = store.take(str(path)) if store.is_prepared(path) else store.prepare(path)
                files[name] = PluginFile(path, code.digest, code.source)
            if not any(name in files for name in CLASS_FILES):
                raise PluginError(
                    info.plugin_id,
                    "compile",
                    "it has no plugin/__init__.py with the class Plugin",
                    file=info.package_path / CLASS_FILES[0],
                )
        info.files = files

    def initialize(self, info: PluginInfo) -> None:
        """Run the ``initialize`` hooks and say that they have run.

        :raises PluginError: one failed.
        """
        with phase(info, "initialize"):
            self.run_initialize(info)
        self.raise_event("ev_plugin_initialized", info)

    def run_initialize(self, info: PluginInfo, *, isolate: bool = False) -> None:
        """Run the ``initialize`` hooks, and have the ledger note what they make.

        :param isolate: log what fails and run the rest.
        :raises HookError: one failed, and ``isolate`` is False.
        """
        info.runtime_info.is_initialized = True
        token = initializing.set(info.plugin_id)
        try:
            info.runtime_info.plugin_instance.run_hooks("initialize", isolate=isolate)
        finally:
            initializing.reset(token)

    def unload(self, info: PluginInfo) -> None:
        """Take a plugin out: hooks, APIs, all other registrations, the event, modules."""
        instance = info.runtime_info.plugin_instance
        instance.run_hooks("uninitialize", isolate=True)
        self.kernel.registry.remove(info.plugin_id)
        was_loaded = info.runtime_info.is_loaded
        self._release(info)
        if was_loaded:
            self.raise_event("ev_plugin_unloaded", info)
        self._remove(info, instance)

    def raise_event(self, name: str, info: PluginInfo, **args: Any) -> EventRecord:
        """Raise a lifecycle event of a plugin."""
        return self.kernel.dispatcher.raise_event(
            name, {"plugin_id": info.plugin_id, **args}, OWNER_ID
        )

    def import_modules(self, info: PluginInfo) -> type:
        """Import the modules of a plugin and return its class.

        :raises PluginError: one fails, or there is no class that will do.
        """
        with phase(info, "import"):
            importlib.import_module(info.package_import_location)
            module = importlib.import_module(info.plugin_class_import_location)
            for name in _modules_below(info, "commands"):
                importlib.import_module(name)
            plugin_class = getattr(module, "Plugin", None)
            self._check_class(info, plugin_class, Path(str(module.__file__)))
            info.runtime_info.is_imported = True
            info.runtime_info.imported_time = datetime.now()
        assert isinstance(plugin_class, type)
        return plugin_class

    def _check_class(self, info: PluginInfo, plugin_class: object, path: Path) -> None:
        if not isinstance(plugin_class, type):
            line = line_of_field(self.store.take(str(path)).source, str(path), "Plugin")
            raise PluginError(
                info.plugin_id, "import", "it has no class named Plugin", file=path, line=line
            )
        if not any(base.__module__.startswith(BASE_PACKAGE) for base in plugin_class.__mro__):
            place = place_of(plugin_class)
            raise PluginError(
                info.plugin_id,
                "import",
                f"the class Plugin must be derived from BasePlugin (from {BASE_PACKAGE})",
                file=place.file or path,
                line=place.line,
            )

    def _instantiate(self, info: PluginInfo, plugin_class: Any) -> Any:
        with phase(info, "__init__"):
            instance = plugin_class(info.plugin_id, info)
            if not hasattr(instance, "api"):
                place = place_of(plugin_class.__init__)
                raise PluginError(
                    info.plugin_id,
                    "__init__",
                    "Plugin.__init__ must call super().__init__(plugin_id, plugin_info)",
                    file=place.file,
                    line=place.line,
                )
        info.runtime_info.plugin_instance = instance
        return instance

    def _register(self, info: PluginInfo, instance: Any) -> None:
        scan = self.kernel.scanner.scan
        scan(info.plugin_id, instance, skip=AddAPI)  # the base class has offered those
        prefix = f"{info.package_import_location}."
        for value in list(vars(instance).values()):
            # What the plugin made for itself may carry decorated methods too.
            if f"{type(value).__module__}.".startswith(prefix) and declared(type(value)):
                scan(info.plugin_id, value)
        for step in self.on_instantiated:
            step(info, instance)

    def _abandon(self, info: PluginInfo) -> None:
        instance = info.runtime_info.plugin_instance
        self._release(info)
        self._remove(info, instance)

    def _release(self, info: PluginInfo) -> None:
        # First of all it counts as gone, so that nothing is registered for it any more.
        info.runtime_info.is_loaded = False
        info.runtime_info.plugin_instance = None
        self.kernel.ledger.release(info.plugin_id)

    def _remove(self, info: PluginInfo, instance: object) -> None:
        self.store.forget(info.package_path)
        modules = remove_modules(info.plugin_id)
        self.unloaded.remember(info.plugin_id, info.runtime_info.generation, instance, modules)
        info.runtime_info.is_imported = False
        info.runtime_info.imported_time = EPOCH
        info.files = {}


@contextmanager
def phase(info: PluginInfo, name: str) -> Iterator[None]:
    """Tell what fails inside as a :class:`PluginError` of this plugin and phase."""
    failure: PluginError | None = None
    try:
        yield
    except PluginError as error:
        failure = error
    except KeyboardInterrupt:
        raise  # the user's, and not the plugin's
    except BaseException as error:  # SystemExit, CancelledError, and whatever it thinks of
        failure = plugin_error(info.plugin_id, name, error, info.package_path)
    if failure is not None:
        raise failure from None


def _modules_below(info: PluginInfo, folder: str) -> list[str]:
    """Return the names of the modules in a folder of the plugin, packages before modules."""
    package = f"{info.package_import_location}.{folder}"
    names = []
    for name in info.files:
        parent, _, file = name.rpartition("/")
        if parent == folder:
            stem = file.removesuffix(".py")
            names.append(package if stem == "__init__" else f"{package}.{stem}")
    return sorted(names)


def command_modules(info: PluginInfo) -> list[ModuleType]:
    """Return the imported modules of the plugin's ``commands/``."""
    names = _modules_below(info, "commands")
    return [sys.modules[name] for name in names if name in sys.modules]
