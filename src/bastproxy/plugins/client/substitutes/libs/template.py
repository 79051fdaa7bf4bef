"""The text that takes the place of another: captures, and codes for colours."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from bastproxy.libs.ansi import Styled, convert_within

_PLACE: Final = re.compile(
    r"\$\$|\$(?P<number>\d{1,2})|\$\{(?P<braced>\w+)\}|\$(?P<name>[A-Za-z_]\w*)"
)


class Capture(NamedTuple):
    """A place for what a group has matched."""

    group: str | int


@lru_cache(1024)
def parsed(template: str) -> tuple[str | Capture, ...]:
    """Return the parts of a template: ``$0`` is all that matched, ``$1`` and ``$name`` groups."""
    parts: list[str | Capture] = []
    text = ""
    end = 0
    for found in _PLACE.finditer(template):
        text += template[end : found.start()]
        end = found.end()
        group = found["number"] or found["braced"] or found["name"]
        if group is None:
            text += "$"
            continue
        parts += (text, Capture(int(group) if group.isdecimal() else group))
        text = ""
    return (*parts, text + template[end:])


def check(template: str, regex: re.Pattern[str]) -> None:
    """Check that a pattern has the groups that a template names.

    :raises ValueError: it has not.
    """
    for part in parsed(template):
        if isinstance(part, str):
            continue
        if isinstance(part.group, int):
            if part.group > regex.groups:
                count = regex.groups or "no"
                raise ValueError(
                    f"there is no ${part.group}: the pattern has {count} "
                    f"group{'' if count == 1 else 's'}; write $$ for a dollar sign"
                )
        elif part.group not in regex.groupindex:
            raise ValueError(
                f"there is no ${part.group}: the pattern has no group (?P<{part.group}>...); "
                "write $$ for a dollar sign"
            )


def filled(template: str, match: re.Match[str], styled: Styled) -> str:
    """Return what takes the place of a match, with its colours.

    It begins in the look of the match's first character, to which ``@n`` goes back. What a
    group has matched keeps its colours, unless a code before it has set others.

    :param styled: the line that was matched.
    """
    around = state = styled.state_at(match.start())
    text = ""
    for part in parsed(template):
        if isinstance(part, str):
            converted, state = convert_within(part, state, around)
            text += converted
            continue
        start, end = match.span(part.group)
        if start < 0:
            continue
        if state == around:
            text += str(styled.slice(start, end, around))
        else:
            text += styled.plain[start:end]
    return text
