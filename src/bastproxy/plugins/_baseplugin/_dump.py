"""Finding an attribute by its dotted name, and showing it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rich.pretty import pretty_repr

SHORT_LENGTH = 10  # of each container, without details
SHORT_STRING = 200

NUMBER = re.compile("-?[0-9]{1,18}")


def find(obj: object, dotted: str) -> tuple[bool, Any]:
    """Follow a dotted name through attributes, keys and indexes.

    :returns: whether it was found, and what it is; it may well be None or 0.
    """
    for part in dotted.split("."):
        found, obj = _step(obj, part)
        if not found:
            return False, None
    return True, obj


def show(value: object, *, detailed: bool) -> str:
    """Return a readable form of any value, several lines when it needs them.

    :param detailed: everything, attributes of objects included.
    """
    if not detailed:
        return pretty_repr(value, max_length=SHORT_LENGTH, max_string=SHORT_STRING, max_depth=3)
    text = pretty_repr(value, expand_all=True)
    attributes = getattr(value, "__dict__", None)
    if attributes and not isinstance(value, type):
        text += "\n" + pretty_repr(dict(attributes), max_depth=4, expand_all=True)
    return text


def _step(obj: object, part: str) -> tuple[bool, Any]:
    if isinstance(obj, Mapping):
        for key in (part, int(part) if NUMBER.fullmatch(part) else part):
            if key in obj:
                return True, obj[key]
    elif isinstance(obj, Sequence) and not isinstance(obj, str) and NUMBER.fullmatch(part):
        index = int(part)
        return (True, obj[index]) if -len(obj) <= index < len(obj) else (False, None)
    try:
        return True, getattr(obj, part)
    except AttributeError:
        return False, None
    except Exception as error:  # a property that fails: that is what there is to see
        return True, error
