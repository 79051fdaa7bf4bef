"""What was shown, kept for clients that come later."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from itertools import islice, takewhile
from time import time as wall_clock
from typing import Final, NamedTuple

from wcwidth import propagate_sgr

MAX_LINES: Final = 20_000
MAX_BYTES: Final = 1 << 22
"""Lines and bytes that are kept, whatever the settings say; the oldest go first."""

_LOOK_BACK: Final = 200
"""Lines before the first replayed one in which the colours that it begins with are looked for."""

_ESCAPE: Final = b"\x1b["


class Shown(NamedTuple):
    """Text bytes that went to all clients, their line end included.

    ``at`` is seconds since the epoch; ``ends`` and ``prompt`` are as they were sent; ``own``
    is a line of the proxy or a plugin, without its end, before which an open line is ended;
    ``typed`` is a line of a player, without its end, that goes behind the prompt;
    ``encoding`` is that of ``data``.
    """

    at: float
    data: bytes
    ends: bool = True
    prompt: bool = False
    own: bool = False
    encoding: str = "utf-8"
    typed: bool = False


class Replay(NamedTuple):
    """What one client is to see before the live stream.

    :ivar colours: the SGR sequence in force where ``before`` begins.
    :ivar before: what others had seen.
    :ivar missed: what nobody had: it came while no client was there.
    :ivar lost: lines that came meanwhile and are kept no more.
    :ivar live_colours: the SGR sequence in force now.
    """

    colours: bytes
    before: list[Shown]
    missed: list[Shown]
    lost: int
    live_colours: bytes


class Scrollback:
    """The newest lines that went to all clients; its length counts all that ever did.

    :param clock: returns seconds since the epoch.
    :ivar lines: how many lines a client that comes late is shown.
    :ivar age: seconds; older ones it is not shown. 0 is any age.
    :ivar encoding: of what is added.
    """

    def __init__(
        self, *, lines: int = 100, age: float = 3600, clock: Callable[[], float] = wall_clock
    ) -> None:
        self.lines = lines
        self.age = age
        self.encoding = "utf-8"
        self._clock = clock
        self._shown: deque[Shown] = deque()
        self._bytes = 0
        self._first = 0  # the serial of the oldest entry
        self._seen: int | None = 0  # from here on nobody has seen it; None: somebody watches

    def __len__(self) -> int:
        return self._first + len(self._shown)

    def add(self, data: bytes, *, ends: bool, prompt: bool = False) -> None:
        """Keep text that goes to all clients."""
        self._keep(Shown(self._clock(), data, ends, prompt, encoding=self.encoding))

    def say(self, data: bytes) -> None:
        """Keep a line of the proxy or a plugin that goes to all clients."""
        self._keep(Shown(self._clock(), data, own=True, encoding=self.encoding))

    def typed(self, data: bytes) -> None:
        """Keep a line that a player has typed."""
        self._keep(Shown(self._clock(), data, encoding=self.encoding, typed=True))

    def said(self) -> Shown | None:
        """Return the newest text of the MUD that is not blank, or None."""
        for shown in reversed(self._shown):
            if not (shown.own or shown.typed) and shown.data.strip():
                return shown
        return None

    def somebody_watches(self, watching: bool, *, taken_until: float | None = None) -> None:
        """Say whether a client is there; what comes while none is counts as missed.

        :param taken_until: the last one vanished, and surely took only what came before then,
            seconds since the epoch; better twice than not at all.
        """
        if watching:
            self._seen = None
        elif self._seen is None:
            self._seen = self._first + len(self._shown)
            if taken_until is not None:
                later = takewhile(lambda shown: shown.at > taken_until, reversed(self._shown))
                self._seen -= sum(1 for _ in later)

    def clear(self) -> None:
        """Forget everything."""
        self._first += len(self._shown)
        self._shown.clear()
        self._bytes = 0

    def replay(self) -> Replay:
        """Return what a client that comes now is to see; nothing is forgotten by it."""
        end = self._first + len(self._shown)
        seen = end if self._seen is None else self._seen
        split = max(seen - self._first, 0)
        begin = self._beginning(split)
        shown = self._shown
        return Replay(
            colours_after(entry.data for entry in islice(shown, max(begin - _LOOK_BACK, 0), begin)),
            list(islice(shown, begin, split)),
            list(islice(shown, split, None)),
            max(self._first - seen, 0),
            colours_after(
                entry.data for entry in islice(shown, max(len(shown) - _LOOK_BACK, 0), None)
            ),
        )

    def _keep(self, shown: Shown) -> None:
        self._shown.append(shown)
        self._bytes += len(shown.data)
        while self._bytes > MAX_BYTES or len(self._shown) > MAX_LINES:
            self._bytes -= len(self._shown.popleft().data)
            self._first += 1

    def _beginning(self, split: int) -> int:
        """Return the index of the first line to show of those that others have seen."""
        if self.lines <= 0:
            return split
        oldest = self._clock() - self.age if self.age > 0 else 0
        lines = 0
        at = split
        while at > 0:
            entry = self._shown[at - 1]
            lines += entry.ends
            if lines > self.lines or entry.at < oldest:
                break
            at -= 1
        return at


def colours_after(texts: Iterable[bytes]) -> bytes:
    """Return the SGR sequence that restores the colours in force after these texts.

    Empty where they end in the terminal's own colours.
    """
    coloured = b"".join(text for text in texts if _ESCAPE in text)
    if not coloured:
        return b""
    mark = "|"
    return propagate_sgr([coloured.decode("latin-1"), mark])[1].partition(mark)[0].encode("latin-1")
