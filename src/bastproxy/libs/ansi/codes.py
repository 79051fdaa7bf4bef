"""Colour codes that a person can type: ``@R`` is bright red, ``@n`` ends it."""

from __future__ import annotations

import re
from typing import Final

from bastproxy.libs.ansi.sgr import PLAIN, SEQUENCE, Sgr, applied, change, state_after

_LETTERS: Final = "drgybmcw"  # in the order of the SGR colours

COLOUR_CODES: Final = {
    **{f"@{letter}": f"22;3{number}" for number, letter in enumerate(_LETTERS)},
    **{f"@{letter.upper()}": f"1;3{number}" for number, letter in enumerate(_LETTERS)},
}
"""The codes of the sixteen colours, and the SGR parameters of each."""

ATTRIBUTE_CODES: Final = {"@u": "4", "@i": "3", "@n": "0"}
"""Underlined, italic, and nothing at all; with their SGR parameters."""

_FIXED: Final = COLOUR_CODES | ATTRIBUTE_CODES
_BYTE: Final = r"(?:25[0-5]|2[0-4][0-9]|[01][0-9]{2}|[0-9]{1,2}(?![0-9]))"
CODE: Final = re.compile(rf"@(?:[{_LETTERS}{_LETTERS.upper()}uin@]|[xz]{_BYTE}|#[0-9a-fA-F]{{6}})")
"""A code; anything else after an ``@`` is text."""

_TOKEN: Final = re.compile(rf"{SEQUENCE.pattern}|{CODE.pattern}")


def code_params(code: str) -> str:
    """Return the SGR parameters of one code, such as ``1;31`` for ``@R``.

    They set the colour wholly: what is bold before ``@r`` is not bold after it.
    """
    if code in _FIXED:
        return _FIXED[code]
    kind, value = code[1], code[2:]
    if kind == "#":
        return "22;38;2;" + ";".join(str(int(value[at : at + 2], 16)) for at in (0, 2, 4))
    return f"22;38;5;{int(value)}" if kind == "x" else f"48;5;{int(value)}"


def convert(text: str, *, reset: bool = True) -> str:
    """Return a text with codes as one with ANSI sequences.

    Those it has already are kept, and codes and sequences may follow each other.

    :param reset: end in the terminal's own look where the text would leave another.
    """
    if "@" not in text:
        return text + change(state_after(text), PLAIN) if reset and "\x1b" in text else text
    converted, shown, state = _converted(text, PLAIN, PLAIN)
    return converted + change(shown, PLAIN if reset else state)


def convert_within(text: str, state: Sgr, around: Sgr) -> tuple[str, Sgr]:
    """Return a text with codes as one with ANSI sequences, and the look that it leaves.

    :param state: the look in which it begins.
    :param around: the look to which ``@n`` goes back.
    """
    converted, shown, state = _converted(text, state, around)
    return converted + change(shown, state), state


def escape(text: str) -> str:
    """Return what :func:`convert` makes the text of, whatever is in it."""
    return text.replace("@", "@@")


def strip(text: str) -> str:
    """Return a text without its codes; ANSI sequences stay."""
    if "@" not in text:
        return text
    return CODE.sub(lambda found: "@" if found[0] == "@@" else "", text)


def _converted(text: str, state: Sgr, around: Sgr) -> tuple[str, Sgr, Sgr]:
    """Return the converted text, the look in which it ends, and the one that is asked for then."""
    parts: list[str] = []
    shown = state
    end = 0
    for found in _TOKEN.finditer(text):
        token = found[0]
        between = text[end : found.start()] + ("@" if token == "@@" else "")
        end = found.end()
        if between:
            parts += (change(shown, state), between)
            shown = state
        if token == "@n":
            state = around
        elif token != "@@":
            state = applied(state, found[1] if token[0] == "\x1b" else code_params(token))
    rest = text[end:]
    if rest:
        parts += (change(shown, state), rest)
        shown = state
    return "".join(parts), shown, state
