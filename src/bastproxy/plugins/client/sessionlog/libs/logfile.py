"""The files of a log: which one is written, and writing it so that it stays sound."""

from __future__ import annotations

import os
import re
import zlib
from datetime import date
from pathlib import Path
from typing import Final

from bastproxy.plugins.client.sessionlog.libs.forms import Form

_SAFE: Final = re.compile(r"[^\w.-]+")
_RESERVED: Final = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
_LONGEST: Final = 80
_TAIL: Final = 1 << 16


def directory_name(name: str) -> str:
    """Return a name of a profile or a host as every system takes it for a directory."""
    safe = _SAFE.sub("_", name)[:_LONGEST].strip(".") or "_"
    if _RESERVED.fullmatch(safe):
        safe = f"_{safe}"
    # Two names that differ in what is not safe have two directories.
    return safe if safe == name else f"{safe}-{zlib.crc32(name.encode(errors='replace')):08x}"


def newest_part(directory: Path, day: date, ending: str) -> int:
    """Return the number of the last file of a day; 0 when it has none."""
    begin = day.isoformat()
    parts = [0]
    for path in directory.glob(f"{begin}*{ending}"):
        number = path.name.removeprefix(begin).removesuffix(ending)
        if not number:
            parts.append(1)
        elif number[0] == "." and number[1:].isdecimal():
            parts.append(int(number[1:]))
    return max(parts)


def path_of(directory: Path, day: date, part: int, ending: str) -> Path:
    """Return the path of a file: ``2026-11-23.log``, then ``2026-11-23.2.log``."""
    return directory / f"{day.isoformat()}{f'.{part}' if part > 1 else ''}{ending}"


class LogFile:
    """One file, written to its end; whoever opens it again goes on there.

    :param max_bytes: a file that would be longer with what is to be written is not opened; the
        day's next one is.
    :param needed: how many bytes that is.
    :raises OSError: it cannot be opened.
    """

    def __init__(
        self, directory: Path, day: date, form: Form, max_bytes: int, needed: int = 0
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        part = max(newest_part(directory, day, form.ending), 1)
        path = path_of(directory, day, part, form.ending)
        if path.exists() and path.stat().st_size + needed > max_bytes:
            path = path_of(directory, day, part + 1, form.ending)
        self.path = path
        self.day = day
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
        self._handle = os.open(path, flags, 0o600)
        try:
            self.size = self._mend()
            if not self.size:
                self.write(bytearray(form.head(f"{directory.name} {day}").encode()))
        except BaseException:
            os.close(self._handle)
            raise

    def write(self, data: bytearray) -> None:
        """Write data, and take from it what was written.

        :raises OSError: not all could be.
        """
        while data:
            written = os.write(self._handle, data)
            self.size += written
            del data[:written]

    def sync(self) -> None:
        """Wait until it is on the disk."""
        os.fsync(self._handle)

    def close(self) -> None:
        """Close it."""
        os.close(self._handle)

    def _mend(self) -> int:
        """Take away what a loss of power has left behind the last whole line."""
        size = os.lseek(self._handle, 0, os.SEEK_END)
        begin = max(size - _TAIL, 0)
        os.lseek(self._handle, begin, os.SEEK_SET)
        tail = os.read(self._handle, _TAIL)
        if tail and not tail.endswith(b"\n"):
            size = begin + tail.rfind(b"\n") + 1
            os.ftruncate(self._handle, size)
        return os.lseek(self._handle, size, os.SEEK_SET)
