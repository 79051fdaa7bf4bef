"""Many numbered lines, for measuring."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle, islice
from typing import Final

CHUNK: Final = 32768
_FILLER: Final = bytes(islice(cycle(b"abcdefghijklmnopqrstuvwxyz"), 4096))


def flood(count: int, size: int) -> Iterator[bytes]:
    r"""Iterate over ``count`` lines in chunks of some 32 KiB.

    :param size: bytes of a line, without its ``\r\n``. Lines are ``flood 000001 abc...``.
    """
    at_once = max(1, CHUNK // (size + 2))
    for first in range(1, count + 1, at_once):
        numbers = range(first, min(first + at_once, count + 1))
        yield b"".join(_line(number, size) for number in numbers)


def _line(number: int, size: int) -> bytes:
    head = b"flood %06d " % number
    return head + _FILLER[: max(0, size - len(head))] + b"\r\n"
