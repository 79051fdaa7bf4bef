"""A substitute, and what it makes of a line."""

from __future__ import annotations

from bastproxy.libs.ansi import PLAIN, Sgr, Span, Styled, plain
from bastproxy.libs.rules import Rule, RuleBook
from bastproxy.libs.triggers import Pattern
from bastproxy.plugins.client.substitutes.libs.template import check, filled

LONGEST_LINE = 65536
"""Characters beyond which a line is not made any longer."""


class Substitute(Rule, frozen=True, kw_only=True):
    """A rule that puts another text in the place of what it matches.

    :ivar new: the text, with captures and codes for colours; nothing takes the match out.
    """

    new: str

    def check_pattern(self, pattern: Pattern) -> None:
        """Check that the pattern has the groups that ``new`` names."""
        check(self.new, pattern.regex)


def substituted(book: RuleBook[Substitute], line: str, before: Sgr = PLAIN) -> str:
    """Return a line with all substitutes made, one rule after another.

    :param before: the look in which it begins.
    """
    text = plain(line)
    styled: Styled | None = None
    after = None
    while hit := next(book.matching(text, after), None):
        after = hit.place
        if styled is None:
            styled = Styled(line, before)
        spans: list[Span] = []
        size = len(text)
        for match in hit.regex.finditer(text):
            new = filled(hit.rule.new, match, styled)
            size += len(plain(new)) - len(match[0])
            if size > LONGEST_LINE:
                break
            spans.append((*match.span(), new))
        styled = styled.replace_all(spans)
        text = styled.plain
    return line if styled is None else str(styled)
