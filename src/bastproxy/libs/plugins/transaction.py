"""The reload transaction: all members of a reload set run new code, or all run the old.

Prepare: the new modules are imported beside the old ones.  Swap, in one step of the event
loop: the old instances are set aside with their registrations suspended, the new ones take
their place.  Commit: what was set aside is let go.  Roll back: it is taken up again, the
very same objects with their memory.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, Any

from bastproxy.libs.plugins.carry import Carry
from bastproxy.libs.plugins.codestore import CodeStore
from bastproxy.libs.plugins.imputils import (
    ROOT,
    modules_of,
    put_back_modules,
    remove_modules,
)
from bastproxy.libs.plugins.lifecycle import OWNER_ID, phase
from bastproxy.libs.plugins.plugininfo import PluginInfo
from bastproxy.libs.plugins.reloadutils import kept_attributes
from bastproxy.libs.records import LogRecord

if TYPE_CHECKING:
    from bastproxy.libs.plugins.loader import PluginLoader

TASK = "task"
SETTLE_SECONDS = 5.0


@dataclass(slots=True)
class Fresh:
    """What the files of a member say now: metadata, and code compiled from their bytes."""

    info: PluginInfo
    store: CodeStore


@dataclass(slots=True)
class _Member:
    """A plugin of the set: what it was, and what it is to become."""

    info: PluginInfo
    fresh: Fresh
    instance: Any
    generation: int
    described: dict[str, Any]
    running: dict[str, Any]
    modules: dict[str, ModuleType] = field(default_factory=dict)
    plugin_class: type | None = None
    kept: dict[str, Any] = field(default_factory=dict)
    memory: dict[str, Any] | None = None
    carry: Carry | None = None

    @property
    def plugin_id(self) -> str:
        return self.info.plugin_id


class Transaction:
    """One reload of one set of plugins.

    :param members: in dependency order, with what their files say now.
    """

    def __init__(self, loader: PluginLoader, members: Mapping[str, Fresh]) -> None:
        self._loader = loader
        self._lifecycle = loader.lifecycle
        self._ledger = loader.kernel.ledger
        self._order = loader.load_order.copy()
        self._path = sys.path.copy()
        self._plugin_modules = set(modules_of(ROOT))
        self._members = [
            _Member(
                info := loader.plugins_info[plugin_id],
                fresh,
                info.runtime_info.plugin_instance,
                info.runtime_info.generation,
                vars(info).copy(),
                vars(info.runtime_info).copy(),
            )
            for plugin_id, fresh in members.items()
        ]

    def run(self) -> None:
        """Take all members to their new code.

        :raises PluginError: that failed; all run the old code, as they did before.
        """
        try:
            self._prepare()
        except BaseException:
            self._put_back()
            raise
        try:
            self._swap()
        except BaseException:
            self._roll_back()
            raise
        self._commit()

    def _prepare(self) -> None:
        """Import the new modules while the old instances go on."""
        for member in reversed(self._members):
            member.modules = remove_modules(member.plugin_id)
        for member in self._members:
            self._describe(member)
            self._loader.store.adopt(member.fresh.store)
            runtime = member.info.runtime_info
            runtime.generation = self._ledger.open_generation(member.plugin_id)
        for member in self._members:
            member.plugin_class = self._lifecycle.import_modules(member.info)

    def _describe(self, member: _Member) -> None:
        """Have the info say what the files say; the runtime state stays."""
        runtime = member.info.runtime_info
        vars(member.info).update(vars(member.fresh.info))
        member.info.runtime_info = runtime

    def _swap(self) -> None:
        for member in reversed(self._members):
            self._set_aside(member)
        old = {name: module for member in self._members for name, module in member.modules.items()}
        for member in self._members:
            assert member.plugin_class is not None
            self._lifecycle.bring_up(
                member.info,
                member.plugin_class,
                self._loader.load_late,
                partial(self._restore, member, old),
            )
            self._loader.load_order.append(member.plugin_id)
        for member in self._members:
            self._lifecycle.initialize(member.info)

    def _set_aside(self, member: _Member) -> None:
        """Stop an old instance, and keep all that is needed to take it up again."""
        instance, runtime = member.instance, member.info.runtime_info
        with phase(member.info, "keeping attributes over the reload"):
            member.kept = kept_attributes(member.plugin_id, instance)
        member.memory = vars(instance).copy()
        set_reloading(member.info, True)
        instance.run_hooks("uninitialize", isolate=True)
        self._ledger.suspend(member.plugin_id, generation=member.generation)
        runtime.is_loaded = False
        runtime.plugin_instance = None
        self._loader.load_order.remove(member.plugin_id)
        self._lifecycle.raise_event("ev_plugin_unloaded", member.info)

    def _restore(self, member: _Member, old: dict[str, ModuleType], instance: Any) -> None:
        version = member.described["version"]
        kept = member.kept
        if member.info.version != version:
            kept = instance.migrate_state(version, dict(kept))
        member.carry = Carry(member.plugin_id, old, member.instance, instance)
        member.carry.restore(kept)

    def _commit(self) -> None:
        for member in reversed(self._members):
            self._ledger.release(member.plugin_id, generation=member.generation)
            self._lifecycle.unloaded.remember(
                member.plugin_id, member.generation, member.instance, member.modules
            )
            self._loader.store.forget(member.info.package_path)
            set_reloading(member.info, False)
        self._keep_places()

    def _keep_places(self) -> None:
        """Put the members back where they were in the order of loading, if they still fit."""
        order = self._loader.load_order
        for member in self._members:
            order.remove(member.plugin_id)
            order.insert(self._order.index(member.plugin_id), member.plugin_id)
        self._loader.sort()

    def _put_back(self) -> None:
        """Undo the preparation: modules, infos and ``sys.path`` are what they were."""
        for member in reversed(self._members):
            self._ledger.release(member.plugin_id, generation=member.info.runtime_info.generation)
            failed = remove_modules(member.plugin_id)
            self._lifecycle.unloaded.remember(
                member.plugin_id, member.info.runtime_info.generation, None, failed
            )
            self._ledger.return_to_generation(member.plugin_id, member.generation)
            self._loader.store.forget(member.info.package_path)
            runtime = member.described["runtime_info"]
            vars(member.info).update(member.described)
            vars(runtime).update(member.running)
        for name in set(modules_of(ROOT)) - self._plugin_modules:
            if name in sys.modules:  # what only the failed code has imported
                remove_modules(name.removeprefix("bastproxy."))
        for member in self._members:
            put_back_modules(member.modules)
        if sys.path != self._path:
            sys.path[:] = self._path

    def _roll_back(self) -> None:
        for member in reversed(self._members):
            new = member.info.runtime_info.plugin_instance
            generation = member.info.runtime_info.generation
            self._ledger.release(member.plugin_id, generation=generation)
            if member.carry is not None:
                member.carry.undo()
            self._lifecycle.unloaded.remember(member.plugin_id, generation, new, {})
        for plugin_id in [name for name in self._loader.load_order if name not in self._order]:
            if self._loader.is_loaded(plugin_id) and not self._is_member(plugin_id):
                self._loader.take_out(plugin_id)  # only the new code needed it
        self._put_back()
        self._loader.load_order[:] = self._order
        for member in self._members:
            if member.memory is not None:
                self._revive(member, member.memory)

    def _is_member(self, plugin_id: str) -> bool:
        return any(member.plugin_id == plugin_id for member in self._members)

    def _revive(self, member: _Member, memory: dict[str, Any]) -> None:
        """Take an old instance up again: its memory, its registrations, its ``initialize``."""
        instance, info = member.instance, member.info
        vars(instance).clear()
        vars(instance).update(memory)
        # Work that initialize had begun begins again; all else keeps its place.
        mark = info.runtime_info.initialize_mark
        for line in self._ledger.lines(member.plugin_id, kind=TASK):
            if line.serial > mark:
                self._ledger.drop(line)
        self._ledger.resume(member.plugin_id, generation=member.generation)
        before = self._ledger.mark()
        set_reloading(info, True)
        self._lifecycle.raise_event("ev_plugin_loaded", info)
        instance.run_hooks("initialize", isolate=True)
        self._lifecycle.raise_event("ev_plugin_initialized", info)
        set_reloading(info, False)
        for line in reversed(self._ledger.lines(member.plugin_id)):
            if mark < line.serial <= before:
                self._ledger.drop(line)


def set_reloading(info: PluginInfo, value: bool) -> None:
    """Say whether what happens to a plugin now happens because of a reload."""
    info.runtime_info.is_reloading = value
    if info.runtime_info.plugin_instance is not None:
        info.runtime_info.plugin_instance.is_reloading_f = value


def settle(loader: PluginLoader) -> None:
    """Wait for the tasks of old generations in the background, and name those that stay."""
    tasks = loader.kernel.tasks

    async def wait() -> None:
        for name in await tasks.settle(SETTLE_SECONDS):
            LogRecord(
                f"the task {name} of an old generation does not end",
                level="warning",
                sources=[OWNER_ID],
            )()

    if tasks.is_settled():
        return
    tasks.spawn(OWNER_ID, wait(), "settle")
