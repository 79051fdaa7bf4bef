"""Lengths of time as people write them: ``90``, ``90s``, ``1h30m``, ``2d 4h``."""

from __future__ import annotations

import re

UNITS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}

_PART = re.compile(r"\s*([0-9]{1,12})\s*([wdhms])", re.IGNORECASE)
_SECONDS = re.compile(r"[0-9]{1,12}")


def parse_timelength(text: str) -> int:
    """Return the seconds that ``text`` stands for; a bare number is seconds.

    :raises ValueError: it is no length of time.
    """
    text = text.strip()
    if _SECONDS.fullmatch(text):
        return int(text)
    total, position = 0, 0
    while position < len(text):
        part = _PART.match(text, position)
        if part is None:
            break
        total += int(part[1]) * UNITS[part[2].lower()]
        position = part.end()
    if not text or position < len(text):
        raise ValueError(f"{text!r} is no length of time; write 90, 90s, 1h30m or 2d 4h")
    return total


def format_timelength(seconds: int) -> str:
    """Return ``1h30m`` for 5400; :func:`parse_timelength` reads it back.

    :raises ValueError: it is negative.
    """
    if seconds < 0:
        raise ValueError(f"{seconds} is no length of time")
    parts = []
    for unit in "dhms":
        count, seconds = divmod(seconds, UNITS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
