"""Keeping passwords out of the log, where the MUD does not say that it asks for one.

Where it does (it takes over the echo), what is typed passes no plugin at all.
"""

from __future__ import annotations

import re
from typing import Final

HIDDEN: Final = "********"

_FIRST_LINES: Final = 10
"""So many typed lines after the connection ``connect NAME PASSWORD`` logs one in."""

_REMEMBERED_LINES: Final = 100
"""So many lines a MUD is suspected of repeating what was hidden."""

_SHORTEST: Final = 4
"""What is shorter is not looked for in what the MUD says."""

_ASKED: Final = re.compile(
    r"pass(?:word|phrase|code|wort)|kennwort|mot de passe|contrase|senha|wachtwoord|l[öo]senord"
    r"|has[łl]o|salasana|adgangskode|парол|密码|密碼|パスワード|비밀번호",
    re.IGNORECASE,
)
_ENDS: Final = ":?>\uff1a\uff1f"
_LOGIN: Final = re.compile(
    r"(\s*(?:conn?(?:ect)?|co|cd|ch|create|cr|register|login|guest)\s+(?:\"[^\"]*\"|\S+)\s+)(\S.*)",
    re.IGNORECASE | re.DOTALL,
)
_CHANGE: Final = re.compile(
    r"(\s*(?:(?:set|change|config)\s+)?@?(?:new)?pass(?:word|wd)?\s*[= ]\s*"
    r"|\s*@pcreate\s+[^=\s]+[=\s]\s*)(\S.*)",
    re.IGNORECASE | re.DOTALL,
)


class Hiding:
    """Follows what the MUD says and what is typed, and hides passwords in both."""

    def __init__(self) -> None:
        self._asked = False
        self._first = _FIRST_LINES
        self._secrets: dict[str, int] = {}

    def connected(self) -> None:
        """Begin anew with another connection."""
        self.__init__()  # type: ignore[misc]

    def said(self, plain: str, *, is_open: bool) -> None:
        """Take what the MUD has said.

        :param is_open: it has not ended its line: it is a prompt, or may be one.
        """
        text = plain.strip()
        if text:
            last = text[-1] in _ENDS
            self._asked = (is_open or last) and _ASKED.search(text) is not None

    def typed(self, line: str) -> str:
        """Return a typed line as it may be logged."""
        asked, self._asked = self._asked, False
        first, self._first = self._first > 0, max(self._first - 1, 0)
        if asked and line.strip():
            self._remember(line.strip())
            return HIDDEN
        found = _CHANGE.fullmatch(line) or (_LOGIN.fullmatch(line) if first else None)
        if found is None:
            return line
        self._remember(found[2].strip())
        for word in re.split(r"[\s=]+", found[2].strip()):
            self._remember(word)
        return found[1] + HIDDEN

    def repeated(self, line: str) -> str:
        """Return a line of the MUD without what was hidden when it was typed."""
        if not self._secrets:
            return line
        for secret, left in list(self._secrets.items()):
            line = line.replace(secret, HIDDEN)
            self._secrets[secret] = left - 1
            if left <= 1:
                del self._secrets[secret]
        return line

    def _remember(self, secret: str) -> None:
        if len(secret) >= _SHORTEST:
            self._secrets[secret] = _REMEMBERED_LINES
