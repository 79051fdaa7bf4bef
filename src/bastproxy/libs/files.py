"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from threading import get_ident


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
