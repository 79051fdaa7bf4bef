import sqlite3
from contextlib import closing

NOTES = """
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook


class Plugin(BasePlugin):
    db_migrations = ("CREATE TABLE notes (text TEXT)",)

    @RegisterPluginHook("initialize")
    def _phook_initialize(self):
        self.db.execute("INSERT INTO notes VALUES ('kept')")
"""

ID = "plugins.games.notes"


def notes(path):
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("SELECT text FROM notes")]


async def test_the_databases_are_listed_also_when_their_plugin_is_not_loaded(bastproxy):
    bastproxy.write_plugin(ID, NOTES)
    bastproxy.load(ID)
    listed = "\n".join(await bastproxy.command("#bp.db.list"))
    assert ID in listed
    assert "none" in listed
    assert bastproxy.api("libs.plugins.loader:unload.plugin")(ID)
    line = next(x for x in await bastproxy.command("#bp.db.list") if ID in x)
    assert line.split()[1:3] == ["no", "1"]


async def test_a_backup_holds_what_the_plugin_has_while_it_runs(bastproxy):
    bastproxy.write_plugin(ID, NOTES)
    bastproxy.load(ID)
    (line,) = await bastproxy.command("#bp.db.backup notes")
    name, _, path = line.partition(": ")
    assert name == ID
    assert notes(path) == ["kept"]
    listed = next(x for x in await bastproxy.command("#bp.db.list") if ID in x)
    assert "none" not in listed


async def test_all_are_backed_up_without_a_name(bastproxy):
    for name in ("one", "two"):
        bastproxy.write_plugin(f"plugins.games.{name}", NOTES)
        bastproxy.load(f"plugins.games.{name}")
    names = {line.partition(":")[0] for line in await bastproxy.command("#bp.db.backup")}
    assert {"plugins.games.one", "plugins.games.two"} <= names


async def test_only_so_many_backups_are_kept(bastproxy):
    bastproxy.write_plugin(ID, NOTES)
    bastproxy.load(ID)
    await bastproxy.command("#bp.db.set keep 2")
    made = [(await bastproxy.command(f"#bp.db.backup {ID}"))[0].partition(": ")[2] for _ in "1234"]
    directory = bastproxy.home / "data" / "plugins.core.db" / "backups"
    assert sorted(str(path) for path in directory.glob(f"{ID}-*")) == made[-2:]


async def test_a_damaged_database_is_said_and_the_others_are_backed_up(bastproxy):
    bastproxy.write_plugin(ID, NOTES)
    bastproxy.load(ID)
    wrong = bastproxy.home / "data" / "plugins.games.wrong" / "db.sqlite"
    wrong.parent.mkdir()
    wrong.write_bytes(b"nonsense" * 1000)
    lines = "\n".join(await bastproxy.command("#bp.db.backup"))
    assert "plugins.games.wrong could not be backed up: file is not a database" in lines
    assert f"{ID}: " in lines
    assert "cannot be read" in "\n".join(await bastproxy.command("#bp.db.list"))


async def test_an_unknown_name_is_answered(bastproxy):
    bastproxy.write_plugin(ID, NOTES)
    bastproxy.load(ID)
    assert "'nots' has no database" in (await bastproxy.command("#bp.db.backup nots"))[0]
