"""Templates: what is sent, with parts of what was matched and variables put into it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

Look = Callable[[str], object]

_PLACE: Final = re.compile(r"\$(?:(\$)|(\d{1,2})|\{(\w{1,64})\}|([^\W\d]\w{0,63}))")
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f]+")


def expand(template: str, match: re.Match[str] | None = None, look: Look | None = None) -> str:
    """Return a template with its places filled in.

    ``$1`` and ``${1}`` are a group by number, ``$0`` is all that matched, ``$name`` and
    ``${name}`` are a named group, or else a variable; ``$$`` is a dollar sign. What is none of
    these stays as it is. What the MUD has sent comes as one line: control characters, such as
    line feeds, become spaces.

    :param look: returns the value of a variable, or None when there is none.
    """

    def fill(place: re.Match[str]) -> str:
        if place[1]:
            return "$"
        name = place[2] or place[3] or place[4]
        if match is not None:
            key: str | int = int(name) if name.isdecimal() else name
            try:
                return _CONTROLS.sub(" ", match[key] or "")
            except IndexError:
                pass
        value = look(name) if look is not None and not name.isdecimal() else None
        return place[0] if value is None else _CONTROLS.sub(" ", str(value))

    return _PLACE.sub(fill, template)


def names_in(template: str) -> list[str]:
    """Return what a template names, without ``$``, in order: group numbers, groups, variables."""
    names = (place[2] or place[3] or place[4] for place in _PLACE.finditer(template))
    return list(dict.fromkeys(name for name in names if name))
