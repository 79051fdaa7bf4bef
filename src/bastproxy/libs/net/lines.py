"""Lines: what the codec says, put together into lines, prompts and fragments."""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from typing import Final, TypeAlias

import msgspec

from bastproxy.libs.net.telnet import (
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

MAX_LINE: Final = 65536
UTF_8: Final = "utf-8"

_REPLACE: Final = "bastproxy.escaped_or_replaced"


class Line(msgspec.Struct, frozen=True, gc=False):
    """A line, a prompt or a fragment of a line, its bytes as they came.

    :ivar raw: the text bytes, without the terminator.
    :ivar terminator: the bytes of the line end; empty for prompts and most fragments.
    :ivar is_prompt: GA or EOR came after it, or, for a fragment, silence.
    :ivar continues: the rest of the line is yet to come.
    """

    raw: bytes
    terminator: bytes = b""
    is_prompt: bool = False
    continues: bool = False

    @property
    def ends(self) -> bool:
        """Whether it ends a line."""
        return self.terminator != b"" and not self.continues


Item: TypeAlias = (
    Line | Command | Negotiated | Offered | Subnegotiation | Overflow | Compressed | Broken
)


class LineAssembler:
    """Makes lines of the events of a codec; everything else keeps its place between them.

    A message that comes inside a line goes before that line, at once.

    :param max_line: bytes; a longer line is passed on as fragments of that size.
    :ivar pending: the beginning of a line that has not ended yet.
    """

    __slots__ = ("_max_line", "pending")

    def __init__(self, max_line: int = MAX_LINE) -> None:
        self._max_line = max_line
        self.pending = b""

    def feed(self, events: Iterable[TelnetEvent]) -> list[Item]:
        """Return the lines that are complete by these events, among what is no text."""
        items: list[Item] = []
        pending = self.pending
        for event in events:
            if isinstance(event, Text):
                pending = pending + event.data if pending else event.data
                if len(pending) > self._max_line:
                    pending = self._cut(pending, items)
            elif isinstance(event, LineEnd):
                items.append(Line(pending, event.data))
                pending = b""
            elif isinstance(event, Prompt):
                items.append(Line(pending, b"", True))
                pending = b""
            else:
                items.append(event)
        self.pending = pending
        return items

    def flush(
        self, terminator: bytes = b"", *, is_prompt: bool = False, continues: bool = True
    ) -> list[Line]:
        """Give up waiting for the line's end: return what there is of it, and forget it."""
        pending, self.pending = self.pending, b""
        if not pending and not terminator:
            return []
        return [Line(pending, terminator, is_prompt, continues)]

    def _cut(self, pending: bytes, items: list[Item]) -> bytes:
        size = self._max_line
        at = 0
        while len(pending) - at > size:
            items.append(Line(pending[at : at + size], continues=True))
            at += size
        return pending[at:]


def split_lead(raw: bytes) -> tuple[bytes, bytes]:
    r"""Part the carriage returns that begin a line (the rest of a ``\n\r``) from its text."""
    text = raw.lstrip(b"\r")
    return raw[: len(raw) - len(text)], text


def decode(raw: bytes, encoding: str = UTF_8) -> str:
    """Return text bytes as a string; bytes that are wrong in it survive as surrogate escapes.

    :param encoding: a Python codec in which ASCII is ASCII.
    """
    return raw.decode(encoding, "surrogateescape")


def encode(text: str, encoding: str = UTF_8) -> bytes:
    """Return the bytes of a string; the inverse of :func:`decode`.

    What the encoding lacks becomes ``?``, as does a surrogate that stands for no byte; nothing
    raises.
    """
    try:
        return text.encode(encoding, "surrogateescape")
    except UnicodeEncodeError:
        return text.encode(encoding, _REPLACE)


def transcode(raw: bytes, source: str, target: str) -> bytes:
    """Return text bytes in another encoding; bytes that are wrong in the first stay as they are."""
    if source == target or raw.isascii():
        return raw
    return encode(decode(raw, source), target)


def _escaped_or_replaced(error: UnicodeError) -> tuple[str | bytes, int]:
    assert isinstance(error, UnicodeEncodeError)
    wrong = error.object[error.start : error.end]
    return b"".join(_byte_of(letter) for letter in wrong), error.end


def _byte_of(letter: str) -> bytes:
    code = ord(letter)
    return bytes((code - 0xDC00,)) if 0xDC80 <= code <= 0xDCFF else b"?"


codecs.register_error(_REPLACE, _escaped_or_replaced)
