"""Showing a client what went before it came."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from bastproxy.libs.net.client import CRLF
from bastproxy.libs.session.scrollback import Replay, Shown, colours_after

_RESET: Final = b"\x1b[0m"


def write_replay(
    replay: Replay,
    send: Callable[[Shown], None],
    say: Callable[[bytes], None],
    limit: int,
) -> None:
    """Show it, marked: what others had seen, what nobody had, and where the live stream begins.

    :param send: sends text as it was.
    :param say: sends a line of the proxy's.
    :param limit: bytes; of more, the oldest is left out, and that is said.
    """
    before, missed, left_out = _within(replay, limit)
    if not (before or missed or left_out):
        return
    colours = replay.colours
    if before:
        _say(say, colours, f"what was said before, since {_clock(before[0])}:")
        _restore(send, colours)
        for entry in before:
            send(entry)
        colours = colours_after([colours, *(entry.data for entry in before)])
    if missed or left_out:
        _say(say, colours, _while_away(missed, left_out))
        _restore(send, colours)
        for entry in missed:
            send(entry)
    last = (missed or before)[-1] if missed or before else None
    if last is not None and not last.ends:
        return  # a prompt or the beginning of a line stays open, for what comes next
    _say(say, replay.live_colours, "now:")
    _restore(send, replay.live_colours)


def _say(say: Callable[[bytes], None], colours: bytes, text: str) -> None:
    say((_RESET if colours else b"") + f"[bastproxy] {text}".encode())


def _restore(send: Callable[[Shown], None], colours: bytes) -> None:
    if colours:
        send(Shown(0, colours, ends=False))


def _while_away(missed: list[Shown], left_out: int) -> str:
    lines = sum(entry.ends for entry in missed)
    since = f", since {_clock(missed[0])}" if missed else ""
    are = "is" if left_out == 1 else "are"
    gone = f"; {left_out} more {are} not kept any longer" if left_out else ""
    return f"while nobody was connected{since} ({lines} line{'s' * (lines != 1)}{gone}):"


def _clock(entry: Shown) -> str:
    return f"{datetime.fromtimestamp(entry.at).astimezone():%H:%M:%S}"


def _within(replay: Replay, limit: int) -> tuple[list[Shown], list[Shown], int]:
    kept = list(_newest([*replay.before, *replay.missed], limit))[::-1]
    missed = kept[max(len(kept) - len(replay.missed), 0) :] if replay.missed else []
    before = kept[: len(kept) - len(missed)]
    dropped = replay.missed[: len(replay.missed) - len(missed)]
    return before, missed, replay.lost + sum(entry.ends for entry in dropped)


def _newest(entries: list[Shown], limit: int) -> Iterator[Shown]:
    size = 0
    for entry in reversed(entries):
        size += len(entry.data) + len(CRLF)
        if size > limit:
            return
        yield entry
