"""Writing one file from several threads: what is older never takes the place of what is newer."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from bastproxy.libs.files import write_whole


class Saver:
    """Writes a file whole.

    :ivar path: the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = Lock()
        self._asked = 0
        self._written = 0

    def number(self) -> int:
        """Return the number of the next content, to be taken together with it."""
        self._asked += 1
        return self._asked

    def write(self, number: int, data: bytes) -> bool:
        """Write a content; False when a newer one was written already.

        :raises OSError: it cannot be written; the file is as it was.
        """
        with self._lock:
            if number < self._written:
                return False
            write_whole(self.path, data)
            self._written = number
            return True
