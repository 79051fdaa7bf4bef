"""AntiSpam: the same line too often is spaced, or something else is sent between."""

from __future__ import annotations

from collections import deque
from enum import StrEnum
from typing import Final

MOST_HELD: Final = 1000


class Mode(StrEnum):
    """What is done about the same line too often."""

    OFF = "off"
    EXCUSE = "excuse"
    SPACE = "space"


class Verdict(StrEnum):
    """What becomes of a line."""

    SEND = "send"
    EXCUSE_FIRST = "excuse first"
    HOLD = "hold"
    DROP = "drop"


class AntiSpam:
    """Counts the same line in a row; it sends nothing itself.

    :ivar count: so often in a row a line may go without more ado.
    :ivar excuse: what is sent before it would go once more.
    :ivar pause: seconds between two of the same line.
    :ivar held: the lines that wait, in order, each with the client that has typed it, if any;
        no other line passes them.
    """

    def __init__(self) -> None:
        self.mode = Mode.OFF
        self.count = 20
        self.excuse = "look"
        self.pause = 1.0
        self.held: deque[tuple[str, str]] = deque()
        self._last = ""
        self._run = 0
        self._when = 0.0

    def offer(self, text: str, now: float, client_id: str = "") -> Verdict:
        """Say what is to become of a line that is about to be sent.

        An empty line is no line to any MUD's counting.
        """
        if self.held:
            return self._hold(text, client_id)
        if self.mode is Mode.OFF or not text.strip():
            return Verdict.SEND
        if self._too_often(text):
            if self.mode is Mode.EXCUSE and self.excuse.strip() != text.strip():
                self._run = 0
                self._sent(text, now)
                return Verdict.EXCUSE_FIRST
            if self.wait(text, now) > 0:
                return self._hold(text, client_id)
        self._sent(text, now)
        return Verdict.SEND

    def due(self, now: float) -> float | None:
        """Return in how many seconds the next line that is held may go; None without one."""
        return self.wait(self.held[0][0], now) if self.held else None

    def take(self, now: float) -> tuple[str, str] | None:
        """Return the next line that is held, when it may go now."""
        if not self.held or self.wait(self.held[0][0], now) > 0:
            return None
        held = self.held.popleft()
        self._sent(held[0], now)
        return held

    def wait(self, text: str, now: float) -> float:
        """Return how many seconds a line must wait still."""
        if self.mode is Mode.OFF or not self._too_often(text):
            return 0.0
        return max(0.0, self._when + self.pause - now)

    def clear(self) -> int:
        """Forget everything, and return how many lines were held."""
        count = len(self.held)
        self.held.clear()
        self._last, self._run = "", 0
        return count

    def _too_often(self, text: str) -> bool:
        return text == self._last and self._run >= self.count

    def _hold(self, text: str, client_id: str) -> Verdict:
        if len(self.held) >= MOST_HELD:
            return Verdict.DROP
        self.held.append((text, client_id))
        return Verdict.HOLD

    def _sent(self, text: str, now: float) -> None:
        if not text.strip():
            return
        self._run = self._run + 1 if text == self._last else 1
        self._last, self._when = text, now
