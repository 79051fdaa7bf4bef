"""What players have switched: groups, and triggers of plugins."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from bastproxy.libs.files import write_whole

Switched = Mapping[tuple[str, str], bool]


def write(path: Path, groups_off: Iterable[str], switched: Switched) -> None:
    """Write it down.

    :raises OSError: it cannot be written.
    """
    triggers = [[owner_id, name, on] for (owner_id, name), on in switched.items()]
    state = {"groups_off": sorted(groups_off), "triggers": triggers}
    write_whole(path, json.dumps(state, indent=1).encode())


def read(path: Path) -> tuple[list[str], dict[tuple[str, str], bool]]:
    """Return the groups that are off, and what was switched by owner and name.

    :raises OSError: the file cannot be read.
    :raises ValueError: it does not hold that.
    """
    try:
        state: Any = json.loads(path.read_bytes())
    except FileNotFoundError:
        return [], {}
    try:
        groups = [str(group) for group in state["groups_off"] if group]
        switched = {
            (str(owner_id), str(name)): bool(on) for owner_id, name, on in state["triggers"]
        }
    except (KeyError, TypeError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from None
    return groups, switched
