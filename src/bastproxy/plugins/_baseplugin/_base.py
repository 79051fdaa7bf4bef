"""The class that all plugins are derived from."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from bastproxy.libs.api import API, AddAPI
from bastproxy.libs.events import Dispatcher, EventRecord
from bastproxy.libs.plugins.plugininfo import PluginInfo
from bastproxy.libs.records import LogRecord
from bastproxy.libs.work import Timer
from bastproxy.plugins._baseplugin import _dump, _pluginhooks
from bastproxy.plugins._baseplugin._commands import BaseCommands
from bastproxy.plugins._baseplugin._database import BaseDatabase

R = TypeVar("R")
T = TypeVar("T")


class Plugin(BaseCommands, BaseDatabase):
    """The base class of plugins, imported as ``BasePlugin``.

    The constructor sets the attributes below, offers the decorated APIs, and then runs
    the ``__init__`` hooks; the rest of a subclass's own ``__init__`` comes after that.

    :ivar plugin_id: the unique id, such as ``plugins.core.events``.
    :ivar plugin_info: metadata and runtime information.
    :ivar api: the plugin's way to all APIs.
    :ivar dependencies: ids of the plugins that this one depends on.
    :ivar data: anything; kept over a reload.
    :ivar can_reload_f: whether the plugin can be reloaded, and unloaded.
    :ivar can_reset_f: whether the plugin can be reset.
    :ivar is_reloading_f: whether hooks run because of a reload.
    :ivar reload_dependents_f: whether what depends on this plugin reloads with it.
    :ivar attributes_to_save_on_reload: names of attributes to keep over a reload.
    """

    def __init__(self, plugin_id: str, plugin_info: PluginInfo) -> None:
        self.plugin_id = plugin_id
        self.plugin_info = plugin_info
        self.api = API(owner_id=self.plugin_id)
        self.dependencies: list[str] = []
        self.data: dict[Any, Any] = {}
        self.can_reload_f = True
        self.can_reset_f = True
        self.is_reloading_f = plugin_info.runtime_info.is_reloading
        self.reload_dependents_f = False
        self.attributes_to_save_on_reload: list[str] = []
        self._added_dependencies: list[str] = []
        self.api("libs.api:add.apis.for.object")(self.plugin_id, self)
        _pluginhooks.warn_of_mistakes(type(self), self.plugin_id)
        self.run_hooks("__init__")

    def run_hooks(self, hook_name: str, *, isolate: bool = False) -> bool:
        """Run the methods of a hook in order of priority.

        :param isolate: log what fails and run the rest.
        :returns: False when one failed.
        :raises HookError: one failed, and ``isolate`` is False.
        """
        return _pluginhooks.run_hooks(self, self.plugin_id, hook_name, isolate=isolate)

    def spawn(self, coroutine: Coroutine[Any, Any, T], name: str = "") -> asyncio.Task[T]:
        """Run a coroutine as a task of this plugin; it is cancelled when the plugin goes."""
        task: asyncio.Task[T] = self.api("libs.tasks:spawn")(self.plugin_id, coroutine, name)
        return task

    def call_later(self, seconds: float, function: Callable[..., object], *args: Any) -> Timer:
        """Call a function, plain or ``async def``, after some seconds, if the plugin still runs.

        :raises ValueError: ``seconds`` is negative.
        """
        timer: Timer = self.api("libs.work:call.later")(self.plugin_id, seconds, function, *args)
        return timer

    def call_every(self, seconds: float, function: Callable[[], object]) -> Timer:
        """Call a function, plain or ``async def``, every so many seconds while the plugin runs.

        :raises ValueError: ``seconds`` is not more than 0.
        """
        timer: Timer = self.api("libs.work:call.every")(self.plugin_id, seconds, function)
        return timer

    def run_in_thread(self, function: Callable[..., T], *args: Any) -> Awaitable[T]:
        """Run a function in a thread of this plugin, and return what to await.

        A parameter ``stop`` that ``args`` does not fill gets a :class:`threading.Event`,
        which is set when the plugin goes.
        """
        result: Awaitable[T] = self.api("libs.work:run.in.thread")(self.plugin_id, function, *args)
        return result

    def own(self, resource: R, close: Callable[[R], object] | None = None) -> R:
        """Have a file, a socket or the like closed when the plugin goes; return it.

        :param close: called with it; its ``aclose`` or ``close`` by default.
        :raises TypeError: it has neither.
        """
        owned: R = self.api("libs.work:own")(self.plugin_id, resource, close)
        return owned

    def disown(self, resource: object) -> bool:
        """Close it yourself, instead of having it closed; False when it was not owned."""
        return bool(self.api("libs.work:disown")(self.plugin_id, resource))

    def migrate_state(self, old_version: int, state: dict[str, Any]) -> dict[str, Any]:
        """Return what to restore when a reload has changed ``PLUGIN_VERSION``.

        :param old_version: the version that the state comes from.
        :param state: the kept attributes by name, ``data`` included.
        """
        return state

    def all_dependencies(self) -> list[str]:
        """Return what the plugin says, in ``dependencies`` and through the API, it needs."""
        own = self.dependencies
        return [*([own] if isinstance(own, str) else own), *self._added_dependencies]

    def depend_on(self, dependency: str) -> None:
        """Write down one more dependency, beside those in ``dependencies``."""
        if dependency not in self.all_dependencies():
            self._added_dependencies.append(dependency)

    def reset_to_defaults(self) -> None:
        """Go back to the defaults: those of all settings."""
        if self.api.has("libs.settings:get.store"):
            self.api("libs.settings:get.store")().reset(self.plugin_id)

    @AddAPI("data.get", description="get data of a plugin by its key")
    def _api_data_get(self, datatype: Any, plugin_id: str = "") -> Any:
        """Return ``data[datatype]`` of this plugin, or of another one; None without it."""
        if plugin_id and plugin_id != self.plugin_id:
            if not self.api.has(f"{plugin_id}:data.get"):
                return None
            return self.api(f"{plugin_id}:data.get")(datatype)
        return self.data.get(datatype)

    @AddAPI("data.update", description="set data of a plugin by its key")
    def _api_data_update(self, datatype: Any, newdata: Any, plugin_id: str = "") -> bool:
        """Set ``data[datatype]`` of this plugin, or of another one; False without that one."""
        if plugin_id and plugin_id != self.plugin_id:
            name = f"{plugin_id}:data.update"
            return self.api.has(name) and bool(self.api(name)(datatype, newdata))
        self.data[datatype] = newdata
        return True

    @AddAPI("dependency.add", description="add a dependency")
    def _api_dependency_add(self, dependency: str) -> bool:
        """Depend on another plugin, which is loaded if it is not yet.

        :param dependency: a plugin id, with a version constraint if need be.
        :returns: False when this plugin is loaded already and the other cannot be.
        """
        if self.plugin_info.is_loaded:
            add = self.api("libs.plugins.loader:add.dependency")
            return bool(add(self.plugin_id, dependency))
        self.depend_on(dependency)
        return True  # it is loaded before this plugin counts as loaded

    @AddAPI("get.data.directory", description="get the directory for the plugin's files")
    def _api_get_data_directory(self) -> Path:
        """Return the directory for persistent files, which exists from then on.

        :raises OSError: it cannot be made.
        """
        directory = self.plugin_info.data_directory
        directory.mkdir(parents=True, exist_ok=True)
        return directory

    @AddAPI("set.reload", description="set the flag that says the plugin is being reloaded")
    def _api_set_reload(self, value: bool = True) -> bool:
        """Set ``is_reloading_f``, and return it."""
        self.is_reloading_f = bool(value)
        return self.is_reloading_f

    @AddAPI("get.plugin.hooks", description="get the plugin's hooks")
    def _api_get_plugin_hooks(self, hook_name: str = "") -> dict[str, list[tuple[int, str]]]:
        """Return (priority, method name) of all hook methods, by hook, in the order they run.

        :param hook_name: only this one.
        """
        return {
            name: [(hook.priority, hook.function) for hook in hooks]
            for name, hooks in _pluginhooks.hooks_of(type(self)).items()
            if hook_name in ("", name)
        }

    @AddAPI("dump", description="show the plugin's state, or one attribute")
    def _api_dump(self, attribute_name: str | None = None, detailed: bool = False) -> str | None:
        """Return a readable dump of the plugin or of an attribute of it.

        :param attribute_name: may be dotted: ``data.users.0``.
        :param detailed: everything, however long.
        :returns: None when there is no such attribute.
        """
        if not attribute_name:
            return "\n".join(
                f"{name} = {_dump.show(value, detailed=detailed)}"
                for name, value in vars(self).items()
            )
        found, value = _dump.find(self, attribute_name)
        return _dump.show(value, detailed=detailed) if found else None

    @AddAPI("save.state", description="save the plugin's state")
    def _api_save_state(self) -> bool:
        """Have the plugin's ``save`` hooks run, through ``ev_plugin_save``.

        :returns: False when one failed; the log says why.
        """
        return not self._raise_for_me("ev_plugin_save").get("failed")

    @AddAPI("reset", description="reset the plugin to its defaults")
    def _api_reset(self) -> bool:
        """Reset the plugin through ``ev_plugin_reset``; False when it cannot be reset."""
        if not self.can_reset_f:
            LogRecord(
                "it is not reset: its can_reset_f is False",
                level="warning",
                sources=[self.plugin_id],
            )()
            return False
        self._raise_for_me("ev_plugin_reset")
        return True

    def _raise_for_me(self, event_name: str) -> EventRecord:
        dispatcher: Dispatcher = self.api("libs.events:get.dispatcher")()
        return dispatcher.raise_event(event_name, {"plugin_id": self.plugin_id}, self.plugin_id)

    def __repr__(self) -> str:
        return f"<{type(self).__module__}.{type(self).__name__} {self.plugin_id}>"
