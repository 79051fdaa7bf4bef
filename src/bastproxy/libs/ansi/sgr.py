"""The state of a terminal's colours and attributes, and what changes it (SGR).

ECMA-48 8.3.117, with the colours of xterm: https://invisible-island.net/xterm/ctlseqs/ctlseqs.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import Final, NamedTuple

SEQUENCE: Final = re.compile(r"\x1b\[([0-9;:]*)m")
"""An SGR sequence; its group is the parameters."""

RESET: Final = "\x1b[0m"


class Sgr(NamedTuple):
    """What is on: for every attribute the parameters that switch it on, or nothing.

    ``Sgr()`` is the terminal's own look.
    """

    bold: str = ""
    dim: str = ""
    italic: str = ""
    underline: str = ""
    blink: str = ""
    inverse: str = ""
    hidden: str = ""
    strike: str = ""
    font: str = ""
    frame: str = ""
    overline: str = ""
    script: str = ""
    foreground: str = ""
    background: str = ""
    underline_colour: str = ""


PLAIN: Final = Sgr()

_FIELDS: Final = Sgr._fields
_COLOURS: Final = {38: "foreground", 48: "background", 58: "underline_colour"}
_COLOUR_CODES: Final = frozenset(map(str, _COLOURS))
#: How many values follow the mode of an extended colour.
_VALUES: Final = {"5": 1, "2": 3}
#: Where one value takes the place of another without switching that off first.
_REPLACED: Final = frozenset(("font", "foreground", "background", "underline_colour"))


def _switches() -> dict[int, tuple[tuple[str, str], ...]]:
    """Return for each parameter what it sets."""
    on = {
        "bold": [1],
        "dim": [2],
        "italic": [3],
        "underline": [4, 21],
        "blink": [5, 6],
        "inverse": [7],
        "hidden": [8],
        "strike": [9],
        "font": range(11, 20),
        "frame": [51, 52],
        "overline": [53],
        "script": [73, 74],
        "foreground": [*range(30, 38), *range(90, 98)],
        "background": [*range(40, 48), *range(100, 108)],
    }
    off = {
        10: ("font",),
        22: ("bold", "dim"),
        23: ("italic",),
        24: ("underline",),
        25: ("blink",),
        27: ("inverse",),
        28: ("hidden",),
        29: ("strike",),
        39: ("foreground",),
        49: ("background",),
        54: ("frame",),
        55: ("overline",),
        59: ("underline_colour",),
        75: ("script",),
    }
    table = {code: ((name, str(code)),) for name, codes in on.items() for code in codes}
    return table | {code: tuple((name, "") for name in names) for code, names in off.items()}


_SWITCHES: Final = _switches()


@lru_cache(4096)
def applied(state: Sgr, params: str) -> Sgr:
    """Return the state after an SGR sequence.

    :param params: what stands between ``ESC [`` and ``m``; what is unknown changes nothing.
    """
    now = state._asdict()
    for item in split_params(params):
        code, _, rest = item.replace(":", ";").partition(";")
        number = _number(code)
        if number == 0:
            now = PLAIN._asdict()
        elif number in _COLOURS:
            if colour_of(item):
                now[_COLOURS[number]] = item
        elif rest:
            if number == 4:  # a kind of underline
                now["underline"] = "" if rest == "0" else item
        else:
            now.update(_SWITCHES.get(number, ()))
    return Sgr(**now)


@lru_cache(4096)
def change(before: Sgr, after: Sgr) -> str:
    """Return the sequence that makes ``after`` of ``before``; nothing where they are the same.

    Nothing is switched off by a code of its own, since clients are known that do not
    understand those (39 and 22 above all): the sequence resets, and builds up again.
    """
    if before == after:
        return ""
    wanted = [params for params in after if params]
    if not wanted:
        return RESET
    for name, old, new in zip(_FIELDS, before, after, strict=True):
        if old and old != new and not (new and name in _REPLACED):
            return f"\x1b[0;{';'.join(wanted)}m"
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    return f"\x1b[{';'.join(changed)}m"


def state_after(text: str, before: Sgr = PLAIN) -> Sgr:
    """Return the state that a text leaves behind.

    :param before: the state in which it begins.
    """
    if "\x1b" not in text:
        return before
    state = before
    start = max(text.rfind(RESET), text.rfind("\x1b[m"), 0)  # what was before is forgotten
    for found in SEQUENCE.finditer(text, start):
        state = applied(state, found[1])
    return state


def split_params(params: str) -> Iterator[str]:
    """Yield what is set by each of the parameters: ``1``, ``38;5;208``, ``48:2::255:0:0``.

    What is wrong is yielded too; joined with semicolons it is what came.
    """
    parts = iter(params.split(";"))
    for part in parts:
        if part.lstrip("0") not in _COLOUR_CODES:
            yield part
            continue
        item = [part]
        item += islice(parts, 1)
        if len(item) > 1:
            item += islice(parts, _VALUES.get(item[1].lstrip("0"), 0))
        yield ";".join(item)


def colour_of(item: str) -> tuple[int, ...]:
    """Return the number of a colour, or its red, green and blue; nothing when it is neither.

    :param item: an extended colour, as :func:`split_params` yields it.
    """
    parts = item.split(":" if ":" in item else ";")
    count = _VALUES.get(parts[1].lstrip("0"), 0) if len(parts) > 1 else 0
    if ":" in item and count == 3 and len(parts) > 5:
        del parts[2]  # the colour space (T.416), which clients ignore
    values = tuple(_number(part) for part in parts[2 : 2 + count])
    if len(values) < count or not all(0 <= value <= 255 for value in values):
        return ()
    return values


def _number(text: str) -> int:
    """Return a parameter as a number; one that is missing is 0, nonsense is -1."""
    if not text:
        return 0
    return int(text) if len(text) < 6 and text.isdecimal() else -1
