"""Variables of a MUD: the MUD Server Data Protocol.

https://tintin.mudhalla.net/protocols/msdp/ describes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias, Union

from bastproxy.libs.net.telnet.options.text import decode, encode

Value: TypeAlias = Union[str, "list[Value]", "dict[str, Value]"]
"""A text, an array or a table."""

MAX_DEPTH: Final = 32
"""Arrays and tables within each other; what is deeper is left out."""

_VAR, _VAL, _TABLE, _END_TABLE, _ARRAY, _END_ARRAY = range(1, 7)
_OPENERS: Final = frozenset((_TABLE, _ARRAY))
_CLOSERS: Final = frozenset((_END_TABLE, _END_ARRAY))
_VALUES: Final = frozenset((_VAL, *_OPENERS))
_TOKEN: Final = re.compile(rb"([\x01-\x06])([^\x01-\x06]*+)")
# The protocol has no way to send these.
_FORBIDDEN: Final = re.compile(rb"[\x00-\x06]")


def unpack(body: bytes) -> list[tuple[str, Value]]:
    """Return the variables of a body and their values; of a broken body, what can be read.

    A variable with several values is an array.
    """
    return list(_Reader(body).pairs())


def pack(name: str, value: Value) -> bytes:
    """Return the body that tells one variable.

    :raises ValueError: the value is nested deeper than ``MAX_DEPTH``.
    :raises TypeError: the value is, or holds, something else than text, lists and tables.
    """
    parts: list[bytes] = []
    _write_pair(name, value, parts, 0)
    return b"".join(parts)


class _Reader:
    """Reads values off the tokens of a body: each a code, and the text after it."""

    def __init__(self, body: bytes) -> None:
        self._tokens: list[tuple[int, bytes]] = [
            (code[0], text) for code, text in _TOKEN.findall(body)
        ]
        self._at = 0

    def pairs(self, depth: int = 0) -> Iterator[tuple[str, Value]]:
        """Yield variables until the end of their table."""
        while (code := self._code()) is not None:
            if code == _VAR:
                yield decode(self._text()), self._values(depth)
            elif code in _CLOSERS and depth:
                return
            else:
                self._value(depth)  # it belongs to no variable

    def _values(self, depth: int) -> Value:
        """Return what a variable has; commonly it is one value."""
        values = list(self._items(depth))
        if not values:
            return ""
        return values[0] if len(values) == 1 else values

    def _items(self, depth: int) -> Iterator[Value]:
        while self._code() in _VALUES:
            value = self._value(depth)
            if value is not None:
                yield value

    def _value(self, depth: int) -> Value | None:
        """Return one value; None for what is nested too deeply."""
        code = self._code()
        if code == _VAL:
            text = self._text()
            if text or self._code() not in _OPENERS:
                return decode(text)
            code = self._code()
        if code not in _OPENERS:
            self._at += 1
            return None
        if depth == MAX_DEPTH:
            self._skip()
            return None
        self._at += 1
        return self._table(depth + 1) if code == _TABLE else self._array(depth + 1)

    def _table(self, depth: int) -> dict[str, Value]:
        table = dict(self.pairs(depth))
        self._close(_END_TABLE)
        return table

    def _array(self, depth: int) -> list[Value]:
        array = list(self._items(depth))
        self._close(_END_ARRAY)
        return array

    def _close(self, code: int) -> None:
        # Another one closes what is around it, and so this too.
        if self._code() == code:
            self._at += 1

    def _skip(self) -> None:
        """Go past an array or a table and what it holds."""
        depth = 0
        while (code := self._code()) is not None:
            self._at += 1
            depth += (code in _OPENERS) - (code in _CLOSERS)
            if depth <= 0:
                return

    def _code(self) -> int | None:
        return self._tokens[self._at][0] if self._at < len(self._tokens) else None

    def _text(self) -> bytes:
        text = self._tokens[self._at][1]
        self._at += 1
        return text


def _write_pair(name: str, value: Value, parts: list[bytes], depth: int) -> None:
    parts += (bytes((_VAR,)), _clean(name))
    _write_value(value, parts, depth)


def _write_value(value: Value, parts: list[bytes], depth: int) -> None:
    parts.append(bytes((_VAL,)))
    if isinstance(value, str):
        parts.append(_clean(value))
        return
    if depth == MAX_DEPTH:
        raise ValueError(f"an MSDP value is nested deeper than {MAX_DEPTH}")
    if isinstance(value, Mapping):
        parts.append(bytes((_TABLE,)))
        for name, part in value.items():
            _write_pair(name, part, parts, depth + 1)
        parts.append(bytes((_END_TABLE,)))
    elif isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        parts.append(bytes((_ARRAY,)))
        for part in value:
            _write_value(part, parts, depth + 1)
        parts.append(bytes((_END_ARRAY,)))
    else:
        raise TypeError(
            f"an MSDP value is a str, a list or a dict of them, not {type(value).__name__}"
        )


def _clean(text: str) -> bytes:
    return _FORBIDDEN.sub(b"", encode(text))
