"""TinTin++, in tmux, plays the demo MUD through the proxy."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bastproxy.demo import DemoMud
from bastproxy.testing import ProxyHarness

TINTIN = shutil.which("tt++") or shutil.which("tt++", path="/usr/games")
TMUX = shutil.which("tmux")
REQUIRED = os.environ.get("BASTPROXY_TEST_CLIENTS") == "required"
SECONDS = 10.0

PLUGIN = """
from bastproxy.libs.events import RegisterToEvent
from bastproxy.plugins._baseplugin import BasePlugin


class Plugin(BasePlugin):
    def record(self):
        return self.api("plugins.core.events:get.current.event.record")()

    @RegisterToEvent("ev_to_client_data_modify")
    def _eventcb_from_mud(self):
        record = self.record()
        record["line"] = record["line"].replace("town crier", "TOWN CRIER")

    @RegisterToEvent("ev_to_mud_data_modify")
    def _eventcb_from_player(self):
        record = self.record()
        if record["line"] == "hi":
            record["line"] = "say hello"
"""


class Screen:
    """A terminal in tmux, with a tmux server of its own."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._directory = tempfile.TemporaryDirectory(prefix="bp")  # sockets want short paths
        self._tmux = [str(TMUX), "-S", f"{self._directory.name}/tmux", "-f", os.devnull]

    async def run(self, *arguments: str) -> str:
        process = await asyncio.create_subprocess_exec(
            *self._tmux,
            *arguments,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={
                **os.environ,
                "HOME": str(self._home),
                "TERM": "xterm-256color",
                "LC_ALL": "C.UTF-8",
            },
        )
        output, _ = await process.communicate()
        return output.decode(errors="replace")

    async def end(self) -> None:
        await self.run("kill-server")
        self._directory.cleanup()

    async def type(self, line: str) -> None:
        await self.run("send-keys", "-l", "--", line)
        await self.run("send-keys", "Enter")

    async def shows(self, *texts: str, last: str = "") -> str:
        """Wait for texts on the screen, and for the beginning of its last line; return it all."""
        screen = ""
        try:
            async with asyncio.timeout(SECONDS):
                while True:
                    screen = await self.run("capture-pane", "-p", "-S", "-200")
                    lines = screen.rstrip().splitlines() or [""]
                    if all(text in screen for text in texts) and lines[-1].startswith(last):
                        return screen
                    await asyncio.sleep(0.02)  # a screen tells nobody that it has changed
        except TimeoutError:
            raise AssertionError(
                f"{(*texts, last)} did not all come; the screen is:\n{screen}"
            ) from None


def keep(shown: str) -> None:
    """Write the screen to the file that the environment names, for those who want to see it."""
    if path := os.environ.get("BASTPROXY_TEST_SCREEN"):
        Path(path).write_text(shown.strip() + "\n")


@asynccontextmanager
async def tintin(home: Path, host: str, port: int) -> AsyncIterator[Screen]:
    screen = Screen(home)
    command = f"{TINTIN} -G -e '#session demo {host} {port}'"
    await screen.run("new-session", "-d", "-x", "100", "-y", "40", command)
    try:
        yield screen
    finally:
        await screen.end()


@pytest.fixture(autouse=True)
def programs() -> None:
    missing = [name for name, path in (("tt++", TINTIN), ("tmux", TMUX)) if path is None]
    if missing:
        (pytest.fail if REQUIRED else pytest.skip)(f"{' and '.join(missing)} not installed")


@pytest.fixture
async def demo() -> AsyncIterator[DemoMud]:
    mud = DemoMud()
    await mud.start()
    yield mud
    await mud.stop()


async def test_tintin_plays_and_a_plugin_changes_a_line_each_way(
    tmp_path: Path, demo: DemoMud
) -> None:
    async with ProxyHarness(tmp_path, mud=False, notices=True) as proxy:
        proxy.write_plugin("plugins.games.polite", PLUGIN)
        host, port = demo.address
        await proxy.command(f"#bp.proxy.set mud {host}:{port}")
        await proxy.command("#bp.proxy.set auto_connect off")
        await proxy.command("#bp.proxy.set auto_connect on")
        address = proxy.app.address
        async with tintin(tmp_path, address.host, address.port) as screen:
            await screen.shows("CONNECTED TO", "By what name do you go?")
            await screen.type("Osric")
            screen_before = await screen.shows("The town crier is here", "<30hp 20mv>")
            assert "TOWN CRIER" not in screen_before

            await screen.type("\\#bp.plugins.load polite")
            await screen.shows("loaded plugins.games.polite")
            await screen.type("look")
            await screen.shows("The TOWN CRIER is here")
            await screen.type("hi")
            shown = await screen.shows("You say: hello", last="<30hp 20mv>")
            assert "You say: hi" not in shown

            await screen.type("#send {#bp.clients.list}")
            shown = await screen.shows("client-1 (you)", "TINTIN++", "100x40")
            keep(shown)

            await screen.type("\\#bp.commands.set prefix //")
            await screen.type("//.proxy.info")
            await screen.shows("telnet: TTYPE EOR NAWS")
            await screen.type("quit")
            await screen.shows("is disconnected: ")
