import os
import stat
from pathlib import Path

import pytest

from bastproxy.libs.access import AccessError, Passwords


@pytest.fixture
def passwords(tmp_path: Path) -> Passwords:
    return Passwords(tmp_path / "access.toml")


async def test_without_a_file_nothing_is_asked(passwords: Passwords) -> None:
    assert not passwords.any
    assert not passwords.has("play")
    assert await passwords.verify("anything") is None
    assert not passwords.path.exists()


async def test_a_password_says_what_it_allows(passwords: Passwords) -> None:
    passwords.set("play", "open sesame")
    passwords.set("view", "look around")
    assert passwords.any
    assert passwords.has("play")
    assert passwords.has("view")
    assert await passwords.verify("open sesame") == "play"
    assert await passwords.verify("look around") == "view"
    for wrong in ("open sesame ", "\udcff"):
        assert await passwords.verify(wrong) is None


async def test_only_hashes_are_stored_and_only_for_the_owner(passwords: Passwords) -> None:
    passwords.set("play", "open sesame")
    text = passwords.path.read_text()
    assert "sesame" not in text
    assert "$argon2id$" in text
    if os.name == "posix":
        assert stat.S_IMODE(passwords.path.stat().st_mode) == 0o600


async def test_another_process_sets_and_removes_while_the_proxy_runs(passwords: Passwords) -> None:
    other = Passwords(passwords.path)
    assert not passwords.any
    other.set("play", "open sesame")
    assert await passwords.verify("open sesame") == "play"
    other.set("play", "another")
    assert await passwords.verify("open sesame") is None
    assert other.remove("play")
    assert not passwords.any
    assert not other.remove("play")


async def test_the_same_letters_are_the_same_password_however_typed(passwords: Passwords) -> None:
    passwords.set("play", "caf\u00e9")
    assert await passwords.verify("cafe\u0301") == "play"


def test_an_empty_password_is_none(passwords: Passwords) -> None:
    with pytest.raises(ValueError, match="empty"):
        passwords.set("play", "")
    assert not passwords.any


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("play = ", "cannot be read"),
        ("play = 5", "play is no argon2id hash"),
        ("play = 'secret'", "play is no argon2id hash"),
        ("paly = '$argon2id$'", "paly: only play and view may be here"),
    ],
)
async def test_a_broken_file_opens_nothing(passwords: Passwords, content: str, reason: str) -> None:
    passwords.path.write_text(content)
    with pytest.raises(AccessError, match=reason) as caught:
        passwords.has("play")
    assert str(passwords.path) in str(caught.value)
    with pytest.raises(AccessError):
        await passwords.verify("secret")
    with pytest.raises(AccessError):
        passwords.set("view", "secret")
    assert passwords.path.read_text() == content


def test_a_file_that_can_be_read_no_more_is_not_as_if_there_were_none(
    passwords: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not passwords.any

    def denied(*_: object, **__: object) -> None:
        raise PermissionError("not for you")

    monkeypatch.setattr(Path, "stat", denied)
    monkeypatch.setattr(Path, "read_text", denied)
    with pytest.raises(AccessError, match="not for you"):
        passwords.has("play")


async def test_a_damaged_hash_matches_nothing(passwords: Passwords) -> None:
    passwords.path.write_text("play = '$argon2id$v=19$m=1'")
    assert passwords.any
    assert await passwords.verify("secret") is None


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AccessError, match="cannot be written"):
        Passwords(tmp_path / "file" / "access.toml").set("play", "secret")
