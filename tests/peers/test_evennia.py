"""Plays Evennia, a MUD server from PyPI, through the proxy, over its real telnet port.

It is large and pins old versions of much, so it lives in a virtual environment of its own;
``BASTPROXY_TEST_EVENNIA`` names that environment's ``evennia``.
"""

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backends.fail import Keyring as NoKeyring

from bastproxy.app import App
from bastproxy.config import Address, LoginStep, Options, Profile
from bastproxy.libs.access import Vault
from bastproxy.libs.net.telnet.constants import (
    GMCP,
    MCCP2,
    MSDP,
    MSSP,
    MXP,
    NAWS,
    NEW_ENVIRON,
    TTYPE,
)
from bastproxy.testing import ProxyHarness
from bastproxy.testing.peer import TestClient

EVENNIA = os.environ.get("BASTPROXY_TEST_EVENNIA", "")
REQUIRED = os.environ.get("BASTPROXY_TEST_CLIENTS") == "required"
NAME, PASSWORD = "tester", "Sesame-Street-1"
SECONDS = 60.0
START_SECONDS = 300.0

SETTINGS = """
from evennia.settings_default import *

SERVERNAME = "Peer"
TELNET_PORTS = [{telnet}]
TELNET_INTERFACES = ["127.0.0.1"]
AMP_PORT = {amp}
WEBSERVER_ENABLED = False
WEBSOCKET_CLIENT_ENABLED = False
SECRET_KEY = "for tests only"
"""


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def evennia(directory: Path, *arguments: str) -> None:
    environment = {
        **os.environ,
        "EVENNIA_SUPERUSER_USERNAME": NAME,
        "EVENNIA_SUPERUSER_PASSWORD": PASSWORD,
        "EVENNIA_SUPERUSER_EMAIL": "tester@example.org",
        "PATH": f"{Path(EVENNIA).parent}{os.pathsep}{os.environ['PATH']}",
    }
    # Its servers keep the standard output open: a pipe would be waited for until they end.
    with (directory / "evennia.out").open("a+") as out:
        done = subprocess.run(
            [EVENNIA, *arguments],
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            timeout=START_SECONDS,
            check=False,
        )
        out.seek(0)
        assert done.returncode == 0, f"evennia {' '.join(arguments)}: {out.read()}"


def wait_for_log(game: Path, text: str) -> None:
    """Wait until the server, which tells nobody else, has written this to its log."""
    log = game / "server/logs/server.log"
    until = time.monotonic() + START_SECONDS
    while not log.exists() or text not in log.read_text():
        assert time.monotonic() < until, f"Evennia's log has no {text!r}"
        time.sleep(0.2)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Start a new, empty Evennia; return its telnet port."""
    if not shutil.which(EVENNIA):
        (pytest.fail if REQUIRED else pytest.skip)("BASTPROXY_TEST_EVENNIA names no evennia")
    directory = tmp_path_factory.mktemp("evennia")
    telnet, amp = free_ports(2)
    evennia(directory, "--init", "game")
    game = directory / "game"
    (game / "server/conf/settings.py").write_text(SETTINGS.format(telnet=telnet, amp=amp))
    evennia(game, "migrate")
    try:
        evennia(game, "start")
        wait_for_log(game, "restarted in 'reset' mode")  # so ends its very first start
        yield telnet
    finally:
        evennia(game, "stop")


@pytest.fixture
def _no_keyring() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())
    yield
    keyring.set_keyring(before)


async def test_it_is_played_with_compression_gmcp_msdp_and_mssp(port: int, tmp_path: Path) -> None:
    async with ProxyHarness(tmp_path, mud=False, timeout=SECONDS) as proxy:
        client = await proxy.connect(gmcp=True)
        messages = proxy.events("ev_gmcp")
        commands = proxy.events("ev_msdp_commands")
        await client.send_line(f"#bp.proxy.connect 127.0.0.1 {port}")
        await client.read_until("connect <username> <password>")
        await client.send_line(f"connect {NAME} {PASSWORD}")
        await client.read_until("Limbo")
        await client.send_line("say Hello through the proxy")
        await client.read_until('You say, "')
        await client.read_until("Hello through the proxy")

        mud = proxy.app.session.mud
        assert mud is not None
        # MXP is up to the client, and this one refuses it.
        assert [mud.telnet.is_remote(one) for one in (GMCP, MSDP, MSSP, MCCP2)] == [True] * 4
        assert [mud.telnet.is_local(one) for one in (TTYPE, NAWS)] == [True] * 2
        assert not mud.telnet.is_remote(MXP)
        assert not mud.telnet.is_local(NEW_ENVIRON)
        assert mud.compressed_in
        assert not mud.compressed_out
        assert mud.ratio_in is not None
        assert mud.ratio_in > 1

        await client.send_gmcp("Core.Get_Inputfuncs")
        await client.wait_for(
            lambda: any(package == "Core.Commands.Get" for package, _ in client.gmcp),
            "Core.Commands.Get",
        )
        data = dict(client.gmcp)["Core.Commands.Get"]
        assert "msdp_list" in data
        assert proxy.api("plugins.core.gmcp:get")("core.commands.get") == data
        assert "Core.Commands.Get" in [record["package"] for record in messages.raises]

        assert proxy.api("plugins.core.msdp:send")("LIST", "COMMANDS")
        assert "report" in (await commands.wait())[0]["value"]
        assert proxy.api("plugins.core.proxy:mssp.get")()["CODEBASE"] == ["Evennia"]

        await client.send_line("#bp.proxy.info")
        text = (await client.read_until("MCCP2")).decode()
        assert f"connected to 127.0.0.1:{port}" in text


async def test_what_a_client_is_reaches_it(port: int, tmp_path: Path) -> None:
    async with ProxyHarness(tmp_path, mud=False, timeout=SECONDS) as proxy:
        client = TestClient(
            window=(90, 33),
            terminals=["MUDLET", "XTERM-256COLOR", "MTTS 15"],
            accept=[MXP],
            timeout=SECONDS,
        )
        await client.connect(proxy.app.address.host, proxy.app.address.port)
        await client.sync()
        await client.send_line(f"#bp.proxy.connect 127.0.0.1 {port}")
        await client.read_until("Welcome to")
        await client.send_line(f"connect {NAME} {PASSWORD}")
        await client.read_until("Limbo")
        await client.send_line("option")
        told = {
            "CLIENTNAME": "BASTPROXY",
            "TERM": "XTERM-256COLOR",
            "PROXY": "True",
            "MNES": "True",
            "XTERM256": "True",
            "TRUECOLOR": "False",
            "MCCP": "True",
            "MXP": "True",
            "SCREENWIDTH": "90",
            "SCREENHEIGHT": "33",
        }
        rows = {name: re.compile(rf"\b{name} +\| {value} ") for name, value in told.items()}
        await client.wait_for(
            lambda: all(row.search(_plain(bytes(client.raw))) for row in rows.values()),
            "what Evennia knows of its client",
        )
        client.close()
        await client.wait_closed()


async def test_the_session_lives_through_a_reload_of_the_server(port: int, tmp_path: Path) -> None:
    async with ProxyHarness(tmp_path, mud=False, timeout=SECONDS) as proxy:
        client = await proxy.connect(gmcp=True)
        await client.send_line(f"#bp.proxy.connect 127.0.0.1 {port}")
        await client.read_until("connect <username> <password>")
        await client.send_line(f"connect {NAME} {PASSWORD}")
        await client.read_until("Limbo")
        mud = proxy.app.session.mud
        await client.send_line("reload")
        await client.read_until("... Server restarted.")
        await client.send_line("say still here")
        await client.read_until('You say, "')
        await client.read_until("still here")
        assert proxy.app.session.mud is mud
        assert mud is not None
        assert mud.compressed_in


@pytest.mark.usefixtures("_no_keyring")
async def test_the_proxy_logs_in_by_itself_and_again_when_it_was_thrown_out(
    port: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Vault(tmp_path).set("peer", PASSWORD)
    steps = [
        LoginStep(when="connect <username> <password>", send="connect {character} {password}"),
        LoginStep(when="Limbo", send="say I am back"),
    ]
    profile = Profile(name="peer", host="127.0.0.1", port=port, character=NAME, login=steps)
    options = Options(tmp_path, Address("127.0.0.1", 0), profile=profile, console=False)
    async with App(options) as app:
        client = TestClient(timeout=SECONDS)
        await client.connect(app.address.host, app.address.port)
        await client.read_until("I am back")
        first = app.session.mud
        await client.send_line(f"boot {NAME}")
        await client.wait_for(lambda: client.raw.count(b"I am back") == 2, "the second login")
        assert app.session.mud is not None
        assert app.session.mud is not first
        assert app.session.mud.compressed_in
        client.close()
        await client.wait_closed()
        assert PASSWORD not in client.raw.decode()
    assert PASSWORD not in caplog.text


def _plain(raw: bytes) -> str:
    """Return the text without its colours and modes."""
    return re.sub(r"\x1b\[[0-9;]*[mz]", "", raw.decode())
