"""Text cut into lines, with each line end as it came."""

from __future__ import annotations

from typing import Final

from bastproxy.libs.net.telnet.events import LineEnd, TelnetEvent, Text

MAX_RETURNS: Final = 64
"""Carriage returns that one line end may have; those before them are text."""

_FEEDS: Final = tuple(LineEnd(b"\r" * returns + b"\n") for returns in range(MAX_RETURNS + 1))
_ENTERS: Final = tuple(LineEnd(b"\r" * returns + b"\0") for returns in range(MAX_RETURNS + 1))


def split_lines(run: bytes, events: list[TelnetEvent], *, enter: bool) -> None:
    r"""Append the lines of a run of text.

    :param enter: a client's ``\r\0`` ends a line too (RFC 854: its Enter key may be that; from a
        MUD it is a bare carriage return, which is text).
    """
    if enter and b"\r\0" in run:
        *entered, run = run.split(b"\r\0")
        for part in entered:
            *lines, rest = part.split(b"\n")
            _append(lines, _FEEDS, events)
            _append([rest + b"\r"], _ENTERS, events)
    *lines, rest = run.split(b"\n")
    _append(lines, _FEEDS, events)
    if rest:
        events.append(Text(rest))


def trailing_returns(run: bytes) -> bytes:
    """Return the carriage returns at the end of a run which a line end to come may claim."""
    returns = len(run) - len(run.rstrip(b"\r"))
    return run[len(run) - min(returns, MAX_RETURNS) :]


def _append(lines: list[bytes], ends: tuple[LineEnd, ...], events: list[TelnetEvent]) -> None:
    append = events.append
    for line in lines:
        text = line.rstrip(b"\r")
        returns = len(line) - len(text)
        if returns > MAX_RETURNS:
            text, returns = line[:-MAX_RETURNS], MAX_RETURNS
        if text:
            append(Text(text))
        append(ends[returns])
