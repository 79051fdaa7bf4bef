"""A client's screen: lines and prompts in, bytes out. No I/O."""

from __future__ import annotations

from typing import Final

from bastproxy.demo.text import plain, wrap
from bastproxy.libs.net.telnet import Telnet

WIDTH: Final = 80
WIDTHS: Final = (20, 250)


class Screen:
    """Puts lines and prompts together so that each starts where it should.

    :ivar width: columns that lines are wrapped to.
    :ivar prompts: how prompts end: ``"ga"``, ``"bare"`` or ``"newline"``.
    """

    def __init__(self, telnet: Telnet) -> None:
        self.width = WIDTH
        self.colours = True
        self.prompts = "ga"
        self.wants_prompt = False
        self._telnet = telnet
        self._pending = bytearray()
        self._after_prompt = False

    def resize(self, width: int) -> None:
        """Take the width the client has; 0 means it does not know."""
        self.width = min(max(width, WIDTHS[0]), WIDTHS[1]) if width else WIDTH

    def typed(self, shown: bool) -> None:
        """Note that the client has sent a line, and so stands on a new one if it was shown."""
        if shown:
            self._after_prompt = False
        self.wants_prompt = True

    def line(self, text: str) -> None:
        """Add a line, wrapped."""
        if not self.colours:
            text = plain(text)
        for piece in wrap(text, self.width):
            self.raw(piece)

    def raw(self, text: str) -> None:
        """Add a line as it is; what was broken UTF-8 on its way in is the same bytes again."""
        self._begin_line()
        self._pending += self._telnet.text(text.encode("utf-8", "surrogateescape")) + b"\r\n"
        self.wants_prompt = True

    def command(self, data: bytes) -> None:
        """Add bytes that are no text: negotiation, GMCP."""
        self._pending += data

    def prompt(self, text: str) -> None:
        """Add a prompt."""
        self._begin_line()
        self._pending += self._telnet.text(text.encode())
        if self.prompts == "newline":
            self._pending += b"\r\n"
        else:
            self._after_prompt = True
            self._pending += self._telnet.prompt() if self.prompts == "ga" else b""
        self.wants_prompt = False

    def take(self) -> bytes:
        """Return what there is to send, and forget it."""
        data = bytes(self._pending)
        self._pending.clear()
        return data

    def _begin_line(self) -> None:
        if self._after_prompt:
            self._pending += b"\r\n"
            self._after_prompt = False
