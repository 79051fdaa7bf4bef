"""The passwords of characters: in the system's keyring, or else in a file of the home."""

from __future__ import annotations

import contextlib
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final

import tomlkit

from bastproxy.libs.files import write_whole

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE: Final = "bastproxy"
FILE_NAME: Final = "secrets.toml"

_COMMENT: Final = "Passwords, readable: there was no keyring. Only you may read this file."


class VaultError(Exception):
    """The file cannot be used; the message names it and says why."""


class Vault:
    """Passwords by the name of their profile.

    What the keyring calls them holds the home too, so that a profile of the same name in
    another home never gets this password.  Any of its calls may wait for the player to unlock
    the keyring: on the event loop, call it in a thread.

    :param home: the directory of ``secrets.toml``.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.path = home / FILE_NAME

    def get(self, name: str) -> str | None:
        """Return a password, or None when none is stored.

        :raises VaultError: the file cannot be used.
        """
        return self._from_keyring(name) or self._read().get(name)

    def where(self, name: str) -> str:
        """Say where a password is stored: ``the keyring``, the file's path, or nothing.

        :raises VaultError: the file cannot be used.
        """
        if self._from_keyring(name):
            return "the keyring"
        return str(self.path) if name in self._read() else ""

    def set(self, name: str, password: str) -> str:
        """Store a password, and say where: ``the keyring``, or the file's path.

        :raises ValueError: it is empty.
        :raises VaultError: the file cannot be used, or not be written.
        """
        if not password:
            raise ValueError("an empty password is none")
        if self._to_keyring(name, password):
            self._remove_from_file(name)
            return "the keyring"
        self._remove_from_keyring(name)  # an old one there would count
        self._write({**self._read(), name: password})
        return str(self.path)

    def remove(self, name: str) -> bool:
        """Forget a password, wherever it is; False when none was stored.

        :raises VaultError: the file cannot be used, or not be written.
        """
        in_keyring = self._remove_from_keyring(name)
        return self._remove_from_file(name) or in_keyring

    def _user(self, name: str) -> str:
        return f"{name} ({self.home})"

    # A backend speaks to a service of the system, and lets through whatever that raises.

    def _from_keyring(self, name: str) -> str | None:
        with contextlib.suppress(Exception):
            backend = _backend()
            if backend is not None:
                return backend.get_password(SERVICE, self._user(name))
        return None

    def _to_keyring(self, name: str, password: str) -> bool:
        with contextlib.suppress(Exception):
            backend = _backend()
            if backend is not None:
                backend.set_password(SERVICE, self._user(name), password)
                # One backend of keyring's own takes everything and keeps nothing.
                return backend.get_password(SERVICE, self._user(name)) == password
        return False

    def _remove_from_keyring(self, name: str) -> bool:
        with contextlib.suppress(Exception):
            backend = _backend()
            if backend is not None and backend.get_password(SERVICE, self._user(name)) is not None:
                backend.delete_password(SERVICE, self._user(name))
                return True
        return False

    def _remove_from_file(self, name: str) -> bool:
        secrets = self._read()
        if secrets.pop(name, None) is None:
            return False
        self._write(secrets)
        return True

    def _read(self) -> dict[str, str]:
        try:
            content = tomllib.loads(self.path.read_text(encoding="utf-8-sig"))
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except (OSError, ValueError) as error:  # TOML's and Unicode's errors are ValueErrors
            raise VaultError(f"{self.path} cannot be read: {error}") from error
        profiles = content.get("profiles", {})
        if not isinstance(profiles, dict) or not all(
            isinstance(value, str) for value in profiles.values()
        ):
            raise VaultError(f'{self.path}: [profiles] must hold NAME = "password" lines only')
        return profiles

    def _write(self, secrets: dict[str, str]) -> None:
        document = tomlkit.document()
        document.add(tomlkit.comment(_COMMENT))
        document["profiles"] = secrets
        try:
            write_whole(self.path, tomlkit.dumps(document).encode())
        except OSError as error:
            raise VaultError(f"{self.path} cannot be written: {error.strerror or error}") from error


def _backend() -> KeyringBackend | None:
    """Return the keyring that can be used here, if any."""
    import keyring  # looks for backends on the disk, which a start without passwords need not
    from keyring.backends.fail import Keyring as NoKeyring

    backend = keyring.get_keyring()
    return None if isinstance(backend, NoKeyring) else backend
