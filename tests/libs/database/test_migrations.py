import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.database import DatabaseError
from bastproxy.libs.database.migrations import migrate, statements, version_of


@pytest.fixture
def connection():
    made = sqlite3.connect(":memory:", isolation_level=None)
    yield made
    made.close()


def tables(connection):
    return [row[0] for row in connection.execute("SELECT name FROM sqlite_master ORDER BY name")]


def test_each_migration_runs_once(connection):
    ran = []
    steps = ["CREATE TABLE a (x)", lambda _: ran.append(2)]
    migrate(connection, steps)
    migrate(connection, steps)
    assert (ran, tables(connection), version_of(connection)) == ([2], ["a"], 2)


def test_a_later_version_runs_the_new_ones_only(connection):
    migrate(connection, ["CREATE TABLE a (x)"])
    migrate(connection, ["not SQL at all", "CREATE TABLE b (x)"])
    assert (tables(connection), version_of(connection)) == (["a", "b"], 2)


def test_a_migration_of_several_statements_is_undone_whole(connection):
    steps = ["CREATE TABLE a (x)", "INSERT INTO a VALUES (1); CREATE TABLE b (x); CREATE nonsense"]
    with pytest.raises(DatabaseError, match=r"to version 2 fails, and is undone: .*nonsense"):
        migrate(connection, steps)
    assert (tables(connection), version_of(connection)) == (["a"], 1)
    assert connection.execute("SELECT * FROM a").fetchall() == []


def test_a_function_that_fails_is_undone(connection):
    def fail(given):
        given.execute("CREATE TABLE a (x)")
        raise ValueError("no")

    with pytest.raises(DatabaseError, match="ValueError: no"):
        migrate(connection, [fail])
    assert (tables(connection), version_of(connection)) == ([], 0)


def test_a_function_that_commits_is_refused(connection):
    with pytest.raises(DatabaseError, match="ends the transaction"):
        migrate(connection, [lambda given: given.execute("COMMIT")])
    assert version_of(connection) == 0


def test_semicolons_inside_statements_do_not_part_them(connection):
    sql = """
        CREATE TABLE a (x TEXT DEFAULT ';'); -- a comment; with one
        CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET x = 'y;'; DELETE FROM a; END;
        INSERT INTO a VALUES ('it''s;')
    """
    assert len(list(statements(sql))) == 3
    migrate(connection, [sql])
    assert tables(connection) == ["a", "t"]


@given(st.lists(st.sampled_from(["SELECT 1", "SELECT ';'", 'SELECT ";a"', "/* ; */ SELECT 2"])))
def test_the_parts_are_the_whole(parts):
    text = "; ".join(parts)
    found = [part.strip().rstrip(";") for part in statements(text)]
    assert found == parts
