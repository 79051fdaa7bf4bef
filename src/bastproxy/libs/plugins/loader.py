"""The plugin loader: finds, loads, unloads and reloads plugins, and answers for them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from bastproxy.libs.api import API, AddAPI
from bastproxy.libs.files import remove_unfinished
from bastproxy.libs.plugins.answers import Answers
from bastproxy.libs.plugins.codestore import CodeStore
from bastproxy.libs.plugins.dependency import in_order
from bastproxy.libs.plugins.discovery import Discovery
from bastproxy.libs.plugins.errors import PluginError, without_trace
from bastproxy.libs.plugins.imports import Imports
from bastproxy.libs.plugins.imputils import remove_synthetic_modules
from bastproxy.libs.plugins.inquiry import LoaderInquiry
from bastproxy.libs.plugins.kernel import Kernel, running_kernel
from bastproxy.libs.plugins.leakcheck import LeakCheck
from bastproxy.libs.plugins.lifecycle import OWNER_ID, Lifecycle
from bastproxy.libs.plugins.loading import Loading
from bastproxy.libs.plugins.plugininfo import PluginInfo
from bastproxy.libs.plugins.probation import Probation
from bastproxy.libs.plugins.reload import Reloader, ReloadPlan, ReloadResult
from bastproxy.libs.plugins.transaction import settle
from bastproxy.libs.plugins.unloading import Unloading
from bastproxy.libs.records import LogRecord

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
        self.data_root = data_root
        self.errors: dict[str, str] = {}
        self.store = CodeStore()
        self.lifecycle = Lifecycle(self.kernel, self.store)
        self.leak_check = LeakCheck(self.kernel.tasks, self.lifecycle.unloaded, leak_check_after)
        self.reloader = Reloader(self)
        self.probation = Probation(self)
        self.discovery = Discovery(self.plugin_search_paths, data_root, installed=installed)
        self.loading = Loading(self)
        self.unloading = Unloading(self)
        self.imports = Imports(self)
        self.load_order: list[str] = []
        self.orphaned: set[str] = set()
        self.kernel.registry.add_object(OWNER_ID, self)
        for name, description in EVENTS.items():
            self.kernel.dispatcher.add_event(
                name, OWNER_ID, [description], {"plugin_id": "the id of the plugin"}
            )
        Answers(self).register(OWNER_ID)

    @AddAPI("load.plugins", description="load plugins and what they depend on")
    def load_plugins(self, plugin_ids: Sequence[str]) -> dict[str, list[str]]:
        """Load plugins, after everything that they depend on.

        :returns: the ids under ``loaded_plugins`` (in order, dependencies included),
            ``bad_plugins`` and ``already_loaded_plugins``; why a bad one is bad is in
            ``errors`` and behind ``get.plugin.error``.
        """
        if isinstance(plugin_ids, str):
            plugin_ids = [plugin_ids]
        already = [plugin_id for plugin_id in plugin_ids if self.is_plugin_loaded(plugin_id)]
        loaded, bad = self.loading.load([name for name in plugin_ids if name not in already])
        return {
            "loaded_plugins": loaded,
            "bad_plugins": list(bad),
            "already_loaded_plugins": already,
        }

    @AddAPI("add.dependency", description="have a loaded plugin depend on one more")
    def add_dependency(self, plugin_id: str, dependency: str) -> bool:
        """Have a loaded plugin depend on another one, which is loaded if it is not yet.

        :returns: False, with the reason in the log, when that cannot be.
        """
        try:
            self.loading.late.add(plugin_id, dependency)
        except PluginError as error:
            self.report(error)
            return False
        return True

    @AddAPI("unload.plugin", description="unload a plugin")
    def unload_plugin(self, plugin_id: str, dependents: bool = False) -> bool:
        """Unload a plugin.

        :param dependents: unload what depends on it too; refused otherwise.
        :returns: False, with the reason in the log and behind ``get.plugin.error``, when
            it is not loaded, required, not to be reloaded, or needed by others.
        """
        try:
            self.unloading.unload(plugin_id, dependents=dependents)
        except PluginError as error:
            self.report(error)
            return False
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
            self.report(error)
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
            self.report(error)
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
            self.report(error)
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
        for path in remove_unfinished(self.data_root):
            LogRecord(
                f"{path} was removed: an earlier run was killed while it wrote it",
                sources=[OWNER_ID],
            )()
        self.imports.finder.install()

    def stop(self) -> None:
        """Unload everything in reverse order, required plugins too."""
        self.probation.stop()
        while self.load_order:
            self.take_out(self.load_order[-1])
        self.imports.finder.remove()
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

    def report(self, error: PluginError) -> None:
        """Log an error of a plugin, and keep it as the reason of its last action's failure."""
        self.errors[error.plugin_id] = str(error)
        info = self.plugins_info.get(error.plugin_id)
        if info is not None:
            info.runtime_info.error = str(error)
        message = f"{error.message}\n{error.details}" if error.details else error.message
        LogRecord(message.rstrip(), level="error", sources=[error.plugin_id, OWNER_ID])()
