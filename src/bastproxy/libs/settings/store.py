"""The settings of all plugins: the ledger's keeper of them, and their files."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from bastproxy.libs.ledger import Ledger
from bastproxy.libs.nearest import did_you_mean
from bastproxy.libs.records import LogRecord
from bastproxy.libs.settings import file
from bastproxy.libs.settings.definition import Definition, define
from bastproxy.libs.settings.errors import SettingError, UnknownSettingError
from bastproxy.libs.settings.types import Value

KIND = "setting"
DEFAULT = "default"

FLAGS = ("choices", "minimum", "maximum", "readonly", "hidden")

Changed = Callable[[str, str, Any, Any], None]


@dataclass(frozen=True, slots=True)
class SettingDetail:
    """All about one setting; ``shown`` is its value as a player would type it."""

    owner_id: str
    name: str
    value: Value
    shown: str
    default: Value
    default_shown: str
    type: str
    help: str
    allowed: str
    is_default: bool
    readonly: bool
    hidden: bool


@dataclass(slots=True, eq=False)
class _Setting:
    serial: int
    definition: Definition
    value: Value
    suspended: bool = False


@dataclass(slots=True, eq=False)
class _Owner:
    """What is known of one plugin: its file's values, and its settings in order."""

    path: Path
    generation: int
    stored: dict[str, Any] = field(default_factory=dict)
    unwritten: dict[str, None] = field(default_factory=dict)
    settings: dict[str, list[_Setting]] = field(default_factory=dict)

    def answering(self, name: str) -> _Setting | None:
        for setting in reversed(self.settings.get(name, ())):
            if not setting.suspended:
                return setting
        return None

    def names(self) -> list[str]:
        return [name for name in self.settings if self.answering(name) is not None]


class SettingsStore:
    """Every setting of every plugin.

    :param data_directory: where a plugin's file is, by its id; asked at its first
        setting, and not before.
    :param changed: told ``(owner_id, name, new, old)`` after a value has changed.
    """

    def __init__(
        self, ledger: Ledger, data_directory: Callable[[str], Path], changed: Changed
    ) -> None:
        self._ledger = ledger
        self._data_directory = data_directory
        self._changed = changed
        self._serials = itertools.count(1)
        self._by_serial: dict[Hashable, _Setting] = {}
        self._owners: dict[str, _Owner] = {}
        ledger.add_kind(KIND, self)

    def add(
        self,
        owner_id: str,
        name: str,
        default: object,
        type: object,  # noqa: A002  the word of the API
        help: str,  # noqa: A002
        **flags: Any,
    ) -> bool:
        """Declare a setting; declared again, it is replaced and keeps its value.

        :param type: ``str``, ``int``, ``float``, ``bool`` (or their names), ``"enum"``,
            ``"colour"`` or ``"timelength"``.
        :param flags: ``choices``, ``minimum``, ``maximum``, ``readonly`` (players cannot
            change it), ``hidden`` (not in lists).
        :returns: False, with a message in the log, when the declaration is wrong.
        """
        for flag in [flag for flag in flags if flag not in FLAGS]:
            del flags[flag]
            hint = did_you_mean(flag, FLAGS)
            self._say(owner_id, f"the setting {name!r} has no flag {flag!r}{hint}", "warning")
        try:
            definition = define(owner_id, name, default, type, help, **flags)
        except (ValueError, TypeError) as error:
            self._say(owner_id, f"cannot add the setting {name!r}: {error}", "error")
            return False
        owner = self._owner(definition.owner_id)
        slot = owner.settings.setdefault(definition.name, [])
        for old in [old for old in slot if not old.suspended]:
            slot.remove(old)
            del self._by_serial[old.serial]
            self._ledger.strike(owner_id, KIND, old.serial)
        setting = _Setting(next(self._serials), definition, definition.default)
        setting.value = self._initial(definition, owner)
        slot.append(setting)
        self._by_serial[setting.serial] = setting
        self._ledger.write(definition.owner_id, KIND, setting.serial, definition.name)
        return True

    def get(self, owner_id: str, name: str) -> Value:
        """Return the value of a setting.

        :raises UnknownSettingError: there is no such setting.
        """
        return self._find(owner_id, name)[1].value

    def change(self, owner_id: str, name: str, value: object, *, by_player: bool = False) -> bool:
        """Change a setting; a string is read as a player types it, ``default`` resets.

        :param by_player: refuse to change what only the plugin may change.
        :returns: True when it is another value now.
        :raises SettingError: it cannot have this value.
        :raises UnknownSettingError: there is no such setting.
        """
        owner, setting = self._find(owner_id, name)
        definition = setting.definition
        if isinstance(value, str) and value == DEFAULT and DEFAULT not in definition.choices:
            return self.reset(owner_id, name, by_player=by_player)
        if by_player and definition.readonly:
            raise SettingError(owner_id, name, value, "changes from its plugin only")
        return self._assign(owner_id, owner, {name: definition.read(value)})

    def reset(self, owner_id: str, name: str | None = None, *, by_player: bool = False) -> bool:
        """Put one setting, or all of a plugin, back to the default.

        :param by_player: refuse one that only the plugin may change; of all, leave these.
        :returns: True when a value is another now.
        :raises SettingError: only the plugin may change it.
        :raises UnknownSettingError: there is no such setting.
        """
        if name is not None:
            owner, setting = self._find(owner_id, name)
            if by_player and setting.definition.readonly:
                raise SettingError(owner_id, name, DEFAULT, "changes from its plugin only")
            return self._assign(owner_id, owner, {name: setting.definition.default})
        known = self._owners.get(owner_id)
        if known is None:
            return False
        defaults = {
            setting.definition.name: setting.definition.default
            for setting in map(known.answering, known.settings)
            if setting is not None and not (by_player and setting.definition.readonly)
        }
        return self._assign(owner_id, known, defaults)

    def owners(self) -> list[str]:
        """Return everybody who has a setting."""
        return [owner_id for owner_id, owner in self._owners.items() if owner.names()]

    def settings_of(self, owner_id: str) -> list[SettingDetail]:
        """Return the settings of a plugin in the order of their declaration, hidden ones too."""
        owner = self._owners.get(owner_id)
        return [self.describe(owner_id, name) for name in owner.names()] if owner else []

    def describe(self, owner_id: str, name: str) -> SettingDetail:
        """Return all about one setting.

        :raises UnknownSettingError: there is no such setting.
        """
        setting = self._find(owner_id, name)[1]
        definition = setting.definition
        return SettingDetail(
            owner_id,
            name,
            setting.value,
            definition.show(setting.value),
            definition.default,
            definition.show(definition.default),
            definition.type.name,
            definition.help,
            definition.allowed,
            setting.value == definition.default,
            definition.readonly,
            definition.hidden,
        )

    def save(self, owner_id: str) -> bool:
        """Write what could not be written before; True when nothing is left to write."""
        owner = self._owners.get(owner_id)
        return owner is None or self._write(owner_id, owner)

    def suspend(self, key: Hashable) -> None:
        """Stop serving one setting, but keep its place."""
        self._by_serial[key].suspended = True

    def resume(self, key: Hashable) -> None:
        """Serve it again, with the value that it has by now."""
        setting = self._by_serial[key]
        setting.suspended = False
        setting.value = self._initial(
            setting.definition, self._owners[setting.definition.owner_id], report=False
        )

    def release(self, key: Hashable) -> None:
        """Forget one setting; its value stays in the file."""
        setting = self._by_serial.pop(key)
        owner_id, name = setting.definition.owner_id, setting.definition.name
        owner = self._owners[owner_id]
        owner.settings[name].remove(setting)
        if not owner.settings[name]:
            del owner.settings[name]
        if not owner.settings and self._write(owner_id, owner):
            del self._owners[owner_id]

    def _find(self, owner_id: str, name: str) -> tuple[_Owner, _Setting]:
        owner = self._owners.get(owner_id)
        setting = owner.answering(name) if owner else None
        if owner is None or setting is None:
            raise UnknownSettingError(owner_id, name, owner.names() if owner else ())
        return owner, setting

    def _owner(self, owner_id: str) -> _Owner:
        """Return the record of a plugin, its file read once for each generation."""
        generation = self._ledger.generation(owner_id)
        owner = self._owners.get(owner_id)
        if owner is not None and owner.generation == generation:
            return owner
        if owner is None:
            owner = _Owner(self._data_directory(owner_id) / file.NAME, generation)
            self._owners[owner_id] = owner
        owner.generation = generation
        stored = self._read(owner_id, owner)
        for name in owner.unwritten:
            stored.pop(name, None)
            if name in owner.stored:
                stored[name] = owner.stored[name]
        owner.stored = stored
        return owner

    def _read(self, owner_id: str, owner: _Owner) -> dict[str, Any]:
        try:
            return file.read(owner.path)
        except file.BrokenFileError as error:
            self._say(owner_id, f"the settings are at their defaults: {error}", "error")
        except OSError as error:
            self._say(
                owner_id,
                f"the settings are at their defaults: {owner.path} cannot be read: {error}",
                "error",
            )
        return {}

    def _initial(self, definition: Definition, owner: _Owner, *, report: bool = True) -> Value:
        if definition.name not in owner.stored:
            return definition.default
        try:
            return definition.read(owner.stored[definition.name])
        except SettingError as error:
            if report:
                self._say(
                    definition.owner_id,
                    f"{owner.path} has a value that does not fit, the default is used: {error}",
                    "warning",
                )
            return definition.default

    def _assign(self, owner_id: str, owner: _Owner, values: dict[str, Value]) -> bool:
        news: list[tuple[str, Value, Value]] = []
        for name, value in values.items():
            setting = owner.answering(name)
            if setting is None:
                continue
            old, setting.value = setting.value, value
            if old != value:
                news.append((name, value, old))
            self._store(owner, name, value, setting.definition)
        if owner.unwritten:
            self._write(owner_id, owner)
        for name, new, old in news:
            self._changed(owner_id, name, new, old)
        return bool(news)

    def _store(self, owner: _Owner, name: str, value: Value, definition: Definition) -> None:
        if value == definition.default:
            if name in owner.stored:
                del owner.stored[name]
                owner.unwritten[name] = None
        elif name not in owner.stored or not _same(owner.stored[name], value):
            owner.stored[name] = value
            owner.unwritten[name] = None

    def _write(self, owner_id: str, owner: _Owner) -> bool:
        if not owner.unwritten:
            return True

        def report(error: file.BrokenFileError) -> None:
            self._say(owner_id, f"the settings are written anew: {error}", "error")

        helps = {name: slot[-1].definition.help for name, slot in owner.settings.items() if slot}
        try:
            file.write(owner.path, owner.stored, owner.unwritten, helps, report)
        except OSError as error:
            self._say(
                owner_id,
                f"{owner.path} cannot be written: {error}; the settings hold until the proxy "
                "stops, and are written at the next change or save",
                "error",
            )
            return False
        owner.unwritten.clear()
        return True

    def _say(self, owner_id: str, message: str, level: Literal["warning", "error"]) -> None:
        LogRecord(f"{owner_id}: {message}", level=level, sources=[owner_id])()


def _same(stored: object, value: Value) -> bool:
    return type(stored) is type(value) and stored == value  # True == 1, but not in a file
