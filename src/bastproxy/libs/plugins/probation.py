"""Probation: for a while after a reload there is a way back, should the new code fail.

What the plugins of the set were is kept as bytes and data.  The errors of the new code
are counted where all engines log them, whether a callback, a command, a task or a hook
has failed.  Too many, and an ordinary reload from what was kept brings the old code back.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import Callable, Iterable, Mapping
from contextvars import Context
from dataclasses import dataclass
from time import monotonic
from traceback import walk_tb
from typing import TYPE_CHECKING, Any

from bastproxy.libs.plugins.codestore import CodeStore
from bastproxy.libs.plugins.errors import PluginError
from bastproxy.libs.plugins.kept import Frozen, Kept
from bastproxy.libs.plugins.lifecycle import OWNER_ID
from bastproxy.libs.plugins.plugininfo import PluginInfo
from bastproxy.libs.plugins.transaction import Fresh
from bastproxy.libs.records import LogRecord

if TYPE_CHECKING:
    from bastproxy.libs.plugins.loader import PluginLoader

PHASE = "rollback"
BY_HAND = "it was asked for"


@dataclass(slots=True, eq=False)
class Trial:
    """One reload whose new code has yet to prove itself.

    :ivar kept: what its members were.
    :ivar generations: which generation of each is on trial.
    :ivar until: when it ends, by the clock of the probation.
    :ivar errors: how often the new code has failed.
    :ivar is_over: the way back has been decided on.
    """

    kept: dict[str, Kept]
    generations: dict[str, int]
    until: float
    errors: int = 0
    is_over: bool = False


class Probation:
    """Keeps the way back open after reloads, and takes it when the new code fails.

    :ivar seconds: how long, 0 for never.
    :ivar threshold: how many errors within that time are too many.
    :ivar clock: tells the time in seconds.
    """

    def __init__(self, loader: PluginLoader) -> None:
        self.seconds = 0.0
        self.threshold = 5
        self.clock: Callable[[], float] = monotonic
        self._loader = loader
        self._trials: list[Trial] = []
        self._pinned: dict[str, tuple[int, CodeStore]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._listener = _Listener(self._note)

    def use(self, seconds: float, threshold: int) -> None:
        """Set time and threshold; trials that go on keep their time."""
        self.seconds, self.threshold = seconds, threshold
        if not seconds:
            self.stop()

    def stop(self) -> None:
        """Forget what is kept; there is no way back any more."""
        self._trials.clear()
        self._attend()

    def begin(self, members: Iterable[str], kept: Mapping[str, Kept]) -> None:
        """Put on trial what was reloaded just now.

        :param members: what was reloaded; a trial of one of them ends here.
        :param kept: what the members were; empty for no trial.
        """
        before = [trial for trial in self._trials if not trial.kept.keys().isdisjoint(members)]
        for trial in before:
            self._trials.remove(trial)
            if trial.errors and kept.keys() == trial.kept.keys():
                kept = trial.kept  # or the way would lead back to what failed as well
        if kept and self.seconds > 0:
            generations = {name: self._generation(name) for name in kept}
            self._trials.append(Trial(dict(kept), generations, self.clock() + self.seconds))
        self._attend()

    def pin(self, given: Mapping[str, Fresh]) -> None:
        """Have imports to come take the kept code too: the files say something else."""
        for plugin_id, fresh in given.items():
            self._pinned[plugin_id] = (self._generation(plugin_id), fresh.store)
        self.put_back_code()

    def put_back_code(self) -> None:
        """Prepare the code of those that do not run what their files say, once more."""
        for plugin_id, (generation, store) in list(self._pinned.items()):
            if self._is_running(plugin_id, generation):
                self._loader.store.adopt(store)
            else:
                del self._pinned[plugin_id]

    def roll_back(self, plugin_id: str) -> list[str]:
        """Go back to what a plugin was before its last reload, with what reloaded with it.

        :returns: the ids of all that went back.
        :raises PluginError: there is no way back, or it fails; the new code goes on.
        """
        trial = self._trial_of(plugin_id)
        if trial is None:
            reason = "it was not reloaded within the time that the way back is open"
            raise PluginError(plugin_id, PHASE, reason)
        self._return(plugin_id, trial, BY_HAND, automatic=False)
        return list(trial.kept)

    def _trial_of(self, plugin_id: str) -> Trial | None:
        self._end_old_ones()
        return next((trial for trial in self._trials if plugin_id in trial.kept), None)

    def _end_old_ones(self) -> None:
        now = self.clock()
        self._trials = [
            trial
            for trial in self._trials
            if now < trial.until
            and all(self._is_running(name, number) for name, number in trial.generations.items())
        ]
        self._attend()

    def _is_running(self, plugin_id: str, generation: int) -> bool:
        is_loaded = self._loader.is_plugin_loaded(plugin_id)
        return is_loaded and self._generation(plugin_id) == generation

    def _generation(self, plugin_id: str) -> int:
        return self._loader.plugins_info[plugin_id].runtime_info.generation

    def _attend(self) -> None:
        """Listen, and wake up when the time of the next trial is over, while there are any."""
        logger = logging.getLogger("bastproxy")
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._trials:
            logger.removeHandler(self._listener)
            return
        logger.addHandler(self._listener)
        with contextlib.suppress(RuntimeError):  # without a loop the way back is there by hand
            self._loop = asyncio.get_running_loop()
            left = min(trial.until for trial in self._trials) - self.clock()
            self._timer = self._loop.call_later(left, self._end_old_ones, context=Context())

    def _note(self, plugin_id: str, error: BaseException, message: str) -> None:
        """Count an error; whoever logs it may be in the midst of something."""
        for trial in self._trials:
            if plugin_id not in trial.kept or trial.is_over or self.clock() >= trial.until:
                continue
            if _is_from_before(plugin_id, error):
                continue
            trial.errors += 1
            if trial.errors >= self.threshold and self._loop is not None:
                trial.is_over = True
                reason = f"{trial.errors} errors since its reload, the last one: {message}"
                self._loop.call_soon_threadsafe(
                    self._give_up, plugin_id, trial, reason, context=Context()
                )

    def _give_up(self, plugin_id: str, trial: Trial, reason: str) -> None:
        if self._trial_of(plugin_id) is not trial:
            return  # it was reloaded, unloaded or taken back meanwhile
        try:
            self._return(plugin_id, trial, reason, automatic=True)
        except PluginError as error:
            LogRecord(
                f"{plugin_id} fails ({reason}), and cannot go back: {error}",
                level="error",
                sources=[plugin_id, OWNER_ID],
            )()

    def _return(self, plugin_id: str, trial: Trial, reason: str, *, automatic: bool) -> None:
        given = {
            name: _fresh(name, kept.description, kept.state) for name, kept in trial.kept.items()
        }
        self._loader.reloader.reload(list(given), given=given)
        names = ", ".join(given)
        LogRecord(
            f"{names} went back to the version before the reload: {reason}",
            level="warning",
            sources=[plugin_id, OWNER_ID],
        )()
        for name in given:
            self._loader.lifecycle.raise_event(
                "ev_plugin_rolled_back",
                self._loader.plugins_info[name],
                reason=reason,
                members=list(given),
                automatic=automatic,
            )


def as_it_runs(info: PluginInfo) -> Fresh:
    """Return what a plugin runs as, whatever its files say by now."""
    return _fresh(info.plugin_id, {**vars(info)}, None)


def _fresh(plugin_id: str, description: dict[str, Any], state: Frozen | None) -> Fresh:
    info = PluginInfo(plugin_id)
    vars(info).update(description, runtime_info=info.runtime_info)
    sources = {str(file.path): file.source for file in info.files.values()}
    return Fresh(info, CodeStore(sources), state)


def _is_from_before(plugin_id: str, error: BaseException) -> bool:
    """Say whether code of an older generation has failed, such as one of its last tasks."""
    package = f"bastproxy.{plugin_id}."
    for frame, _ in walk_tb(error.__traceback__):
        name = str(frame.f_globals.get("__name__"))
        if f"{name}.".startswith(package):
            module = sys.modules.get(name)
            if module is None or vars(module) is not frame.f_globals:
                return True
    return False


class _Listener(logging.Handler):
    """Hands on what engines log of a plugin that has failed: it comes with an exception."""

    def __init__(self, note: Callable[[str, BaseException, str], None]) -> None:
        super().__init__(logging.ERROR)
        self._tell = note

    def emit(self, record: logging.LogRecord) -> None:
        """Take one record."""
        sources = getattr(record, "sources", ())
        error = record.exc_info[1] if record.exc_info else None
        if sources and error is not None:
            self._tell(sources[0], error, record.getMessage())
