"""The escape sequences in a text: where they begin and end.

ECMA-48 5.4 (control sequences), 5.6 (control strings, of which only OSC may end in BEL),
ECMA-35 13 (the others).
"""

from __future__ import annotations

import re
from typing import Final

_SEQUENCE: Final = (
    r"\x1b(?:"
    r"\[[0-?]*[ -/]*[@-~]?"  # CSI; one that is cut off is a sequence too
    r"|\][^\x07\x1b]*(?:\x07|\x1b\\)"  # OSC
    r"|[PX^_][^\x1b]*\x1b\\"  # DCS, SOS, PM, APC
    r"|[ -/]+[0-~]?"
    r"|[0-~]"
    r")?"  # an ESC alone is no text either
)
_ANY: Final = re.compile(_SEQUENCE)

TOKEN: Final = re.compile(rf"\x1b\[(?P<sgr>[0-9;:]*)m|{_SEQUENCE}")
"""A sequence; ``sgr`` are the parameters where it is an SGR sequence."""


def plain(text: str) -> str:
    """Return a text without its escape sequences; no ESC is left in it."""
    return _ANY.sub("", text) if "\x1b" in text else text
