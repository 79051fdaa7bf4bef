"""What a client that has not logged in has said so far."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

from bastproxy.libs.net.client import ClientConnection
from bastproxy.libs.net.lines import Item, Line
from bastproxy.libs.net.telnet import Command, Subnegotiation

_ITEM_BYTES: Final = 64  # what it costs to hold something without a body


class Waiting:
    """One client that has not logged in.

    :param host: its address, without the port.
    :ivar held: what it has sent that is no line, in order.
    :ivar lines: the complete lines that are not yet tried.
    :ivar size: what all that it has sent costs, in bytes.
    :ivar prompted: the prompt is the last that it has been sent.
    :ivar verifying: its password is being tried.
    """

    def __init__(self, client: ClientConnection, host: str) -> None:
        self.client = client
        self.host = host
        self.held: list[Item] = []
        self.lines: deque[Line] = deque()
        self.partial = b""
        self.size = 0
        self.prompted = False
        self.verifying = False
        self.task: asyncio.Task[None] | None = None
        self.timer: asyncio.TimerHandle | None = None
        self._changed = asyncio.Event()

    def take(self, item: Item) -> None:
        """Keep what has come; fragments of a line are put together."""
        if isinstance(item, Line):
            self.size += len(item.raw) + _ITEM_BYTES
            self.partial += item.raw
            if item.ends:
                self.lines.append(Line(self.partial, item.terminator))
                self.partial = b""
                self._changed.set()
        elif not isinstance(item, Command):
            body = len(item.data) if isinstance(item, Subnegotiation) else 0
            self.size += body + _ITEM_BYTES
            self.held.append(item)

    async def line(self) -> Line:
        """Wait for the next line that says something."""
        while True:
            while self.lines:
                line = self.lines.popleft()
                if line.raw.strip(b"\r\0"):
                    return line
            self._changed.clear()
            await self._changed.wait()

    def all(self) -> list[Item]:
        """Return what was held, and the lines that were typed ahead."""
        rest = [Line(self.partial, continues=True)] if self.partial else []
        return [*self.held, *self.lines, *rest]
