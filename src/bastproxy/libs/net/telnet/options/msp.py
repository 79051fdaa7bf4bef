"""Sounds that stand in the text: the MUD Sound Protocol.

https://www.zuggsoft.com/zmud/msp.htm describes it.
"""

from __future__ import annotations

import re
from typing import Final

# Some MUDs set the colour back before them; the carriage returns are the rest of "\n\r".
_TRIGGERS: Final = re.compile(
    rb"(\r*+(?:\x1b\[[\d;]*+m)*+)(?:!!(?:SOUND|MUSIC)\([^()\r\n]*+\)[ \t]*+)++"
)


def strip(line: bytes) -> bytes:
    """Return a line without the sounds at its beginning, for a client that cannot play them.

    A line that held nothing else comes back empty, or with colours alone.
    """
    if b"!!" not in line:
        return line
    found = _TRIGGERS.match(line)
    return found[1] + line[found.end() :] if found else line
