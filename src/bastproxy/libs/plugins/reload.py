"""Reloading: which plugins go together, and what is wrong with them before anything stops."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING

from bastproxy.libs.plugins.codestore import CodeStore
from bastproxy.libs.plugins.dependency import PHASE, Requirement, circular, find_path, in_order
from bastproxy.libs.plugins.errors import PluginError
from bastproxy.libs.plugins.holders import Holdings
from bastproxy.libs.plugins.lifecycle import phase
from bastproxy.libs.plugins.needs import blame, place_of_field
from bastproxy.libs.plugins.probation import as_it_runs
from bastproxy.libs.plugins.transaction import Fresh, Transaction

if TYPE_CHECKING:
    from bastproxy.libs.plugins.loader import PluginLoader


@dataclass(frozen=True, slots=True)
class ReloadPlan:
    """The reload set in dependency order, with the reason for each member.

    :ivar asked: the plugins whose reload was asked for.
    """

    asked: list[str]
    members: list[str]
    reasons: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReloadResult:
    """What became of a reload.

    :ivar members: the plugins that run their new code, in dependency order; none when it
        failed.
    :ivar milliseconds: how long it took.
    :ivar error: why all run the old code, or None.
    :ivar swap_milliseconds: how much of the time went from the old instances to the new.
    """

    members: list[str]
    milliseconds: float
    error: PluginError | None = None
    swap_milliseconds: float = 0.0


class Reloader:
    """Reloads a plugin with those of its dependents that go with it.

    :ivar is_busy: a reload is going on.
    """

    def __init__(self, loader: PluginLoader) -> None:
        self._loader = loader
        self._thread = threading.get_ident()
        self.is_busy = False

    def plan(self, plugin_ids: Sequence[str], *, dependents: bool = False) -> ReloadPlan:
        """Say what would be reloaded, in which order and why, without doing it.

        :param plugin_ids: those that reload together, all or nothing.
        :param dependents: take everything that depends on them along.
        :raises PluginError: one is not loaded, or a member cannot be reloaded.
        """
        loader = self._loader
        reasons: dict[str, str] = {}
        for plugin_id in plugin_ids:
            if not loader.is_plugin_loaded(plugin_id):
                raise loader.not_loaded(plugin_id, "reload")
            reasons[plugin_id] = "it was asked for"
        if dependents:
            for plugin_id in plugin_ids:
                for member in loader.get_plugin_dependents(plugin_id):
                    reasons.setdefault(member, f"it depends on {plugin_id}")
        holdings = Holdings()
        known = 0
        while known != len(reasons):
            known = len(reasons)
            for taking in [name for name in reasons if self._takes_dependents(name)]:
                for member in loader.get_plugin_dependents(taking):
                    reasons.setdefault(member, f"{taking} takes its dependents along")
            for member in loader.load_order:
                if member not in reasons and (reason := holdings.why(member, reasons)):
                    reasons[member] = reason
        members = [member for member in loader.load_order if member in reasons]
        for member in members:
            loader.check_may_go(member, "reload")
        return ReloadPlan(list(plugin_ids), members, reasons)

    def reload(
        self,
        plugin_ids: Sequence[str],
        *,
        dependents: bool = False,
        given: Mapping[str, Fresh] | None = None,
    ) -> ReloadResult:
        """Reload plugins and what goes with them, all or nothing.

        :param dependents: take everything that depends on them along.
        :param given: what they are to become in place of what is in their files; the rest
            of the set keeps its code then, whatever its files say.
        :raises PluginError: the new code does not run; the old code goes on.
        """
        if self.is_busy:
            raise PluginError(plugin_ids[0], "reload", "another reload is going on")
        if threading.get_ident() != self._thread:
            why = "it must be asked for on the event loop's thread; use loop.call_soon_threadsafe"
            raise PluginError(plugin_ids[0], "reload", why)
        self.is_busy = True
        started = perf_counter()
        try:
            plan = self.plan(plugin_ids, dependents=dependents)
            transaction = Transaction(self._loader, self._read(plan, given))
            with phase(self._loader.plugins_info[plan.members[0]], "reload"):
                transaction.run()
        finally:
            self.is_busy = False
            self._loader.settle()
            self._loader.probation.put_back_code()
        self._loader.probation.begin(plan.members, transaction.kept() if given is None else {})
        self._loader.probation.pin(given or {})
        result = ReloadResult(
            plan.members,
            (perf_counter() - started) * 1000,
            swap_milliseconds=transaction.swap_milliseconds,
        )
        for member in plan.members:
            self._loader.lifecycle.raise_event(
                "ev_plugin_reloaded",
                self._loader.plugins_info[member],
                milliseconds=result.milliseconds,
                swap_milliseconds=result.swap_milliseconds,
            )
        return result

    def _takes_dependents(self, plugin_id: str) -> bool:
        instance = self._loader.get_plugin_instance(plugin_id)
        return instance is not None and bool(instance.reload_dependents_f)

    def _read(self, plan: ReloadPlan, given: Mapping[str, Fresh] | None) -> dict[str, Fresh]:
        """Find what is wrong with the files, and with what they need, before anything stops."""
        loader = self._loader
        fresh: dict[str, Fresh] = {}
        needs: dict[str, list[Requirement]] = {}
        for member in plan.members:
            running = loader.plugins_info[member]
            if given is None:  # what runs keeps its own code for imports to come
                fresh[member] = Fresh(loader.discovery.fresh(running), CodeStore())
            else:
                fresh[member] = given.get(member) or as_it_runs(running)
            info, store = fresh[member].info, fresh[member].store
            loader.check_metadata(info)
            needs[member] = loader.declared(info, store)
            loader.lifecycle.compile(info, store)
        if not all(
            loader.is_plugin_loaded(need.plugin_id) for some in needs.values() for need in some
        ):
            loader.discover()  # what is loaded need not be looked for
        for member in plan.members:
            self._check_needs(member, needs, fresh)
        for name in loader.load_order:
            if name not in needs:
                self._check_versions(name, loader.requirements(name), fresh)
        order = in_order(plan.members, lambda name: [need.plugin_id for need in needs[name]])
        return {member: fresh[member] for member in order}

    def _check_needs(
        self, plugin_id: str, needs: dict[str, list[Requirement]], fresh: dict[str, Fresh]
    ) -> None:
        loader = self._loader
        info, store = fresh[plugin_id].info, fresh[plugin_id].store

        def needed(name: str) -> list[str]:
            if name in needs:
                return [need.plugin_id for need in needs[name]]
            return loader.needed(name)

        for need in needs[plugin_id]:
            if need.plugin_id not in loader.plugins_info:
                reason = loader.unknown(need.plugin_id).reason
                raise blame(info, reason, need.plugin_id, store)
            if need.plugin_id not in fresh and (problem := loader.check_version(need)):
                raise blame(info, problem, need.plugin_id, store)
        self._check_versions(plugin_id, needs[plugin_id], fresh)
        if cycle := find_path(plugin_id, plugin_id, needed):
            raise blame(info, circular(cycle), cycle[1], store)

    def _check_versions(
        self, plugin_id: str, needs: list[Requirement], fresh: dict[str, Fresh]
    ) -> None:
        for need in needs:
            new = fresh.get(need.plugin_id)
            if new is not None and not need.allows(new.info.version):
                place = place_of_field(new.info, "PLUGIN_VERSION", new.store)
                raise PluginError(
                    need.plugin_id,
                    PHASE,
                    f"{plugin_id} needs {need}, but the files have version {new.info.version}",
                    file=place.file,
                    line=place.line,
                )
