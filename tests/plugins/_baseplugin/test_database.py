import sqlite3
from contextlib import closing

import pytest

ID = "plugins.games.notes"

NOTES = """
from bastproxy.libs.api import AddAPI
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook


class Plugin(BasePlugin):
    db_migrations = ({migrations})

    @RegisterPluginHook("initialize")
    def _phook_initialize(self):
        self.db.execute("INSERT INTO t VALUES ({number})")
        {more}

    @AddAPI("numbers", description="what is there")
    def _api_numbers(self):
        return [row[0] for row in self.db.rows("SELECT x FROM t")]

    @AddAPI("counted", description="what is there, in a thread")
    async def _api_counted(self):
        return await self.db.run(lambda one: one.execute("SELECT count(*) FROM t").fetchone()[0])
"""
FIRST = "'CREATE TABLE t (x INTEGER)',"
SECOND = FIRST + "'UPDATE t SET x = x + 100; ALTER TABLE t ADD COLUMN y INTEGER DEFAULT 7',"


def source(number, migrations=FIRST, more=""):
    text = NOTES.format(number=number, migrations=migrations, more=more)
    return text.replace("VALUES (", "(x) VALUES (")


@pytest.fixture
def notes(bastproxy):
    def write(*args, **options):
        bastproxy.write_plugin(ID, source(*args, **options))

    write(1)
    bastproxy.load(ID)
    return write


def numbers(proxy):
    return proxy.api(f"{ID}:numbers")()


def reload(proxy):
    return proxy.api("libs.plugins.loader:reload.plugin")(ID)


def database(proxy):
    return proxy.api("libs.plugins.loader:get.plugin.instance")(ID).db


async def settled(proxy):
    assert await proxy.app.kernel.work.settle() == []


async def test_it_is_in_the_data_directory_and_made_at_its_first_use(bastproxy):
    bastproxy.write_plugin(ID, source(1).replace('self.db.execute("INSERT', 'print or ("'))
    bastproxy.load(ID)
    path = bastproxy.home / "data" / ID / "db.sqlite"
    assert not path.exists()
    assert numbers(bastproxy) == []
    assert path.exists()


async def test_it_is_closed_at_unload(bastproxy, notes):
    opened = database(bastproxy)
    assert bastproxy.api("libs.plugins.loader:unload.plugin")(ID)
    await settled(bastproxy)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        opened.execute("SELECT 1")
    directory = bastproxy.home / "data" / ID
    assert [path.name for path in directory.iterdir()] == ["db.sqlite"]  # no -wal: all is in it


async def test_what_it_holds_survives_a_reload_and_the_old_one_is_closed(bastproxy, notes):
    old = database(bastproxy)
    notes(2)
    assert reload(bastproxy)
    assert numbers(bastproxy) == [1, 2]
    await settled(bastproxy)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        old.execute("SELECT 1")


async def test_a_hundred_reloads_leave_nothing_open(bastproxy, notes):
    for _ in range(100):
        assert reload(bastproxy)
    await settled(bastproxy)
    assert len(numbers(bastproxy)) == 101
    lines = bastproxy.app.kernel.ledger.lines(ID, kind="resource")
    assert [line.name for line in lines] == ["Database db.sqlite"]


async def test_it_goes_on_after_a_reload_that_fails(bastproxy, notes):
    opened = database(bastproxy)
    notes(2, more="raise ValueError")
    assert not reload(bastproxy)
    await settled(bastproxy)
    assert database(bastproxy) is opened
    assert numbers(bastproxy) == [1, 2, 1]  # 2 was committed by code that failed later


async def test_new_code_brings_it_up_to_date(bastproxy, notes):
    notes(2, SECOND)
    assert reload(bastproxy)
    assert numbers(bastproxy) == [101, 2]


async def test_a_migration_of_code_that_fails_is_taken_back(bastproxy, notes):
    notes(2, SECOND, more="raise ValueError")
    assert not reload(bastproxy)
    await settled(bastproxy)
    assert numbers(bastproxy) == [1, 1]
    assert database(bastproxy).version == 1
    newer = bastproxy.home / "data" / ID / "db.version-2.sqlite"
    with closing(sqlite3.connect(newer)) as connection:
        assert connection.execute("SELECT x, y FROM t").fetchall() == [(101, 7), (2, 7)]
    assert any("the copy from before is put back" in line for line in bastproxy.log)


async def test_a_migration_that_fails_fails_the_reload_and_the_old_code_goes_on(bastproxy, notes):
    notes(2, FIRST + "'UPDATE t SET x = 5; nonsense',")
    assert not reload(bastproxy)
    await settled(bastproxy)
    assert numbers(bastproxy) == [1, 1]
    assert any("migration to version 2 fails" in line for line in bastproxy.log)


async def test_a_rollback_by_hand_takes_a_migration_back(bastproxy, notes):
    bastproxy.api("plugins.core.settings:change")("plugins.core.plugins", "probation", 60)
    notes(2, SECOND)
    assert reload(bastproxy)
    assert numbers(bastproxy) == [101, 2]
    answer = await bastproxy.command("#bp.plugins.rollback notes")
    await settled(bastproxy)
    assert numbers(bastproxy)[0] == 1, answer
    assert database(bastproxy).version == 1


async def test_run_is_a_thread_of_the_plugin(bastproxy, notes):
    assert await bastproxy.api(f"{ID}:counted")() == 1


async def test_a_player_sees_that_the_plugin_owns_it(bastproxy, notes):
    assert "Database db.sqlite" in "\n".join(await bastproxy.command("#bp.plugins.show notes"))
