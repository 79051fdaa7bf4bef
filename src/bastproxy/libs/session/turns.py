"""Whose turn it is to write to the MUD: nobody writes into a line that another has begun."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

WAIT_SECONDS: Final = 2.0
MAX_HELD: Final = 65536


class Turns:
    """Puts the lines for the MUD one after another.

    While a client's line is open (its beginning was passed on, its end has not come), the
    lines of others wait, for a short time: one who leaves a line open stops nobody.

    :param write: sends bytes to the MUD.
    """

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._owner: str | None = None
        self._held: list[tuple[str, bytes, bool]] = []
        self._size = 0
        self._timer: asyncio.TimerHandle | None = None

    def put(self, owner: str, data: bytes, *, ends: bool) -> None:
        """Send a piece, or keep it until the open line has ended.

        :param owner: the client, or an empty string.
        :param ends: it ends its line.
        """
        if self._owner is not None and owner != self._owner:
            self._held.append((owner, data, ends))
            self._size += len(data)
            if self._size > MAX_HELD:
                self._go_on()
            return
        self._write(data)
        if not ends:
            self._own(owner)
        elif self._owner is not None:
            self._go_on()

    def leave(self, owner: str) -> None:
        """Wait no longer for a client that is gone."""
        if self._owner == owner:
            self._go_on()

    def clear(self) -> None:
        """Forget everything, for another MUD."""
        self._disown()
        self._held.clear()
        self._size = 0

    def _own(self, owner: str) -> None:
        self._disown()
        self._owner = owner
        self._timer = asyncio.get_running_loop().call_later(WAIT_SECONDS, self._go_on)

    def _disown(self) -> None:
        self._owner = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _go_on(self) -> None:
        self._disown()
        waiting, self._held, self._size = self._held, [], 0
        for owner, data, ends in waiting:
            self.put(owner, data, ends=ends)
