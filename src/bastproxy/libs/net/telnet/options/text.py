"""Text inside subnegotiations: UTF-8, where wrong bytes survive."""

from __future__ import annotations

import re
from typing import Final

# Code points that UTF-8 cannot hold and that surrogateescape did not make.
_STRAY_SURROGATES: Final = re.compile("[\ud800-\udc7f\udd00-\udfff]")


def decode(data: bytes) -> str:
    """Return the text of UTF-8 bytes; a wrong byte becomes a lone surrogate."""
    return data.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """Return the bytes of what :func:`decode` returned; any other lone surrogate becomes ``?``."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return _STRAY_SURROGATES.sub("?", text).encode("utf-8", "surrogateescape")
