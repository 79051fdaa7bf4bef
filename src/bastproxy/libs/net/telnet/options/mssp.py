"""What a MUD says of itself: the MUD Server Status Protocol.

https://tintin.mudhalla.net/protocols/mssp/ describes it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from bastproxy.libs.net.telnet.options.text import decode, encode

MAX_VALUES: Final = 4096
"""Values that one body may have; what is beyond them is not read."""

_VAR: Final = b"\1"
_VAL: Final = b"\2"
_FIELD: Final = re.compile(rb"([\x01\x02])([^\x01\x02]*+)")
# The protocol has no way to send these.
_FORBIDDEN: Final = re.compile(rb"[\x00-\x02]")


def unpack(body: bytes) -> dict[str, list[str]]:
    """Return each variable's values; of a broken body, what can be read."""
    values: dict[str, list[str]] = {}
    current: list[str] | None = None
    for count, (code, data) in enumerate(_FIELD.findall(body)):
        if count >= MAX_VALUES:
            break
        if code == _VAR:
            current = values.setdefault(decode(data), []) if data else None
        elif current is not None:
            current.append(decode(data))
    return values


def pack(values: Mapping[str, str | Sequence[str]]) -> bytes:
    """Return the body that tells variables with one value each, or several."""
    parts: list[bytes] = []
    for name, value in values.items():
        parts += (_VAR, _clean(name))
        for one in (value,) if isinstance(value, str) else value:
            parts += (_VAL, _clean(one))
    return b"".join(parts)


def _clean(text: str) -> bytes:
    return _FORBIDDEN.sub(b"", encode(text))
