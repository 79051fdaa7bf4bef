"""An alias: what is typed, and what is sent in its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from bastproxy.libs.tablefile import check_text
from bastproxy.libs.triggers import Pattern, compile_pattern
from bastproxy.plugins.client.input.libs.template import arguments, takes_arguments

_PLACE: Final = re.compile(r"%(\*|\d{1,2})")
_REST: Final = "rest"


@dataclass(frozen=True, slots=True)
class Alias:
    """One alias.

    :ivar name: by which it is found again.
    :ivar pattern: a word (``k``), words with places (``give %1 to %2``), or a regular expression.
    :ivar send: what is sent: commands with places for arguments.
    :ivar regex: the pattern is a regular expression.
    :ivar priority: of two that fit, the one with the lower number counts.
    """

    name: str
    pattern: str
    send: str
    regex: bool = False
    ignore_case: bool = False
    priority: int = 50
    group: str = ""
    enabled: bool = True

    def to_toml(self) -> dict[str, Any]:
        """Return what is written into a file; what is as usual is left out."""
        values: dict[str, Any] = {}
        if self.pattern != self.name:
            values["pattern"] = self.pattern
        values["send"] = self.send.split("\n") if "\n" in self.send else self.send
        for field in _OPTIONAL:
            value = getattr(self, field.name)
            if value != field.default:
                values[field.name] = value
        return values

    def compile(self) -> Pattern:
        """Return what a typed command is matched with.

        :raises ValueError: the pattern cannot be used; the message says why.
        """
        if self.regex:
            return compile_pattern(self.pattern, ignore_case=self.ignore_case)
        return compile_pattern(_regex_of(self.pattern), ignore_case=self.ignore_case)

    def text_and_values(self, found: re.Match[str]) -> tuple[str, dict[str, str]]:
        """Return what is to be sent, and the values for its places.

        What follows a word that takes no arguments is put behind what it sends.
        """
        named = {name: value or "" for name, value in found.groupdict().items()}
        if self.regex:
            return self.send, named | _numbered(found) | {"0": found[0]}
        if _REST not in named:
            values = {_number(name): value for name, value in named.items()}
            return self.send, {"*": " ".join(values.values()), **values, "0": found[0]}
        rest = named[_REST].strip()
        behind = bool(rest) and not takes_arguments(self.send)
        return self.send + (" %*" if behind else ""), arguments(rest, found[0])


_OPTIONAL: Final = [
    field for field in fields(Alias) if field.name not in ("name", "pattern", "send")
]
_TYPES: Final[dict[str, type]] = {
    "pattern": str,
    "regex": bool,
    "ignore_case": bool,
    "priority": int,
    "group": str,
    "enabled": bool,
}


def alias_of(name: str, values: object) -> Alias:
    """Return the alias that a table of a file describes.

    :raises ValueError: it describes none.
    """
    if not isinstance(values, Mapping):
        raise ValueError("it is no table")
    given = dict(values)
    send = given.pop("send", None)
    lines = [send] if isinstance(send, str) else send
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise ValueError("send must be a text, or a list of texts")
    for key, value in given.items():
        if key not in _TYPES:
            raise ValueError(f"{key!r} is nothing that an alias has")
        if type(value) is not _TYPES[key]:
            raise ValueError(f"{key} must be of the type {_TYPES[key].__name__}, not {value!r}")
    alias = Alias(name=name, send="\n".join(lines), **{"pattern": name, **given})
    check(alias)
    return alias


def check(alias: Alias) -> Pattern:
    """Return the compiled pattern of an alias that can be used.

    :raises ValueError: it cannot; the message says why.
    """
    if not alias.name.strip():
        raise ValueError("an alias needs a name")
    if not alias.pattern.strip():
        raise ValueError("an alias needs a pattern: what is typed")
    check_text(alias.name, alias.pattern, alias.group, *alias.send.split("\n"))
    pattern = alias.compile()
    if pattern.regex.search(""):
        raise ValueError(f"the pattern {alias.pattern!r} matches whatever is typed")
    if not alias.send.strip():
        raise ValueError("an alias needs something to send")
    return pattern


def _regex_of(pattern: str) -> str:
    """Return the regular expression of a word, or of words with places."""
    words = pattern.split()
    if not _PLACE.search(pattern):
        return rf"^ *{_words(words)}(?: +(?P<{_REST}>.*))?$"
    seen: set[str] = set()
    parts = []
    for number, word in enumerate(words):
        following = words[number + 1] if number + 1 < len(words) else None
        parts.append(_with_places(word, following, seen))
    return rf"^ *{' +'.join(parts)} *$"


def _words(words: list[str]) -> str:
    return " +".join(map(re.escape, words))


def _with_places(word: str, following: str | None, seen: set[str]) -> str:
    """Return the expression of one word; the last place takes several words, or up to a word."""
    parts = []
    position = 0
    one_word = following is not None and _PLACE.match(following) is not None
    for found in _PLACE.finditer(word):
        parts.append(re.escape(word[position : found.start()]))
        position = found.end()
        name = "all" if found[1] == "*" else f"a{int(found[1])}"
        if name in seen:
            parts.append(f"(?P={name})")
            continue
        seen.add(name)
        whole = found[0] == word
        if found[1] == "*":
            parts.append(f"(?P<{name}>.*)")
        elif whole and not one_word:
            parts.append(f"(?P<{name}>.+)" if following is None else f"(?P<{name}>.+?)")
        else:
            parts.append(rf"(?P<{name}>\S+?)" if position < len(word) else rf"(?P<{name}>\S+)")
    parts.append(re.escape(word[position:]))
    return "".join(parts)


def _numbered(found: re.Match[str]) -> dict[str, str]:
    """Return the groups by number, and by ``-2`` and so on what there is from one on."""
    values = {"*": " ".join(filter(None, found.groups()))}
    for number, value in enumerate(found.groups(), 1):
        values[str(number)] = value or ""
        if value is not None:
            values[f"-{number}"] = found.string[found.start(number) :]
    return values


def _number(name: str) -> str:
    return "*" if name == "all" else name[1:]
