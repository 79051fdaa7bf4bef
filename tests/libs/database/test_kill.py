"""A kill at any moment: what was committed is there, and nothing half."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

WRITER = """
import sys
from pathlib import Path
from bastproxy.libs.database import Database

STEPS = ["CREATE TABLE t (x INTEGER PRIMARY KEY, y INTEGER)"]
database = Database(Path(sys.argv[1]), STEPS)
number = database.value("SELECT coalesce(max(x), 0) FROM t")
while True:
    number += 1
    with database.transaction():
        database.execute("INSERT INTO t VALUES (?, 0)", (number,))
        database.execute("UPDATE t SET y = y + 1")
        database.execute("UPDATE t SET y = ?", (number,))
    print(number, flush=True)
"""

MIGRATING = """
import os, sys
from pathlib import Path
from bastproxy.libs.database import Database

def die(connection):
    rows = ((number,) for number in range(1_000_000, 1_050_000))
    connection.executemany("INSERT INTO t VALUES (?, 1)", rows)
    os.kill(os.getpid(), 9)

Database(Path(sys.argv[1]), ["CREATE TABLE t (x INTEGER PRIMARY KEY, y INTEGER)", die])
"""

pytestmark = pytest.mark.skipif(os.name != "posix", reason="there is no kill -9")


def start(code, path):
    return subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE)


def test_what_was_committed_survives_a_kill(tmp_path):
    path = tmp_path / "db.sqlite"
    for wanted in (1, 7, 40):
        process = start(WRITER, path)
        for _ in range(wanted):
            last = int(process.stdout.readline())
        process.kill()
        rest = process.stdout.read().split()
        process.wait()
        process.stdout.close()
        last = int(rest[-1]) if rest else last
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            count, highest, lowest_y, highest_y = connection.execute(
                "SELECT count(*), max(x), min(y), max(y) FROM t"
            ).fetchone()
        assert count == highest >= last
        assert lowest_y == highest_y == highest  # no transaction is there by half


def test_a_kill_in_a_migration_leaves_the_version_before(tmp_path):
    path = tmp_path / "db.sqlite"
    process = start(WRITER, path)
    process.stdout.readline()
    process.kill()
    process.wait()
    process.stdout.close()
    process = start(MIGRATING, path)
    process.wait()
    process.stdout.close()
    assert process.returncode == -9
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM t WHERE x >= 1000000").fetchone() == (0,)
