"""What the session declares: its name as an owner, and its events."""

from __future__ import annotations

from typing import Final

from bastproxy.libs.events import Dispatcher
from bastproxy.libs.records import LogRecord

OWNER_ID: Final = "libs.session"

CLIENT_CONNECTED: Final = "ev_client_connected"
CLIENT_DISCONNECTED: Final = "ev_client_disconnected"
MUD_CONNECTED: Final = "ev_mud_connected"
MUD_DISCONNECTED: Final = "ev_mud_disconnected"
MUD_CONNECT_FAILED: Final = "ev_mud_connect_failed"

FROM_MUD: Final = "ev_from_mud_event"
TO_CLIENT_MODIFY: Final = "ev_to_client_data_modify"
TO_CLIENT_READ: Final = "ev_to_client_data_read"
FROM_CLIENT: Final = "ev_from_client_event"
TO_MUD_MODIFY: Final = "ev_to_mud_data_modify"
TO_MUD_READ: Final = "ev_to_mud_data_read"

_CLIENT: Final = {"client_id": "the client, such as client-1"}
_MUD: Final = {"host": "the MUD's host, as it was given", "port": "its port"}
_REASON: Final = {"reason": "why, in words for a player"}

_LINE: Final = {
    "line": "the text as a str, without its terminator; assigning changes what is sent",
    "raw": "the bytes as they came, without the terminator; None for a line of the proxy or a "
    "plugin",
    "terminator": "the bytes that end the line; empty for a prompt and for most fragments",
    "is_prompt": "True for a prompt: GA, EOR or silence came after it",
    "continues": "True for a fragment: the rest of the line comes in a record of its own",
    "send": "False drops the line: it is not sent, and its later events are not raised",
    "client_id": "the client that has typed the line; empty when none has",
    "internal": "True for a line of the proxy or a plugin",
}
_CLIENTS: Final = {"clients": "the ids of the clients that get it; None: all of them"}
_READ: Final = "What was really sent; changes to the record are ignored."

_EVENTS: Final[dict[str, tuple[str, dict[str, str]]]] = {
    CLIENT_CONNECTED: ("A client has connected.", _CLIENT),
    CLIENT_DISCONNECTED: ("A client is gone.", _CLIENT | _REASON),
    MUD_CONNECTED: ("The MUD is connected.", _MUD),
    MUD_DISCONNECTED: ("The connection to the MUD has ended.", _MUD | _REASON),
    MUD_CONNECT_FAILED: ("The MUD could not be reached.", _MUD | _REASON),
    FROM_MUD: ("A line has come from the MUD.", _LINE),
    TO_CLIENT_MODIFY: ("A line is about to go to the clients.", _LINE | _CLIENTS),
    TO_CLIENT_READ: (f"A line has gone to the clients. {_READ}", _LINE | _CLIENTS),
    FROM_CLIENT: ("A line has come from a client.", _LINE),
    TO_MUD_MODIFY: ("A line is about to go to the MUD.", _LINE),
    TO_MUD_READ: (f"A line has gone to the MUD. {_READ}", _LINE),
}


def declare_events(dispatcher: Dispatcher) -> None:
    """Declare the events of the session."""
    for name, (description, arguments) in _EVENTS.items():
        dispatcher.add_event(name, OWNER_ID, [description], arguments)


def log(message: str, level: str = "info") -> None:
    """Log a message of the session."""
    LogRecord(message, level=level, sources=[OWNER_ID])()
