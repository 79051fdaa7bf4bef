"""Telnet without I/O: bytes in, events and bytes to send out."""

from bastproxy.libs.net.telnet.codec import MAX_INFLATED, Telnet
from bastproxy.libs.net.telnet.compression import Deflater
from bastproxy.libs.net.telnet.constants import name_of
from bastproxy.libs.net.telnet.events import (
    Broken,
    Command,
    Compressed,
    LineEnd,
    Negotiated,
    Offered,
    Overflow,
    Prompt,
    Subnegotiation,
    TelnetEvent,
    Text,
)

__all__ = [
    "MAX_INFLATED",
    "Broken",
    "Command",
    "Compressed",
    "Deflater",
    "LineEnd",
    "Negotiated",
    "Offered",
    "Overflow",
    "Prompt",
    "Subnegotiation",
    "Telnet",
    "TelnetEvent",
    "Text",
    "name_of",
]
