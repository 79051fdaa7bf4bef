"""A trigger that a player has defined, and how it is written down."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Final

from bastproxy.libs.triggers import Pattern, PatternError, compile_pattern

LONGEST_NAME: Final = 100

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_LITERAL: Final = re.compile(r"[^'\x00-\x08\x0a-\x1f\x7f]*")


@dataclass(frozen=True)
class Definition:
    """A player's trigger; what is not said here is as in ``Triggers.add``.

    :ivar send: lines for the MUD, or commands of the proxy, with ``$1`` and the like in them.
    """

    name: str
    pattern: str
    send: tuple[str, ...] = ()
    group: str = ""
    priority: int = 50
    enabled: bool = True
    gag: bool = False
    stop: bool = False
    colours: bool = False
    lines: int = 1
    limit: int = 0
    ignore_case: bool = False
    force: bool = False

    def options(self) -> dict[str, Any]:
        """Return what ``Triggers.add`` takes beside name and a compiled pattern."""
        return {key: getattr(self, key) for key in _OPTIONS if key not in _OF_PATTERN}

    @cached_property
    def compiled(self) -> Pattern:
        """The pattern, compiled.

        :raises PatternError: it is wrong.
        """
        return compile_pattern(self.pattern, ignore_case=self.ignore_case, force=self.force)

    def switched(self, enabled: bool) -> Definition:
        """Return it switched on or off."""
        return replace(self, enabled=enabled)

    def to_toml(self) -> dict[str, Any]:
        """Return what is not the default, as a table."""
        values: dict[str, Any] = {"pattern": self.pattern}
        if self.send:
            values["send"] = list(self.send)
        for key in _OPTIONS:
            value = getattr(self, key)
            if value != _DEFAULTS[key]:
                values[key] = value
        return values

    @cached_property
    def text(self) -> str:
        """The table as TOML, its name above it."""
        name = self.name if _BARE.fullmatch(self.name) else _quoted(self.name)
        lines = [f"{key} = {_value(value)}" for key, value in self.to_toml().items()]
        return "\n".join([f"[{name}]", *lines, ""])


_DEFAULTS: Final = {field.name: field.default for field in fields(Definition)}
_OPTIONS: Final = tuple(key for key in _DEFAULTS if key not in ("name", "pattern", "send"))
_OF_PATTERN: Final = ("ignore_case", "force")


def from_toml(name: str, values: object) -> Definition:
    """Return the trigger that a table describes.

    :raises ValueError: it describes none.
    """
    if not isinstance(values, Mapping):
        raise ValueError("it is no table")
    options = dict(values)
    pattern, send = options.pop("pattern", None), options.pop("send", ())
    if not isinstance(pattern, str):
        raise ValueError("it has no pattern")
    lines = (send,) if isinstance(send, str) else tuple(send) if isinstance(send, list) else None
    if lines is None and send != ():
        raise ValueError("send must be text, or a list of texts")
    for key, value in options.items():
        if key not in _OPTIONS:
            raise ValueError(f"{key!r} is nothing that a trigger has")
        kind = type(_DEFAULTS[key])
        if type(value) is not kind:
            raise ValueError(f"{key} must be {_KINDS[kind]}, not {value!r}")
    return check(Definition(name, pattern, lines or (), **options))


def check(definition: Definition) -> Definition:
    """Return the definition, having checked it.

    :raises PatternError: its pattern is wrong; it is a ValueError.
    :raises ValueError: something else is.
    """
    name = definition.name
    if not name or len(name) > LONGEST_NAME or not name.isprintable() or name[0] == "-":
        raise ValueError(f"{name!r} is no name for a trigger; a dash in front, for one, is none")
    if ":" in name:
        raise ValueError(f"{name!r} is no name for a trigger; it has no colon")
    for line in definition.send:
        if not isinstance(line, str) or any(char in line for char in "\r\n\0"):
            raise ValueError("what is sent is one line; give several with several -send")
    if not definition.group.isprintable():
        raise ValueError(f"{definition.group!r} is no name for a group")
    if not 1 <= definition.lines <= 100 or definition.limit < 0:
        raise ValueError("lines are 1 to 100, and a limit is 0, for none, or more")
    compile_pattern(definition.pattern, ignore_case=definition.ignore_case, force=definition.force)
    try:
        definition.text.encode()
    except UnicodeEncodeError:
        raise PatternError("it has characters in it that no file can hold") from None
    return definition


_KINDS: Final = {str: "text", int: "a whole number", bool: "true or false"}


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"'{value}'" if _LITERAL.fullmatch(value) else _quoted(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return str(value)


def _quoted(text: str) -> str:
    # JSON's escapes are TOML's, but for the one character that JSON leaves as it is.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
