"""What a MUD defines in MXP: elements and entities of its own."""

from __future__ import annotations

import re
from typing import Final

MAX_DEFINITIONS: Final = 1000
"""Elements and entities each; what is beyond them is not kept."""

MAX_NAME: Final = 64
MAX_VALUE: Final = 1024

_WORD: Final = re.compile(rb"""[^\s"'=]*=?(?:"([^"]*)"|'([^']*)')|([^\s"']+)""")
_TAG: Final = re.compile(rb"<[^<>]*+>")


class Definitions:
    """The elements that players may use too, and the values of entities."""

    def __init__(self) -> None:
        self._open: set[bytes] = set()
        self._entities: dict[bytes, bytes] = {}

    def is_open(self, element: bytes) -> bool:
        """Return whether an element, in lower case, is one of those that players may use."""
        return element in self._open

    def entity(self, name: bytes) -> bytes | None:
        """Return the value of an entity; None when the MUD has defined none of that name."""
        return self._entities.get(name)

    def take(self, kind: bytes, text: bytes) -> None:
        """Take a definition: ``element``, ``entity`` or their short forms, and what follows."""
        words = _WORD.findall(text)
        if not words or len(words[0][2]) not in range(1, MAX_NAME + 1):
            return
        name = words[0][2]
        bare = {word.lower() for _, _, word in words[1:]}
        if kind in (b"element", b"el"):
            self._take_element(name.lower(), bare)
        elif kind in (b"entity", b"en"):
            self._take_entity(name, b"".join(words[1]) if len(words) > 1 else b"", bare)

    def _take_element(self, name: bytes, bare: set[bytes]) -> None:
        if b"open" not in bare or b"delete" in bare:
            self._open.discard(name)
        elif len(self._open) < MAX_DEFINITIONS:
            self._open.add(name)

    def _take_entity(self, name: bytes, value: bytes, bare: set[bytes]) -> None:
        if b"delete" in bare:
            self._entities.pop(name, None)
        elif name in self._entities or len(self._entities) < MAX_DEFINITIONS:
            # It may hold tags, and more in it would be somebody else's text.
            self._entities[name] = _TAG.sub(b"", value[:MAX_VALUE])
