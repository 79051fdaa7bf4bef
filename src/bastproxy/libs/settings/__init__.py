"""Settings of plugins: declared by them, changed by players, kept in files people can edit."""

from bastproxy.libs.settings.colours import is_colour
from bastproxy.libs.settings.errors import SettingError, UnknownSettingError
from bastproxy.libs.settings.store import SettingDetail, SettingsStore
from bastproxy.libs.settings.timelength import format_timelength, parse_timelength
from bastproxy.libs.settings.types import SettingType, type_named

__all__ = [
    "SettingDetail",
    "SettingError",
    "SettingType",
    "SettingsStore",
    "UnknownSettingError",
    "format_timelength",
    "is_colour",
    "parse_timelength",
    "type_named",
]
