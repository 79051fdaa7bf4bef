"""What goes wrong with a database."""

from __future__ import annotations


class DatabaseError(Exception):
    """A database cannot be opened or brought up to date, in words for the plugin's author."""
