"""The file of the variables: a line for each, written whole."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeAlias

from bastproxy.libs.files import write_whole

Value: TypeAlias = str | int | float | bool

NAME: Final = "variables.toml"
LONGEST: Final = 64

_HEAD: Final = "# Variables of bastproxy. The proxy writes this file at each change.\n\n"
_NAME: Final = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def check(name: str, value: object) -> Value:
    """Return the value, when it and the name will do.

    :raises ValueError: the name, or the value, is none for a variable.
    """
    if not isinstance(name, str) or len(name) > LONGEST or not _NAME.fullmatch(name):
        raise ValueError(
            f"{name!r} is no name for a variable: letters, digits and underscores, at most "
            f"{LONGEST}, and no digit in front"
        )
    if not isinstance(value, str | int | float):
        raise ValueError(f"a variable is text or a number, not {type(value).__name__}")
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValueError(f"{name}: the text has characters that no file can hold") from None
        return str(value)
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**63:
        raise ValueError(f"{name}: the number is too large")
    return value


def write(path: Path, values: Mapping[str, Value]) -> None:
    """Write the variables.

    :raises OSError: they cannot be written; the file is as it was.
    """
    lines = (f"{name} = {_toml(value)}\n" for name, value in sorted(values.items()))
    write_whole(path, (_HEAD + "".join(lines)).encode())


def read(path: Path) -> tuple[dict[str, Value], list[str]]:
    """Return the variables, and what could not be used, in words for a player.

    :raises FileNotFoundError: there is no file.
    :raises OSError: it cannot be read.
    :raises ValueError: it is no TOML.
    """
    try:
        found = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    values: dict[str, Value] = {}
    faults = []
    for name, value in found.items():
        try:
            values[name] = check(name, value)
        except ValueError as error:
            faults.append(str(error))
    return values, faults


def _toml(value: Value) -> str:
    if isinstance(value, str):
        # JSON's escapes are TOML's, but for the one character that JSON leaves as it is.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value)
