"""Colours for clients that show fewer."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, Literal

from bastproxy.libs.ansi.sgr import colour_of, split_params

Depth = Literal["none", "16", "256", "true"]
"""How many colours a client shows: none at all (nor bold, nor underlines), 16, 256, or all."""

DEPTHS: Final[tuple[Depth, ...]] = ("none", "16", "256", "true")

_SGR: Final = re.compile(rb"\x1b\[([0-9;:]*)m")
_STEPS: Final = (0, 95, 135, 175, 215, 255)
_BLACK: Final = 0
_GREY: Final = 8
#: What xterm's chart gives for the first sixteen; each terminal has its own.
_SIXTEEN: Final = (
    *((128 * (n & 1), 128 * (n >> 1 & 1), 128 * (n >> 2)) for n in range(7)),
    (192, 192, 192),
    (128, 128, 128),
    *((255 * (n & 1), 255 * (n >> 1 & 1), 255 * (n >> 2)) for n in range(1, 8)),
)


def reduce(text: str, depth: Depth) -> str:
    """Return a text with the colours that a client can show.

    :param depth: with ``none``, SGR sequences are taken out; other sequences always stay.
    """
    if depth == "true" or "\x1b[" not in text:
        return text
    data = reduce_bytes(text.encode("utf-8", "surrogatepass"), depth)
    return data.decode("utf-8", "surrogatepass")


def reduce_bytes(data: bytes, depth: Depth) -> bytes:
    """Do what :func:`reduce` does, for text bytes in any encoding that holds ASCII as it is."""
    if depth == "true" or b"\x1b[" not in data:
        return data
    if depth == "none":
        return _SGR.sub(b"", data)
    if b"8;" not in data and b"8:" not in data:  # no extended colour
        return data
    replace = _to_16 if depth == "16" else _to_256
    return _SGR.sub(lambda found: replace(found[0]), data)


@lru_cache(4096)
def _to_16(sequence: bytes) -> bytes:
    return _reduced(sequence, "16")


@lru_cache(4096)
def _to_256(sequence: bytes) -> bytes:
    return _reduced(sequence, "256")


def _reduced(sequence: bytes, depth: Depth) -> bytes:
    items = split_params(sequence[2:-1].decode("ascii"))
    return f"\x1b[{';'.join([_item(item, depth) for item in items])}m".encode("ascii")


def _item(item: str, depth: Depth) -> str:
    code = item.replace(":", ";").partition(";")[0].lstrip("0")
    values = colour_of(item) if code in ("38", "48", "58") else ()
    if not values or (depth == "256" and len(values) == 1):
        return item
    if depth == "256":
        return f"{code};5;{_nearest_of_256(*values)}"
    if code == "58":  # sixteen colours have none for underlines
        return "59"
    return _standard(values, int(code))


def _nearest_of_256(*rgb: int) -> int:
    """Return the number of the nearest colour of xterm's cube and greys."""
    steps = [_STEPS.index(min(_STEPS, key=lambda level: abs(level - value))) for value in rgb]
    grey = min(max(round((sum(rgb) / 3 - 8) / 10), 0), 23)
    in_cube = sum((_STEPS[step] - value) ** 2 for step, value in zip(steps, rgb, strict=True))
    in_greys = sum((8 + 10 * grey - value) ** 2 for value in rgb)
    if in_greys < in_cube:
        return 232 + grey
    return 16 + 36 * steps[0] + 6 * steps[1] + steps[2]


def _rgb(number: int) -> tuple[int, ...]:
    """Return red, green and blue of one of the 256 colours."""
    if number < 16:
        return _SIXTEEN[number]
    if number >= 232:
        return (8 + 10 * (number - 232),) * 3
    number -= 16
    return _STEPS[number // 36], _STEPS[number // 6 % 6], _STEPS[number % 6]


def _distance(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """Return how far apart two colours are to the eye, roughly.

    https://www.compuphase.com/cmetric.htm
    """
    red, green, blue = (a - b for a, b in zip(one, other, strict=True))
    mean = (one[0] + other[0]) / 512
    return (2 + mean) * red * red + 4 * green * green + (3 - mean) * blue * blue


def _standard(values: tuple[int, ...], base: int) -> str:
    """Return one of the sixteen colours, a bright one so that who knows only eight shows that."""
    if len(values) == 1 and values[0] < 16:
        nearest = values[0]
    else:
        rgb = values if len(values) == 3 else _rgb(values[0])
        nearest = min(range(16), key=lambda number: _distance(rgb, _SIXTEEN[number]))
        # What can hardly be seen should not be gone altogether on a black screen.
        if nearest == _BLACK and base == 38 and any(rgb):
            nearest = _GREY
    if nearest < 8:
        return str(base - 8 + nearest)
    return f"{base - 8 + nearest - 8};{base + 52 + nearest - 8}"
