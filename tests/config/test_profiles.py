from pathlib import Path

import pytest

from bastproxy.config import ConfigError, LoginStep, Profile, read_config
from bastproxy.libs.net.address import MudAddress
from bastproxy.libs.session.login import Answer

GOOD = """
[profiles.osric]
host = "mud.example.org"
port = 4000
tls = true
encoding = "Latin-1"
character = "Osric"
[[profiles.osric.login]]
when = "(?i)by what name"
send = "{character}"
[[profiles.osric.login]]
when = "Password:"
send = "{password}"

[profiles."a guest"]
host = "mud.example.org"
port = 4000
login = 'connect "guest" guest'
"""


def read(home: Path, text: str) -> dict[str, Profile]:
    (home / "config.toml").write_text(text)
    return read_config(home).profiles


def test_reads_profiles(tmp_path: Path) -> None:
    profiles = read(tmp_path, GOOD)
    assert list(profiles) == ["osric", "a guest"]
    osric, guest = profiles.values()
    assert (osric.name, osric.character, osric.codec) == ("osric", "Osric", "iso8859-1")
    assert osric.address == MudAddress("mud.example.org", 4000, tls=True, verify=True)
    assert osric.steps == [
        LoginStep(when="(?i)by what name", send="{character}"),
        LoginStep(when="Password:", send="{password}"),
    ]
    assert osric.needs_password
    assert guest.address == MudAddress("mud.example.org", 4000)
    assert guest.codec == ""
    assert guest.steps == [LoginStep(send='connect "guest" guest')]
    assert not guest.needs_password


async def test_a_profile_logs_in_with_its_own_password(tmp_path: Path) -> None:
    osric = read(tmp_path, GOOD)["osric"]

    async def password(name: str) -> str | None:
        return {"osric": "sesame"}.get(name)

    plan = osric.login_plan(password)
    assert plan is not None
    login = await plan.begin(osric.address)
    assert login is not None
    assert login.line("BY WHAT NAME? ", ends=False) == [Answer("Osric", False)]
    assert login.line("Password: ", ends=False) == [Answer("sesame", True)]


def test_a_profile_without_a_login_is_played_by_hand(tmp_path: Path) -> None:
    plain = read(tmp_path, '[profiles.plain]\nhost = "mud"\nport = 1\n')["plain"]
    assert plain.steps == []
    assert plain.login_plan(lambda _: pytest.fail("it was read")) is None


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("", "profiles.x: Object missing required field `host`"),
        ('host = "mud"', "profiles.x: Object missing required field `port`"),
        ('host = ""\nport = 1', "profiles.x.host: there is no such host as ''"),
        ('host = "mud"\nport = "1"', "profiles.x.port: Expected `int`, got `str`"),
        ('host = "mud"\nport = 65536', "profiles.x.port: Expected `int` <= 65535"),
        ('host = "mud"\nport = 1\ntls = "yes"', "profiles.x.tls: Expected `bool`"),
        (
            'host = "mud"\nport = 1\ntls_verfy = true',
            r"unknown field `tls_verfy` \(did you mean tls_v",
        ),
        ('host = "mud"\nport = 1\nname = "Osric"', r"profiles\.x\.name: the name stands in \[prof"),
        (
            'host = "mud"\nport = 1\nencoding = "klingon"',
            "profiles.x.encoding: 'klingon' is no enc",
        ),
        ('host = "mud"\nport = 1\nencoding = "base64"', "profiles.x.encoding: 'base64' is no enc"),
        ('host = "mud"\nport = 1\ncharacter = "a\\nb"', "profiles.x.character: a line has no line"),
        ('host = "mud"\nport = 1\nlogin = "a\\r\\nb"', "profiles.x.login: a line has no line end"),
        ('host = "mud"\nport = 1\nlogin = 5', r"profiles.x.login: Expected `str \| array`"),
        (
            'host = "mud"\nport = 1\nlogin = ["a"]',
            r"profiles\.x\.login\[0\]: Expected `object`",
        ),
        (
            'host = "mud"\nport = 1\nlogin = "{charcter}"',
            r"profiles.x.login: \{charcter\} is unknown",
        ),
        ('host = "mud"\nport = 1\nlogin = "{character}"', "the profile names no character"),
        (
            'host = "mud"\nport = 1\nlogin = [{send = "a"}, {send = "{pasword}", when = "b"}]',
            r"profiles\.x\.login\[1\]: \{pasword\} is unknown; use \{character\} or \{password\}",
        ),
        (
            'host = "mud"\nport = 1\nlogin = [{send = "a", when = "("}]',
            r"profiles\.x\.login\[0\]\.when: '\(' is no regular expression",
        ),
        (
            'host = "mud"\nport = 1\nlogin = [{wen = "a"}]',
            r"profiles\.x\.login\[0\]: .* `wen` \(did you mean when\?\)",
        ),
    ],
)
def test_a_mistake_is_named_with_its_key(tmp_path: Path, lines: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason) as caught:
        read(tmp_path, f"[profiles.x]\n{lines}\n")
    assert str(caught.value).startswith(str(tmp_path / "config.toml"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("profiles = 5", r"profiles: write each as a table, \[profiles\.NAME\]"),
        ("[[profiles]]", r"profiles: write each as a table"),
        ("[profiles]\nosric = 5", "profiles.osric: Expected `object`"),
        ('[profiles.""]\nhost = "a"', "a profile needs a name"),
        ('[profiles." "]\nhost = "a"', "a profile needs a name"),
    ],
)
def test_profiles_are_tables_with_names(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        read(tmp_path, text)
