"""The watcher: it sees that files are saved; ``libs`` says what that means."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Sequence
from contextlib import aclosing, contextmanager
from pathlib import Path

from watchfiles import awatch

from bastproxy.libs.events import RegisterToEvent
from bastproxy.libs.plugins import PluginError, PluginInfo, ReloadResult
from bastproxy.libs.plugins.codestore import digest_of
from bastproxy.libs.records import LogRecord
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook
from bastproxy.plugins.core.watch.libs import Places, Report, Saves

LOADER = "libs.plugins.loader"
SETTINGS = "plugins.core.settings"
BASE = "plugins._baseplugin"

#: A burst of saves ends when this many milliseconds bring nothing more ...
QUIET_MS = 20
#: ... or after this many, for a file that is written all the time.
LONGEST_MS = 250
#: How often the directories themselves are looked at, in milliseconds: their own
#: disappearance, and their return, is not always told.
LOOK_MS = 1000


class Plugin(BasePlugin):
    """Reloads plugins when their files are saved.

    :ivar saves: what the bursts mean; what did not run is in ``data["failed"]``.
    """

    def __init__(self, plugin_id: str, plugin_info: PluginInfo) -> None:
        super().__init__(plugin_id, plugin_info)
        self.data = {"failed": {}}
        self._task: asyncio.Task[None] | None = None
        self._places: Places | None = None

    @RegisterPluginHook("initialize")
    def _phook_initialize(self) -> None:
        self.saves = Saves(self.data["failed"], self._dependents, self._reload)
        self.api(f"{SETTINGS}:add")(
            self.plugin_id, "auto_reload", False, bool, "reload a plugin when its files are saved"
        )
        self._start_or_stop()

    @RegisterToEvent("ev_{plugin_id}_var_auto_reload_modified")
    def _eventcb_auto_reload(self) -> None:
        self._start_or_stop()

    @RegisterToEvent("ev_plugin_initialized")
    def _eventcb_initialized(self) -> None:
        """Watch the directory of a plugin that lies where none was before."""
        record = self.api("libs.events:get.dispatcher")().current_record()
        info = self.api(f"{LOADER}:get.plugin.info")(record["plugin_id"])
        if self._task is not None and self._places is not None and not self._places.cover(info):
            self._start_or_stop()

    @RegisterToEvent("ev_plugin_rolled_back")
    def _eventcb_rolled_back(self) -> None:
        """Remember what went back, so that only another save of it is tried."""
        record = self.api("libs.events:get.dispatcher")().current_record()
        info = self.api(f"{LOADER}:get.plugin.info")(record["plugin_id"])
        self.data["failed"][info.plugin_id] = (self._content(info), record["reason"])

    def _start_or_stop(self) -> None:
        self._places = None
        if self._task is not None:
            self._task.cancel()
            self._task = None
        wanted = self.api(f"{SETTINGS}:get")(self.plugin_id, "auto_reload")
        if wanted or self.api("app:get.options")().dev:
            self._task = self.spawn(self._watch(), "watch")

    async def _watch(self) -> None:
        """Take burst after burst, and begin anew when the directories are others."""
        while self._is_mine():
            self._places = Places(self._infos().values())
            self._take_base()  # what was saved while nobody watched
            self._take(self._infos())
            try:
                await self._follow(self._places)
            except (OSError, RuntimeError) as error:
                self._say(f"files are not watched any more: {error}", "error")
                return

    async def _follow(self, places: Places) -> None:
        """Take bursts until other directories are to be watched."""
        changes = awatch(
            *places.roots,
            watch_filter=None,
            debounce=LONGEST_MS,
            step=QUIET_MS,
            rust_timeout=LOOK_MS,
            yield_on_timeout=True,
            ignore_permission_denied=True,
        )
        async with aclosing(changes):
            async for burst in changes:
                paths = {path for _, path in burst}
                infos = self._infos()
                before = places
                if list(infos) != before.plugin_ids or before.directories.moved(paths):
                    places = self._places = Places(infos.values())
                # One that was loaded meanwhile may have been saved before it was watched.
                new = infos.keys() - before.plugin_ids
                names = new.union(places.directories.touched(paths))
                if paths:
                    self._take_base()
                self._take(names)
                if not self._is_mine() or places.roots != before.roots:
                    return
                if not burst and not places.are_current():
                    return

    def _take(self, plugin_ids: Collection[str]) -> None:
        """Reload those plugins whose files are not what runs, and tell what became of it."""
        if not plugin_ids:
            return
        loaded = self._infos()
        names = [name for name in loaded if name in plugin_ids or name in self.data["failed"]]
        with self._isolated():
            self._tell(self.saves.take({name: self._content(loaded[name]) for name in names}))

    def _take_base(self) -> None:
        """Update the base class of all plugins, where its files are not what was last read."""
        with self._isolated():
            base = self.api(f"{BASE}:get.update")()
            if not base.is_changed():
                return
            if base.update():
                self._say("the base class of all plugins is updated", "info")
            elif base.error is not None:
                said = _described(base.error, base.directory)
                self._say(f"{said}; the old version goes on", "warning")

    @contextmanager
    def _isolated(self) -> Iterator[None]:
        """Tell what fails inside: one burst must not end the watching."""
        try:
            yield
        except Exception as error:
            text = f"saved files could not be dealt with: {type(error).__name__}: {error}"
            LogRecord(text, level="error", sources=[self.plugin_id], exc_info=error)()
            self._notify(f"{text}; the log has the details")

    def _tell(self, report: Report) -> None:
        if report.reloaded:
            names = ", ".join(report.reloaded)
            times = f"{report.milliseconds:.0f} ms, swap {report.swap_milliseconds:.1f} ms"
            self._say(f"reloaded {names} in {times}", "info")
        for error in report.errors:
            info = self.api(f"{LOADER}:get.plugin.info")(error.plugin_id)
            directory = info.package_path if info is not None else None
            self._say(f"{_described(error, directory)}; the old version goes on", "warning")

    def _say(self, text: str, level: str) -> None:
        LogRecord(text, level=level, sources=[self.plugin_id])()
        self._notify(text)

    def _notify(self, text: str) -> None:
        send = "plugins.core.clients:send"
        if self.api("libs.session:get.session")().notices and self.api.has(send):
            self.api(send)(f"[bastproxy] {text}")

    def _is_mine(self) -> bool:
        """Say whether this task still is the one that watches: it may have reloaded itself."""
        mine = self._task is asyncio.current_task()
        return mine and self.plugin_info.runtime_info.plugin_instance is self

    def _infos(self) -> dict[str, PluginInfo]:
        get = self.api(f"{LOADER}:get.plugin.info")
        return {name: get(name) for name in self.api(f"{LOADER}:get.loaded.plugins.list")()}

    def _dependents(self, plugin_id: str) -> list[str]:
        dependents: list[str] = self.api(f"{LOADER}:get.plugin.dependents")(plugin_id)
        return dependents

    def _reload(self, plugin_ids: Sequence[str]) -> ReloadResult:
        result: ReloadResult = self.api(f"{LOADER}:reload.plugins")(plugin_ids)
        return result

    def _content(self, info: PluginInfo) -> dict[str, bytes]:
        """Return what of a plugin's files is not what runs."""
        if not (info.package_path / "__init__.py").exists():
            return {str(info.package_path): b""}  # one deletion, however many files it is
        changed = self.api(f"{LOADER}:plugin.get.changed.files")(info.plugin_id)
        return {path: _digest(Path(path)) for path in changed}


def _described(error: PluginError, directory: Path | None) -> str:
    """Tell an error in one line, with the file as its author knows it."""
    where = ""
    if error.file is not None and error.file != directory:
        inside = directory is not None and error.file.is_relative_to(directory)
        where = f", {error.file.relative_to(directory) if directory and inside else error.file}"
        where += f" line {error.line}" if error.line else ""
    return f"{error.plugin_id}: {error.phase}{where}: {' '.join(error.reason.split())}"


def _digest(path: Path) -> bytes:
    try:
        return digest_of(path.read_bytes())
    except OSError:
        return b""
