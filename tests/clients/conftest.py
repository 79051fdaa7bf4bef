"""A terminal for the clients that the tests play with, and a MUD that can do everything."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from bastproxy.demo import DemoMud
from bastproxy.libs.net.client import ClientConnection
from bastproxy.libs.net.telnet.constants import MSDP, MSSP, NAWS, NEW_ENVIRON, TTYPE
from bastproxy.testing import ProxyHarness
from bastproxy.testing.peer import ScriptedMud

TMUX = shutil.which("tmux")
SECONDS = 10.0


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

    async def press(self, *keys: str) -> None:
        """Press keys by tmux's names for them, such as ``Enter`` or ``C-]``."""
        await self.run("send-keys", *keys)

    async def type(self, line: str, *, enter: bool = True) -> None:
        await self.run("send-keys", "-l", "--", line)
        if enter:
            await self.press("Enter")

    async def resize(self, width: int, height: int) -> None:
        await self.run("resize-window", "-x", str(width), "-y", str(height))

    async def text(self) -> str:
        return await self.run("capture-pane", "-p", "-S", "-200")

    async def shows(self, *texts: str, last: str = "") -> str:
        """Wait for texts on the screen, and for the beginning of its last line; return it all."""
        screen = ""
        try:
            async with asyncio.timeout(SECONDS):
                while True:
                    screen = await self.text()
                    lines = screen.rstrip().splitlines() or [""]
                    if all(text in screen for text in texts) and lines[-1].startswith(last):
                        return screen
                    await asyncio.sleep(0.02)  # a screen tells nobody that it has changed
        except TimeoutError:
            raise AssertionError(
                f"{(*texts, last)} did not all come; the screen is:\n{screen}"
            ) from None


OpenTerminal = Callable[[str], AbstractAsyncContextManager[Screen]]


@pytest.fixture
def needs() -> Callable[..., str]:
    """Return the path of a program, or leave the test out; in CI it must be there."""

    def find(program: str, path: str | None = None) -> str:
        found = shutil.which(program) or shutil.which(program, path=path)
        if found is None:
            required = os.environ.get("BASTPROXY_TEST_CLIENTS") == "required"
            (pytest.fail if required else pytest.skip)(f"{program} is not installed")
        return found

    return find


@pytest.fixture
def open_terminal(tmp_path: Path, needs: Callable[..., str]) -> OpenTerminal:
    """Return what runs a command in a terminal of 100 columns and 40 rows."""
    needs("tmux")

    @asynccontextmanager
    async def run(command: str) -> AsyncIterator[Screen]:
        screen = Screen(tmp_path)
        await screen.run("new-session", "-d", "-x", "100", "-y", "40", command)
        try:
            yield screen
        finally:
            await screen.end()

    return run


@pytest.fixture
async def proxy(tmp_path: Path) -> AsyncIterator[ProxyHarness]:
    """Return a proxy on a MUD that does, and asks for, all that there is."""
    harness = ProxyHarness(tmp_path / "home")
    harness.mud = ScriptedMud(
        gmcp=True,
        mccp2=True,
        mccp3=True,
        offers=[MSDP, MSSP],
        asks=[TTYPE, NAWS, NEW_ENVIRON],
        charset=["UTF-8"],
    )
    async with harness:
        yield harness


@pytest.fixture
async def demo() -> AsyncIterator[DemoMud]:
    mud = DemoMud()
    await mud.start()
    yield mud
    await mud.stop()


@pytest.fixture
def settled(proxy: ProxyHarness) -> Callable[..., object]:
    """Return what waits until the only client has agreed on exactly these options."""

    async def wait(*options: str) -> ClientConnection:
        found: list[str] = []
        try:
            async with asyncio.timeout(SECONDS):
                while True:
                    for client in proxy.app.session.clients.values():
                        found = client.options()
                        if set(found) == set(options):
                            return client
                    await asyncio.sleep(0.02)  # not every option that settles raises an event
        except TimeoutError:
            raise AssertionError(f"it has agreed on {found}, not on {options}") from None

    return wait
