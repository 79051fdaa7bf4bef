"""The session: one MUD, its clients, and the events that every line passes."""

from bastproxy.libs.session.declared import OWNER_ID
from bastproxy.libs.session.session import Session

__all__ = ["OWNER_ID", "Session"]
