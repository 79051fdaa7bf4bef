"""Bringing a database up to date, one version after the other.

The version is SQLite's own number in the file, ``PRAGMA user_version``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from bastproxy.libs.database.errors import DatabaseError

Migration = str | Callable[[sqlite3.Connection], object]
"""SQL statements, or a function that is given the connection and does not commit."""


def version_of(connection: sqlite3.Connection) -> int:
    """Return how many migrations a database has seen."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def migrate(connection: sqlite3.Connection, migrations: Sequence[Migration]) -> None:
    """Run the migrations that a database has not seen, each whole or not at all.

    :param connection: in autocommit mode.
    :param migrations: the first makes version 1, and so on.
    :raises DatabaseError: one fails; those before it have been made, and it has not.
    """
    for version in range(version_of(connection) + 1, len(migrations) + 1):
        try:
            with transaction(connection):
                _run(connection, migrations[version - 1])
                if not connection.in_transaction:
                    raise DatabaseError("it ends the transaction that it is run in; it must not")
                connection.execute(f"PRAGMA user_version = {version}")
        except Exception as error:
            reason = str(error) if isinstance(error, DatabaseError) else _named(error)
            raise DatabaseError(
                f"the migration to version {version} fails, and is undone: {reason}"
            ) from error


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Have everything inside happen, or nothing of it when an exception leaves it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        if connection.in_transaction:
            connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def statements(sql: str) -> Iterator[str]:
    """Yield the statements of a text, which may hold semicolons inside them."""
    begun = ""
    *parts, rest = sql.split(";")
    for part in parts:
        begun += f"{part};"
        if sqlite3.complete_statement(begun):
            yield begun
            begun = ""
    if (begun + rest).strip():
        yield begun + rest


def _run(connection: sqlite3.Connection, migration: Migration) -> None:
    if not isinstance(migration, str):
        migration(connection)
        return
    for statement in statements(migration):  # executescript() would commit first
        connection.execute(statement)


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
