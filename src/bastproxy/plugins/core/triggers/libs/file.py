"""Files of triggers: written whole, set aside rather than lost."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bastproxy.libs.files import set_aside, write_whole
from bastproxy.plugins.core.triggers.libs.definition import Definition, from_toml

NAME: Final = "triggers.toml"
LARGEST: Final = 16 * 1024 * 1024

HEAD: Final = """\
# Triggers of bastproxy. The proxy writes this file at each change, so edit it while it does
# not run; #bp.triggers.import reads a file while it does.
"""


@dataclass
class Contents:
    """What a file held.

    :ivar definitions: the triggers by name.
    :ivar faults: what could not be used, and why, in words for a player.
    """

    definitions: dict[str, Definition] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def write(path: Path, definitions: Iterable[Definition]) -> None:
    """Write triggers into a file.

    :raises OSError: it cannot be written; it is as it was.
    """
    write_whole(path, "\n".join([HEAD, *(one.text for one in definitions)]).encode())


def read(path: Path) -> Contents:
    """Return what a file holds; what is wrong with a trigger costs that one alone.

    :raises OSError: it cannot be read.
    :raises ValueError: it is no TOML.
    """
    contents = Contents()
    for name, values in _load(path).items():
        try:
            contents.definitions[name] = from_toml(name, values)
        except ValueError as error:
            contents.faults.append(f"the trigger {name!r} is left out: {error}")
    return contents


def take(path: Path) -> Contents:
    """As :func:`read` for the player's own file: one with faults is set aside, so that nothing
    of it is lost when it is written anew.

    :raises OSError: it cannot be read, or not be set aside.
    """
    try:
        contents = read(path)
    except FileNotFoundError:
        return Contents()
    except ValueError as error:
        contents = Contents(faults=[f"{path} cannot be read: {error}"])
    if contents.faults:
        contents.faults.append(f"the file is kept as {set_aside(path)}")
        if contents.definitions:
            write(path, contents.definitions.values())
    return contents


def _load(path: Path) -> dict[str, Any]:
    if path.stat().st_size > LARGEST:
        raise ValueError(f"it is larger than {LARGEST:,} bytes")
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    except UnicodeDecodeError as error:
        raise ValueError(f"it is no UTF-8 at byte {error.start}") from None
