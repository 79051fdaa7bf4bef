"""Copies of databases that are in use.

SQLite's online backup: https://www.sqlite.org/backup.html
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from secrets import token_hex


def backup(source: Path, target: Path) -> None:
    """Copy a database, which may be in use, as it is at one moment; whole or not at all.

    May run in any thread.

    :param target: a file; one that is there is replaced.
    :raises FileNotFoundError: there is no such database.
    :raises OSError: the copy cannot be written.
    :raises sqlite3.Error: the database cannot be read, or is damaged.
    """
    if not source.is_file():
        raise FileNotFoundError(f"there is no database {source}")
    with closing(sqlite3.connect(source, timeout=30)) as connection:
        copy_whole(connection, target)


def copy_whole(connection: sqlite3.Connection, target: Path) -> None:
    """Copy what a connection sees into a file; as :func:`backup`."""
    target.parent.mkdir(parents=True, exist_ok=True)
    # libs.files removes what is called so, and was left by a kill.
    beside = target.with_name(f".{target.name}.{token_hex(4)}.tmp")
    try:
        with closing(sqlite3.connect(beside)) as copy:
            connection.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # a copy is one file
            found = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise sqlite3.DatabaseError(f"the database is damaged: {found}")
        with beside.open("rb+") as file:
            os.fsync(file.fileno())
        beside.replace(target)
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
