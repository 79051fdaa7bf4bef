"""One SQLite file, as its plugin uses it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Concatenate, Final, ParamSpec, Protocol, TypeVar

from bastproxy.libs.database.backups import backup, copy_whole
from bastproxy.libs.database.errors import DatabaseError
from bastproxy.libs.database.migrations import Migration, migrate, transaction, version_of
from bastproxy.libs.files import set_aside

Row = sqlite3.Row
"""A row: its values by number and by name."""

Parameters = Sequence[Any] | Mapping[str, Any]

P = ParamSpec("P")
T = TypeVar("T")

WAIT_SECONDS: Final = 1.0
"""How long a statement waits for another connection that writes; the whole proxy waits with it."""

THREAD_WAIT_SECONDS: Final = 30.0

_BEGUN: Final = time.time()
_BESIDE: Final = ("-wal", "-shm", "-journal")


class RunInThread(Protocol):
    """What runs a function in a thread of the plugin."""

    def __call__(self, function: Callable[..., T], *args: Any) -> Awaitable[T]:
        """Run it, and return what can be awaited."""


class Database:
    """A connection to a database, brought up to date; for short statements, on the loop.

    What is committed survives a kill of the proxy at any moment; a loss of power may take the
    last commits, but leaves the file sound (WAL, ``synchronous=NORMAL``).

    :param migrations: the first makes version 1 of the database, and so on.
    :param run_in_thread: for :meth:`run`.
    :param take_back: when the file has seen more migrations than there are, put back the copy
        from before them, if this process has made one.
    :param say: told what a player is to know: a damaged file was set aside, say.
    :raises DatabaseError: it cannot be opened, a migration fails, or the file has seen more
        migrations than there are.
    :ivar path: the file.
    """

    def __init__(
        self,
        path: Path,
        migrations: Sequence[Migration] = (),
        *,
        run_in_thread: RunInThread | None = None,
        take_back: bool = False,
        say: Callable[[str], object] = print,
    ) -> None:
        self.path = path
        self._migrations = tuple(migrations)
        self._run_in_thread = run_in_thread
        self._say = say
        self._connection = self._open()
        try:
            self._bring_up_to_date(take_back=take_back)
        except BaseException:
            self._connection.close()
            raise

    @property
    def name(self) -> str:
        """The name of the file."""
        return self.path.name

    @property
    def version(self) -> int:
        """How many migrations the file has seen."""
        return version_of(self._connection)

    def execute(self, sql: str, parameters: Parameters = ()) -> sqlite3.Cursor:
        """Run a statement; it is committed at once, unless inside :meth:`transaction`.

        :returns: a cursor, with ``rowcount`` and ``lastrowid``; fetch all its rows or none.
        :raises sqlite3.Error: it cannot be run.
        """
        return self._connection.execute(sql, parameters)

    def execute_many(self, sql: str, rows: Iterable[Parameters]) -> int:
        """Run a statement for each of some rows, all or none; return how many changed."""
        with self.transaction():
            return self._connection.executemany(sql, rows).rowcount

    def rows(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Return all rows of a query."""
        return self._connection.execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: Parameters = ()) -> Row | None:
        """Return the first row of a query, or None."""
        with closing(self._connection.execute(sql, parameters)) as cursor:
            row: Row | None = cursor.fetchone()
        return row

    def value(self, sql: str, parameters: Parameters = ()) -> Any:
        """Return the first value of the first row of a query, or None."""
        row = self.row(sql, parameters)
        return row[0] if row is not None else None

    @contextmanager
    def transaction(self) -> Iterator[Database]:
        """Have all statements inside be committed together, or none when one fails.

        It must not await anything. One inside another is part of that.
        """
        if self._connection.in_transaction:
            yield self
            return
        with transaction(self._connection):
            yield self

    def run(
        self,
        function: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Awaitable[T]:
        """Run a function in a thread, on its own connection; its changes are one transaction.

        For what takes longer than a few milliseconds. While it writes, the statements of
        others wait, so collect first and write last.

        :param function: called with the connection and the other arguments.
        """
        if self._run_in_thread is None:
            raise RuntimeError(f"{self.path}: nothing runs threads for it")
        path = self.path

        def work() -> T:
            with closing(_connect(path, THREAD_WAIT_SECONDS)) as connection:
                # The transaction begins with the first change, not with what is read before it:
                # others may have written meanwhile, and SQLite would refuse the change.
                connection.isolation_level = "IMMEDIATE"
                try:
                    result = function(connection, *args, **kwargs)
                    connection.commit()
                    return result
                except BaseException:
                    connection.rollback()
                    raise

        return self._run_in_thread(work)

    async def backup(self, target: Path) -> None:
        """Copy the database to another file, in a thread, as it is at one moment.

        :raises OSError: it cannot be written.
        :raises sqlite3.Error: it cannot be read, or is damaged.
        """
        if self._run_in_thread is None:
            raise RuntimeError(f"{self.path}: nothing runs threads for it")
        await self._run_in_thread(backup, self.path, target)

    def check_version(self) -> None:
        """Take back what newer code has made of the file, where that code has failed.

        :raises DatabaseError: this process has no copy from before.
        """
        if self.version > len(self._migrations):
            self._bring_up_to_date(take_back=True)

    def close(self) -> None:
        """Close it; a transaction that goes on is undone."""
        self._connection.close()

    def __repr__(self) -> str:
        return f"<Database {self.path}>"

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return _connect(self.path, WAIT_SECONDS)
        except sqlite3.OperationalError as error:
            raise DatabaseError(f"{self.path} cannot be opened: {error}") from error
        except sqlite3.DatabaseError as error:
            aside = set_aside(self.path)
            for end in _BESIDE:
                beside = self.path.with_name(self.path.name + end)
                if beside.exists():
                    beside.rename(aside.with_name(aside.name + end))
            self._say(
                f"{self.path} is no database any more ({error}); it is kept as {aside.name}, "
                "and an empty one is begun"
            )
            return _connect(self.path, WAIT_SECONDS)

    def _bring_up_to_date(self, *, take_back: bool) -> None:
        version, known = self.version, len(self._migrations)
        if version > known:
            self._go_back(version, known, take_back=take_back)
            version = self.version
        if 0 < version < known:
            # A migration may do what nobody wanted; and a reload may be taken back.
            copy_whole(self._connection, self._copy_of(version))
        migrate(self._connection, self._migrations)

    def _go_back(self, version: int, known: int, *, take_back: bool) -> None:
        copy = self._copy_of(known)
        message = f"{self.path} is of version {version}, but the code knows {known} only"
        if not (take_back and copy.is_file() and copy.stat().st_mtime >= _BEGUN - 1):
            where = f"; {copy.name} beside it is a copy from before" if copy.is_file() else ""
            raise DatabaseError(f"{message}{where}; use the newer code again")
        newer = self._copy_of(version)
        copy_whole(self._connection, newer)
        with closing(_connect(copy, WAIT_SECONDS)) as source:
            source.backup(self._connection)
        self._say(f"{message}: the copy from before is put back, the newer is {newer.name}")

    def _copy_of(self, version: int) -> Path:
        return self.path.with_name(f"{self.path.stem}.version-{version}{self.path.suffix}")


def _connect(path: Path, timeout: float) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=timeout, isolation_level=None)
    try:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL").fetchone()
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        version_of(connection)
    except BaseException:
        connection.close()
        raise
    return connection
