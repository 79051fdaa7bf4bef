"""Window sizes (NAWS, RFC 1073)."""

from __future__ import annotations

import struct
from typing import Final

_SIZE: Final = struct.Struct(">HH")
_MAX: Final = 65535


def pack_size(width: int, height: int) -> bytes:
    """Return the body that tells columns and rows; 0 is unknown."""
    return _SIZE.pack(*(max(0, min(side, _MAX)) for side in (width, height)))


def unpack_size(body: bytes) -> tuple[int, int] | None:
    """Return the columns and rows that a body tells; None when it is broken."""
    if len(body) != _SIZE.size:
        return None
    width, height = _SIZE.unpack(body)
    return width, height
