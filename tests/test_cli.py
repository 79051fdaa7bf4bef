import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from bastproxy import __version__
from bastproxy.cli import main
from bastproxy.testing.harness import write_plugin

SECONDS = 20.0

DIARY = """
from pathlib import Path

from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook


class Plugin(BasePlugin):
    def write(self, word):
        with Path({path!r}).open("a") as file:
            file.write(f"{{word}} {{self.plugin_id}}\\n")

    @RegisterPluginHook("initialize")
    def _phook_initialize(self):
        self.write("initialize")

    @RegisterPluginHook("save")
    def _phook_save(self):
        self.write("save")

    @RegisterPluginHook("uninitialize")
    def _phook_uninitialize(self):
        self.write("uninitialize")
"""


class Proxy:
    """A proxy in a process of its own."""

    def __init__(self, arguments: Sequence[str], environment: dict[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bastproxy", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(environment or {})},
        )
        assert self.process.stdout is not None
        self.first_line = self.process.stdout.readline()

    @property
    def address(self) -> tuple[str, int]:
        assert self.first_line.startswith("listening on "), self.process.communicate(
            timeout=SECONDS
        )
        host, _, port = self.first_line.removeprefix("listening on ").strip().rpartition(":")
        return host, int(port)

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str, str]:
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> tuple[int, str, str]:
        rest, errors = self.process.communicate(timeout=SECONDS)
        return self.process.returncode, rest, errors


@contextmanager
def proxy(*arguments: str | Path, **environment: str) -> Iterator[Proxy]:
    running = Proxy(list(map(str, arguments)), environment)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()
        running.process.communicate()


def run_on_free_port(home: Path, *more: str) -> list[str]:
    return ["run", "--home", str(home), "--listen", "127.0.0.1:0", *more]


def read_until(connection: socket.socket, wanted: str) -> str:
    received = b""
    while wanted.encode() not in received:
        data = connection.recv(65536)
        assert data, f"closed before {wanted!r} came, after {received!r}"
        received += data
    return received.decode(errors="replace")


def talk(address: tuple[str, int], *turns: tuple[str, str]) -> None:
    """Type lines, and wait for the answer to each."""
    with socket.create_connection(address, timeout=SECONDS) as connection:
        for line, answer in turns:
            connection.sendall(line.encode() + b"\r\n")
            read_until(connection, answer)


def test_what_players_load_and_unload_is_remembered_and_load_counts_once(tmp_path: Path) -> None:
    home, diary = tmp_path / "home", tmp_path / "diary"
    for name in ("client.first", "games.loaded", "games.once"):
        write_plugin(home / "plugins", f"plugins.{name}", DIARY.format(path=str(diary)))

    with proxy("run", "--listen", "127.0.0.1:0", "--load", "plugins.games.once",
               BASTPROXY_HOME=str(home)) as first:  # fmt: skip
        talk(first.address, ("#bp.plugins.load loaded", "loaded plugins.games.loaded"))
        code, rest, errors = first.end(signal.SIGINT)
    assert (code, rest) == (0, "")
    assert "Traceback" not in errors
    assert diary.read_text().splitlines() == [
        "initialize plugins.client.first",
        "initialize plugins.games.once",
        "initialize plugins.games.loaded",
        "save plugins.client.first",
        "save plugins.games.once",
        "save plugins.games.loaded",
        "uninitialize plugins.games.loaded",
        "uninitialize plugins.games.once",
        "uninitialize plugins.client.first",
    ]

    diary.unlink()
    with proxy(*run_on_free_port(home)) as second:
        talk(
            second.address,
            ("#bp.plugins.unload first", "unloaded plugins.client.first"),
            ("#bp.plugins.list games", "plugins.games.once"),
            ("#bp.proxy.shutdown", "the proxy ends"),
        )
        assert second.wait()[0] == 0
    assert diary.read_text().splitlines() == [
        "initialize plugins.client.first",
        "initialize plugins.games.loaded",
        "uninitialize plugins.client.first",
        "save plugins.games.loaded",
        "uninitialize plugins.games.loaded",
    ]

    diary.unlink()
    with proxy(*run_on_free_port(home)) as third:
        assert third.address
        third.end()
    assert {line.split()[1] for line in diary.read_text().splitlines()} == {"plugins.games.loaded"}


def test_the_demo_is_played_through_the_proxy_until_sigterm(tmp_path: Path) -> None:
    with (
        proxy(*run_on_free_port(tmp_path, "--demo", "--log-level", "error")) as running,
        socket.create_connection(running.address, timeout=SECONDS) as player,
    ):
        read_until(player, "By what name")
        player.sendall(b"Osric\r\n")
        read_until(player, "Market Square")
        player.sendall(b"look stalls\r\n")
        read_until(player, "The fish did not.")
        code, rest, errors = running.end(signal.SIGTERM)
        while player.recv(65536):  # it closes the connection in good order
            pass
    assert (code, rest, errors) == (0, "", "")
    assert (tmp_path / "data" / "plugins.core.commands" / "history.json").exists()


def test_the_demo_mud_runs_alone() -> None:
    with proxy("demo", "--listen", "127.0.0.1:0") as mud:
        with socket.create_connection(mud.address, timeout=SECONDS) as player:
            read_until(player, "By what name")
        assert mud.end(signal.SIGINT) == (0, "", "")


def test_a_required_plugin_that_fails_ends_the_start_with_one_line(tmp_path: Path) -> None:
    directory = write_plugin(
        tmp_path / "plugins", "plugins.core.broken", "import nowhere_at_all\n", required=True
    )
    with proxy(*run_on_free_port(tmp_path, "--log-level", "critical")) as running:
        code, _, errors = running.wait()
    assert code == 5
    assert running.first_line == ""
    (line,) = errors.splitlines()
    assert line.startswith("bastproxy: the required plugin plugins.core.broken: ")
    assert f"{directory / 'plugin' / '__init__.py'}, line 1" in line
    assert "nowhere_at_all" in line


def fails(arguments: Sequence[str | Path], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Run the program in this process; return its exit code and its last word."""
    with pytest.raises(SystemExit) as end:
        main(list(map(str, arguments)))
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    (line,) = [line for line in err.splitlines() if line.startswith("bastproxy: ")]
    assert isinstance(end.value.code, int)
    return end.value.code, line


def test_a_port_in_use_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        for command in (["run", "--home", tmp_path], ["demo"]):
            code, line = fails([*command, "--listen", address], capsys)
            assert code == 4
            assert line.startswith(f"bastproxy: cannot listen on {address}: ")
            assert "in use" in line


@pytest.mark.parametrize("way", ["home", "home/data", "home/logs/bastproxy.log"])
def test_a_home_that_cannot_be_used_is_named(
    tmp_path: Path, way: str, capsys: pytest.CaptureFixture[str]
) -> None:
    in_the_way = tmp_path / way
    in_the_way.parent.mkdir(parents=True, exist_ok=True)
    if way.endswith(".log"):
        in_the_way.mkdir()
    else:
        in_the_way.write_text("")
    code, line = fails(run_on_free_port(tmp_path / "home"), capsys)
    assert code == 3
    assert str(in_the_way) in line


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="POSIX permissions")
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write anywhere")
def test_a_home_without_permission_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o500)
    assert fails(run_on_free_port(home), capsys)[0] == 3


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("listen =", "config.toml: Invalid value"),
        ("lisen = 'x'", "config.toml: Object contains unknown field `lisen`"),
        ("mud = 'nowhere'", "config.toml: mud: 'nowhere' is no address"),
        ("listen = 'nowhere'", "config.toml: listen: 'nowhere' is no address"),
    ],
)
def test_a_broken_config_is_named_with_the_reason(
    tmp_path: Path, text: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.toml").write_text(text)
    code, line = fails(["run", "--home", tmp_path], capsys)
    assert code == 3
    assert reason in line


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--listen", "nowhere"], "'nowhere' is no address: write HOST:PORT"),
        (["--mud", "mud:99999"], "'mud:99999' is no address"),
        (["--listen", "0.0.0.0:0"], "other machines could connect"),
        (["--listen", "[::]:0"], "other machines could connect"),
        (["--listen", "no-such-host.invalid:0"], "cannot listen on no-such-host.invalid:0"),
        (["--mud", "mud:4000", "--demo"], "--mud, --demo and --profile exclude each other"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    tmp_path: Path, arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, line = fails(["run", "--home", str(tmp_path), *arguments], capsys)
    assert code == 2
    assert reason in line
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_log_level_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["run", "--log-level", "loud"])
    assert end.value.code == 2
    assert "'loud' is not one of" in capsys.readouterr().err


def test_says_its_version_and_how_it_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    for option, said in (("--version", __version__), ("--help", "Run a MUD proxy"), ("-h", "run")):
        with pytest.raises(SystemExit) as end:
            main([option])
        assert end.value.code == 0
        assert said in capsys.readouterr().out
