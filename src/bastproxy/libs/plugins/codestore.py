"""Code objects by the content of their source, never by its time.

The caches are the ``.pyc`` files of PEP 552 that carry a hash of the source: an edit
within the same second, of the same size, is seen, and a ``.pyc`` that anybody wrote
by time is not believed.
"""

from __future__ import annotations

import contextlib
import importlib.util
import marshal
import sys
from pathlib import Path
from types import CodeType
from typing import NamedTuple

from bastproxy.libs.files import write_whole

_HEADER = importlib.util.MAGIC_NUMBER + (0b11).to_bytes(4, "little")  # hash-based, checked


class Code(NamedTuple):
    """A compiled file, and the digest of the source it was compiled from."""

    digest: bytes
    code: CodeType


class CodeStore:
    """Reads and compiles source files, and hands the import system what was compiled.

    :meth:`prepare` compiles files ahead of their import; the import then takes those
    very bytes, whatever the disk says by then.
    """

    def __init__(self) -> None:
        self._prepared: dict[str, Code] = {}

    def prepare(self, path: Path) -> Code:
        """Compile a file for an import to come.

        :raises OSError: it cannot be read.
        :raises SyntaxError: it is no Python; ``ValueError`` for NUL bytes comes as one.
        """
        code = self._prepared[str(path)] = read_code(path)
        return code

    def take(self, path: str) -> Code:
        """Return the code of a file: prepared, or from the disk as it is now."""
        prepared = self._prepared.get(path)
        return prepared if prepared is not None else read_code(Path(path))

    def forget(self, directory: Path) -> None:
        """Drop what was prepared below a directory."""
        prefix = f"{directory}/" if not str(directory).endswith("/") else str(directory)
        for path in [path for path in self._prepared if Path(path).is_relative_to(prefix)]:
            del self._prepared[path]


def digest_of(source: bytes) -> bytes:
    """Return the digest by which a source is known, 8 bytes (PEP 552)."""
    return importlib.util.source_hash(source)


def read_code(path: Path) -> Code:
    """Compile a file, or take the cached code of the same source.

    :raises OSError: it cannot be read.
    :raises SyntaxError: it is no Python.
    """
    name = str(path)
    with open(name, "rb") as file:  # noqa: PTH123 - every import comes through here
        source = file.read()
    digest = importlib.util.source_hash(source)
    cache = importlib.util.cache_from_source(name)
    code = _cached(cache, digest, name)
    if code is None:
        code = _compile(source, name)
        if not sys.dont_write_bytecode:
            # A cache that cannot be written costs time and nothing else.
            with contextlib.suppress(OSError):
                write_whole(Path(cache), _HEADER + digest + marshal.dumps(code), durable=False)
    return Code(digest, code)


def _cached(cache: str, digest: bytes, name: str) -> CodeType | None:
    try:
        with open(cache, "rb") as file:  # noqa: PTH123
            data = file.read()
        if data[:16] != _HEADER + digest:
            return None
        code = marshal.loads(memoryview(data)[16:])
    except (OSError, ValueError, EOFError, TypeError):
        return None
    # A cache that was moved here with its directory would give tracebacks the old place.
    return code if isinstance(code, CodeType) and code.co_filename == name else None


def _compile(source: bytes, name: str) -> CodeType:
    try:
        return compile(source, name, "exec", dont_inherit=True)
    except ValueError as error:
        raise SyntaxError(str(error), (name, 1, 0, "")) from error
