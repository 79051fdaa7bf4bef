"""Markup that stands in the text: the MUD eXtension Protocol 1.0.

https://www.zuggsoft.com/zmud/mxp.htm describes it.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from html.entities import name2codepoint
from typing import Final

from bastproxy.libs.net.telnet.options.mxpdefinitions import Definitions

MAX_HELD: Final = 4096
"""Bytes of an unfinished tag that wait for the rest of their line."""

_MAX_FAILURES: Final = 50  # tags without an end; each could cost a look at the whole line

# ESC [ n z, the beginnings of it at the end of the data, a tag or an entity.
_TOKEN: Final = re.compile(rb"\x1b(?:\[(\d{0,4})z|(?:\[\d{0,4})?\Z)|[<&]")
_TAG_NAME: Final = re.compile(rb"<([/!]?)([A-Za-z][\w.\-]*+)(?=[\s/>])")
_TAG_BEGUN: Final = re.compile(rb"<(?:[/!]?(?:[A-Za-z][\w.\-]*+)?|!-)\Z")
_TAG: Final = re.compile(rb"""<(?:[^<>"'\x1b]|"[^"\x1b]*+"|'[^'\x1b]*+')*+>""")
_TAG_GOES_ON: Final = re.compile(
    rb"""<(?:[^<>"'\x1b]|"[^"\x1b]*+"|'[^'\x1b]*+')*+(?:"[^"\x1b]*+|'[^'\x1b]*+)?\Z"""
)
# A quote that is never closed is an apostrophe.
_LOOSE_TAG: Final = re.compile(rb"<[^<>\x1b]*+>")
_LOOSE_TAG_GOES_ON: Final = re.compile(rb"<[^<>\x1b]*+\Z")
_ENTITY: Final = re.compile(rb"&(#\d{1,7}|[A-Za-z]\w{0,31});", re.ASCII)
_ENTITY_BEGUN: Final = re.compile(rb"&(?:#\d{0,7}|[A-Za-z]\w{0,31})?\Z", re.ASCII)

_OPEN_TAGS: Final = frozenset(
    b"b bold strong i italic em u underline s strikeout c color h high font".split()
)
_SHOWN_AS: Final = {b"br": b"\r\n", b"sbr": b" "}
_CODE_POINTS: Final = name2codepoint | {"apos": 39, "nbsp": 32}


class Mode(Enum):
    """What counts as MXP: everything, only what is harmless in players' words, or nothing."""

    OPEN = auto()
    SECURE = auto()
    LOCKED = auto()


_LINE_MODES: Final = {0: Mode.OPEN, 1: Mode.SECURE, 2: Mode.LOCKED}
_LASTING_MODES: Final = {3: Mode.OPEN, 5: Mode.OPEN, 6: Mode.SECURE, 7: Mode.LOCKED}
_ONE_TAG: Final = 4


class Stripper:
    """Takes MXP out of the text for a client that does not do it, while the MUD does.

    Gone are the escapes that switch the mode, and, where the mode allows them, tags; entities
    become what they stand for. Anything else, such as a ``<`` in a locked line, stays. One
    stripper serves one connection to a MUD, and must see all of its text, in order.

    :param encoding: Python's name of the encoding that the MUD uses, for entities beyond ASCII.
    """

    def __init__(self, encoding: str = "utf-8") -> None:
        self.encoding = encoding
        self._definitions = Definitions()
        self._lasting = Mode.OPEN
        self._mode = Mode.OPEN
        self._one_tag = False
        self._held = b""
        self._failures = 0

    def strip(self, data: bytes, *, ended: bool = True) -> bytes:
        """Return the bytes of a line, without its terminator, without the MXP in them.

        How a line was cut changes nothing in the whole; an unfinished tag waits for its rest.

        :param ended: the line ends here; False for a prompt, or a fragment of a line.
        """
        if self._held:
            data, self._held = self._held + data, b""
        if b"<" in data or b"&" in data or b"\x1b" in data:
            data = self._strip(data, ended)
        elif data:
            self._one_tag = False
        if ended:
            self._mode = self._lasting
            self._one_tag = False
            self._failures = 0
        return data

    def _strip(self, data: bytes, ended: bool) -> bytes:
        parts: list[bytes] = []
        at = 0
        while at < len(data):
            found = _TOKEN.search(data, at)
            start = found.start() if found else len(data)
            if start > at:
                self._one_tag = False
                parts.append(data[at:start])
            if found is None:
                break
            taken = self._take(data, found, ended, parts)
            if taken is None:
                if len(data) - start <= MAX_HELD:
                    self._held = data[start:]
                    break
                self._failures += 1
                taken = 0
            if taken == 0:
                self._one_tag = False
                parts.append(data[start : start + 1])
            at = start + (taken or 1)
        return b"".join(parts)

    def _take(
        self, data: bytes, found: re.Match[bytes], ended: bool, parts: list[bytes]
    ) -> int | None:
        """Return how many bytes a token has; 0 when it is text, None when it may go on."""
        if data[found.start()] == 0x1B:
            return self._escape(found, ended)
        if self._mode is Mode.LOCKED and not self._one_tag:
            return 0
        if data[found.start()] == ord("&"):
            return self._entity(data, found.start(), ended, parts)
        if data.startswith(b"<!--", found.start()):
            return self._comment(data, found.start(), ended)
        return self._tag(data, found.start(), ended, parts)

    def _escape(self, found: re.Match[bytes], ended: bool) -> int | None:
        if found[1] is None:
            return 0 if ended else None
        number = int(found[1] or 0)
        self._one_tag = number == _ONE_TAG
        if number in _LASTING_MODES:
            self._mode = self._lasting = _LASTING_MODES[number]
        else:
            self._mode = _LINE_MODES.get(number, self._mode)
        return len(found[0])

    def _entity(self, data: bytes, start: int, ended: bool, parts: list[bytes]) -> int | None:
        found = _ENTITY.match(data, start)
        if found is None:
            return None if not ended and _ENTITY_BEGUN.match(data, start) else 0
        value = self._value(found[1])
        if value is None:
            return 0
        self._one_tag = False
        parts.append(value)
        return len(found[0])

    def _value(self, entity: bytes) -> bytes | None:
        defined = self._definitions.entity(entity)
        if defined is not None:
            return defined
        name = entity.decode("ascii")
        code = int(name[1:]) if name[0] == "#" else _CODE_POINTS.get(name)
        if code is None or code > 0x10FFFF:
            return None
        if code < 32 or 127 <= code < 160:
            return b""  # a control character, which MXP ignores
        try:
            return chr(code).encode(self.encoding)
        except (UnicodeError, LookupError):
            return None

    def _comment(self, data: bytes, start: int, ended: bool) -> int | None:
        if not self._secure or self._failures >= _MAX_FAILURES:
            return 0
        end = data.find(b"-->", start)
        if end < 0:
            return self._no_end(ended)
        self._one_tag = False
        return end + 3 - start

    def _tag(self, data: bytes, start: int, ended: bool, parts: list[bytes]) -> int | None:
        named = _TAG_NAME.match(data, start)
        if named is None:
            return None if not ended and _TAG_BEGUN.match(data, start) else 0
        name = named[2].lower()
        if not self._secure and (
            named[1] == b"!" or not (name in _OPEN_TAGS or self._definitions.is_open(name))
        ):
            return 0
        found = _TAG.match(data, start) if self._failures < _MAX_FAILURES else None
        if found is None and not ended and _TAG_GOES_ON.match(data, start):
            return None
        found = found or _LOOSE_TAG.match(data, start)
        if found is None:
            return self._no_end(ended or not _LOOSE_TAG_GOES_ON.match(data, start))
        self._one_tag = False
        if named[1] == b"!":
            self._definitions.take(name, found[0][named.end() - start : -1])
        elif not named[1]:
            parts.append(_SHOWN_AS.get(name, b""))
        return len(found[0])

    @property
    def _secure(self) -> bool:
        return self._one_tag or self._mode is Mode.SECURE

    def _no_end(self, certain: bool) -> int | None:
        if not certain:
            return None
        self._failures += 1
        return 0
