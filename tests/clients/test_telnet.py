"""Debian's plain telnet plays through the proxy."""

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from bastproxy.testing import ProxyHarness

TELNET = shutil.which("telnet")
REQUIRED = os.environ.get("BASTPROXY_TEST_CLIENTS") == "required"


@pytest.fixture(autouse=True)
def programs() -> None:
    if TELNET is None:
        (pytest.fail if REQUIRED else pytest.skip)("telnet is not installed")


async def test_telnet_plays_and_runs_a_command(tmp_path: Path) -> None:
    async with ProxyHarness(tmp_path) as proxy:
        telnet = await asyncio.create_subprocess_exec(
            str(TELNET),
            proxy.app.address.host,
            str(proxy.app.address.port),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        assert telnet.stdin is not None
        assert telnet.stdout is not None

        async def read_until(text: str) -> str:
            received = b""
            async with asyncio.timeout(10):
                while text.encode() not in received:
                    data = await telnet.stdout.read(4096)
                    assert data, f"telnet ended before {text!r} came, after {received!r}"
                    received += data
            return received.decode()

        try:
            await read_until("Escape character")
            telnet.stdin.write(b"look\n")
            assert await proxy.mud.read_line() == "look"
            await proxy.mud.send_line("A quiet room.")
            await proxy.mud.send_prompt("<hp> ")
            assert "A quiet room.\n" in await read_until("<hp> ")
            telnet.stdin.write(b"#bp.clients.list\n")
            await read_until("client-1 (you)")
            gone = proxy.events("ev_client_disconnected")
            telnet.stdin.close()
            await gone.wait()
        finally:
            if telnet.returncode is None:
                telnet.kill()
            await telnet.communicate()
