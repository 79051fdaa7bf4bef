import os
from pathlib import Path

import platformdirs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.config import (
    HOME_VARIABLE,
    Address,
    ConfigError,
    FileOptions,
    Options,
    default_home,
    parse_address,
    parse_mud,
    prepare_home,
    read_config,
)
from bastproxy.libs.net.address import MudAddress


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:9999", "127.0.0.1", 9999),
        ("aardmud.org:23", "aardmud.org", 23),
        ("localhost:0", "localhost", 0),
        (":4000", "127.0.0.1", 4000),
        ("host:65535", "host", 65535),
        ("[::1]:9999", "::1", 9999),
        ("[fe80::1%eth0]:23", "fe80::1%eth0", 23),
        (" host :23", "host", 23),
    ],
)
def test_reads_an_address(text: str, host: str, port: int) -> None:
    assert parse_address(text) == Address(host, port)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "host",
        "host:",
        "host:x",
        "host:-1",
        "host:65536",
        "host:2 3",
        "host:٢٣",
        "host:²",
        "host:" + "1" * 5000,
        "::1",
        "::1:23",
        "[::1]",
        "[::1:23",
        "telnet://host:23",
    ],
)
def test_refuses_what_is_no_address(text: str) -> None:
    with pytest.raises(ConfigError, match="is no address: write"):
        parse_address(text)


@given(
    st.one_of(st.ip_addresses().map(str), st.from_regex(r"[a-z][a-z0-9.-]{0,20}", fullmatch=True)),
    st.integers(0, 65535),
)
def test_an_address_reads_back(host: str, port: int) -> None:
    address = Address(host, port)
    assert parse_address(str(address)) == address


@given(st.text())
def test_any_text_is_an_address_or_an_error(text: str) -> None:
    try:
        address = parse_address(text)
    except ConfigError:
        return
    assert address.host
    assert 0 <= address.port <= 65535


def test_without_a_file_there_are_the_defaults(tmp_path: Path) -> None:
    options = read_config(tmp_path)
    assert options == FileOptions()
    assert (options.listen, options.mud, options.log_level) == ("127.0.0.1:9999", "", "info")
    assert read_config(tmp_path / "nothing") == FileOptions()


def test_reads_the_file(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        'listen = "[::1]:1"\nmud = "mud:2"\nplugin_paths = ["/p"]\n'
        'load = ["plugins.games.mine"]\nlog_level = "debug"  # much\n'
    )
    assert read_config(tmp_path) == FileOptions(
        listen="[::1]:1",
        mud="mud:2",
        plugin_paths=["/p"],
        load=["plugins.games.mine"],
        log_level="debug",
    )


@pytest.mark.parametrize(
    ("text", "mud"),
    [
        ("mud:23", MudAddress("mud", 23)),
        ("tls://mud:23", MudAddress("mud", 23, tls=True)),
        (" tls://[::1]:23 ", MudAddress("::1", 23, tls=True)),
    ],
)
def test_reads_the_address_of_a_mud(text: str, mud: MudAddress) -> None:
    assert parse_mud(text) == mud
    assert parse_mud(str(mud)) == mud


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(b'\xef\xbb\xbfmud = "mud:2"\r\n')
    assert read_config(tmp_path).mud == "mud:2"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"listen = ", "Invalid value"),
        (b"= 3", "line 1"),
        (b'lisen = "x"', "lisen"),
        (b"listen = 5", r"str.*listen"),
        (b'load = "plugins.games.mine"', r"array.*load"),
        (b"load = [1]", r"load\[0\]"),
        (b'log_level = "loud"', "log_level must be one of debug, info"),
        (b'mud = "\xff"', "cannot be read"),
        (b'mud = "mud"', "mud: 'mud' is no address"),
        (b'mud = "tls://mud"', "mud: 'mud' is no address"),
        (b'listen_tls = "here"', "listen_tls: 'here' is no address"),
        (b'tls_cert = "cert.pem"', "tls_cert and tls_key go together"),
        (b'tls_key = "key.pem"', "tls_cert and tls_key go together"),
        (b'listen = "::1:2"', "listen: '::1:2' is no address"),
    ],
)
def test_a_broken_file_is_named_with_the_reason(tmp_path: Path, data: bytes, reason: str) -> None:
    (tmp_path / "config.toml").write_bytes(data)
    with pytest.raises(ConfigError, match=reason) as caught:
        read_config(tmp_path)
    assert str(tmp_path / "config.toml") in str(caught.value)


def test_a_directory_in_the_place_of_the_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "config.toml").mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        read_config(tmp_path)


def test_prepares_a_home_and_leaves_what_is_in_it(tmp_path: Path) -> None:
    home = tmp_path / "a" / "home"
    prepare_home(home)
    (home / "data" / "kept").write_text("kept")
    prepare_home(home)
    assert names(home) == ["data", "logs", "plugins"]
    assert (home / "data" / "kept").read_text() == "kept"


@pytest.mark.parametrize("way", ["home", "home/plugins", "home/data", "home/logs"])
def test_a_file_in_the_way_of_a_home_is_named(tmp_path: Path, way: str) -> None:
    home = tmp_path / "home"
    if way != "home":
        home.mkdir()
    (tmp_path / way).write_text("in the way")
    with pytest.raises(ConfigError, match="cannot be used") as caught:
        prepare_home(home)
    assert str(tmp_path / way) in str(caught.value)


def test_a_home_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be used"):
        prepare_home(tmp_path / "file" / "home")


def test_a_home_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = tmp_path / "data"
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != locked)
    with pytest.raises(ConfigError, match=r"data is not writable"):
        prepare_home(tmp_path)


def test_the_home_comes_from_the_environment_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME_VARIABLE, "~/mud")
    assert default_home() == Path.home() / "mud"
    monkeypatch.setenv(HOME_VARIABLE, "")
    assert default_home() == Path(platformdirs.user_data_dir("bastproxy", appauthor=False))


def test_options_know_their_directories(tmp_path: Path) -> None:
    options = Options(home=tmp_path)
    assert options.plugins_directory == tmp_path / "plugins"
    assert options.data_directory == tmp_path / "data"
    assert options.logs_directory == tmp_path / "logs"
    assert str(options.listen) == "127.0.0.1:9999"
