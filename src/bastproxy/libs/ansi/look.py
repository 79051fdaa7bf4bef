"""The look of a highlight, in words or codes: ``bold red on blue``, ``@R@z017``."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from rich.color import ANSI_COLOR_NAMES

from bastproxy.libs.ansi.codes import CODE, code_params
from bastproxy.libs.nearest import did_you_mean

_WORDS: Final = {
    "plain": "0",
    "bold": "1",
    "dim": "2",
    "italic": "3",
    "underline": "4",
    "blink": "5",
    "inverse": "7",
    "strike": "9",
}
_NAMED: Final = {"grey": 8, "gray": 8, **ANSI_COLOR_NAMES}
_BRIGHT: Final = ("bright", "light")

EXPECTED: Final = (
    "words such as 'bold red on blue', with colours by name, number (0 to 255) or #rrggbb, "
    "or codes such as @R or @x208"
)


@lru_cache(1024)
def look_params(look: str) -> str:
    """Return the SGR parameters of a look.

    :param look: codes, or words: attributes, a colour, ``on`` and a colour for the background.
    :raises ValueError: it is neither; the message says which word.
    """
    text = look.strip()
    if not text:
        raise ValueError(f"no colour is given; it may be {EXPECTED}")
    if text[0] == "@":
        return _of_codes(text)
    params = []
    words = text.lower().replace("_", " ").split()
    background = False
    while words:
        word = words.pop(0)
        if word == "on" and words:
            background = True
            continue
        if word in _WORDS and not background:
            params.append(_WORDS[word])
            continue
        if word in _BRIGHT and words:
            word = f"bright {words.pop(0)}"
        params.append(_colour(word, 48 if background else 38))
        background = False
    return ";".join(params)


def _of_codes(text: str) -> str:
    params = []
    at = 0
    while at < len(text):
        found = CODE.match(text, at)
        if found is None or found[0] == "@@":
            raise ValueError(f"{text[at:]!r} is not a colour code; it may be {EXPECTED}")
        params.append(code_params(found[0]))
        at = found.end()
    return ";".join(params)


def _colour(word: str, base: int) -> str:
    number = _NAMED.get(word.replace(" ", "_"), -1)
    if word.isdecimal() and len(word) < 4:
        number = int(word)
    if word.startswith("#") and len(word) == 7:
        try:
            red, green, blue = bytes.fromhex(word[1:])
        except ValueError:
            pass
        else:
            return f"{base};2;{red};{green};{blue}"
    if not 0 <= number <= 255:
        near = did_you_mean(word, [*_NAMED, *_WORDS])
        raise ValueError(f"{word!r} is not a colour{near}; it may be {EXPECTED}")
    if number < 8:
        return str(base - 8 + number)
    if number < 16:
        return str(base + 52 + number - 8)
    return f"{base};5;{number}"
