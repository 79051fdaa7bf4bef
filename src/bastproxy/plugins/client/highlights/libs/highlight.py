"""A highlight, and what of a line it paints."""

from __future__ import annotations

from bastproxy.libs.ansi import Span, look_params
from bastproxy.libs.rules import Rule, RuleBook


class Highlight(Rule, frozen=True, kw_only=True):
    """A rule that paints what it matches.

    :ivar look: how: ``bold red on blue``, or ``@R``.
    :ivar line: it paints the whole line.
    """

    look: str
    line: bool = False

    def check(self) -> None:
        """Check the look too."""
        super().check()
        look_params(self.look)


def spans(book: RuleBook[Highlight], text: str) -> list[Span]:
    """Return what is to be painted in a plain text; what comes later is painted over it."""
    found: list[Span] = []
    for hit in book.matching(text):
        params = look_params(hit.rule.look)
        if hit.rule.line:
            found.append((0, len(text), params))
        else:
            found += [(*match.span(), params) for match in hit.regex.finditer(text)]
    return found
