"""The reload transaction: all members of a reload set run new code, or all run the old.

Prepare: the new modules are imported beside the old ones.  Swap, in one step of the event
loop: the old instances are set aside with their registrations suspended, the new ones take
their place.  Commit: what was set aside is let go.  Roll back: it is taken up again, the
very same objects with their memory.
"""

from __future__ import annotations

import contextlib
import inspect
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from bastproxy.libs.declarations import declared
from bastproxy.libs.ledger import Line
from bastproxy.libs.plugins.carry import Carry, NotRestoredError
from bastproxy.libs.plugins.codestore import CodeStore
from bastproxy.libs.plugins.errors import PluginError, plugin_error
from bastproxy.libs.plugins.imputils import (
    ALIAS,
    ROOT,
    modules_around,
    modules_of,
    put_back_modules,
    remove_aliases,
    remove_modules,
)
from bastproxy.libs.plugins.kept import Frozen, Kept, freeze
from bastproxy.libs.plugins.lifecycle import OWNER_ID, phase
from bastproxy.libs.plugins.places import place_of
from bastproxy.libs.plugins.plugininfo import PluginInfo
from bastproxy.libs.records import LogRecord

if TYPE_CHECKING:
    from bastproxy.libs.plugins.loader import PluginLoader

RESTORING = "restoring the attributes kept over the reload"
RUNNING = ("task", "thread")
SETTLE_SECONDS = 5.0


@dataclass(slots=True)
class Fresh:
    """What a member is to become: metadata, and code compiled from bytes.

    :ivar state: what it is to have, in place of what the old instance has.
    """

    info: PluginInfo
    store: CodeStore
    state: Frozen | None = None


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
    frozen: Frozen | None = None
    again: list[Line] = field(default_factory=list)

    @property
    def plugin_id(self) -> str:
        return self.info.plugin_id


class Transaction:
    """One reload of one set of plugins.

    :param members: in dependency order, with what their files say now.
    :ivar swap_milliseconds: how long everything else had to wait for swap and commit.
    """

    def __init__(self, loader: PluginLoader, members: Mapping[str, Fresh]) -> None:
        self.swap_milliseconds = 0.0
        self._loader = loader
        self._lifecycle = loader.lifecycle
        self._ledger = loader.kernel.ledger
        self._order = loader.load_order.copy()
        self._path = sys.path.copy()
        self._known = set(sys.modules)
        self._modules = modules_around(members)
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
        started = perf_counter()
        try:
            with self._loader.loading.underway([member.plugin_id for member in self._members]):
                self._swap()
        except BaseException:
            self._roll_back()
            raise
        self._commit()
        self.swap_milliseconds = (perf_counter() - started) * 1000

    def kept(self) -> dict[str, Kept]:
        """Return what the members were, by id; empty when that was not to be kept."""
        found = {}
        for member in self._members:
            if member.frozen is not None:
                description = {**member.described}
                del description["runtime_info"]  # it holds the instance
                found[member.plugin_id] = Kept(description, member.frozen)
        return found

    def _prepare(self) -> None:
        """Import the new modules while the old instances go on."""
        for member in reversed(self._members):
            member.modules = remove_modules(member.plugin_id)
        for member in self._members:
            self._describe(member)
            self._loader.store.forget(member.info.package_path)
            self._loader.store.adopt(member.fresh.store)
            runtime = member.info.runtime_info
            runtime.generation = self._ledger.open_generation(member.plugin_id)
        for member in self._members:
            member.plugin_class = self._lifecycle.import_modules(member.info)
            with phase(member.info, "import"):
                declared(member.plugin_class)  # what is found here is not looked for in the swap

    def _describe(self, member: _Member) -> None:
        """Have the info say what the files say; the runtime state stays."""
        runtime = member.info.runtime_info
        vars(member.info).update(vars(member.fresh.info))
        member.info.runtime_info = runtime

    def _swap(self) -> None:
        for member in reversed(self._members):
            self._set_aside(member)
        # Whoever stayed may need a member: what the new instances need is looked at for cycles.
        self._loader.orphaned.update(member.plugin_id for member in self._members)
        old = {name: module for member in self._members for name, module in member.modules.items()}
        for member in self._members:
            assert member.plugin_class is not None
            self._lifecycle.bring_up(
                member.info,
                member.plugin_class,
                partial(self._loader.loading.late.load, {}),
                partial(self._restore, member, old),
            )
            self._loader.load_order.append(member.plugin_id)
            self._lifecycle.raise_event("ev_plugin_loaded", member.info)
        for member in self._members:
            self._lifecycle.initialize(member.info)

    def _set_aside(self, member: _Member) -> None:
        """Stop an old instance, and keep all that is needed to take it up again."""
        instance, runtime = member.instance, member.info.runtime_info
        with phase(member.info, "keeping attributes over the reload"):
            self._lifecycle.cache.save(member.plugin_id, instance)
        member.memory = vars(instance).copy()
        set_reloading(member.info, True)
        instance.run_hooks("uninitialize", isolate=True)
        self._ledger.suspend(member.plugin_id, generation=member.generation)
        runtime.is_loaded = False
        runtime.plugin_instance = None
        self._loader.load_order.remove(member.plugin_id)
        self._lifecycle.raise_event("ev_plugin_unloaded", member.info)

    def _restore(self, member: _Member, old: dict[str, ModuleType], instance: Any) -> None:
        carry = member.carry = Carry(member.plugin_id, old, member.instance, instance)
        kept = member.kept = self._lifecycle.cache.take(member.plugin_id)
        if member.fresh.state is not None:
            kept = self._thawed(member, member.fresh.state, instance)
        elif self._loader.probation.seconds:
            member.frozen = freeze(kept, member.instance, old)
        if member.fresh.state is None and member.info.version != member.described["version"]:
            carry.remember(kept)  # a migration changes it in place, as likely as not
            kept = self._migrate(member, instance)
        try:
            carry.restore(kept)
        except NotRestoredError as error:
            raise _not_restored(member.info, type(instance), error) from None

    def _thawed(self, member: _Member, state: Frozen, instance: Any) -> dict[str, Any]:
        kept = state.thaw(instance)
        if state.left_out:
            LogRecord(
                f"not all came back of {', '.join(state.left_out)}: what is no plain data is "
                "not kept for a rollback",
                level="warning",
                sources=[member.plugin_id],
            )()
        return kept

    def _migrate(self, member: _Member, instance: Any) -> dict[str, Any]:
        version = member.described["version"]
        with phase(member.info, f"migrating the state from version {version}"):
            kept = instance.migrate_state(version, dict(member.kept))
        if not isinstance(kept, dict):
            reason = f"migrate_state must return a dict, not {type(kept).__name__}"
            place = place_of(type(instance).migrate_state)
            raise PluginError(
                member.plugin_id,
                f"migrating the state from version {version}",
                reason,
                file=place.file,
                line=place.line,
            )
        return kept

    def _commit(self) -> None:
        for member in reversed(self._members):
            self._ledger.release(member.plugin_id, generation=member.generation)
            self._lifecycle.unloaded.remember(
                member.plugin_id, member.generation, member.instance, member.modules
            )
            old = member.described["files"].values()
            self._loader.store.drop((file.path for file in old), member.fresh.store)
            set_reloading(member.info, False)
            member.info.runtime_info.error = ""
            self._loader.errors.pop(member.plugin_id, None)
        self._loader.orphaned.difference_update(member.plugin_id for member in self._members)
        self._keep_places()

    def _keep_places(self) -> None:
        """Put the members back where they were in the order of loading, if they still fit."""
        order = self._loader.load_order
        for member in self._members:
            order.remove(member.plugin_id)
            order.insert(self._order.index(member.plugin_id), member.plugin_id)
        for member in self._members:
            needed = self._loader.needed(member.plugin_id)
            place = order.index(member.plugin_id)
            if not all(name in order[:place] for name in needed):
                self._loader.sort()  # it looks at every plugin that is loaded
                return

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
            vars(member.info).update(member.described)
            if member.memory is None:  # it has never been stopped
                vars(member.info.runtime_info).update(member.running)
        # What only the failed code has imported goes too.
        remove_aliases(set(modules_of(ALIAS)) - self._known)
        for name in set(modules_of(ROOT)) - self._known:
            if name in sys.modules:
                remove_modules(name.removeprefix("bastproxy."))
        put_back_modules(self._modules)
        if sys.path != self._path:
            sys.path[:] = self._path

    def _roll_back(self) -> None:
        load_order = self._loader.load_order
        for member in reversed(self._members):
            new = member.info.runtime_info.plugin_instance
            generation = member.info.runtime_info.generation
            self._ledger.release(member.plugin_id, generation=generation)
            self._lifecycle.cache.take(member.plugin_id)
            if member.carry is not None:
                member.carry.undo()
            if new is member.instance:
                continue  # it has never been stopped
            self._lifecycle.unloaded.remember(member.plugin_id, generation, new, {})
            runtime, was_loaded = member.info.runtime_info, member.info.is_loaded
            runtime.is_loaded, runtime.plugin_instance = False, None
            if was_loaded:
                load_order.remove(member.plugin_id)
                self._lifecycle.raise_event("ev_plugin_unloaded", member.info)
        for plugin_id in [name for name in reversed(load_order) if name not in self._order]:
            if self._loader.is_plugin_loaded(plugin_id) and not self._is_member(plugin_id):
                self._loader.take_out(plugin_id)  # only the new code needed it
        self._put_back()
        load_order[:] = [
            name for name in self._order if name in load_order or self._is_member(name)
        ]
        stopped = [member for member in self._members if member.memory is not None]
        for member in stopped:
            self._revive(member)
        for member in stopped:
            self._initialize_again(member)

    def _is_member(self, plugin_id: str) -> bool:
        return any(member.plugin_id == plugin_id for member in self._members)

    def _revive(self, member: _Member) -> None:
        """Take an old instance up again, with its memory and its registrations."""
        instance, info = member.instance, member.info
        assert member.memory is not None
        vars(instance).clear()
        vars(instance).update(member.memory)
        vars(info.runtime_info).update(member.running)
        # What initialize has made waits for initialize to make it again, in its old place.
        lines = self._ledger.lines(member.plugin_id, generation=member.generation)
        member.again = [line for line in lines if line.by_initialize]
        self._ledger.resume(member.plugin_id, generation=member.generation, but=member.again)
        set_reloading(info, True)
        self._lifecycle.raise_event("ev_plugin_loaded", info)

    def _initialize_again(self, member: _Member) -> None:
        """Run ``initialize`` of a revived instance, and let go of what it does not renew."""
        assert member.memory is not None
        for line in member.again:
            if line.kind in RUNNING:  # or it would run twice
                self._ledger.drop(line)
        self._lifecycle.run_initialize(member.info, isolate=True)
        self._lifecycle.raise_event("ev_plugin_initialized", member.info)
        set_reloading(member.info, False)
        member.instance.is_reloading_f = member.memory["is_reloading_f"]
        for line in reversed(member.again):
            self._ledger.drop(line)


def _not_restored(info: PluginInfo, plugin_class: Any, error: NotRestoredError) -> PluginError:
    """Tell that an attribute cannot be set, and where the class says so."""
    assert error.__cause__ is not None
    static = inspect.getattr_static(plugin_class, error.name, None)
    said_by = getattr(static, "fget", None) or plugin_class.__init__
    place = place_of(said_by if isinstance(said_by, FunctionType) else plugin_class)
    found = plugin_error(info.plugin_id, RESTORING, error.__cause__, info.package_path, place)
    return PluginError(
        info.plugin_id,
        RESTORING,
        f"{error}: {found.reason}",
        file=found.file,
        line=found.line,
        details=found.details,
    )


def set_reloading(info: PluginInfo, value: bool) -> None:
    """Say whether what happens to a plugin now happens because of a reload."""
    info.runtime_info.is_reloading = value
    if info.runtime_info.plugin_instance is not None:
        info.runtime_info.plugin_instance.is_reloading_f = value


def settle(loader: PluginLoader) -> None:
    """End the work of old generations in the background, and name what stays.

    Tasks and threads are waited for, then files and sockets are closed.
    """
    work = loader.kernel.work

    async def wait() -> None:
        for left in await work.settle(SETTLE_SECONDS):
            LogRecord(
                f"{left} of an old generation does not end", level="warning", sources=[OWNER_ID]
            )()

    if work.is_settled():
        return
    with contextlib.suppress(RuntimeError):  # no event loop: whoever runs one next waits
        work.tasks.spawn(OWNER_ID, wait(), "settle")
