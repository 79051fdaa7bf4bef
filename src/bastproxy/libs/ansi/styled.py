"""Text with colours in which parts can be painted and replaced."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from bastproxy.libs.ansi.escapes import TOKEN, plain
from bastproxy.libs.ansi.sgr import PLAIN, SEQUENCE, Sgr, applied, change


class _Run(NamedTuple):
    """What has one look.

    ``text`` is visible, or else one sequence that is not SGR (or nothing: what the line leaves
    behind).  ``lead`` are the SGR sequences before it, as they came, which make ``state`` of
    ``origin``.
    """

    text: str
    state: Sgr
    lead: str
    origin: Sgr
    visible: bool


Span = tuple[int, int, str]
"""Where something begins and ends in the plain text, and what is to be there."""


class Styled:
    """A line with its colours; what is not touched stays as it came, byte for byte.

    Indices count the characters of :attr:`plain`. Nothing changes an instance: each method
    returns another.

    :param before: the state that the text before it has left behind.
    :ivar plain: the text without escape sequences.
    """

    __slots__ = ("_runs", "before", "plain")

    def __init__(self, text: str, before: Sgr = PLAIN) -> None:
        self.before = before
        self._runs = _parse(text, before)
        self.plain = plain(text)

    def __str__(self) -> str:
        parts = []
        state = self.before
        for run in self._runs:
            if run.lead and run.origin == state:
                parts.append(run.lead)
            elif run.state != state:
                parts.append(change(state, run.state))
            parts.append(run.text)
            state = run.state
        return "".join(parts)

    def __len__(self) -> int:
        return len(self.plain)

    def __repr__(self) -> str:
        return f"Styled({str(self)!r})"

    @property
    def after(self) -> Sgr:
        """The state that it leaves behind."""
        return self._runs[-1].state

    def state_at(self, index: int) -> Sgr:
        """Return the state of a character; at the end, what the text leaves behind."""
        self._check(index, index)
        for offset, run in self._cut(()):
            if run.visible and index < offset + len(run.text):
                return run.state
        return self.after

    def slice(self, start: int, end: int, around: Sgr = PLAIN) -> Styled:
        """Return a part with its colours.

        :param around: the look in which it begins, and to which it goes back at its end.
        """
        self._check(start, end)
        runs = [
            run
            for offset, run in self._cut((start, end))
            if start <= offset < end and (run.visible or offset > start)
        ]
        return _made(around, [*runs, _Run("", around, "", around, False)])

    def paint(self, start: int, end: int, sgr: str) -> Styled:
        """Change the look of a part; the look of all else stays.

        :param sgr: an SGR sequence, or its parameters, such as ``1;31``; what it does not set
            stays as it was in every character.
        :raises IndexError: there is no such part.
        """
        return self.paint_all([(start, end, sgr)])

    def paint_all(self, spans: Sequence[Span]) -> Styled:
        """Paint many parts, which may overlap: a later one is painted over an earlier one."""
        starts: dict[int, list[int]] = {}
        ends: dict[int, list[int]] = {}
        params = []
        for index, (start, end, sgr) in enumerate(spans):
            self._check(start, end)
            params.append(_params(sgr))
            if start < end:
                starts.setdefault(start, []).append(index)
                ends.setdefault(end, []).append(index)
        active: set[int] = set()
        runs = []
        for offset, run in self._cut([*starts, *ends]):
            active.difference_update(ends.pop(offset, ()))
            if run.visible:
                active.update(starts.pop(offset, ()))
            runs.append(_painted(run, [params[index] for index in sorted(active)]))
        return _made(self.before, runs)

    def replace(self, start: int, end: int, new: str) -> Styled:
        """Put another text in the place of a part; the look of all else stays.

        :param new: it begins with the look of the first character that it replaces (or, where
            it replaces none, of the character that it is put before), and may have SGR
            sequences of its own.
        :raises IndexError: there is no such part.
        """
        return self.replace_all([(start, end, new)])

    def replace_all(self, spans: Sequence[Span]) -> Styled:
        """Replace many parts, which are in order and do not overlap.

        :raises ValueError: they overlap, or are not in order.
        """
        last = 0
        for start, end, _ in spans:
            self._check(start, end)
            if start < last:
                raise ValueError(f"the part {start}:{end} begins before {last}")
            last = end
        waiting = list(reversed(spans))
        runs: list[_Run] = []
        gone = 0
        for offset, run in self._cut([place for span in spans for place in span[:2]]):
            is_place = run.visible or run is self._runs[-1]
            while waiting and is_place and waiting[-1][0] == offset:
                _, end, new = waiting.pop()
                runs += _parse(new, run.state)[:-1]
                gone = max(gone, end)
            if not run.visible or offset >= gone:
                runs.append(run)
        return _made(self.before, runs)

    def _cut(self, places: Iterable[int]) -> Iterator[tuple[int, _Run]]:
        """Yield the runs with their offsets, none reaching over one of the places."""
        cuts = sorted(set(places), reverse=True)
        offset = 0
        for whole in self._runs:
            run = whole
            while cuts and cuts[-1] <= offset:
                cuts.pop()
            while run.visible and cuts and cuts[-1] < offset + len(run.text):
                size = cuts.pop() - offset
                yield offset, run._replace(text=run.text[:size])
                run = _Run(run.text[size:], run.state, "", run.state, True)
                offset += size
            yield offset, run
            if run.visible:
                offset += len(run.text)

    def _check(self, start: int, end: int) -> None:
        if not 0 <= start <= end <= len(self.plain):
            raise IndexError(f"no part {start}:{end} in a text of {len(self.plain)} characters")


def _parse(text: str, before: Sgr) -> list[_Run]:
    if "\x1b" not in text:
        runs = [_Run(text, before, "", before, True)] if text else []
        return [*runs, _Run("", before, "", before, False)]
    runs = []
    origin = state = before
    lead = ""
    end = 0
    for found in TOKEN.finditer(text):
        start = found.start()
        if start > end:
            runs.append(_Run(text[end:start], state, lead, origin, True))
            origin, lead = state, ""
        end = found.end()
        params = found["sgr"]
        if params is None:
            runs.append(_Run(found[0], state, lead, origin, False))
            origin, lead = state, ""
        else:
            state = applied(state, params)
            lead += found[0]
    if end < len(text):
        runs.append(_Run(text[end:], state, lead, origin, True))
        origin, lead = state, ""
    runs.append(_Run("", state, lead, origin, False))
    return runs


def _made(before: Sgr, runs: list[_Run]) -> Styled:
    made = Styled.__new__(Styled)
    made.before = before
    made._runs = runs
    made.plain = "".join([run.text for run in runs if run.visible])
    return made


def _painted(run: _Run, params: list[str]) -> _Run:
    state = run.state
    for one in params:
        state = applied(state, one)
    return run if state == run.state else _Run(run.text, state, "", state, run.visible)


def _params(sgr: str) -> str:
    """Return the parameters of one SGR sequence, or of several."""
    if "\x1b" not in sgr:
        return sgr
    return ";".join(found[1] or "0" for found in SEQUENCE.finditer(sgr))
