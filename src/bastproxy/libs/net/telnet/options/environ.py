"""Variables of the environment (NEW-ENVIRON, RFC 1572), and the MUD world's (MNES).

https://tintin.mudhalla.net/protocols/mnes/ describes MNES.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, Literal

import msgspec

from bastproxy.libs.net.telnet.options.text import decode, encode

SEND_ALL: Final = b"\1"
"""The body that asks for every variable there is."""

MAX_VARIABLES: Final = 256
"""Variables that one body may name; what is beyond them is not read."""

_IS: Final = b"\0"
_INFO: Final = b"\2"
_VAR: Final = b"\0"
_VALUE: Final = b"\1"
_ESC: Final = b"\2"

_KINDS: Final[dict[bytes, Literal["is", "send", "info"]]] = {
    _IS: "is",
    SEND_ALL: "send",
    _INFO: "info",
}
# VAR, VALUE or USERVAR, and what follows it; ESC takes the special meaning from a byte.
_FIELD: Final = re.compile(rb"([\x00\x01\x03])((?:[^\x00-\x03]|\x02.?)*+)", re.DOTALL)
_ESCAPED: Final = re.compile(rb"\x02(.?)", re.DOTALL)
_SPECIAL: Final = re.compile(rb"[\x00-\x03]")


class Environ(msgspec.Struct, frozen=True):
    """What a NEW-ENVIRON subnegotiation says.

    :ivar kind: ``"is"`` answers, ``"info"`` tells of a change, ``"send"`` asks.
    :ivar values: each variable's value, empty where it has none; of ``"send"`` the names that
        it asks for, and none at all where it asks for every one.
    """

    kind: Literal["is", "send", "info"]
    values: dict[str, str]


def parse(body: bytes) -> Environ | None:
    """Return what a body says, with VAR and USERVAR alike; None when it is broken.

    MUD clients use both for the same names (MNES says VAR, RFC 1572 would say USERVAR).
    """
    kind = _KINDS.get(body[:1])
    if kind is None:
        return None
    values: dict[str, str] = {}
    name = None
    for found in _FIELD.finditer(body, 1):
        text = decode(_ESCAPED.sub(rb"\1", found[2]))
        if found[1] == _VALUE:
            if name is not None:
                values[name] = text
        elif text or kind == "send":
            if len(values) == MAX_VARIABLES:
                break
            name = text
            values[name] = ""
        else:
            name = None
    # "SEND VAR" without a name asks for all of a kind.
    return Environ(kind, {} if kind == "send" and "" in values else values)


def pack_is(values: Mapping[str, str], *, info: bool = False) -> bytes:
    """Return the body that answers with these variables, as VAR.

    :param info: nobody has asked, they have changed.
    """
    parts = [_INFO if info else _IS]
    for name, value in values.items():
        parts += (_VAR, _escape(name), _VALUE, _escape(value))
    return b"".join(parts)


def pack_send(names: Iterable[str]) -> bytes:
    """Return the body that asks for these variables, as VAR; without names, for all."""
    return SEND_ALL + b"".join(_VAR + _escape(name) for name in names)


def _escape(text: str) -> bytes:
    return _SPECIAL.sub(lambda found: _ESC + found[0], encode(text))
