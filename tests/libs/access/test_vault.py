import os
import stat
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring
from keyring.backends.null import Keyring as NullKeyring
from keyring.errors import KeyringLocked

from bastproxy.libs.access import Vault, VaultError


class MemoryKeyring(KeyringBackend):
    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class LockedKeyring(KeyringBackend):
    priority = 1  # type: ignore[assignment]

    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked("the player said no")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise OSError("no bus")

    def delete_password(self, service: str, username: str) -> None:
        raise OSError("no bus")


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    before = keyring.get_keyring()
    yield
    keyring.set_keyring(before)


@pytest.fixture
def memory() -> MemoryKeyring:
    backend = MemoryKeyring()
    keyring.set_keyring(backend)
    return backend


def test_a_password_goes_to_the_keyring_and_nowhere_else(
    tmp_path: Path, memory: MemoryKeyring
) -> None:
    vault = Vault(tmp_path)
    assert vault.get("osric") is None
    assert vault.where("osric") == ""
    assert vault.set("osric", "sesame") == "the keyring"
    assert vault.get("osric") == "sesame"
    assert vault.where("osric") == "the keyring"
    assert list(tmp_path.iterdir()) == []
    assert vault.remove("osric")
    assert not vault.remove("osric")
    assert vault.get("osric") is None
    assert memory.kept == {}


def test_the_same_name_in_another_home_is_another_password(
    tmp_path: Path, memory: MemoryKeyring
) -> None:
    Vault(tmp_path / "one").set("osric", "sesame")
    assert Vault(tmp_path / "two").get("osric") is None


@pytest.mark.parametrize("backend", [NoKeyring, NullKeyring, LockedKeyring])
def test_without_a_keyring_it_goes_to_a_file_for_the_owner(
    tmp_path: Path, backend: type[KeyringBackend]
) -> None:
    keyring.set_keyring(backend())
    vault, path = Vault(tmp_path), tmp_path / "secrets.toml"
    assert vault.get("osric") is None
    assert vault.set("osric", 'ses"ame') == str(path)
    assert vault.set("aard wolf", "x") == str(path)
    assert vault.get("osric") == 'ses"ame'
    assert vault.where("osric") == str(path)
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert vault.remove("osric")
    assert not vault.remove("osric")
    assert (vault.get("osric"), vault.get("aard wolf")) == (None, "x")


def test_what_is_stored_later_counts_wherever_it_was_before(
    tmp_path: Path, memory: MemoryKeyring
) -> None:
    vault = Vault(tmp_path)
    keyring.set_keyring(NoKeyring())
    vault.set("osric", "in the file")
    keyring.set_keyring(memory)
    assert vault.get("osric") == "in the file"
    vault.set("osric", "in the keyring")
    assert vault.get("osric") == "in the keyring"
    assert "osric" not in (tmp_path / "secrets.toml").read_text()


def test_an_empty_password_is_none(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="empty"):
        Vault(tmp_path).set("osric", "")


@pytest.mark.parametrize("content", ["profiles = ", "profiles = 5", "[profiles]\nosric = 5"])
def test_a_broken_file_is_named(tmp_path: Path, content: str) -> None:
    keyring.set_keyring(NoKeyring())
    (tmp_path / "secrets.toml").write_text(content)
    with pytest.raises(VaultError, match=r"secrets\.toml"):
        Vault(tmp_path).get("osric")
    with pytest.raises(VaultError, match=r"secrets\.toml"):
        Vault(tmp_path).set("osric", "sesame")
    assert (tmp_path / "secrets.toml").read_text() == content


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    keyring.set_keyring(NoKeyring())
    (tmp_path / "file").write_text("")
    with pytest.raises(VaultError, match="cannot be written"):
        Vault(tmp_path / "file").set("osric", "sesame")
