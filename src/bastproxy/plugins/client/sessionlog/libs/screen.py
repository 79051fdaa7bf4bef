"""From what passes to the lines of a screen: fragments joined, prompts with their answers."""

from __future__ import annotations

from bastproxy.libs.ansi import PLAIN, Sgr, plain
from bastproxy.plugins.client.sessionlog.libs.hiding import Hiding
from bastproxy.plugins.client.sessionlog.libs.runs import Run, runs_of

MOST_OPEN = 1 << 18
"""Characters of a line that never ends; then it is taken for one."""

LAST = 400
"""Characters of a line in which a question for a password is looked for."""

Line = list[Run]


class Screen:
    """Makes lines; each method returns those that have ended by it."""

    def __init__(self) -> None:
        self._hiding = Hiding()
        self._look = PLAIN
        self._open = ""
        self._begun = ""  # of what is typed
        self._before: Sgr = PLAIN  # the look with which the open line begins
        self._prompt = False  # the open line is a marked prompt: nothing joins it but an answer

    def connected(self) -> list[Line]:
        """Begin anew with another connection to a MUD."""
        ended = self.end()
        self._look, self._begun = PLAIN, ""
        self._hiding.connected()
        return ended

    def said(self, text: str, *, is_prompt: bool = False, continues: bool = False) -> list[Line]:
        """Take a line, a prompt or a fragment of the MUD.

        :param continues: what comes next may belong to its line.
        """
        ended = self.end() if self._prompt else []
        if not self._open:
            self._before = self._look
        self._open += text
        if (is_prompt or continues) and len(self._open) < MOST_OPEN:
            self._prompt = is_prompt and not continues
            self._hiding.said(plain(self._open[-LAST:]), is_open=True)
            return ended
        if not self._open:
            return [*ended, []]
        return [*ended, *self.end(is_open=False)]

    def told(self, text: str) -> list[Line]:
        """Take a line of the proxy or a plugin."""
        return [*self.end(), runs_of(text)[0]]

    def typed(self, text: str, *, show: bool = True, continues: bool = False) -> list[Line]:
        """Take a line that was sent to the MUD; it ends a prompt.

        :param show: False when it is not to be seen.
        :param continues: it is the beginning of one only.
        """
        self._begun += text
        if continues and len(self._begun) < MOST_OPEN:
            return []
        shown, self._begun = self._hiding.typed(self._begun), ""
        typed = [run._replace(typed=True) for run in runs_of(shown)[0]] if show else []
        ended = self.end()
        if ended:
            ended[-1] += typed
            return ended
        return [typed] if typed else []

    def end(self, *, is_open: bool = True) -> list[Line]:
        """End the line that is open, if there is one."""
        text, self._open, self._prompt = self._open, "", False
        if not text:
            return []
        runs, self._look = runs_of(self._hiding.repeated(text), self._before)
        if not is_open:
            self._hiding.said("".join([run.text for run in runs]), is_open=False)
        return [runs]
