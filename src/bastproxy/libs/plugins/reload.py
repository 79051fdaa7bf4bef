"""Reloading: which plugins go together, and the steps that take them to their new code.

The steps are those that the plugin author sees: keep the attributes, unload, import
afresh, load, restore.  What can be found wrong before anything stops is found first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bastproxy.libs.plugins.codestore import CodeStore
from bastproxy.libs.plugins.dependency import PHASE, Requirement, circular, find_path
from bastproxy.libs.plugins.errors import PluginError
from bastproxy.libs.plugins.lifecycle import phase

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
            for needed in loader.needed(member):
                if needed in reasons and self._takes_dependents(needed):
                    reasons.setdefault(member, f"{needed} takes its dependents along")
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
        self._check(plan)
        places = {member: loader.load_order.index(member) for member in plan.members}
        loader.orphaned.update(plan.members)
        try:
            for member in reversed(plan.members):
                self._take_out(member)
            bad = loader.load(plan.members)[1]
        finally:
            for member in plan.members:
                lifecycle.cache.drop(member)
                self._set_reloading(member, False)
        self._keep_places(places)
        for member in plan.members:
            if loader.is_loaded(member):
                lifecycle.raise_event("ev_plugin_reloaded", loader.plugins_info[member])
        if bad:
            raise bad.get(plugin_id) or next(iter(bad.values()))

    def _take_out(self, plugin_id: str) -> None:
        loader = self._loader
        instance = loader.get_plugin_instance(plugin_id)
        if instance is None:
            return  # a hook of another member has unloaded it
        self._set_reloading(plugin_id, True)
        with phase(loader.plugins_info[plugin_id], "keeping attributes over the reload"):
            loader.lifecycle.cache.save(plugin_id, instance)
        loader.take_out(plugin_id)

    def _set_reloading(self, plugin_id: str, value: bool) -> None:
        info = self._loader.plugins_info.get(plugin_id)
        if info is not None:
            info.runtime_info.is_reloading = value
            if info.runtime_info.plugin_instance is not None:
                info.runtime_info.plugin_instance.is_reloading_f = value

    def _takes_dependents(self, plugin_id: str) -> bool:
        instance = self._loader.get_plugin_instance(plugin_id)
        return instance is not None and bool(instance.reload_dependents_f)

    def _check(self, plan: ReloadPlan) -> None:
        """Find what is wrong with the files, and with what they need, before anything stops."""
        loader = self._loader
        loader.discover()
        needs: dict[str, list[Requirement]] = {}
        versions: dict[str, int] = {}
        for member in plan.members:
            store = CodeStore()  # what runs keeps its own code for imports to come
            info = loader.discovery.fresh(loader.plugins_info[member])
            loader.check_metadata(info)
            loader.lifecycle.compile(info, store)
            needs[member] = loader.declared(info, store)
            versions[member] = info.version
        for member in plan.members:
            self._check_needs(member, needs, versions)
        for name in loader.load_order:
            if name not in needs:
                self._check_versions(name, loader.requirements(name), versions)

    def _check_needs(
        self, plugin_id: str, needs: dict[str, list[Requirement]], versions: dict[str, int]
    ) -> None:
        loader = self._loader

        def needed(name: str) -> list[str]:
            if name in needs:
                return [need.plugin_id for need in needs[name]]
            return loader.needed(name)

        for need in needs[plugin_id]:
            if need.plugin_id not in loader.plugins_info:
                raise PluginError(plugin_id, PHASE, loader.unknown(need.plugin_id).reason)
            if need.plugin_id not in versions and (problem := loader.check_version(need)):
                raise PluginError(plugin_id, PHASE, problem)
        self._check_versions(plugin_id, needs[plugin_id], versions)
        if cycle := find_path(plugin_id, plugin_id, needed):
            raise PluginError(plugin_id, PHASE, circular(cycle))

    def _check_versions(
        self, plugin_id: str, needs: list[Requirement], versions: dict[str, int]
    ) -> None:
        for need in needs:
            version = versions.get(need.plugin_id)
            if version is not None and not need.allows(version):
                reason = f"{plugin_id} needs {need}, but the files have version {version}"
                raise PluginError(need.plugin_id, PHASE, reason)

    def _keep_places(self, places: dict[str, int]) -> None:
        """Put the members back where they were in the order of loading, if they still fit."""
        order = self._loader.load_order
        for member, place in sorted(places.items(), key=lambda item: item[1]):
            if member in order:
                order.remove(member)
                order.insert(place, member)
        self._loader.sort()
