import time as system
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bastproxy.libs.work.recurrence import (
    At,
    Every,
    day_names,
    moment_of,
    parse_days,
    parse_time,
    zone_named,
)

ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # its summer time is half an hour
    "America/Havana",  # the clock changes at midnight
    "America/Scoresbysund",  # it goes forward over midnight
    "Asia/Kathmandu",
    "Pacific/Apia",
    "UTC",
]


def shown(moment: float | None, zone: str) -> str | None:
    if moment is None:
        return None
    return datetime.fromtimestamp(moment, ZoneInfo(zone)).isoformat()


@pytest.mark.parametrize(
    ("zone", "day", "at", "expected"),
    [
        ("Europe/Berlin", "2026-03-28", "02:30", "2026-03-28T02:30:00+01:00"),
        ("Europe/Berlin", "2026-03-29", "01:59:59", "2026-03-29T01:59:59+01:00"),
        ("Europe/Berlin", "2026-03-29", "02:00", "2026-03-29T03:00:00+02:00"),
        ("Europe/Berlin", "2026-03-29", "02:30", "2026-03-29T03:00:00+02:00"),
        ("Europe/Berlin", "2026-03-29", "03:00", "2026-03-29T03:00:00+02:00"),
        ("Europe/Berlin", "2026-03-29", "03:30", "2026-03-29T03:30:00+02:00"),
        ("Europe/Berlin", "2026-10-25", "02:00", "2026-10-25T02:00:00+02:00"),
        ("Europe/Berlin", "2026-10-25", "02:30", "2026-10-25T02:30:00+02:00"),
        ("Europe/Berlin", "2026-10-25", "03:00", "2026-10-25T03:00:00+01:00"),
        ("America/New_York", "2026-03-08", "02:30", "2026-03-08T03:00:00-04:00"),
        ("America/New_York", "2026-11-01", "01:30", "2026-11-01T01:30:00-04:00"),
        ("America/New_York", "2026-11-01", "02:00", "2026-11-01T02:00:00-05:00"),
        ("Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-04T02:30:00+11:00"),
        ("Australia/Lord_Howe", "2026-10-04", "02:30", "2026-10-04T02:30:00+11:00"),
        ("Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-05T01:45:00+11:00"),
        ("Australia/Lord_Howe", "2026-04-05", "02:00", "2026-04-05T02:00:00+10:30"),
        ("America/Havana", "2026-03-08", "00:00", "2026-03-08T01:00:00-04:00"),
        ("America/Scoresbysund", "2026-03-28", "23:30", "2026-03-29T00:00:00-01:00"),
        ("Pacific/Apia", "2011-12-30", "18:30", None),  # that day never was
    ],
)
def test_a_time_of_day_around_the_changes(zone, day, at, expected):
    moment = moment_of(date.fromisoformat(day), parse_time(at), ZoneInfo(zone))
    assert shown(moment, zone) == expected


@pytest.mark.parametrize(
    ("zone", "at", "start", "expected"),
    [
        (
            "Europe/Berlin",
            "02:30",
            "2026-03-28T00:00:00+01:00",
            ["28T02:30:00+01:00", "29T03:00:00+02:00", "30T02:30:00+02:00"],
        ),
        (
            "Europe/Berlin",
            "02:30",
            "2026-10-24T00:00:00+02:00",
            ["24T02:30:00+02:00", "25T02:30:00+02:00", "26T02:30:00+01:00"],
        ),
        (
            "America/New_York",
            "18:30",
            "2026-10-31T00:00:00-04:00",
            ["31T18:30:00-04:00", "01T18:30:00-05:00", "02T18:30:00-05:00"],
        ),
        (
            "Australia/Lord_Howe",
            "02:15",
            "2026-10-03T00:00:00+10:30",
            ["03T02:15:00+10:30", "04T02:30:00+11:00", "05T02:15:00+11:00"],
        ),
        (
            "Australia/Lord_Howe",
            "01:45",
            "2026-04-04T00:00:00+11:00",
            ["04T01:45:00+11:00", "05T01:45:00+11:00", "06T01:45:00+10:30"],
        ),
    ],
)
def test_a_daily_time_comes_once_a_day_across_a_change(zone, at, start, expected):
    rule, moment, found = At(parse_time(at), zone), datetime.fromisoformat(start).timestamp(), []
    for _ in expected:
        moment = rule.next(moment)
        found.append(shown(moment, zone)[8:])
    assert found == expected


def test_between_the_two_of_one_time_the_second_is_not_called():
    rule = At(time(2, 30), "Europe/Berlin")
    between = datetime.fromisoformat("2026-10-25T02:10:00+01:00").timestamp()
    assert shown(rule.next(between), "Europe/Berlin") == "2026-10-26T02:30:00+01:00"


def test_only_some_days_of_the_week():
    rule = At(time(6), "UTC", parse_days("tue,fri"))
    moment = datetime(2026, 11, 23, tzinfo=UTC).timestamp()  # a Monday
    found = []
    for _ in range(3):
        moment = rule.next(moment)
        found.append(f"{datetime.fromtimestamp(moment, UTC):%a %d %H:%M}")
    assert found == ["Tue 24 06:00", "Fri 27 06:00", "Tue 01 06:00"]
    assert str(rule) == "at 06:00 on tue,fri UTC"


def test_the_one_weekday_that_a_zone_leaves_out_is_the_next_week():
    rule = At(time(12), "Pacific/Apia", parse_days("fri"))
    before = datetime(2011, 12, 29, 12, tzinfo=UTC).timestamp()
    assert shown(rule.next(before), "Pacific/Apia") == "2012-01-06T12:00:00+14:00"


@settings(deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    at=st.times().map(lambda one: one.replace(microsecond=0)),
    start=st.datetimes(datetime(2009, 1, 1), datetime(2030, 1, 1)),
)
@example(zone="Australia/Lord_Howe", at=time(2, 15), start=datetime(2026, 10, 3, 12))
def test_what_comes_next_is_later_within_two_days_and_the_same_time_by_the_clock(zone, at, start):
    after = start.replace(tzinfo=UTC).timestamp()
    rule = At(at, zone)
    moment = rule.next(after)
    assert after < moment <= after + timedelta(days=2, hours=2).total_seconds()
    assert rule.next(moment - 1) == moment
    wall = datetime.fromtimestamp(moment, ZoneInfo(zone))
    if wall.time() != at:  # the clock has just gone forward over it
        before = datetime.fromtimestamp(moment - 1, ZoneInfo(zone))
        assert wall.utcoffset() > before.utcoffset()
        assert before.replace(tzinfo=None) < datetime.combine(before.date(), at) or at < wall.time()
    assert wall.fold == 0


@pytest.mark.skipif(not hasattr(system, "tzset"), reason="this system has one zone for good")
@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe", "America/New_York"])
def test_the_systems_own_zone_is_as_right_as_a_named_one(monkeypatch, zone):
    monkeypatch.setenv("TZ", zone)
    system.tzset()
    try:
        for at in (time(1, 45), time(2, 15), time(2, 30), time(18, 30)):
            own, named = At(at), At(at, zone)
            one = other = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
            for _ in range(366):
                one, other = own.next(one), named.next(other)
                assert one == other
    finally:
        monkeypatch.undo()
        system.tzset()


@given(
    seconds=st.floats(0.1, 1e6),
    due=st.floats(0, 1e6),
    late=st.floats(0, 1e6),
)
def test_an_interval_keeps_to_its_grid(seconds, due, late):
    rule = Every(seconds)
    now = due + late
    moment = rule.next(due, now)
    assert now < moment or moment == pytest.approx(now)
    assert moment <= now + seconds * (1 + 1e-6)
    steps = (moment - due) / seconds
    assert steps == pytest.approx(round(steps), abs=1e-4)
    assert rule.next(due, due - 1) == due


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_what_is_no_interval(seconds):
    with pytest.raises(ValueError, match="cannot be called every"):
        Every(seconds)


@pytest.mark.parametrize("text", ["", "18", "24:00", "6:5", "18:60", "18:30:60", "x", "\uff118:30"])
def test_what_is_no_time_of_day(text):
    with pytest.raises(ValueError, match="no time of day; write 18:30"):
        parse_time(text)


def test_times_of_day_as_people_write_them():
    assert parse_time(" 6:05 ") == time(6, 5)
    assert parse_time("23:59:59") == time(23, 59, 59)


def test_days_as_people_write_them():
    assert parse_days("Mon, friday") == {0, 4}
    assert day_names(parse_days(["sun", "sat"])) == ["sat", "sun"]
    assert day_names(parse_days("")) == []
    with pytest.raises(ValueError, match="'someday' is no day of the week"):
        parse_days("mon,someday")


@pytest.mark.parametrize("name", ["Europe/Berlim", "../etc/passwd", "/etc/passwd", "x\0"])
def test_what_is_no_zone(name):
    with pytest.raises(ValueError, match="there is no time zone"):
        zone_named(name)
    with pytest.raises(ValueError, match="there is no time zone"):
        At(time(1), name)


def test_what_else_is_refused():
    with pytest.raises(ValueError, match="zone of its own"):
        At(time(1, tzinfo=UTC))
    with pytest.raises(ValueError, match="Monday"):
        At(time(1), "", frozenset({7}))
