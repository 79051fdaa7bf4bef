"""Telnet without I/O: bytes in, events and bytes to send out."""

from bastproxy.libs.net.telnet.codec import Telnet
from bastproxy.libs.net.telnet.constants import name_of
from bastproxy.libs.net.telnet.events import (
    Command,
    LineEnd,
    Negotiated,
    Overflow,
    Prompt,
    Subnegotiation,
    TelnetEvent,
    Text,
)

__all__ = [
    "Command",
    "LineEnd",
    "Negotiated",
    "Overflow",
    "Prompt",
    "Subnegotiation",
    "Telnet",
    "TelnetEvent",
    "Text",
    "name_of",
]
