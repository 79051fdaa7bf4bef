"""What stands at the end of a client's screen: a prompt, or a line that has not ended."""

from __future__ import annotations

import re
from typing import Final

MAX_TEXT: Final = 4096
"""Bytes; a longer beginning of a line counts as no prompt."""

# Possessive: a fragment may be long, and is looked at once, from its beginning.
_UNSEEN: Final = re.compile(rb"(?:\x1b\[[0-9;:?]*[ -/]*[@-~]|[\r\0]+)*+")


class Tail:
    """The text that one client got after its last line end.

    :ivar text: as this client takes it, before telnet.
    :ivar marked: the MUD has marked it as a prompt: what it says next is something new.
    :ivar behind: the cursor stands behind it; otherwise at the beginning of a line below it.
    :ivar over: it asks nothing any more, for the MUD was told something since.
    :ivar due: it is to be written again, as lines that are not the MUD's came after it.
    """

    __slots__ = ("behind", "due", "marked", "over", "text")

    def __init__(self, text: bytes, marked: bool) -> None:
        self.text = text
        self.marked = marked
        self.behind = True
        self.over = len(text) > MAX_TEXT
        self.due = False

    def end(self) -> None:
        """The MUD was told something, or is gone."""
        self.over = True
        self.due = False


def tail_after(tail: Tail | None, data: bytes, *, marked: bool) -> Tail | None:
    """Return what stands at the end after text that ends no line.

    :param tail: what stood there.
    """
    goes_on = tail is not None and tail.behind and not tail.marked
    if not goes_on and _UNSEEN.fullmatch(data):
        return tail  # a mark or colours alone move no cursor
    before = tail.text if tail is not None and goes_on else b""
    return Tail(before + data if len(before) <= MAX_TEXT else before, marked)
