"""Loading: batches of plugins, each after what it needs, and then their ``initialize`` hooks."""

from __future__ import annotations

import gc
import importlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from bastproxy.libs.plugins.dependency import (
    Requirement,
    Resolution,
    because,
    circular,
    find_path,
    resolve,
)
from bastproxy.libs.plugins.errors import PluginError, without_trace
from bastproxy.libs.plugins.late import LateNeeds

if TYPE_CHECKING:
    from bastproxy.libs.plugins.loader import PluginLoader


class Loading:
    """Loads what is wanted with all that it needs.

    What is loaded while a batch is being loaded joins it: nothing is initialized before
    all of it is loaded.

    :ivar late: what only an instance knows that it needs.
    """

    def __init__(self, loader: PluginLoader) -> None:
        self._loader = loader
        self._loading: list[str] = []
        self._batch: list[str] | None = None
        self.late = LateNeeds(loader, self.load)

    def load(self, plugin_ids: Sequence[str]) -> tuple[list[str], dict[str, PluginError]]:
        """Load plugins with what they need; return who is loaded, and who is bad and why."""
        loader = self._loader
        if self._batch is None or any(name not in loader.plugins_info for name in plugin_ids):
            loader.discover()
            importlib.invalidate_caches()
        with collection_paused():
            loaded, bad = self._load(plugin_ids)
        if bad:
            loader.settle()  # what they had begun before they failed
        return loaded, bad

    @contextmanager
    def underway(self, plugin_ids: Sequence[str]) -> Iterator[None]:
        """Have whoever needs one of these meanwhile, before it is there, be refused."""
        self._loading.extend(plugin_ids)
        try:
            yield
        finally:
            for plugin_id in plugin_ids:
                self._loading.remove(plugin_id)

    def is_underway(self, plugin_id: str) -> bool:
        """Say whether a plugin is being loaded, or is in the middle of its reload."""
        return plugin_id in self._loading

    def _load(self, plugin_ids: Sequence[str]) -> tuple[list[str], dict[str, PluginError]]:
        loader = self._loader
        resolution = resolve(plugin_ids, self._needs, loader.check_version, loader.blame)
        bad = resolution.bad
        for plugin_id, error in bad.items():
            if plugin_id not in self._loading:
                loader.report(error)
                if plugin_id in loader.plugins_info:
                    loader.store.forget(loader.plugins_info[plugin_id].package_path)
        return self._load_in_order(resolution), bad

    def _needs(self, plugin_id: str) -> Sequence[Requirement]:
        """Return what must be loaded before a plugin, which is about to be loaded."""
        loader = self._loader
        info = loader.plugins_info.get(plugin_id)
        if info is None:
            raise loader.unknown(plugin_id)
        if info.is_loaded:
            return []
        if plugin_id in self._loading:
            path = find_path(plugin_id, plugin_id, loader.needed)
            reason = circular(path) if path else "circular dependency: it is being loaded"
            raise loader.blame(plugin_id, reason, path[1] if path else "")
        loader.check_metadata(info)
        needs = loader.declared(info, loader.store)
        if plugin_id in loader.orphaned:
            loader.check_cycle(plugin_id, needs)
        return needs

    def _load_in_order(self, resolution: Resolution) -> list[str]:
        outermost = self._batch is None
        batch = self._batch = [] if self._batch is None else self._batch
        before = len(batch)
        try:
            for plugin_id in resolution.order:
                if not self._loader.is_plugin_loaded(plugin_id):
                    self._load_one(plugin_id, resolution)
        finally:
            if outermost:
                self._batch = None
        new = list(dict.fromkeys(batch[before:]))  # one may have been unloaded and loaded again
        if outermost:
            for plugin_id in new:
                self._initialize(plugin_id, new, resolution.bad)
        return [plugin_id for plugin_id in new if self._loader.is_plugin_loaded(plugin_id)]

    def _load_one(self, plugin_id: str, resolution: Resolution) -> None:
        loader = self._loader
        info = loader.plugins_info[plugin_id]
        try:
            with self.underway([plugin_id]):
                self.late.check_met(plugin_id, resolution.needs[plugin_id], resolution.bad)
                loader.lifecycle.load(info, partial(self.late.load, resolution.bad))
        except PluginError as error:
            loader.store.forget(info.package_path)
            self._fail(error, resolution.bad)
            return
        loader.errors.pop(plugin_id, None)
        info.runtime_info.error = ""
        loader.load_order.append(plugin_id)
        if plugin_id in loader.orphaned:  # somebody who is loaded already may need it
            loader.orphaned.discard(plugin_id)
            loader.sort()
        if self._batch is not None:
            self._batch.append(plugin_id)
        # Told last, so that whoever hears of it finds it in every listing.
        loader.lifecycle.raise_event("ev_plugin_loaded", info)

    def _initialize(
        self, plugin_id: str, batch: Sequence[str], bad: dict[str, PluginError]
    ) -> None:
        loader = self._loader
        info = loader.plugins_info.get(plugin_id)
        if info is None or not info.is_loaded or info.runtime_info.is_initialized:
            return  # it has gone meanwhile, or a reload has initialized it
        try:
            loader.lifecycle.initialize(info)
        except PluginError as error:
            for name in reversed(loader.get_plugin_dependents(plugin_id)):
                if name in batch:
                    self._fail(loader.blame(name, because(plugin_id, error), plugin_id), bad)
                    loader.take_out(name)
            self._fail(error, bad)
            if loader.is_plugin_loaded(plugin_id):
                loader.take_out(plugin_id)

    def _fail(self, error: PluginError, bad: dict[str, PluginError]) -> None:
        bad[error.plugin_id] = without_trace(error)
        self._loader.report(error)


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
