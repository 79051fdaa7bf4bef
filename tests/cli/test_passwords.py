import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from click.testing import CliRunner, Result
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring

from bastproxy.cli import main
from bastproxy.libs.access import Passwords, Vault

CONFIG = """
[profiles.osric]
host = "mud.example.org"
port = 4000
character = "Osric"
login = 'connect "{character}" {password}'
"""


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


@pytest.fixture(autouse=True)
def memory() -> Iterator[MemoryKeyring]:
    before = keyring.get_keyring()
    backend = MemoryKeyring()
    keyring.set_keyring(backend)
    yield backend
    keyring.set_keyring(before)


def run(home: Path, *arguments: str, given: str = "") -> Result:
    runner = CliRunner()
    result = runner.invoke(main, ["password", *arguments, "--home", str(home)], input=given)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


async def test_players_and_viewers_get_their_passwords(tmp_path: Path) -> None:
    home = tmp_path / "new" / "home"
    assert "may play, from now on" in run(home, "clients", given="open sesame\n").output
    assert "may only watch" in run(home, "viewers", given="look around\r\n").output
    passwords = Passwords(home / "access.toml")
    assert await passwords.verify("open sesame") == "play"
    assert await passwords.verify("look around") == "view"
    assert "sesame" not in (home / "access.toml").read_text()

    assert run(home, "clients", "--remove").exit_code == 2
    assert run(home, "viewers", "--remove").output == "the password is removed\n"
    assert run(home, "viewers", "--remove").output == "none was set\n"
    assert run(home, "clients", "--remove").output == "the password is removed\n"
    assert not passwords.any


@pytest.mark.parametrize(
    ("kind", "given", "reason"),
    [
        ("clients", "short\n", "must have 8 letters or more"),
        ("clients", "", "must have 8 letters or more"),
        ("clients", "tabs\tand more\n", "cannot be typed"),
        ("viewers", "look around\n", 'set the players\' first: "bastproxy password clients"'),
    ],
)
def test_what_is_no_good_password_is_refused(
    tmp_path: Path, kind: str, given: str, reason: str
) -> None:
    result = run(tmp_path, kind, given=given)
    assert result.exit_code == 2
    assert reason in result.output
    assert list(tmp_path.iterdir()) == []


def test_players_and_viewers_cannot_have_the_same(tmp_path: Path) -> None:
    run(tmp_path, "clients", given="open sesame\n")
    result = run(tmp_path, "viewers", given="open sesame\n")
    assert result.exit_code == 2
    assert "players and viewers need different passwords" in result.output
    assert run(tmp_path, "clients", given="open sesame\n").exit_code == 0


def test_the_password_of_a_profile_goes_to_the_keyring(
    tmp_path: Path, memory: MemoryKeyring
) -> None:
    (tmp_path / "config.toml").write_text(CONFIG)
    assert run(tmp_path, "profile", "osric", given="x\n").output == (
        "the password is stored in the keyring\n"
    )
    assert list(memory.kept.values()) == ["x"]
    assert Vault(tmp_path).get("osric") == "x"
    assert [path.name for path in tmp_path.iterdir()] == ["config.toml"]
    assert run(tmp_path, "profile", "osric", "--remove").output == "the password is removed\n"
    assert run(tmp_path, "profile", "osric", "--remove").output == "none was stored\n"
    assert memory.kept == {}


def test_without_a_keyring_it_goes_to_a_file_which_is_said(tmp_path: Path) -> None:
    keyring.set_keyring(NoKeyring())
    (tmp_path / "config.toml").write_text(CONFIG)
    said = run(tmp_path, "profile", "osric", given="sesame\n").output
    assert f"the password is stored in {tmp_path / 'secrets.toml'}\n" in said
    assert "there is no keyring here, so it is not encrypted" in said
    assert Vault(tmp_path).get("osric") == "sesame"


def test_only_a_profile_that_is_there_gets_a_password(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(CONFIG)
    result = run(tmp_path, "profile", "osrik", given="sesame\n")
    assert result.exit_code == 2
    assert "no profile 'osrik' (did you mean osric?); there is osric" in result.output
    assert run(tmp_path / "none", "profile", "osric", given="sesame\n").exit_code == 2


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("access.toml", ["clients"]),
        ("access.toml", ["viewers"]),
        ("access.toml", ["clients", "--remove"]),
        ("secrets.toml", ["profile", "osric"]),
        ("config.toml", ["profile", "osric"]),
    ],
)
def test_a_broken_file_is_named_and_left_alone(
    tmp_path: Path, name: str, arguments: list[str]
) -> None:
    keyring.set_keyring(NoKeyring())
    (tmp_path / "config.toml").write_text(CONFIG)
    (tmp_path / name).write_text("= broken")
    result = run(tmp_path, *arguments, given="open sesame\n")
    assert result.exit_code == 3
    assert str(tmp_path / name) in result.output
    assert (tmp_path / name).read_text() == "= broken"


@pytest.mark.skipif(os.name != "posix", reason="a terminal of POSIX")
def test_at_a_terminal_it_is_asked_twice_and_never_shown(tmp_path: Path) -> None:
    import pty

    master, slave = pty.openpty()
    program = subprocess.Popen(
        [sys.executable, "-m", "bastproxy", "password", "clients", "--home", str(tmp_path)],
        stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
    )  # fmt: skip
    os.close(slave)
    seen = shown = b""

    def until(wanted: bytes) -> None:
        nonlocal seen, shown
        while wanted not in shown:
            shown += os.read(master, 1024)
        seen, shown = seen + shown, shown.partition(wanted)[2]  # the next may be in it already

    try:
        until(b"password: ")
        os.write(master, b"open sesame\n")
        until(b"the same again: ")
        os.write(master, b"something else\n")
        until(b"do not match")
        until(b"password: ")
        os.write(master, b"open sesame\n")
        until(b"the same again: ")
        os.write(master, b"open sesame\n")
        until(b"from now on")
        assert program.wait(20) == 0
    finally:
        program.kill()
        program.wait()
        os.close(master)
    assert b"sesame" not in seen + shown
    assert asyncio.run(Passwords(tmp_path / "access.toml").verify("open sesame")) == "play"
