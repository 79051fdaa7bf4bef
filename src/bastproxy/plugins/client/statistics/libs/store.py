"""The counts of each day and profile, in the plugin's database."""

from __future__ import annotations

from datetime import date

from bastproxy.libs.database import Database
from bastproxy.plugins.client.statistics.libs.counts import NAMES, Counts

MIGRATIONS = (
    """
    CREATE TABLE days (
        profile TEXT NOT NULL,
        day TEXT NOT NULL,
        lines_in INTEGER NOT NULL DEFAULT 0,
        lines_out INTEGER NOT NULL DEFAULT 0,
        bytes_in INTEGER NOT NULL DEFAULT 0,
        bytes_out INTEGER NOT NULL DEFAULT 0,
        triggers INTEGER NOT NULL DEFAULT 0,
        sessions INTEGER NOT NULL DEFAULT 0,
        connected REAL NOT NULL DEFAULT 0,
        played REAL NOT NULL DEFAULT 0,
        PRIMARY KEY (profile, day)
    ) WITHOUT ROWID
    """,
)

_ADD = (
    f"INSERT INTO days (profile, day, {', '.join(NAMES)}) "
    f"VALUES (?, ?{', ?' * len(NAMES)}) ON CONFLICT (profile, day) DO UPDATE SET "
    + ", ".join(f"{name} = {name} + excluded.{name}" for name in NAMES)
)
_SUMS = ", ".join(f"sum({name})" for name in NAMES)


def add(db: Database, profile: str, day: date, counts: Counts) -> None:
    """Add counts to those of a day."""
    if counts:
        db.execute(_ADD, (profile, day.isoformat(), *counts.values()))


def total(db: Database, profile: str = "", since: date = date.min) -> Counts:
    """Return the counts of all days from one on.

    :param profile: of this one only.
    """
    row = db.row(
        f"SELECT {_SUMS} FROM days WHERE day >= ? AND ? IN ('', profile)",
        (since.isoformat(), profile),
    )
    assert row is not None
    return Counts(*(value or 0 for value in row))


def days(db: Database, profile: str, count: int) -> dict[str, Counts]:
    """Return the counts of the newest days that have some, by day, the newest first."""
    rows = db.rows(
        f"SELECT day, {_SUMS} FROM days WHERE ? IN ('', profile) "
        "GROUP BY day ORDER BY day DESC LIMIT ?",
        (profile, count),
    )
    return {row[0]: Counts(*row[1:]) for row in rows}


def profiles(db: Database) -> list[str]:
    """Return the profiles that have counts."""
    return [row[0] for row in db.rows("SELECT DISTINCT profile FROM days ORDER BY profile")]
