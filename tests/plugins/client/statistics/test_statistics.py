import sqlite3
from contextlib import closing
from datetime import date, timedelta

import pytest

from bastproxy.libs.database import Database
from bastproxy.plugins.client.statistics.libs import store
from bastproxy.plugins.client.statistics.libs.counts import Counts, size
from bastproxy.testing import ProxyHarness

ID = "plugins.client.statistics"
TODAY = date.today()


@pytest.fixture
def db(tmp_path):
    with closing(Database(tmp_path / "db.sqlite", store.MIGRATIONS)) as database:
        yield database


def get(proxy, *args):
    return proxy.api(f"{ID}:get")(*args)


def plugin(proxy):
    return proxy.api("libs.plugins.loader:get.plugin.instance")(ID)


def test_counts_of_a_day_add_up(db):
    store.add(db, "osric", TODAY, Counts(lines_in=1, played=0.5))
    store.add(db, "osric", TODAY, Counts(lines_in=2, bytes_out=7, played=1))
    store.add(db, "other", TODAY, Counts(lines_in=10))
    assert store.total(db, "osric") == Counts(lines_in=3, bytes_out=7, played=1.5)
    assert store.total(db).lines_in == 13
    assert store.profiles(db) == ["osric", "other"]


def test_nothing_is_no_row(db):
    store.add(db, "osric", TODAY, Counts())
    assert store.profiles(db) == []
    assert store.total(db) == Counts()


def test_days(db):
    for ago in range(5):
        store.add(db, "osric", TODAY - timedelta(days=ago), Counts(lines_in=1 + ago))
    assert store.total(db, since=TODAY - timedelta(days=1)).lines_in == 3
    newest = store.days(db, "", 2)
    assert [(day, counts.lines_in) for day, counts in newest.items()] == [
        (str(TODAY), 1),
        (str(TODAY - timedelta(days=1)), 2),
    ]


@pytest.mark.parametrize(
    ("count", "shown"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KB"), (1 << 44, "16384.0 GB")]
)
def test_sizes(count, shown):
    assert size(count) == shown


async def test_what_went_over_the_connection_is_counted(bastproxy):
    before = get(bastproxy)
    assert before["sessions"] == 1
    client = await bastproxy.connect()
    for number in range(10):
        await bastproxy.mud.send_line(f"line {number}")
    await client.read_until("line 9")
    await client.send_line("look")
    await bastproxy.mud.read_until("look")
    after = get(bastproxy)
    assert after["lines_in"] - before["lines_in"] == 10
    assert after["lines_out"] - before["lines_out"] == 1
    assert after["bytes_in"] - before["bytes_in"] >= 10 * len("line 0\r\n")
    assert after["bytes_out"] - before["bytes_out"] >= len("look\r\n")
    assert get(bastproxy) | {"connected": 0, "played": 0} == after | {"connected": 0, "played": 0}


async def test_no_callback_is_in_the_way_of_a_line(bastproxy):
    events = [
        f"ev_{name}"
        for name in (
            "from_mud_event",
            "to_client_data_modify",
            "to_client_data_read",
            "to_mud_data_read",
        )
    ]
    mine = [line.name for line in bastproxy.app.kernel.ledger.lines(ID, kind="callback")]
    assert mine
    assert not [name for name in mine if any(event in name for event in events)]


async def test_time_is_played_while_somebody_is_there(bastproxy, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(f"bastproxy.{ID}.plugin.monotonic", lambda: now[0])
    plugin(bastproxy).since = 1000.0
    start = get(bastproxy)

    def passed():
        found = get(bastproxy)
        return [found[name] - start[name] for name in ("connected", "played")]

    now[0] += 5
    assert passed() == [5, 0]
    client = await bastproxy.connect()
    now[0] += 10
    assert passed() == [15, 10]
    client.close()
    await bastproxy.events("ev_client_disconnected").wait()
    now[0] += 20
    assert passed() == [35, 10]
    bastproxy.mud.disconnect()
    await bastproxy.events("ev_mud_disconnected").wait()
    now[0] += 40
    assert passed() == [35, 10]


async def test_triggers_are_counted(bastproxy):
    if not bastproxy.app.kernel.dispatcher.event("ev_trigger"):
        pytest.skip("there is no trigger engine")
    bastproxy.app.kernel.dispatcher.raise_event("ev_trigger", {}, "testing")
    assert get(bastproxy)["triggers"] == 1


async def test_counts_are_kept_over_a_restart(tmp_path):
    for wanted in (1, 2, 3):
        async with ProxyHarness(home=tmp_path) as proxy:
            await proxy.mud.send_line("hello")
            await proxy.mud.sync()
            found = get(proxy)
            assert (found["lines_in"], found["sessions"]) == (wanted, wanted)
    path = tmp_path / "data" / ID / "db.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        (row,) = connection.execute("SELECT profile, day, lines_in FROM days").fetchall()
    assert row == ("127.0.0.1", str(TODAY), 3)


@pytest.mark.parametrize("member", [ID, "plugins.core.events"])
async def test_nothing_is_counted_twice_or_lost_over_a_reload(bastproxy, member):
    before = get(bastproxy)["lines_in"]
    for _ in range(5):
        await bastproxy.mud.send_line("hello")
        await bastproxy.mud.sync()
        assert bastproxy.api("libs.plugins.loader:reload.plugin")(member)
        await bastproxy.mud.send_line("hello")
        await bastproxy.mud.sync()
    found = get(bastproxy)
    assert (found["lines_in"] - before, found["sessions"]) == (10, 1)


async def test_what_passed_while_it_was_not_loaded_is_not_counted(bastproxy):
    before = get(bastproxy)["lines_in"]
    assert bastproxy.api("libs.plugins.loader:unload.plugin")(ID)
    await bastproxy.mud.send_line("hello")
    await bastproxy.mud.sync()
    bastproxy.load(ID)
    assert get(bastproxy)["lines_in"] == before


async def test_commands(bastproxy):
    get(bastproxy)
    store.add(plugin(bastproxy).db, "osric", TODAY - timedelta(days=40), Counts(lines_in=12345))
    shown = await bastproxy.command("#bp.statistics.show")
    text = "\n".join(shown)
    assert "12,345" in text
    assert "127.0.0.1" in text
    assert "today" in text
    assert "12,345" in "\n".join(await bastproxy.command("#bp.statistics.show osric"))
    assert "did you mean" in "\n".join(await bastproxy.command("#bp.statistics.show osrik"))
    days = await bastproxy.command("#bp.statistics.days")
    assert [line.split()[0] for line in days[1:]] == [
        str(TODAY),
        str(TODAY - timedelta(days=40)),
    ]
    assert "nothing" in (await bastproxy.command("#bp.statistics.days -profile nobody"))[0]
