"""The text of an alias or a trigger, with places for arguments and variables."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

_PLACE: Final = re.compile(
    r"%%|\$\$"
    r"|[%$](?P<number>\*|-?\d{1,2})"
    r"|\$\{(?P<braced>\w[\w.-]*)\}"
    r"|\$(?P<name>[A-Za-z_]\w*)"
)

Variable = Callable[[str], str | None]


def substitute(text: str, values: Mapping[str, str] | None, variable: Variable) -> str:
    """Put arguments and variables into a text.

    ``%1`` and ``$1`` are the first argument, ``%*`` all of them, ``%-2`` those from the second
    on, ``%0`` the whole; ``$name`` is a named one, ``${name}`` that or else a variable; ``%%``
    and ``$$`` are the characters. A number without an argument is nothing; a name that nobody
    knows stays as it is. What is put in has no line ends.

    :param values: of the arguments; with None, only variables are put in.
    :param variable: returns the value of a variable, or None.
    """

    def value(found: re.Match[str]) -> str:
        if values is None:
            known = variable(found["braced"]) if found["braced"] else None
            return found[0] if known is None else _one_line(known)
        if found["number"] is not None:
            return _one_line(values.get(found["number"], ""))
        name = found["braced"] or found["name"]
        if name is None:
            return found[0][0]
        known = values.get(name)
        if known is None and found["braced"]:
            known = variable(name)
        return found[0] if known is None else _one_line(known)

    return _PLACE.sub(value, text)


def takes_arguments(text: str) -> bool:
    """Say whether a text has a place for an argument by its number."""
    return any(found["number"] is not None for found in _PLACE.finditer(text))


def arguments(rest: str, whole: str = "") -> dict[str, str]:
    """Return the values of the words of ``rest``: ``1``, ``2``, ``-1``, ``-2``, ``*``, ``0``.

    :param whole: what ``0`` is.
    """
    values = {"*": rest, "0": whole or rest}
    for number, found in enumerate(re.finditer(r"\S+", rest), 1):
        if number > 99:
            break
        values[str(number)] = found[0]
        values[f"-{number}"] = rest[found.start() :]
    return values


def _one_line(value: str) -> str:
    return value.replace("\r", " ").replace("\n", " ")
