"""The forms of a log: plain text, text with colours (ANSI), and HTML."""

from __future__ import annotations

import html
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, Protocol

from bastproxy.libs.ansi import PLAIN, RESET, Sgr, change
from bastproxy.libs.ansi.sgr import colour_of
from bastproxy.plugins.client.sessionlog.libs.runs import Run

if TYPE_CHECKING:
    from ansi2html import Ansi2HTMLConverter

_HEAD: Final = """\
<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>body {{ background: #000000; color: #aaaaaa }} \
pre {{ font-family: monospace; white-space: pre-wrap }} i {{ font-style: normal; color: #ffff87 }}\
</style></head><body><pre>
"""
_PLACE: Final = "X"


class Form(Protocol):
    """How a log is written; every line is complete in itself."""

    @property
    def ending(self) -> str:
        """The end of a file's name."""

    def head(self, title: str) -> str:
        """Return what a file begins with."""

    def line(self, runs: Sequence[Run]) -> str:
        """Return a line, without its end."""


class PlainForm:
    """Text alone."""

    ending = ".log"

    def head(self, title: str) -> str:
        """Return nothing."""
        return ""

    def line(self, runs: Sequence[Run]) -> str:
        """Return the text."""
        return "".join([run.text for run in runs])


class AnsiForm:
    """Text with its colours, for ``less -R`` and the like."""

    ending = ".ans"

    def head(self, title: str) -> str:
        """Return nothing."""
        return ""

    def line(self, runs: Sequence[Run]) -> str:
        """Return the text, beginning and ending in the terminal's own look."""
        parts = []
        look = PLAIN
        for run in runs:
            if run.look != look:
                parts.append(change(look, run.look))
                look = run.look
            parts.append(run.text)
        if look != PLAIN:
            parts.append(RESET)
        return "".join(parts)


class HtmlForm:
    """A page that looks like the screen; it may be cut off after any line."""

    ending = ".html"

    def head(self, title: str) -> str:
        """Return the beginning of the page."""
        return _HEAD.format(title=html.escape(title))

    def line(self, runs: Sequence[Run]) -> str:
        """Return the text with its looks as spans."""
        parts = []
        for run in runs:
            before, after = ("<i>", "</i>") if run.typed else tags_of(run.look)
            parts += [before, html.escape(run.text, quote=False), after]
        return "".join(parts)


FORMS: Final[dict[str, Form]] = {"plain": PlainForm(), "ansi": AnsiForm(), "html": HtmlForm()}


@lru_cache(4096)
def tags_of(look: Sgr) -> tuple[str, str]:
    """Return what stands before and after text of a look."""
    params = _params(look)
    converter = _converter() if params else None
    if converter is None:
        return "", ""
    made = converter.convert(f"\x1b[{params}m{_PLACE}{RESET}", full=False)
    before, _, after = made.strip().rpartition(f">{_PLACE}<")
    return (f"{before}>", f"<{after}") if before else ("", "")


def _params(look: Sgr) -> str:
    """Return the parameters of a look as most MUD clients show it: bold is bright."""
    foreground = _colour(look.foreground)
    if look.bold:
        foreground = _bright(foreground or "37")
    on = (look.dim, look.italic, look.underline and "4", look.blink, look.inverse, look.hidden)
    parts = (*on, look.strike, foreground, _colour(look.background))
    return ";".join([part for part in parts if part])


def _bright(colour: str) -> str:
    return str(int(colour) + 60) if len(colour) == 2 and colour[0] == "3" else colour


def _colour(params: str) -> str:
    """Return a colour as parameters that are parted by semicolons."""
    if ":" not in params:
        return params
    values = colour_of(params)
    kind = "5" if len(values) == 1 else "2"
    return ";".join([params[:2], kind, *map(str, values)]) if values else ""


@cache
def _converter() -> Ansi2HTMLConverter | None:
    try:
        from ansi2html import Ansi2HTMLConverter  # it takes a while, and most need it never
    except ImportError:  # an installation that was not brought up to date: better than no log
        return None
    return Ansi2HTMLConverter(inline=True, dark_bg=True, scheme="xterm")
