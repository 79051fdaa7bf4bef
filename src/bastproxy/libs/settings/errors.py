"""What is wrong with a setting, in words for its author and for players."""

from __future__ import annotations

from collections.abc import Iterable

from bastproxy.libs.nearest import did_you_mean


class SettingError(ValueError):
    """A setting cannot have a value.

    :param allowed: what it takes, such as ``a whole number from 1 to 10``.
    """

    def __init__(self, owner_id: str, name: str, given: object, allowed: str) -> None:
        self.owner_id = owner_id
        self.name = name
        self.given = given
        self.allowed = allowed
        super().__init__(f"{owner_id}: {name} cannot be {_shown(given)}: it takes {allowed}")


class UnknownSettingError(KeyError):
    """A plugin has no setting of a name."""

    def __init__(self, owner_id: str, name: str, names: Iterable[str]) -> None:
        self.owner_id = owner_id
        self.name = name
        super().__init__(f"{owner_id} has no setting {name!r}{did_you_mean(name, names)}")

    def __str__(self) -> str:
        return str(self.args[0])


def _shown(given: object) -> str:
    try:
        text = repr(given)
    except Exception:
        text = f"a {type(given).__name__}"
    return text if len(text) <= 80 else text[:77] + "..."
