"""What a telnet stream says, in the order in which it says it.

Structs, not dataclasses: there are two or more for each line of text, and these cost a fifth.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec


class Text(msgspec.Struct, frozen=True, gc=False):
    """Text bytes, ``IAC IAC`` already one 0xFF; never empty, and without a line feed."""

    data: bytes


class LineEnd(msgspec.Struct, frozen=True, gc=False):
    r"""The end of a line as it came: ``\n``, ``\r\n``, ``\r\r\n``; from a client also ``\r\0``."""

    data: bytes


class Prompt(msgspec.Struct, frozen=True, gc=False):
    """GA (RFC 854) or EOR (RFC 885): what came before it on this line is a prompt."""

    code: int


class Command(msgspec.Struct, frozen=True, gc=False):
    """Any other two-byte command, such as NOP or AYT (RFC 854)."""

    code: int


class Negotiated(msgspec.Struct, frozen=True, gc=False):
    """An option has settled, on our side (``local``) or on the peer's."""

    option: int
    local: bool
    enabled: bool


class Offered(msgspec.Struct, frozen=True, gc=False):
    """The peer asks us to do an option (``local``), or offers to do it; it was deferred.

    It waits for ``Telnet.decide``. When the peer takes it back, Negotiated says that it is off.
    """

    option: int
    local: bool


class Subnegotiation(msgspec.Struct, frozen=True, gc=False):
    """A whole subnegotiation (RFC 855), ``IAC IAC`` already one 0xFF."""

    option: int
    data: bytes


class Overflow(msgspec.Struct, frozen=True, gc=False):
    """Something longer than its limit was discarded.

    ``what`` is ``"subnegotiation"``, ``size`` the bytes it had, ``option`` its option.
    """

    what: str
    option: int | None
    size: int


class Compressed(msgspec.Struct, frozen=True, gc=False):
    """What comes from here on is compressed (``on``), or plain again."""

    on: bool


class Broken(msgspec.Struct, frozen=True, gc=False):
    """The stream cannot be understood any further, for this reason; no event comes after it."""

    reason: str


TelnetEvent: TypeAlias = (
    Text
    | LineEnd
    | Prompt
    | Command
    | Negotiated
    | Offered
    | Subnegotiation
    | Overflow
    | Compressed
    | Broken
)
