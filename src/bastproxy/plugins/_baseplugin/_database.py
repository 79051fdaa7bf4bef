"""The database that a plugin may have: one SQLite file in its data directory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from bastproxy.libs.database import Database, Migration
from bastproxy.libs.records import LogRecord

if TYPE_CHECKING:
    from bastproxy.libs.api import API
    from bastproxy.libs.plugins.plugininfo import PluginInfo

R = TypeVar("R")

FILE = "db.sqlite"


class BaseDatabase:
    """``db``, for every plugin.

    :ivar db_migrations: what makes the tables: SQL or functions, the first makes version 1.
        Add to its end only.
    """

    plugin_id: str
    plugin_info: PluginInfo
    api: API
    is_reloading_f: bool
    own: Callable[[Any], Any]

    db_migrations: Sequence[Migration] = ()

    @property
    def db(self) -> Database:
        """The plugin's own database, opened at its first use and closed when the plugin goes.

        :raises DatabaseError: it cannot be opened or brought up to date.
        """
        database: Database | None = vars(self).get("_database")
        if database is None:
            database = self._database = self._open_database()
            self.own(database)
            return database
        if self.is_reloading_f:
            self.own(database)  # taken up again after a reload that failed
        if self.plugin_info.runtime_info.plugin_instance is self:
            database.check_version()
        return database

    def _open_database(self) -> Database:
        return Database(
            self.plugin_info.data_directory / FILE,
            self.db_migrations,
            run_in_thread=partial(self.api("libs.work:run.in.thread"), self.plugin_id),
            take_back=self.is_reloading_f,
            say=partial(_say, self.plugin_id),
        )


def _say(plugin_id: str, message: str) -> None:
    LogRecord(message, level="error", sources=[plugin_id])()
