"""Updating the base class itself, from its edited sources, while plugins run on it.

The classes stay the same objects, so that everything derived from them, and every
instance, has the new methods at once.
"""

from __future__ import annotations

import contextlib
import importlib.util
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from bastproxy.libs import declarations
from bastproxy.libs.declarations import declarations_on
from bastproxy.libs.plugins import Kernel, PluginError
from bastproxy.libs.plugins.codestore import digest_of, read_code
from bastproxy.libs.plugins.errors import plugin_error, without_trace
from bastproxy.libs.records import LogRecord
from bastproxy.plugins._baseplugin._base import Plugin
from bastproxy.plugins._baseplugin._patch import EVENT, OWNER_ID, BasePatches

PACKAGE = "bastproxy.plugins._baseplugin"
#: What carries the update, and is not updated by it.
FIXED = frozenset({"_patch", "_update"})
KEPT = frozenset({"__dict__", "__weakref__", "__module__", "__qualname__", "__slots__"})


class BaseUpdate:
    """Brings the base class up to date with its files.

    :param instances: returns the instances of all plugins.
    :ivar directory: where the files lie.
    :ivar error: why the last update did not run, or None.
    """

    def __init__(
        self,
        kernel: Kernel,
        patches: BasePatches,
        instances: Callable[[], Iterable[Any]],
        directory: Path | None = None,
    ) -> None:
        self._kernel = kernel
        self._patches = patches
        self._instances = instances
        self.directory = directory or Path(__file__).parent
        self.error: PluginError | None = None
        self._seen = self._digests()

    def is_changed(self) -> bool:
        """Say whether the files are other ones than at the last update, or at the start."""
        return self._digests() != self._seen

    def update(self) -> bool:
        """Read the files again and give every plugin what they say now.

        :returns: False, with the reason in the log, when they do not run; nothing has
            changed then.
        """
        self.error, self._seen = None, self._digests()
        try:
            fresh = self._run_files()
        except PluginError as error:
            self.error = without_trace(error)
            LogRecord(
                f"the base class is as it was: {error.message}", level="error", sources=[OWNER_ID]
            )()
            return False
        names = self._exchange(fresh)
        self._kernel.dispatcher.raise_event(EVENT, {"plugin_id": "", "names": names}, OWNER_ID)
        return True

    def _files(self) -> list[Path]:
        paths = sorted(self.directory.glob("_*.py"))
        return [path for path in paths if path.stem not in {*FIXED, "__init__"}]

    def _digests(self) -> dict[Path, bytes]:
        digests = {}
        for path in self._files():
            with contextlib.suppress(OSError):  # it has just been deleted, or is not ours to read
                digests[path] = digest_of(path.read_bytes())
        return digests

    def _run_files(self) -> dict[str, ModuleType]:
        """Run the files as modules beside the ones in use."""
        failure: PluginError | None = None
        old = {
            name: module
            for name, module in sys.modules.items()
            if name.startswith(f"{PACKAGE}.") and name.rpartition(".")[2] not in FIXED
        }
        package = sys.modules[PACKAGE]
        attributes = dict(vars(package))
        fresh: dict[str, ModuleType] = {}
        try:
            codes = {f"{PACKAGE}.{path.stem}": read_code(path).code for path in self._files()}
            finder = _Finder(codes, fresh, self.directory)
            for name in old:
                del sys.modules[name]
                vars(package).pop(name.rpartition(".")[2], None)
            sys.meta_path.insert(0, finder)
            try:
                for name in codes:
                    importlib.import_module(name)
            finally:
                sys.meta_path.remove(finder)
        except (Exception, SystemExit) as error:
            failure = plugin_error(OWNER_ID, "update", error, self.directory)
        finally:
            for name in fresh:
                sys.modules.pop(name, None)
            sys.modules.update(old)
            vars(package).clear()
            vars(package).update(attributes)
        if failure is not None:
            raise failure from None
        return fresh

    def _exchange(self, fresh: dict[str, ModuleType]) -> list[str]:
        """Move what the fresh modules define into the modules and classes in use."""
        twins = _twins(fresh)
        changed: list[str] = []
        living = list(self._instances())
        for instance in living:
            _each_declared(self._kernel.scanner.undo, instance)
        for new, old in twins.items():
            changed += _move(new, old, twins)
        for name, module in fresh.items():
            target = sys.modules.setdefault(name, module)
            for key, value in list(vars(module).items()):
                if key.startswith("__"):
                    continue
                if isinstance(value, type):
                    # The fresh functions look names up in the fresh module.
                    value = vars(module)[key] = twins.get(value, value)
                vars(target)[key] = value
        declarations.forget()
        self._patches.reapply()
        for instance in living:
            self._kernel.scanner.scan(instance.plugin_id, instance)
        return sorted(set(changed))


class _Finder:
    """Makes the fresh modules from code that is compiled already."""

    def __init__(
        self, codes: dict[str, Any], fresh: dict[str, ModuleType], directory: Path
    ) -> None:
        self._codes = codes
        self._fresh = fresh
        self._directory = directory

    def find_spec(self, name: str, path: object = None, target: object = None) -> Any:
        if name not in self._codes:
            return None
        location = self._directory / f"{name.rpartition('.')[2]}.py"
        return importlib.util.spec_from_file_location(name, location, loader=self)  # type: ignore[arg-type]

    def create_module(self, spec: object) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        self._fresh[module.__name__] = module
        exec(self._codes[module.__name__], module.__dict__)


def _each_declared(action: Callable[[str, object, str], None], instance: Any) -> None:
    for attribute in {found.attribute for found in declarations.declared(type(instance))}:
        action(instance.plugin_id, instance, attribute)


def _twins(fresh: dict[str, ModuleType]) -> dict[type, type]:
    """Return the classes that the fresh modules define, with those in use of the same name."""
    twins: dict[type, type] = {}
    for name, module in fresh.items():
        in_use = vars(sys.modules[name]) if name in sys.modules else {}
        for key, value in vars(module).items():
            old = in_use.get(key)
            if isinstance(value, type) and value.__module__ == name and isinstance(old, type):
                twins[value] = old
    return twins


def _move(new: type, old: type, twins: dict[type, type]) -> list[str]:
    """Give the old class the attributes of the new one, and return the names that changed."""
    changed = []
    for name in set(vars(old)) - set(vars(new)) - KEPT:
        if old is Plugin or not name.startswith("__"):
            delattr(old, name)
            changed.append(name)
    for name, value in vars(new).items():
        if name in KEPT:
            continue
        if isinstance(value, FunctionType):
            _rebind(value, old, twins)
        if vars(old).get(name) is not value:
            setattr(old, name, value)
            changed.append(name)
    return changed


def _rebind(function: FunctionType, old: type, twins: dict[type, type]) -> None:
    """Let zero-argument super(), and the decorators' declarations, speak of the class in use."""
    for variable, cell in zip(
        function.__code__.co_freevars, function.__closure__ or (), strict=True
    ):
        if variable == "__class__":
            cell.cell_contents = old
    for declaration in declarations_on(function):
        twin = twins.get(type(declaration))
        if twin is not None:
            declaration.__class__ = twin
