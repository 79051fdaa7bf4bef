"""The database of a plugin: one SQLite file, brought up to date by migrations."""

from bastproxy.libs.database.backups import backup
from bastproxy.libs.database.database import Database, Row
from bastproxy.libs.database.errors import DatabaseError
from bastproxy.libs.database.migrations import Migration

__all__ = ["Database", "DatabaseError", "Migration", "Row", "backup"]
