"""What the lines before a line leave for it."""

from __future__ import annotations

from typing import NamedTuple

from bastproxy.libs.ansi.sgr import PLAIN, Sgr, state_after


class Beginning(NamedTuple):
    """How a piece of text begins.

    :ivar state: the look that the text before it has left.
    :ivar whole: it is a line or a prompt, no fragment and no rest of one. What follows a prompt
        in its line is a line: a MUD that does not mark its prompts goes on behind them.
    """

    state: Sgr
    whole: bool


class Carried:
    """Follows the text of a MUD, which must all pass it, in order."""

    def __init__(self) -> None:
        self._state = PLAIN
        self._open = False

    def take(self, line: str, *, continues: bool = False, is_prompt: bool = False) -> Beginning:
        """Take the next piece of text, and return how it begins.

        :param continues: it is a fragment; the rest of its line comes later.
        :param is_prompt: it is, or may be, a prompt.
        """
        state = self._state
        if "\x1b" in line:
            self._state = state_after(line, state)
        whole = not (self._open or continues)
        self._open = continues and not is_prompt
        return Beginning(state, whole)

    @property
    def state(self) -> Sgr:
        """The look that the text has left."""
        return self._state
