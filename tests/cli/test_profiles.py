import socket
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from click.testing import CliRunner, Result
from keyring.backends.fail import Keyring as NoKeyring

from bastproxy.cli import main, start
from bastproxy.config import Options
from bastproxy.libs.access import Passwords, Vault
from bastproxy.libs.net.address import MudAddress

CONFIG = """
listen_tls = "127.0.0.1:9998"
tls_cert = "cert.pem"
tls_key = "/keys/key.pem"
mud = "mud.example.org:23"

[profiles.osric]
host = "mud.example.org"
port = 4000
tls = true
tls_verify = false
encoding = "latin-1"
character = "Osric"

[[profiles.osric.login]]
when = "name"
send = "{character}"
[[profiles.osric.login]]
when = "Password:"
send = "{password}"

[profiles.guest]
host = "::1"
port = 5000
login = "connect guest"

[profiles.plain]
host = "plain.example.org"
port = 23
"""


@pytest.fixture(autouse=True)
def _no_keyring() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())
    yield
    keyring.set_keyring(before)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[Options]:
    """The options with which the proxy would have run."""
    seen: list[Options] = []

    async def note(options: Options, demo: bool) -> None:
        seen.append(options)

    monkeypatch.setattr(start, "_run", note)
    return seen


def invoke(*arguments: str) -> Result:
    result = CliRunner().invoke(main, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_lists_the_profiles_and_how_they_log_in(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(CONFIG)
    lines = invoke("profiles", "--home", str(tmp_path)).output.splitlines()
    assert [line.split()[:3] for line in lines] == [
        ["profile", "MUD", "character"],
        ["osric", "tls://mud.example.org:4000", "Osric"],
        ["guest", "[::1]:5000", "-"],
        ["plain", "plain.example.org:23", "-"],
    ]
    ways = [line.split(maxsplit=3)[3] for line in lines[1:]]
    assert ways == ["not: no password is stored", "without a password", "by hand"]
    Vault(tmp_path).set("osric", "sesame")
    listed = invoke("profiles", "--home", str(tmp_path)).output
    assert "with the password in" in listed
    assert "sesame" not in listed


def test_without_profiles_it_says_how_to_write_one(tmp_path: Path) -> None:
    assert "[profiles.NAME]" in invoke("profiles", "--home", str(tmp_path)).output


def test_a_broken_config_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[profiles.osric]\nhost = 'x'\nport = 0\n")
    result = invoke("profiles", "--home", str(tmp_path))
    assert result.exit_code == 3
    assert "profiles.osric.port" in result.output


def test_runs_a_profile(tmp_path: Path, seen: list[Options]) -> None:
    (tmp_path / "config.toml").write_text(CONFIG)
    assert invoke("run", "--home", str(tmp_path), "--profile", "osric").exit_code == 0
    (options,) = seen
    assert options.profile is not None
    assert options.profile.name == "osric"
    assert options.mud_address == MudAddress("mud.example.org", 4000, tls=True, verify=False)
    assert str(options.listen_tls) == "127.0.0.1:9998"
    assert (options.tls_cert, options.tls_key) == (tmp_path / "cert.pem", Path("/keys/key.pem"))


@pytest.mark.parametrize(
    ("arguments", "mud"),
    [
        ([], MudAddress("mud.example.org", 23)),
        (["--mud", "tls://other:7"], MudAddress("other", 7, tls=True)),
        (["--mud", "other:7"], MudAddress("other", 7)),
        (["--demo"], None),
    ],
)
def test_the_command_line_says_which_mud(
    tmp_path: Path, seen: list[Options], arguments: list[str], mud: MudAddress | None
) -> None:
    (tmp_path / "config.toml").write_text(CONFIG)
    assert invoke("run", "--home", str(tmp_path), *arguments).exit_code == 0
    assert seen[0].mud_address == mud
    assert seen[0].profile is None


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--profile", "osrik"], "no profile 'osrik' (did you mean osric?)"),
        (["--profile", "x" * 20], "there is osric, guest, plain"),
        (["--profile", "osric", "--demo"], "exclude each other"),
        (["--profile", "osric", "--mud", "a:1"], "exclude each other"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    tmp_path: Path, seen: list[Options], arguments: list[str], reason: str
) -> None:
    (tmp_path / "config.toml").write_text(CONFIG)
    result = invoke("run", "--home", str(tmp_path), *arguments)
    assert result.exit_code == 2
    assert reason in result.output
    assert seen == []


def test_other_machines_are_let_in_only_with_a_password(
    tmp_path: Path, seen: list[Options]
) -> None:
    arguments = ["run", "--home", str(tmp_path), "--listen", "0.0.0.0:0"]
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert 'set one with "bastproxy password clients"' in result.output
    (tmp_path / "config.toml").write_text('listen_tls = "0.0.0.0:0"\n')
    result = invoke("run", "--home", str(tmp_path))
    assert result.exit_code == 2
    assert "other machines could connect" in result.output
    assert seen == []
    Passwords(tmp_path / "access.toml").set("play", "open sesame")
    assert invoke(*arguments).exit_code == 0
    (tmp_path / "access.toml").write_text("play = 'open sesame'")
    result = invoke(*arguments)
    assert result.exit_code == 3
    assert "access.toml: play is no argon2id hash" in result.output


def test_a_port_that_is_taken_is_named_for_tls_too(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        (tmp_path / "config.toml").write_text(f'listen_tls = "{address}"\n')
        result = invoke("run", "--home", str(tmp_path), "--listen", "127.0.0.1:0")
    assert result.exit_code == 4
    assert f"cannot listen on {address}" in result.output


def test_a_certificate_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        'listen_tls = "127.0.0.1:0"\ntls_cert = "cert.pem"\ntls_key = "key.pem"\n'
    )
    for text in (None, "no certificate"):
        if text is not None:
            (tmp_path / "cert.pem").write_text(text)
            (tmp_path / "key.pem").write_text(text)
        result = invoke("run", "--home", str(tmp_path), "--listen", "127.0.0.1:0")
        assert result.exit_code == 3
        assert f"tls_cert {tmp_path / 'cert.pem'}" in result.output
