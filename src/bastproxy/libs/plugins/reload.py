"""Reloading: which plugins go together, and the steps that take them to their new code.

The steps are those that the plugin author sees: keep the attributes, unload, import
afresh, load, restore.  What can be found wrong before anything stops is found first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bastproxy.libs.plugins.errors import PluginError

if TYPE_CHECKING:
    from bastproxy.libs.plugins.loader import PluginLoader


@dataclass(frozen=True, slots=True)
class ReloadPlan:
    """The reload set in dependency order, with the reason for each member."""

    plugin_id: str
    members: list[str]
    reasons: dict[str, str] = field(default_factory=dict)


class Reloader:
    """Reloads a plugin with those of its dependents that go with it."""

    def __init__(self, loader: PluginLoader) -> None:
        self._loader = loader

    def plan(self, plugin_id: str) -> ReloadPlan:
        """Say what would be reloaded, in which order and why, without doing it.

        :raises PluginError: the plugin is not loaded, or a member cannot be reloaded.
        """
        loader = self._loader
        info = loader.plugins_info.get(plugin_id)
        if info is None or not info.is_loaded:
            raise loader.not_loaded(plugin_id, "reload")
        reasons = {plugin_id: "it was asked for"}
        for member in loader.load_order:
            for need in loader.requirements(member):
                if need.plugin_id in reasons and self._takes_dependents(need.plugin_id):
                    reasons.setdefault(member, f"{need.plugin_id} takes its dependents along")
        members = [member for member in loader.load_order if member in reasons]
        for member in members:
            loader.check_may_go(member, "reload")
        return ReloadPlan(plugin_id, members, reasons)

    def reload(self, plugin_id: str) -> None:
        """Reload a plugin and what goes with it.

        :raises PluginError: the new code does not run.  When its files do not compile,
            or their metadata is wrong, the old code goes on; when it fails later, the
            plugin is not loaded any more.
        """
        loader, lifecycle = self._loader, self._loader.lifecycle
        plan = self.plan(plugin_id)
        for member in plan.members:
            self._check_sources(member)
        places = {member: loader.load_order.index(member) for member in plan.members}
        for member in reversed(plan.members):
            instance = loader.plugins_info[member].runtime_info.plugin_instance
            instance.is_reloading_f = True
            loader.plugins_info[member].runtime_info.is_reloading = True
            lifecycle.cache.save(member, instance)
            loader.take_out(member)
        result = loader.load_plugins(plan.members)
        for member in plan.members:
            lifecycle.cache.drop(member)
            loader.plugins_info[member].runtime_info.is_reloading = False
        self._keep_places(places)
        if result["bad_plugins"]:
            bad = plugin_id if plugin_id in result["bad_plugins"] else result["bad_plugins"][0]
            raise PluginError(bad, "reload", loader.errors[bad])
        for member in plan.members:
            loader.plugins_info[member].runtime_info.plugin_instance.is_reloading_f = False
            lifecycle.raise_event("ev_plugin_reloaded", loader.plugins_info[member])

    def _takes_dependents(self, plugin_id: str) -> bool:
        instance = self._loader.get_plugin_instance(plugin_id)
        return instance is not None and bool(instance.reload_dependents_f)

    def _check_sources(self, plugin_id: str) -> None:
        """Find what is wrong with the files before anything stops."""
        loader = self._loader
        running = loader.plugins_info[plugin_id]
        info = loader.discovery.fresh(running)
        if info.metadata_errors:
            raise PluginError(plugin_id, "metadata", "; ".join(info.metadata_errors))
        try:
            loader.lifecycle.compile(info)
        finally:
            loader.store.forget(info.package_path)

    def _keep_places(self, places: dict[str, int]) -> None:
        """Put the members back where they were in the order of loading."""
        order = self._loader.load_order
        for member, place in sorted(places.items(), key=lambda item: item[1]):
            if member in order:
                order.remove(member)
                order.insert(place, member)
