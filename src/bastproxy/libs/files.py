"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import time
from pathlib import Path
from threading import get_ident

_BEGUN = time.time()
#: What :func:`write_whole` calls its temporary files: ``.<name>.<eight characters>.tmp``.
_UNFINISHED = re.compile(r"\..+\.[a-z0-9_]{8}\.tmp", re.DOTALL)


def write_whole(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` so that a kill at any moment leaves the old or the new.

    Temporary file in the same directory, flush, fsync, rename.

    :raises OSError: the disk is full, the directory cannot be written, ...; the old
        file is as it was.
    """
    if path.is_symlink():  # somebody keeps the file elsewhere; a rename would end that
        path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
    _sync_directory(path.parent)


def remove_unfinished(directory: Path, before: float = _BEGUN) -> list[Path]:
    """Remove what a kill in the middle of :func:`write_whole` has left, in all folders below.

    :param before: seconds since the epoch; what was written later stays, since somebody
        may be writing it.  By default, what is older than this process.
    :returns: what was removed; what cannot be removed stays.
    """
    removed = []
    for folder, _, names in os.walk(directory):
        for name in names:
            if not _UNFINISHED.fullmatch(name):
                continue
            path = Path(folder, name)
            with contextlib.suppress(OSError):
                if path.lstat().st_mtime < before:
                    path.unlink()
                    removed.append(path)
    return removed


def write_cache(path: str, data: bytes) -> None:
    """Write what can be made anew: whole or not at all, but without waiting for the disk.

    Half the time of :func:`write_whole`, which counts when a plugin reloads.

    :raises OSError: it cannot be written.
    """
    beside = f"{path}.{os.getpid()}-{get_ident()}.tmp"
    try:
        handle = open(beside, "wb")  # noqa: PTH123, SIM115
    except FileNotFoundError:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        handle = open(beside, "wb")  # noqa: PTH123, SIM115
    try:
        with handle as file:
            file.write(data)
        os.replace(beside, path)  # noqa: PTH105
    except BaseException:
        with contextlib.suppress(OSError):
            Path(beside).unlink()
        raise


def set_aside(path: Path) -> Path:
    """Rename a file that cannot be used, so that nothing of it is lost.

    :returns: its new path, ``<name>.broken`` or ``<name>.broken-2`` and so on.
    :raises OSError: it cannot be renamed.
    """
    aside = path.with_name(path.name + ".broken")
    number = 2
    while aside.exists():
        aside = path.with_name(f"{path.name}.broken-{number}")
        number += 1
    return path.rename(aside)


def _sync_directory(directory: Path) -> None:
    # Windows cannot open a directory; there the rename is as durable as it gets.
    with contextlib.suppress(OSError):
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
