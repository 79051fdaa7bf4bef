"""Connecting again to a MUD that was lost: when, and after how long."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from bastproxy.libs.session.declared import OWNER_ID
from bastproxy.libs.tasks import Tasks

FIRST_SECONDS: Final = 1.0
LONGEST_SECONDS: Final = 300.0
STEADY_SECONDS: Final = 60.0
"""A connection that has lasted so long begins the delays anew."""

REMEMBERED: Final = 3
"""Typed lines among which a ``quit`` counts: a MUD may ask whether one is sure."""

JITTER: Final = 0.25
"""The part of a delay by which it may be longer or shorter, so that not all come at once."""


class Backoff:
    """Growing delays: each is twice the one before, with jitter.

    :param first: seconds.
    :param longest: seconds.
    :param chance: returns a number in ``[0, 1)``.
    """

    def __init__(
        self,
        first: float = FIRST_SECONDS,
        longest: float = LONGEST_SECONDS,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.first = first
        self.longest = longest
        self._chance = chance
        self._next = first

    def next(self) -> float:
        """Return the next delay, in seconds."""
        delay, self._next = self._next, min(self._next * 2, self.longest)
        return delay * (1 + JITTER * (2 * self._chance() - 1))

    def reset(self) -> None:
        """Begin again with the first."""
        self._next = self.first


class Reconnector:
    """Tries again and again, until it succeeds or is told not to.

    :param attempt: connects, and says whether it could.
    :param announce: told the seconds before each attempt.
    """

    def __init__(
        self,
        tasks: Tasks,
        attempt: Callable[[], Awaitable[bool]],
        announce: Callable[[float], None],
        backoff: Backoff | None = None,
    ) -> None:
        self.backoff = backoff or Backoff()
        self._tasks = tasks
        self._attempt = attempt
        self._announce = announce
        self._task: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> bool:
        """Whether it goes on trying."""
        return self._task is not None and not self._task.done()

    def lost(self, lasted: float) -> None:
        """Begin to try again, after a connection that lasted so many seconds."""
        if lasted >= STEADY_SECONDS:
            self.backoff.reset()
        if not self.waiting:
            self._task = self._tasks.spawn(OWNER_ID, self._run(), "reconnect")

    def cancel(self) -> None:
        """Try no more, and begin with the first delay the next time."""
        self.backoff.reset()
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()

    async def wait(self) -> None:
        """Wait until it tries no more."""
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        while True:
            delay = self.backoff.next()
            self._announce(delay)
            await asyncio.sleep(delay)
            if await self._attempt():
                return


class Intent:
    """Whether the player meant the connection to end.

    :ivar quit_words: what one types to leave a MUD.
    """

    def __init__(self, quit_words: tuple[str, ...] = ("quit", "@quit", "logout", "logoff")) -> None:
        self.quit_words = quit_words
        self._quits: deque[bool] = deque(maxlen=REMEMBERED)

    def begin(self) -> None:
        """A connection begins."""
        self._quits.clear()

    def typed(self, text: str) -> None:
        """Note a line that a client has sent to the MUD."""
        words = text.split(maxsplit=1)
        if words:
            self._quits.append(words[0].casefold() in self.quit_words)

    def answered(self) -> None:
        """Note that the proxy has logged in for the player: somebody plays."""
        self._quits.append(False)

    def wants_back(self, *, orderly: bool) -> bool:
        """Say whether to connect again after an end.

        :param orderly: the MUD has closed the connection, as it does after ``quit``, and when
            nobody logs in; otherwise the connection was lost.
        """
        return not any(self._quits) and (bool(self._quits) or not orderly)
