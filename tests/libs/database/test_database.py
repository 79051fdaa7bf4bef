import asyncio
import os
import sqlite3
import threading
from contextlib import closing

import pytest

from bastproxy.libs.database import Database, DatabaseError, backup

TABLE = "CREATE TABLE t (x INTEGER)"


@pytest.fixture
def open_db(tmp_path):
    opened = []

    def make(*migrations, **options):
        options.setdefault("run_in_thread", asyncio.to_thread)
        opened.append(Database(tmp_path / "db.sqlite", migrations or (TABLE,), **options))
        return opened[-1]

    yield make
    for database in opened:
        database.close()


def numbers(path):
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("SELECT x FROM t ORDER BY x")]


def test_rows_by_number_and_by_name(open_db):
    database = open_db()
    assert database.execute_many("INSERT INTO t VALUES (?)", [(1,), (2,)]) == 2
    rows = database.rows("SELECT x FROM t ORDER BY x")
    assert [(row[0], row["x"]) for row in rows] == [(1, 1), (2, 2)]
    assert database.row("SELECT x FROM t WHERE x = :x", {"x": 3}) is None
    assert database.value("SELECT count(*) FROM t") == 2
    assert database.value("SELECT x FROM t WHERE x = 3") is None


def test_a_statement_is_committed_at_once(open_db, tmp_path):
    open_db().execute("INSERT INTO t VALUES (1)")
    assert numbers(tmp_path / "db.sqlite") == [1]


def test_a_transaction_is_whole(open_db, tmp_path):
    database = open_db()

    def fail():
        with database.transaction():
            database.execute("INSERT INTO t VALUES (1)")
            with database.transaction():
                database.execute("INSERT INTO t VALUES (2)")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.transaction():
        database.execute("INSERT INTO t VALUES (3)")
    assert numbers(tmp_path / "db.sqlite") == [3]


def test_execute_many_is_whole(open_db, tmp_path):
    database = open_db("CREATE TABLE t (x INTEGER UNIQUE)")
    with pytest.raises(sqlite3.IntegrityError):
        database.execute_many("INSERT INTO t VALUES (?)", [(1,), (1,)])
    assert numbers(tmp_path / "db.sqlite") == []


def test_two_connections_do_not_shut_each_other_out(open_db):
    first, second = open_db(), open_db()
    first.execute("INSERT INTO t VALUES (1)")
    second.execute("INSERT INTO t VALUES (2)")
    assert first.value("SELECT sum(x) FROM t") == 3


async def test_run_is_one_transaction_in_another_thread(open_db, tmp_path):
    database = open_db()

    def work(connection, number, *, fail=False):
        connection.execute("INSERT INTO t VALUES (?)", (number,))
        if fail:
            raise ValueError(number)
        return threading.get_ident()

    assert await database.run(work, 1) != threading.get_ident()
    with pytest.raises(ValueError, match="2"):
        await database.run(work, 2, fail=True)
    assert numbers(tmp_path / "db.sqlite") == [1]


async def test_reading_goes_on_while_a_thread_writes(open_db):
    database = open_db()
    writing, go_on = threading.Event(), threading.Event()

    def work(connection):
        connection.execute("INSERT INTO t VALUES (1)")
        writing.set()
        assert go_on.wait(10)

    async def look():
        await asyncio.to_thread(writing.wait, 10)
        seen = database.value("SELECT count(*) FROM t")
        go_on.set()
        return seen

    assert await asyncio.gather(database.run(work), look()) == [None, 0]
    assert database.value("SELECT count(*) FROM t") == 1


async def test_a_thread_may_write_after_others_have_since_it_read(open_db, tmp_path):
    database = open_db()
    database.execute("INSERT INTO t VALUES (1)")
    read, go_on = threading.Event(), threading.Event()

    def work(connection):
        seen = connection.execute("SELECT max(x) FROM t").fetchone()[0]
        read.set()
        assert go_on.wait(10)
        connection.execute("INSERT INTO t VALUES (?)", (seen + 10,))

    async def write():
        await asyncio.to_thread(read.wait, 10)
        database.execute("INSERT INTO t VALUES (2)")
        go_on.set()

    await asyncio.gather(database.run(work), write())
    assert numbers(tmp_path / "db.sqlite") == [1, 2, 11]


async def test_a_backup_of_a_database_in_use_is_one_sound_file(open_db, tmp_path):
    database = open_db()
    database.execute("INSERT INTO t VALUES (1)")
    target = tmp_path / "backups" / "copy.sqlite"
    with database.transaction():
        database.execute("INSERT INTO t VALUES (2)")
        await database.backup(target)
    assert numbers(target) == [1]
    assert [path.name for path in target.parent.iterdir()] == ["copy.sqlite"]


def test_a_backup_of_nothing_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="no database"):
        backup(tmp_path / "db.sqlite", tmp_path / "copy.sqlite")
    assert list(tmp_path.iterdir()) == []


def test_a_backup_that_fails_leaves_the_old_one(open_db, tmp_path):
    open_db()
    target = tmp_path / "copy.sqlite"
    backup(tmp_path / "db.sqlite", target)
    before = target.read_bytes()
    (tmp_path / "wrong").write_bytes(b"no database, but long enough to look like one" * 100)
    with pytest.raises(sqlite3.DatabaseError):
        backup(tmp_path / "wrong", target)
    assert target.read_bytes() == before
    assert not list(tmp_path.glob(".copy*"))


def test_a_damaged_file_is_set_aside(open_db, tmp_path):
    (tmp_path / "db.sqlite").write_bytes(b"this was a database" * 100)
    said = []
    database = open_db(say=said.append)
    database.execute("INSERT INTO t VALUES (1)")
    assert (tmp_path / "db.sqlite.broken").read_bytes() == b"this was a database" * 100
    assert "kept as db.sqlite.broken" in said[0]


def test_what_cannot_be_opened_says_so(tmp_path):
    (tmp_path / "db.sqlite").mkdir()
    with pytest.raises(DatabaseError, match="cannot be opened"):
        Database(tmp_path / "db.sqlite")


def test_a_copy_is_kept_from_before_a_migration(open_db, tmp_path):
    first = open_db()
    first.execute("INSERT INTO t VALUES (1)")
    first.close()
    database = open_db(TABLE, "UPDATE t SET x = 7")
    assert (database.version, numbers(tmp_path / "db.sqlite")) == (2, [7])
    assert numbers(tmp_path / "db.version-1.sqlite") == [1]


def test_older_code_is_refused_and_the_message_names_the_copy(open_db, tmp_path):
    open_db().close()
    open_db(TABLE, "UPDATE t SET x = 7").close()
    with pytest.raises(DatabaseError, match=r"of version 2, .* knows 1 only; db\.version-1\.sq"):
        open_db()
    assert numbers(tmp_path / "db.sqlite") == []


def test_code_that_is_taken_back_finds_what_it_had(open_db, tmp_path):
    old = open_db(say=(said := []).append)
    old.execute("INSERT INTO t VALUES (1)")
    new = open_db(TABLE, "UPDATE t SET x = 7")
    new.execute("INSERT INTO t VALUES (8)")
    old.check_version()
    assert old.rows("SELECT x FROM t")[0][0] == 1
    assert numbers(tmp_path / "db.sqlite") == [1]
    assert numbers(tmp_path / "db.version-2.sqlite") == [7, 8]
    assert "the newer is db.version-2.sqlite" in said[0]


def test_an_old_copy_is_not_put_back(open_db, tmp_path):
    open_db().close()
    open_db(TABLE, "UPDATE t SET x = 7").close()
    os.utime(tmp_path / "db.version-1.sqlite", (1, 1))
    with pytest.raises(DatabaseError, match="use the newer code again"):
        open_db(take_back=True)
