"""Agreeing on an encoding (CHARSET, RFC 2066)."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from encodings.aliases import aliases
from functools import cache
from typing import Final, TypeAlias

import msgspec

MAX_NAMES: Final = 100
"""Names that one request may offer; what is beyond them is not read."""

_MAX_NAME: Final = 40  # RFC 2978: the length of a name at IANA
_REQUEST: Final = b"\1"
_ACCEPTED: Final = b"\2"
_REJECTED: Final = b"\3"
_TTABLES: Final = (b"[TTABLE ]", b"[TTABLE]")
_SEPARATORS: Final = b"; ,|/"

# ISO 2022 switches between sets with escape sequences, which last beyond the line; mbcs is
# whatever Windows has been set to.
_UNUSABLE: Final = ("iso2022", "mbcs")

# Names that MUDs and IANA use and Python does not know.
_MORE_NAMES: Final = {
    "ansix341968": "ascii",
    "unicode11utf8": "utf_8",
    "win1250": "cp1250",
    "win1251": "cp1251",
    "win1252": "cp1252",
    "win1253": "cp1253",
    "win1254": "cp1254",
    "win1255": "cp1255",
    "win1256": "cp1256",
    "win1257": "cp1257",
    "win1258": "cp1258",
    "win936": "gbk",
    "win949": "cp949",
    "win950": "cp950",
    "windows31j": "cp932",
    "windows936": "gbk",
    "windows949": "cp949",
    "windows950": "cp950",
    "koi8": "koi8_r",
    "koi8u": "koi8_u",
    "koi8t": "koi8_t",
    "mac": "mac_roman",
    "cp874": "cp874",
    "windows874": "cp874",
    "cp720": "cp720",
    "cp737": "cp737",
    "ibm737": "cp737",
    "cp856": "cp856",
    "cp1006": "cp1006",
}


class Request(msgspec.Struct, frozen=True):
    """The peer offers encodings, the one that it likes best first, named as it names them."""

    names: tuple[str, ...]


class Accepted(msgspec.Struct, frozen=True):
    """The peer takes one of the encodings that we offered."""

    name: str


class Rejected(msgspec.Struct, frozen=True):
    """The peer takes none of the encodings that we offered."""


Message: TypeAlias = Request | Accepted | Rejected


def parse(body: bytes) -> Message | None:
    """Return what a body says; None when it is broken, or about translation tables."""
    code, rest = body[:1], body[1:]
    if code == _REQUEST:
        return Request(_names(rest))
    if code == _ACCEPTED:
        return Accepted(_label(rest))
    return Rejected() if code == _REJECTED else None


def request(names: Sequence[str]) -> bytes:
    """Return the body that offers encodings, the one that we like best first.

    :raises ValueError: no byte is left to stand between the names.
    """
    packed = [name.encode("ascii", "replace") for name in names]
    text = b"".join(packed)
    for separator in _SEPARATORS:
        if separator not in text:
            mark = bytes((separator,))
            return _REQUEST + b"".join(mark + name for name in packed)
    raise ValueError(f"names of encodings with every separator in them: {list(names)}")


def accepted(name: str) -> bytes:
    """Return the body that takes an encoding; the name must be as the peer wrote it."""
    return _ACCEPTED + name.encode("latin-1", "replace")


def rejected() -> bytes:
    """Return the body that takes none of what was offered."""
    return _REJECTED


def codec_of(label: str) -> str | None:
    """Return Python's name of an encoding, whatever its case and its dashes.

    None when Python does not know it, or when telnet cannot carry it: an encoding must hold
    ASCII as it is, or line ends and colours would be lost.
    """
    # A table, and not codecs.lookup(label), which imports and remembers whatever it is asked.
    key = _key(label)
    target = _targets().get(key) or _targets().get(key.removeprefix("x"))
    return _usable(target) if target is not None else None


def choose(names: Sequence[str], preferred: Sequence[str] = ()) -> str | None:
    """Return which of the offered encodings to take, written as it was offered.

    The first of the preferred ones that is among them; else UTF-8; else the first that we know,
    with ASCII last, as every other one holds it. None when we know none.
    """
    offered: dict[str, str] = {}
    for name in names:
        codec = codec_of(name)
        if codec is not None:
            offered.setdefault(codec, name)
    for label in (*preferred, "utf-8"):
        codec = codec_of(label)
        if codec is not None and codec in offered:
            return offered[codec]
    plain = offered.pop("ascii", None)
    return next(iter(offered.values()), plain)


def _names(data: bytes) -> tuple[str, ...]:
    for prefix in _TTABLES:
        if data.startswith(prefix):
            data = data[len(prefix) + 1 :]  # and one byte, its version
            break
    if not data:
        return ()
    names = (_label(name) for name in data[1:].split(data[:1], MAX_NAMES)[:MAX_NAMES])
    return tuple(name for name in names if name and len(name) <= _MAX_NAME)


def _label(data: bytes) -> str:
    # Latin-1, so that an answer repeats whatever bytes the peer wrote.
    return data.decode("latin-1")


def _key(label: str) -> str:
    if len(label) > _MAX_NAME:
        return ""
    # IANA has years in some names: ISO_8859-1:1987.
    return "".join(letter for letter in label.partition(":")[0].lower() if letter.isalnum())


@cache
def _targets() -> dict[str, str]:
    """Return every name, without case and dashes, and Python's module for it."""
    known: dict[str, str] = {}
    for name, target in (*aliases.items(), *_MORE_NAMES.items()):
        known.setdefault(_key(name), target)
        known.setdefault(_key(target), target)
    return known


@cache
def _usable(target: str) -> str | None:
    if target.startswith(_UNUSABLE):
        return None
    plain = bytes(range(128))
    try:
        codec = codecs.lookup(target)
        holds = plain.decode(target).encode(target) == plain == plain.decode("ascii").encode(target)
    except (LookupError, UnicodeError):
        return None
    return codec.name if holds else None
