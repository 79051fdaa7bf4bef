"""The plugin loader: finds, loads, unloads and reloads plugins, and answers for them."""

from __future__ import annotations

import gc
import importlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from bastproxy.libs.api import API, AddAPI
from bastproxy.libs.plugins.codestore import Code, CodeStore
from bastproxy.libs.plugins.dependency import (
    Requirement,
    Resolution,
    because,
    in_order,
    resolve,
)
from bastproxy.libs.plugins.discovery import Discovery
from bastproxy.libs.plugins.errors import PluginError, without_trace
from bastproxy.libs.plugins.imputils import PluginFinder, remove_synthetic_modules
from bastproxy.libs.plugins.inquiry import LoaderInquiry
from bastproxy.libs.plugins.kernel import Kernel, running_kernel
from bastproxy.libs.plugins.leakcheck import LeakCheck
from bastproxy.libs.plugins.lifecycle import OWNER_ID, Lifecycle
from bastproxy.libs.plugins.needs import parsed, said_by
from bastproxy.libs.plugins.plugininfo import PluginInfo
from bastproxy.libs.plugins.probation import Probation
from bastproxy.libs.plugins.reload import Reloader, ReloadPlan, ReloadResult
from bastproxy.libs.plugins.transaction import settle
from bastproxy.libs.records import LogRecord


@contextmanager
def collection_paused() -> Iterator[None]:
    """Keep the garbage collector from looking, again and again, at what is there to stay.

    It takes a third of the time in which many plugins are loaded.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


EVENTS = {
    "ev_plugin_loaded": "A plugin was loaded",
    "ev_plugin_initialized": "The initialize hooks of a plugin have run",
    "ev_plugin_unloaded": "A plugin was unloaded",
    "ev_plugin_reloaded": "A plugin was reloaded",
    "ev_plugin_reload_failed": "A plugin could not be reloaded",
    "ev_plugin_rolled_back": "A plugin went back to what it was before its last reload",
    "ev_plugin_save": "Plugins should save their state: the one named, or all",
    "ev_plugin_reset": "Plugins should go back to their defaults: the one named, or all",
}


class PluginLoader(LoaderInquiry):
    """Finds plugins, and takes them through their lives.

    :param kernel: the engines; those of the running proxy by default.
    :param search_paths: more dictionaries as in ``plugin_search_paths``, after the
        packaged plugins.
    :param data_root: the directory of the plugins' data directories.
    :param installed: look for plugins among installed distributions too.
    :param leak_check_after: seconds from an unload or a reload until what is left of the old
        generation is looked for; None for never.
    :ivar plugins_info: every plugin that is known, by id.
    :ivar errors: why the last action on a plugin failed, by id.
    """

    def __init__(
        self,
        kernel: Kernel | None = None,
        *,
        search_paths: Sequence[dict[str, object]] = (),
        data_root: Path = Path("data"),
        installed: bool = True,
        leak_check_after: float | None = None,
    ) -> None:
        self.kernel = kernel or running_kernel()
        self.api = API(owner_id=__name__, registry=self.kernel.registry)
        self.plugins_info: dict[str, PluginInfo] = {}
        self.base_plugin_dir = Path(__file__).parents[2] / "plugins"
        self.plugin_search_paths: list[dict[str, object]] = [
            {"path": self.base_plugin_dir, "prefix": "plugins.", "strip": ""},
            *search_paths,
        ]
        self.errors: dict[str, str] = {}
        self.store = CodeStore()
        self.lifecycle = Lifecycle(self.kernel, self.store)
        self.leak_check = LeakCheck(self.kernel.tasks, self.lifecycle.unloaded, leak_check_after)
        self.reloader = Reloader(self)
        self.probation = Probation(self)
        self.discovery = Discovery(self.plugin_search_paths, data_root, installed=installed)
        self.finder = PluginFinder(self.store, self._locate, self._has_category, self._ran)
        self._loading: list[str] = []
        self._batch: list[str] | None = None
        self.load_order: list[str] = []
        self.orphaned: set[str] = set()
        self.kernel.registry.add_object(OWNER_ID, self)
        for name, description in EVENTS.items():
            self.kernel.dispatcher.add_event(
                name, OWNER_ID, [description], {"plugin_id": "the id of the plugin"}
            )
        self.kernel.dispatcher.register("ev_plugin_save", self._save, OWNER_ID)
        self.kernel.dispatcher.register("ev_plugin_reset", self._reset, OWNER_ID)

    @AddAPI("load.plugins", description="load plugins and what they depend on")
    def load_plugins(self, plugin_ids: Sequence[str]) -> dict[str, list[str]]:
        """Load plugins, after everything that they depend on.

        :returns: the ids under ``loaded_plugins`` (in order, dependencies included),
            ``bad_plugins`` and ``already_loaded_plugins``; why a bad one is bad is in
            ``errors`` and behind ``get.plugin.error``.
        """
        if isinstance(plugin_ids, str):
            plugin_ids = [plugin_ids]
        already = [plugin_id for plugin_id in plugin_ids if self.is_loaded(plugin_id)]
        loaded, bad = self.load([name for name in plugin_ids if name not in already])
        return {
            "loaded_plugins": loaded,
            "bad_plugins": list(bad),
            "already_loaded_plugins": already,
        }

    def load(self, plugin_ids: Sequence[str]) -> tuple[list[str], dict[str, PluginError]]:
        """Load plugins with what they need; return who is loaded, and who is bad and why."""
        if self._batch is None or any(name not in self.plugins_info for name in plugin_ids):
            self.discover()
            importlib.invalidate_caches()
        with collection_paused():
            loaded, bad = self._load(plugin_ids)
        if bad:
            self.settle()  # what they had begun before they failed
        return loaded, bad

    def _load(self, plugin_ids: Sequence[str]) -> tuple[list[str], dict[str, PluginError]]:
        resolution = resolve(plugin_ids, self._needs, self.check_version)
        bad = resolution.bad
        for plugin_id, error in bad.items():
            if plugin_id not in self._loading:
                self._report(error)
                if plugin_id in self.plugins_info:
                    self.store.forget(self.plugins_info[plugin_id].package_path)
        return self._load_in_order(resolution), bad

    @AddAPI("add.dependency", description="have a loaded plugin depend on one more")
    def add_dependency(self, plugin_id: str, dependency: str) -> bool:
        """Have a loaded plugin depend on another one, which is loaded if it is not yet.

        :returns: False, with the reason in the log, when that cannot be.
        """
        info = self.plugins_info.get(plugin_id)
        try:
            if info is None or not info.is_loaded:
                raise self.not_loaded(plugin_id, "dependencies")
            needs = parsed(info, [dependency])
            self.check_cycle(plugin_id, needs)
            self._load_needed(plugin_id, needs, {})
        except PluginError as error:
            self._report(error)
            return False
        info.runtime_info.plugin_instance.depend_on(dependency)
        self.sort()
        return True

    @AddAPI("unload.plugin", description="unload a plugin")
    def unload_plugin(self, plugin_id: str, dependents: bool = False) -> bool:
        """Unload a plugin.

        :param dependents: unload what depends on it too; refused otherwise.
        :returns: False, with the reason in the log and behind ``get.plugin.error``, when
            it is not loaded, required, not to be reloaded, or needed by others.
        """
        try:
            plan = self._unload_plan(plugin_id, dependents)
        except PluginError as error:
            self._report(error)
            return False
        for member in plan:
            if self.is_loaded(member):  # and no hook has unloaded it meanwhile
                self.take_out(member)
        self.settle()
        return True

    @AddAPI("reload.plugin", description="reload a plugin")
    def reload_plugin(self, plugin_id: str, dependents: bool = False) -> bool:
        """Unload a plugin and load it again from its files as they are now.

        What ``attributes_to_save_on_reload`` names is kept.

        :param dependents: take everything that depends on it along.
        :returns: True only when the new code runs.
        """
        return self.reload_plugins([plugin_id], dependents).error is None

    @AddAPI("reload.plugins", description="reload several plugins as one")
    def reload_plugins(self, plugin_ids: Sequence[str], dependents: bool = False) -> ReloadResult:
        """Reload plugins together: all of them run their new code, or all the old.

        :param dependents: take everything that depends on them along.
        """
        started = perf_counter()
        try:
            return self.reloader.reload(plugin_ids, dependents=dependents)
        except PluginError as error:
            self._report(error)
            failure = without_trace(error)
        for plugin_id in plugin_ids:
            self.kernel.dispatcher.raise_event(
                "ev_plugin_reload_failed",
                {"plugin_id": plugin_id, "reason": str(failure)},
                OWNER_ID,
            )
        return ReloadResult([], (perf_counter() - started) * 1000, failure)

    @AddAPI("reload.plan", description="what a reload would do, and why")
    def reload_plan(
        self, plugin_id: str | Sequence[str], dependents: bool = False
    ) -> ReloadPlan | None:
        """Return the set that would reload with a plugin, or several, without doing it.

        :param dependents: take everything that depends on it along.
        :returns: None, with the reason behind ``get.plugin.error``, when it is refused.
        """
        plugin_ids = [plugin_id] if isinstance(plugin_id, str) else plugin_id
        try:
            return self.reloader.plan(plugin_ids, dependents=dependents)
        except PluginError as error:
            self._report(error)
            return None

    @AddAPI("rollback.plugin", description="go back to what a plugin was before its last reload")
    def rollback_plugin(self, plugin_id: str) -> bool:
        """Bring back the code and the state that a plugin had before its last reload.

        What was reloaded with it goes back too.  The files stay as they are.

        :returns: False, with the reason in the log and behind ``get.plugin.error``, when
            the reload is too long ago, or the old code does not run any more.
        """
        try:
            self.probation.roll_back(plugin_id)
        except PluginError as error:
            self._report(error)
            return False
        return True

    @AddAPI("set.probation", description="how long after a reload there is a way back")
    def set_probation(self, seconds: float, errors: int) -> None:
        """Have new code prove itself for some seconds after a reload; 0 for no such time.

        :param errors: how many errors within that time bring the old code back.
        """
        self.probation.use(seconds, errors)

    def start(self) -> None:
        """Take part in imports: from now on plugins can be loaded."""
        self.finder.install()

    def stop(self) -> None:
        """Unload everything in reverse order, required plugins too."""
        self.probation.stop()
        while self.load_order:
            self.take_out(self.load_order[-1])
        self.finder.remove()
        remove_synthetic_modules()
        self.kernel.ledger.release(OWNER_ID)

    def discover(self) -> None:
        """Look at the disk for plugins that have come, gone or changed."""
        self.discovery.scan(self.plugins_info)

    def settle(self) -> None:
        """End in the background what old generations ran, then look whether they are gone."""
        settle(self)
        self.leak_check.schedule()

    def take_out(self, plugin_id: str) -> None:
        """Unload one loaded plugin, whatever speaks against it."""
        self.load_order.remove(plugin_id)
        self.lifecycle.unload(self.plugins_info[plugin_id])

    def sort(self) -> None:
        """Put every plugin behind those that it needs, in the order of loading."""
        self.load_order[:] = in_order(self.load_order, self.needed)

    def _load_in_order(self, resolution: Resolution) -> list[str]:
        outermost = self._batch is None
        batch = self._batch = [] if self._batch is None else self._batch
        before = len(batch)
        try:
            for plugin_id in resolution.order:
                if not self.is_loaded(plugin_id):
                    self._load_one(plugin_id, resolution)
        finally:
            if outermost:
                self._batch = None
        new = list(dict.fromkeys(batch[before:]))  # one may have been unloaded and loaded again
        if outermost:
            for plugin_id in new:
                self._initialize(plugin_id, new, resolution.bad)
        return [plugin_id for plugin_id in new if self.is_loaded(plugin_id)]

    def _load_one(self, plugin_id: str, resolution: Resolution) -> None:
        self._loading.append(plugin_id)
        try:
            self._check_met(plugin_id, resolution.needs[plugin_id], resolution.bad)
            self.lifecycle.load(
                self.plugins_info[plugin_id], partial(self.load_late, resolution.bad)
            )
        except PluginError as error:
            self.store.forget(self.plugins_info[plugin_id].package_path)
            self._fail(error, resolution.bad)
            return
        finally:
            self._loading.remove(plugin_id)
        self.errors.pop(plugin_id, None)
        self.plugins_info[plugin_id].runtime_info.error = ""
        self.load_order.append(plugin_id)
        if plugin_id in self.orphaned:  # somebody who is loaded already may need it
            self.orphaned.discard(plugin_id)
            self.sort()
        if self._batch is not None:
            self._batch.append(plugin_id)
        # Told last, so that whoever hears of it finds it in every listing.
        self.lifecycle.raise_event("ev_plugin_loaded", self.plugins_info[plugin_id])

    @contextmanager
    def being_loaded(self, plugin_ids: Sequence[str]) -> Iterator[None]:
        """Have whoever needs one of these meanwhile, before it is there, be refused."""
        self._loading.extend(plugin_ids)
        try:
            yield
        finally:
            for plugin_id in plugin_ids:
                self._loading.remove(plugin_id)

    def load_late(self, bad: dict[str, PluginError], info: PluginInfo, instance: Any) -> None:
        """Load what only the instance knows that it depends on."""
        needs = parsed(info, said_by(info))
        if info.plugin_id in self.orphaned:
            self.check_cycle(info.plugin_id, needs)
        self._load_needed(info.plugin_id, needs, bad)

    def _load_needed(
        self, plugin_id: str, needs: Sequence[Requirement], bad: dict[str, PluginError]
    ) -> None:
        missing = [need.plugin_id for need in needs if not self.is_loaded(need.plugin_id)]
        if missing:
            bad.update(self.load(missing)[1])
        if plugin_id in bad:
            raise bad[plugin_id]  # somebody down there needs this very plugin
        self._check_met(plugin_id, needs, bad)

    def _check_met(
        self, plugin_id: str, needs: Sequence[Requirement], bad: dict[str, PluginError]
    ) -> None:
        for need in needs:
            if not self.is_loaded(need.plugin_id):
                error = bad.get(need.plugin_id)
                reason = (
                    because(need.plugin_id, error)
                    if error is not None
                    else f"it needs {need.plugin_id}, which is not loaded"
                )
                raise PluginError(plugin_id, "dependencies", reason)
            if problem := self.check_version(need):
                raise PluginError(plugin_id, "dependencies", problem)

    def _initialize(
        self, plugin_id: str, batch: Sequence[str], bad: dict[str, PluginError]
    ) -> None:
        info = self.plugins_info.get(plugin_id)
        if info is None or not info.is_loaded or info.runtime_info.is_initialized:
            return  # it has gone meanwhile, or a reload has initialized it
        try:
            self.lifecycle.initialize(self.plugins_info[plugin_id])
        except PluginError as error:
            for name in reversed(self.get_plugin_dependents(plugin_id)):
                if name in batch:
                    reason = because(plugin_id, error)
                    self._fail(PluginError(name, "dependencies", reason), bad)
                    self.take_out(name)
            self._fail(error, bad)
            if self.is_loaded(plugin_id):
                self.take_out(plugin_id)

    def _fail(self, error: PluginError, bad: dict[str, PluginError]) -> None:
        bad[error.plugin_id] = without_trace(error)
        self._report(error)

    def _unload_plan(self, plugin_id: str, dependents: bool) -> list[str]:
        info = self.plugins_info.get(plugin_id)
        if info is None or not info.is_loaded:
            raise self.not_loaded(plugin_id, "unload")
        others = self.get_plugin_dependents(plugin_id)
        if others and not dependents:
            raise PluginError(
                plugin_id, "unload", f"{', '.join(others)} depend on it; unload them too"
            )
        plan = [name for name in reversed(self.load_order) if name in {plugin_id, *others}]
        for name in plan:
            if self.plugins_info[name].is_required:
                raise PluginError(name, "unload", "it is required, so it cannot be unloaded")
            self.check_may_go(name, "unload")
        return plan

    def not_loaded(self, plugin_id: str, phase: str) -> PluginError:
        """Return the error for an action on a plugin that is not loaded, or unknown."""
        self.discover()
        if plugin_id in self.plugins_info:
            return PluginError(plugin_id, phase, "it is not loaded")
        return self.unknown(plugin_id, phase)

    def check_may_go(self, plugin_id: str, phase: str) -> None:
        """Refuse for a plugin that says that it cannot be reloaded.

        :raises PluginError: it says so.
        """
        if not self.plugins_info[plugin_id].runtime_info.plugin_instance.can_reload_f:
            raise PluginError(plugin_id, phase, "its can_reload_f is False")

    def _report(self, error: PluginError) -> None:
        self.errors[error.plugin_id] = str(error)
        info = self.plugins_info.get(error.plugin_id)
        if info is not None:
            info.runtime_info.error = str(error)
        message = f"{error.message}\n{error.details}" if error.details else error.message
        LogRecord(message.rstrip(), level="error", sources=[error.plugin_id, OWNER_ID])()

    def _locate(self, plugin_id: str) -> Path | None:
        info = self.plugins_info.get(plugin_id)
        if self.reloader.is_busy and (info is None or not info.is_plugin):
            self.discover()  # a reload looks at the disk only when it has to
            info = self.plugins_info.get(plugin_id)
        return info.package_path if info is not None and info.is_plugin else None

    def _has_category(self, package: str) -> bool:
        if self.reloader.is_busy and not self._knows_category(package):
            self.discover()
        return self._knows_category(package)

    def _knows_category(self, package: str) -> bool:
        return any(info.package == package for info in self.plugins_info.values())

    def _ran(self, plugin_id: str, path: str, code: Code) -> None:
        info = self.plugins_info[plugin_id]
        for file in info.files.values():
            if str(file.path) == path:
                file.digest, file.source = code.digest, code.source

    def _save(self) -> None:
        failed = [
            instance.plugin_id
            for instance in self._instances_of_event()
            if not instance.run_hooks("save", isolate=True)
        ]
        record = self.kernel.dispatcher.current_record()
        if failed and record is not None:
            record["failed"] = failed

    def _reset(self) -> None:
        for instance in self._instances_of_event():
            if instance.can_reset_f:
                instance.reset_to_defaults()

    def _instances_of_event(self) -> list[Any]:
        record = self.kernel.dispatcher.current_record()
        plugin_id = record.get("plugin_id") if record is not None else None
        return [
            self.plugins_info[name].runtime_info.plugin_instance
            for name in self.load_order
            if plugin_id in (None, "", name)
        ]
