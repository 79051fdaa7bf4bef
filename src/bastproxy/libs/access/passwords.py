"""The passwords with which clients log in to the proxy, hashed with argon2id (RFC 9106)."""

from __future__ import annotations

import asyncio
import tomllib
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

import tomlkit

from bastproxy.libs.files import write_whole

if TYPE_CHECKING:
    from argon2 import PasswordHasher

Kind: TypeAlias = Literal["play", "view"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

_Stamp: TypeAlias = tuple[int, int, int] | None

_COMMENT: Final = 'Made by "bastproxy password": the passwords of clients, hashed with argon2id.'


class AccessError(Exception):
    """The file of the hashes cannot be used; the message names it and says why."""


class Passwords:
    """The passwords of clients: ``play``, and ``view`` for those who may only watch.

    The file is looked at whenever it is asked about, so that a password which
    ``bastproxy password`` has set counts at once, while the proxy runs.

    :param path: ``access.toml``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: tuple[_Stamp, dict[Kind, str]] | None = None

    def has(self, kind: Kind) -> bool:
        """Say whether there is a password of this kind.

        :raises AccessError: the file cannot be used.
        """
        return kind in self._read()

    @property
    def any(self) -> bool:
        """Whether clients must log in.

        :raises AccessError: the file cannot be used.
        """
        return bool(self._read())

    async def verify(self, text: str) -> Kind | None:
        """Return what a password allows, or None when it is wrong.

        It takes tens of milliseconds and 19 MiB, in a thread; do one at a time.

        :raises AccessError: the file cannot be used.
        """
        return await asyncio.to_thread(_match, self._read(), _bytes_of(text))

    def set(self, kind: Kind, password: str) -> None:
        """Set a password; the file is for its owner's eyes only.

        :raises ValueError: it is empty, or that of the other kind.
        :raises AccessError: the file cannot be used, or not be written.
        """
        if not password:
            raise ValueError("an empty password is none")
        hashes = self._read()
        if _match(hashes, _bytes_of(password)) not in (None, kind):
            raise ValueError("players and viewers need different passwords")
        self._write({**hashes, kind: _hasher().hash(_bytes_of(password))})

    def remove(self, kind: Kind) -> bool:
        """Forget a password; False when there was none.

        :raises AccessError: the file cannot be used, or not be written.
        """
        hashes = self._read()
        if hashes.pop(kind, None) is None:
            return False
        self._write(hashes)
        return True

    def _read(self) -> dict[Kind, str]:
        stamp = _stamp_of(self.path)
        if self._known is None or self._known[0] != stamp:
            self._known = (stamp, self._read_anew())
        return dict(self._known[1])

    def _read_anew(self) -> dict[Kind, str]:
        try:
            content = tomllib.loads(self.path.read_text(encoding="utf-8-sig"))
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except (OSError, ValueError) as error:  # TOML's and Unicode's errors are ValueErrors
            raise AccessError(f"{self.path} cannot be read: {error}") from error
        for key, value in content.items():
            if key not in KINDS:
                raise AccessError(f"{self.path}: {key}: only {' and '.join(KINDS)} may be here")
            if not isinstance(value, str) or not value.startswith("$argon2id$"):
                raise AccessError(
                    f'{self.path}: {key} is no argon2id hash; set it with "bastproxy password"'
                )
        return {kind: content[kind] for kind in KINDS if kind in content}

    def _write(self, hashes: dict[Kind, str]) -> None:
        document = tomlkit.document()
        document.add(tomlkit.comment(_COMMENT))
        for kind, value in hashes.items():
            document[kind] = value
        try:
            write_whole(self.path, tomlkit.dumps(document).encode())
        except OSError as error:
            raise AccessError(
                f"{self.path} cannot be written: {error.strerror or error}"
            ) from error


def _stamp_of(path: Path) -> _Stamp:
    """Return what is another one after the file was written, for it is written by a rename."""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        return -1, -1, -1  # not as if there were none: the reading will say what is wrong
    return found.st_ino, found.st_mtime_ns, found.st_size


def _match(hashes: dict[Kind, str], password: bytes) -> Kind | None:
    from argon2.exceptions import InvalidHashError, VerificationError

    for kind, value in hashes.items():
        try:
            if _hasher().verify(value, password):
                return kind
        except (VerificationError, InvalidHashError):
            continue
    return None


def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher  # a start without passwords need not import it

    # What OWASP recommends at least; the delay after wrong passwords does the rest, and a small
    # machine must not hold the game up.
    return PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)


def _bytes_of(password: str) -> bytes:
    # Two keyboards may write the same letter in two ways; the bytes are to be the same.
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogateescape")
