"""Listing and backing up databases; the engine is ``bastproxy.libs.database``."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from functools import partial
from pathlib import Path

from bastproxy.libs.api import AddAPI
from bastproxy.libs.database import backup
from bastproxy.libs.nearest import did_you_mean
from bastproxy.libs.tables import table
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook
from bastproxy.plugins.core.commands import AddArgument, AddCommand, AddParser

Result = tuple[bool, list[str]]

FILE = "db.sqlite"
BACKUPS = "backups"


class Plugin(BasePlugin):
    """The databases of plugins: those that are loaded, and those that are not."""

    @RegisterPluginHook("initialize")
    def _phook_initialize(self) -> None:
        self.api("plugins.core.settings:add")(
            self.plugin_id, "keep", 10, int, "backups to keep of each plugin", minimum=1
        )

    @AddAPI("list", description="the databases of plugins")
    def _api_list(self) -> dict[str, Path]:
        """Return the files by plugin id, those of plugins that are not loaded too."""
        root = self.plugin_info.data_directory.parent
        return {path.parent.name: path for path in sorted(root.glob(f"*/{FILE}"))}

    @AddAPI("backup", description="back up databases")
    async def _api_backup(self, plugin_id: str = "") -> dict[str, Path | Exception]:
        """Back up the database of a plugin, or all, while they are in use.

        :returns: by plugin id the file, or why there is none.
        """
        keep = self.api("plugins.core.settings:get")(self.plugin_id, "keep")
        directory = self.plugin_info.data_directory / BACKUPS
        found = {name: path for name, path in self._api_list().items() if plugin_id in ("", name)}
        return await self.run_in_thread(partial(_back_up, found, directory, keep))

    @AddCommand()
    @AddParser(description="list the databases of plugins")
    async def _command_list(self) -> Result:
        found = self._api_list()
        if not found:
            return True, ["no plugin has a database"]
        loaded = self.api("libs.plugins.loader:is.plugin.loaded")
        described = await self.run_in_thread(_describe, list(found.values()))
        rows = [
            (name, "yes" if loaded(name) else "no", *about)
            for name, about in zip(found, described, strict=True)
        ]
        return True, table(
            ("plugin", "loaded", "version", "size", "last backup"),
            [(*row, self._last_backup(row[0])) for row in rows],
        )

    @AddCommand()
    @AddParser(
        description="back up the databases of plugins, while they are in use",
        epilog="every day: #bp.timers.add backup 1d -send '#bp.db.backup'",
    )
    @AddArgument("plugin", nargs="?", default="", help="only this one's")
    async def _command_backup(self) -> Result:
        wanted = self.api("plugins.core.commands:get.current.command.args")()["plugin"]
        known = list(self._api_list())
        names = [name for name in known if wanted == name or name.endswith(f".{wanted}")]
        if wanted and len(names) != 1:
            hint = f": {', '.join(names)}" if names else did_you_mean(wanted, known)
            return False, [f"{wanted!r} has {'more than one' if names else 'no'} database{hint}"]
        if not known:
            return True, ["no plugin has a database"]
        done = await self._api_backup(names[0] if wanted else "")
        failed = {name: error for name, error in done.items() if isinstance(error, Exception)}
        lines = [f"{name}: {path}" for name, path in done.items() if name not in failed]
        lines += [f"{name} could not be backed up: {error}" for name, error in failed.items()]
        return not failed, lines

    def _last_backup(self, plugin_id: str) -> str:
        backups = _backups_of(plugin_id, self.plugin_info.data_directory / BACKUPS)
        if not backups:
            return "none"
        return f"{datetime.fromtimestamp(backups[-1].stat().st_mtime):%Y-%m-%d %H:%M:%S}"


def _back_up(found: dict[str, Path], directory: Path, keep: int) -> dict[str, Path | Exception]:
    done: dict[str, Path | Exception] = {}
    for plugin_id, path in found.items():
        now = datetime.now().astimezone()
        target = directory / f"{plugin_id}-{now:%Y%m%d-%H%M%S-%f}.sqlite"
        try:
            backup(path, target)
        except (OSError, sqlite3.Error) as error:
            done[plugin_id] = error
            continue
        done[plugin_id] = target
        for old in _backups_of(plugin_id, directory)[:-keep]:
            old.unlink(missing_ok=True)
    return done


def _backups_of(plugin_id: str, directory: Path) -> list[Path]:
    """Return the backups of a plugin, oldest first."""
    return sorted(directory.glob(f"{plugin_id}-*.sqlite"))


def _describe(paths: list[Path]) -> list[tuple[str, str]]:
    """Return version and size of each."""
    return [_about(path) for path in paths]


def _about(path: Path) -> tuple[str, str]:
    size = f"{path.stat().st_size / 1024:.0f} KB"
    try:
        with closing(sqlite3.connect(path, timeout=5)) as connection:
            return str(connection.execute("PRAGMA user_version").fetchone()[0]), size
    except sqlite3.Error as error:
        return f"cannot be read: {error}", size
