"""The types of settings: from what a player typed, or a file holds, to a value."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from bastproxy.libs.settings import colours
from bastproxy.libs.settings.timelength import format_timelength, parse_timelength

Value = str | int | float | bool

TRUE = frozenset({"on", "yes", "true", "1"})
FALSE = frozenset({"off", "no", "false", "0"})

# TOML promises no more
INT_BITS = 63


@dataclass(frozen=True, slots=True)
class SettingType:
    """One type: its name, what it takes in words, how to read it and how to show it.

    ``read`` returns the value and raises ``ValueError`` or ``TypeError`` when it is none.
    """

    name: str
    allowed: str
    read: Callable[[Any], Value]
    show: Callable[[Any], str] = str
    ordered: bool = False


def type_named(kind: object) -> SettingType | None:
    """Return the type for a name or for one of Python's types, or None."""
    name = kind.__name__ if isinstance(kind, type) else kind
    return _TYPES.get(name) if isinstance(name, str) else None


def type_names() -> str:
    """Return the names of all types, for a message."""
    return ", ".join(_TYPES)


def read_choice(given: object, choices: Sequence[str]) -> str:
    """Return the choice that is meant: exactly, or but for upper and lower case.

    :raises ValueError: it is none of them.
    """
    text = plain(given if isinstance(given, str) else str(given))
    if text in choices:
        return text
    folded = [choice for choice in choices if choice.casefold() == text.strip().casefold()]
    if len(folded) != 1:
        raise ValueError(text)
    return folded[0]


def plain(text: str) -> str:
    """Return a ``str`` and no subclass of it, which could keep a plugin's class alive."""
    return str.__str__(text)


def _read_str(given: object) -> str:
    text = plain(msgspec.convert(given, str))
    text.encode()  # what is no Unicode text cannot be kept in a file
    return text


def _read_int(given: object) -> int:
    if isinstance(given, bool):
        raise TypeError("bool")
    if isinstance(given, str):
        given = given.strip()
    number = int(msgspec.convert(given, int, strict=False))
    if number.bit_length() > INT_BITS:
        raise ValueError("too large")
    return number


def _read_float(given: object) -> float:
    if isinstance(given, bool):
        raise TypeError("bool")
    if isinstance(given, str):
        given = given.strip()
    number = float(msgspec.convert(given, float, strict=False))
    if not math.isfinite(number):
        raise ValueError("not finite")
    return number


def _read_bool(given: object) -> bool:
    if isinstance(given, bool):
        return given
    if isinstance(given, (str, int)):
        word = str(given).strip().casefold()
        if word in TRUE or word in FALSE:
            return word in TRUE
    raise ValueError("neither")


def _read_colour(given: object) -> str:
    if isinstance(given, int) and not isinstance(given, bool):
        given = str(given)
    text = plain(msgspec.convert(given, str)).strip()
    colour = colours.canonical(text)
    if text and not colour:
        raise ValueError(text)
    return colour


def _read_timelength(given: object) -> int:
    seconds = parse_timelength(given) if isinstance(given, str) else _read_int(given)
    if seconds < 0 or seconds.bit_length() > INT_BITS:
        raise ValueError("out of range")
    return seconds


def _show_bool(value: bool) -> str:
    return "on" if value else "off"


_COLOUR = SettingType("colour", colours.ALLOWED, _read_colour)

_TYPES = {
    "str": SettingType("str", "text", _read_str),
    "int": SettingType("int", "a whole number", _read_int, ordered=True),
    "float": SettingType("float", "a number", _read_float, ordered=True),
    "bool": SettingType("bool", "on or off", _read_bool, _show_bool),
    "enum": SettingType("enum", "one of its choices", _read_str),
    "colour": _COLOUR,
    "color": _COLOUR,
    "timelength": SettingType(
        "timelength",
        "a length of time such as 90, 90s, 1h30m or 2d 4h",
        _read_timelength,
        format_timelength,
        ordered=True,
    ),
}
