"""Code objects by the content of their source, never by its time.

The caches are the ``.pyc`` files of PEP 552 that carry a hash of the source: an edit
within the same second, of the same size, is seen, and a ``.pyc`` that anybody wrote
by time is not believed.  Behind the code, where Python does not look, they carry what
the source says about dependencies, so that no syntax tree is needed to know it.
"""

from __future__ import annotations

import contextlib
import importlib.util
import marshal
import os
import struct
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import CodeType
from typing import NamedTuple

from bastproxy.libs.files import write_cache
from bastproxy.libs.plugins.metadata import read_dependencies

_HEADER = importlib.util.MAGIC_NUMBER + (0b11).to_bytes(4, "little")  # hash-based, checked


_FOOTER = struct.Struct("<I4s")  # the length of the dependencies, and a mark
_MARK = b"bpd1"


class Code(NamedTuple):
    """A compiled file, and the digest of the source it was compiled from.

    :ivar dependencies: what it assigns to ``self.dependencies`` in a class ``Plugin``.
    :ivar source: what it was compiled from.
    """

    digest: bytes
    code: CodeType
    dependencies: tuple[str, ...]
    source: bytes


class CodeStore:
    """Reads and compiles source files, and hands the import system what was compiled.

    :meth:`prepare` compiles files ahead of their import; the import then takes those
    very bytes, whatever the disk says by then.

    :param sources: what to compile in place of what is on the disk, by path.
    """

    def __init__(self, sources: Mapping[str, bytes] | None = None) -> None:
        self.sources = sources
        self._prepared: dict[str, Code] = {}

    def prepare(self, path: Path) -> Code:
        """Compile a file for an import to come.

        :raises OSError: it cannot be read.
        :raises SyntaxError: it is no Python; ``ValueError`` for NUL bytes comes as one.
        """
        name = str(path)
        if self.sources is None:
            code = read_code(path)
        elif name in self.sources:
            code = _compiled(self.sources[name], name)
        else:
            raise FileNotFoundError(f"no source of {name} is kept")
        self._prepared[name] = code
        return code

    def is_prepared(self, path: Path) -> bool:
        """Say whether a file is compiled for an import to come."""
        return str(path) in self._prepared

    def take(self, path: str) -> Code:
        """Return the code of a file: prepared, or from the disk as it is now."""
        prepared = self._prepared.get(path)
        return prepared if prepared is not None else read_code(Path(path))

    def adopt(self, other: CodeStore) -> None:
        """Take over what another store has prepared."""
        self._prepared.update(other._prepared)

    def drop(self, paths: Iterable[Path], other: CodeStore) -> None:
        """Drop what was prepared for some files, and for those of another store."""
        for path in {*map(str, paths), *other._prepared}:
            self._prepared.pop(path, None)

    def forget(self, directory: Path) -> None:
        """Drop what was prepared below a directory."""
        prefix = f"{directory}{os.sep}"
        for path in [path for path in self._prepared if path.startswith(prefix)]:
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
    cached = _cached(cache, source, digest, name)
    if cached is not None:
        return cached
    code = _compiled(source, name)
    if not sys.dont_write_bytecode:
        # A cache that cannot be written costs time and nothing else.
        with contextlib.suppress(OSError):
            write_cache(cache, _dump(code))
    return code


def _compiled(source: bytes, name: str) -> Code:
    code = _compile(source, name)
    return Code(digest_of(source), code, tuple(read_dependencies(source, name)), source)


def _dump(code: Code) -> bytes:
    dependencies = marshal.dumps(code.dependencies)
    footer = _FOOTER.pack(len(dependencies), _MARK)
    return b"".join((_HEADER, code.digest, marshal.dumps(code.code), dependencies, footer))


def _cached(cache: str, source: bytes, digest: bytes, name: str) -> Code | None:
    try:
        with open(cache, "rb") as file:  # noqa: PTH123
            data = memoryview(file.read())
        length, mark = _FOOTER.unpack(data[-_FOOTER.size :])
        if data[:16] != _HEADER + digest or mark != _MARK:
            return None
        code = marshal.loads(data[16:])
        dependencies = marshal.loads(data[-_FOOTER.size - length :])
    except (OSError, ValueError, EOFError, TypeError, struct.error):
        return None
    # A cache that was moved here with its directory would give tracebacks the old place.
    if not isinstance(code, CodeType) or code.co_filename != name:
        return None
    return Code(digest, code, dependencies, source)


def _compile(source: bytes, name: str) -> CodeType:
    try:
        return compile(source, name, "exec", dont_inherit=True)
    except SyntaxError as error:
        if error.filename != name:  # NUL bytes are found before anybody knows where
            error.filename, error.lineno = name, source.partition(b"\0")[0].count(b"\n") + 1
        raise
    except (ValueError, MemoryError, RecursionError, OverflowError) as error:
        raise SyntaxError(str(error), (name, 1, 0, "")) from error
