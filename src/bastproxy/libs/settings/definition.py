"""What a plugin says about one of its settings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bastproxy.libs.settings.errors import SettingError
from bastproxy.libs.settings.types import (
    SettingType,
    Value,
    plain,
    read_choice,
    type_named,
    type_names,
)


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """One setting: its type, default, bounds and choices; plain values only."""

    owner_id: str
    name: str
    default: Value
    type: SettingType
    help: str
    choices: tuple[str, ...] = ()
    minimum: Any = None
    maximum: Any = None
    readonly: bool = False
    hidden: bool = False

    @property
    def allowed(self) -> str:
        """What it takes, in words."""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        show = self.type.show
        if self.minimum is not None and self.maximum is not None:
            return f"{self.type.allowed} from {show(self.minimum)} to {show(self.maximum)}"
        if self.minimum is not None:
            return f"{self.type.allowed}, {show(self.minimum)} or more"
        if self.maximum is not None:
            return f"{self.type.allowed}, {show(self.maximum)} or less"
        return self.type.allowed

    def read(self, given: object) -> Value:
        """Return the value that ``given`` stands for.

        :raises SettingError: it is none that this setting takes.
        """
        try:
            value = read_choice(given, self.choices) if self.choices else self.type.read(given)
        except (ValueError, TypeError, OverflowError):
            value = None
        if value is None or not self._within(value):
            raise SettingError(self.owner_id, self.name, given, self.allowed) from None
        return value

    def show(self, value: Any) -> str:
        """Return a value as a player would type it."""
        return self.type.show(value)

    def _within(self, value: Any) -> bool:
        return (self.minimum is None or value >= self.minimum) and (
            self.maximum is None or value <= self.maximum
        )


def define(
    owner_id: str,
    name: str,
    default: object,
    kind: object,
    help: str,  # noqa: A002  the word of the API
    *,
    choices: Iterable[object] = (),
    minimum: object = None,
    maximum: object = None,
    readonly: bool = False,
    hidden: bool = False,
) -> Definition:
    """Check what a plugin says about a setting, and return it.

    :raises ValueError: what is wrong with the declaration, without plugin and setting.
    """
    if not name or not name.isprintable() or any(map(str.isspace, name)):
        raise ValueError("a setting needs a name without spaces")
    found = type_named(kind)
    if found is None:
        raise ValueError(f"{kind!r} is no type of settings; use one of {type_names()}")
    words = tuple(plain(str(choice)) for choice in choices)
    if found.name == "enum" and not words:
        raise ValueError("an enum needs choices=[...]")
    if words and found.name not in ("enum", "str"):
        raise ValueError(f"choices go with enum and str, not with {found.name}")
    definition = Definition(
        plain(owner_id),
        plain(name),
        "",
        found,
        plain(help),
        words,
        _bound(found, "minimum", minimum),
        _bound(found, "maximum", maximum),
        bool(readonly),
        bool(hidden),
    )
    try:
        value = definition.read(default)
    except SettingError as error:
        raise ValueError(f"its default is {default!r}, but it takes {error.allowed}") from None
    object.__setattr__(definition, "default", value)
    return definition


def _bound(kind: SettingType, which: str, bound: object) -> Value | None:
    if bound is None:
        return None
    if not kind.ordered:
        raise ValueError(f"{which} goes with int, float and timelength, not with {kind.name}")
    try:
        return kind.read(bound)
    except (ValueError, TypeError, OverflowError):
        raise ValueError(f"its {which} is {bound!r}, but it takes {kind.allowed}") from None
