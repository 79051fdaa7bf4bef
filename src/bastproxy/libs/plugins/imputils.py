"""How plugins are imported: one canonical name each, wherever they lie on the disk."""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import sys
from collections.abc import Callable, Iterable, Sequence
from importlib.abc import Loader, MetaPathFinder
from pathlib import Path
from types import ModuleType

from bastproxy.libs.plugins.codestore import Code, CodeStore

ROOT = "bastproxy.plugins"
ALIAS = "plugins"


class PluginSourceLoader(Loader):
    """Runs a module of a plugin from the code store.

    :param ran: told the path and the code that was run.
    """

    def __init__(self, store: CodeStore, path: str, ran: Callable[[str, Code], None]) -> None:
        self.path = path
        self.digest = b""
        self._store = store
        self._ran = ran

    def exec_module(self, module: ModuleType) -> None:
        """Run the module's code in it."""
        code = self._store.take(self.path)
        self.digest = code.digest
        self._ran(self.path, code)
        exec(code.code, module.__dict__)

    def is_current(self, store: CodeStore) -> bool:
        """Say whether what was run is what ``store`` would run now."""
        return store is self._store and store.take(self.path).digest == self.digest

    def get_source(self, fullname: str) -> str:
        """Return the source, for tracebacks and :mod:`inspect`."""
        return importlib.util.decode_source(Path(self.path).read_bytes())

    def get_filename(self, fullname: str) -> str:
        """Return where the source lies."""
        return self.path


class _CategoryLoader(Loader):
    """Makes the empty package of a category that exists only as a directory of plugins."""

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing to run."""


class _AliasLoader(Loader):
    """Answers ``import plugins.x`` with the module ``bastproxy.plugins.x`` itself."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._spec: importlib.machinery.ModuleSpec | None = None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """Return the canonical module."""
        module = importlib.import_module(self._name)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Give the module back its own spec, which the import system has replaced."""
        module.__spec__ = self._spec


class PluginFinder(MetaPathFinder):
    """Finds the modules of plugins below ``bastproxy.plugins``, and their alias ``plugins``.

    :param locate: returns the directory of a plugin by its id, or None.
    :param has_category: says whether any plugin lies in ``plugins.<category>``.
    :param ran: told the plugin id, path and code of each file that is run.
    """

    def __init__(
        self,
        store: CodeStore,
        locate: Callable[[str], Path | None],
        has_category: Callable[[str], bool],
        ran: Callable[[str, str, Code], None],
    ) -> None:
        self._store = store
        self._locate = locate
        self._has_category = has_category
        self._ran = ran

    def install(self) -> None:
        """Take part in imports from now on."""
        sys.meta_path.insert(0, self)

    def remove(self) -> None:
        """Take no part in imports any more."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        """Find a plugin's module, a category, or the alias of either."""
        if fullname.startswith(f"{ROOT}."):
            return self._find(fullname)
        if fullname == ALIAS or fullname.startswith(f"{ALIAS}."):
            return self._find_alias(fullname)
        return None

    def _find(self, fullname: str) -> importlib.machinery.ModuleSpec | None:
        parts = fullname.split(".")[1:]  # plugins, category, name, ...
        plugin_id = ".".join(parts[:3])
        if len(parts) == 2:
            return self._find_category(fullname, plugin_id)
        directory = self._locate(plugin_id)
        if directory is None:
            return None
        base = directory.joinpath(*parts[3:])
        package, module = base / "__init__.py", base.with_suffix(".py")
        # What is prepared goes first: it may not be on the disk any more.
        for exists in (self._store.is_prepared, Path.is_file):
            if exists(package):
                return self._spec(fullname, plugin_id, package, [str(base)])
            if len(parts) > 3 and exists(module):
                return self._spec(fullname, plugin_id, module, None)
        if len(parts) > 3 and base.is_dir():  # a folder without __init__.py, as Python has it
            return self._namespace(fullname, [str(base)])
        return None

    def _spec(
        self, fullname: str, plugin_id: str, path: Path, locations: list[str] | None
    ) -> importlib.machinery.ModuleSpec | None:
        loader = PluginSourceLoader(
            self._store, str(path), lambda path, code: self._ran(plugin_id, path, code)
        )
        return importlib.util.spec_from_file_location(
            fullname, path, loader=loader, submodule_search_locations=locations
        )

    def _find_category(self, fullname: str, package: str) -> importlib.machinery.ModuleSpec | None:
        packaged = Path(__file__).parents[2].joinpath(*package.split("."), "__init__.py")
        if packaged.is_file() or not self._has_category(package):
            return None
        return self._namespace(fullname, [])

    def _namespace(self, fullname: str, locations: list[str]) -> importlib.machinery.ModuleSpec:
        spec = importlib.machinery.ModuleSpec(fullname, _CategoryLoader(), is_package=True)
        spec.submodule_search_locations = locations
        return spec

    def _find_alias(self, fullname: str) -> importlib.machinery.ModuleSpec | None:
        name = f"bastproxy.{fullname}"
        try:
            found = name in sys.modules or importlib.util.find_spec(name) is not None
        except ModuleNotFoundError:
            return None
        if not found:
            return None
        return importlib.machinery.ModuleSpec(fullname, _AliasLoader(name), is_package=True)


def modules_of(package: str) -> dict[str, ModuleType]:
    """Return the imported modules of a package by name, the package first."""
    prefix = f"{package}."
    names = [name for name in list(sys.modules) if name.startswith(package)]
    return {name: sys.modules[name] for name in names if name == package or name.startswith(prefix)}


def modules_around(plugin_ids: Iterable[str]) -> dict[str, ModuleType]:
    """Return the modules of plugins, their categories, and the aliases of both, by name."""
    names = {f"{root}{plugin_id}" for plugin_id in plugin_ids for root in ("bastproxy.", "")}
    categories = {name.rpartition(".")[0] for name in names}
    prefixes = tuple(f"{name}." for name in names)
    return {
        name: module
        for name, module in list(sys.modules.items())
        if name in names or name in categories or name.startswith(prefixes)
    }


def are_current(package: str, store: CodeStore) -> bool:
    """Say whether the imported modules of a package are those that ``store`` would run."""
    if package not in sys.modules:
        return True
    loaders = [
        module.__spec__ and module.__spec__.loader for module in modules_of(package).values()
    ]
    return all(
        isinstance(loader, _CategoryLoader)
        or (isinstance(loader, PluginSourceLoader) and loader.is_current(store))
        for loader in loaders
    )


def remove_modules(plugin_id: str) -> dict[str, ModuleType]:
    """Take a plugin's modules out of ``sys.modules`` and out of their parents.

    :returns: the modules by canonical name.
    """
    package = f"bastproxy.{plugin_id}"
    removed = modules_of(package)
    for name in [*removed, *modules_of(plugin_id)]:
        module = sys.modules.pop(name, None)
        parent_name, _, attribute = name.rpartition(".")
        parent = sys.modules.get(parent_name) or removed.get(parent_name)
        # A purged sub-module would survive as an attribute of its parent package.
        if parent is not None and vars(parent).get(attribute) is module:
            delattr(parent, attribute)
    _remove_empty_category(package.rpartition(".")[0])
    return removed


def _remove_empty_category(package: str) -> None:
    module = sys.modules.get(package)
    if module is None or not _is_synthetic(module):
        return
    if not any(isinstance(value, ModuleType) for value in vars(module).values()):
        del sys.modules[package]
        sys.modules.pop(package.removeprefix("bastproxy."), None)
        delattr(sys.modules[ROOT], package.removeprefix(f"{ROOT}."))


def _is_synthetic(module: ModuleType) -> bool:
    return module.__spec__ is not None and isinstance(module.__spec__.loader, _CategoryLoader)


def remove_synthetic_modules() -> None:
    """Take the empty categories and the alias ``plugins`` out of ``sys.modules``."""
    remove_aliases(modules_of(ALIAS))
    for name, module in modules_of(ROOT).items():
        if _is_synthetic(module):
            del sys.modules[name]
            delattr(sys.modules[ROOT], name.removeprefix(f"{ROOT}."))


def remove_aliases(names: Iterable[str]) -> None:
    """Take those of the names that are aliases of plugins' modules out of ``sys.modules``."""
    for name in [name for name in names if _is_alias(name)]:
        del sys.modules[name]


def _is_alias(name: str) -> bool:
    # Somebody's own package ``plugins`` is none of ours.
    return sys.modules[name] is sys.modules.get(f"bastproxy.{name}")


def put_back_modules(modules: dict[str, ModuleType]) -> None:
    """Undo :func:`remove_modules`, with what :func:`modules_around` has found before it."""
    sys.modules.update(modules)
    for name, module in modules.items():
        parent_name, _, attribute = name.rpartition(".")
        if parent_name in sys.modules:
            setattr(sys.modules[parent_name], attribute, module)
