"""Whether the MUD asks for a password without hiding what is typed."""

from __future__ import annotations

import re
from typing import Final

LONGEST: Final = 200
"""Characters of a text in which a question is looked for: its last ones."""
_SHORT: Final = 60
"""Characters of a line that is a question, though its end came with it."""

_PASSWORD: Final = re.compile(
    r"pass(?:word|phrase|code|wort)|kennwort|mot de passe|contrase|senha|wachtwoord|l[öo]senord"
    r"|has[łl]o|salasana|adgangskode|парол|密码|密碼|パスワード|비밀번호",
    re.IGNORECASE,
)
_QUESTION: Final = re.compile(r"[:?>\uff1a\uff1f]\Z")


def asks_for_password(text: str, *, ended: bool) -> bool:
    """Say whether the MUD's last words ask for a password.

    :param text: without colours.
    :param ended: a line end came with it; otherwise it is a prompt.
    """
    text = text[-LONGEST:].strip()
    if ended and (len(text) > _SHORT or not _QUESTION.search(text)):
        return False
    return _PASSWORD.search(text) is not None
