import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import keyring
import pytest
from keyring.backends.fail import Keyring as NoKeyring

from bastproxy.app import App
from bastproxy.config import Address, LoginStep, Options, Profile
from bastproxy.libs.access import Passwords, Vault
from bastproxy.libs.net.tls import client_context
from bastproxy.testing.peer import ScriptedMud, TestClient

LISTEN = Address("127.0.0.1", 0)

LOGIN = [
    LoginStep(when="By what name", send="{character}"),
    LoginStep(when="Password:", send="{password}"),
    LoginStep(when="Welcome", send="look"),
]


class Player:
    """A proxy that plays a profile on a scripted MUD, with one client."""

    def __init__(self, app: App, mud: ScriptedMud, client: TestClient) -> None:
        self.app = app
        self.mud = mud
        self.client = client
        self.heard: list[str] = []

    async def asked(self) -> None:
        """Have the MUD ask as MUDs do, and hear what the proxy says."""
        await self.mud.send_line("\x1b[1mThe Long Road\x1b[0m")
        await self.mud.send_prompt("By what name are you known? ")
        self.heard.append(await self.mud.read_line())
        self.mud.echo(True)
        await self.mud.send_prompt("Password: ")
        self.heard.append(await self.mud.read_line())
        self.mud.echo(False)
        await self.mud.send_line("Welcome, Osric!")
        self.heard.append(await self.mud.read_line())


@pytest.fixture(autouse=True)
def _no_keyring() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())
    yield
    keyring.set_keyring(before)


@asynccontextmanager
async def playing(home: Path) -> AsyncIterator[Player]:
    mud = ScriptedMud()
    host, port = await mud.start()
    profile = Profile(name="osric", host=host, port=port, character="Osric", login=LOGIN)
    options = Options(home, LISTEN, profile=profile, console=False, installed=False)
    client = TestClient()
    try:
        async with App(options) as app:
            loop = asyncio.get_running_loop()
            await loop.create_connection(lambda: client, app.address.host, app.address.port)
            await mud.wait_connected()
            yield Player(app, mud, client)
    finally:
        client.close()
        await mud.stop()
        await client.wait_closed()


async def test_it_logs_in_and_again_after_a_reconnect_and_nobody_hears_the_password(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    Vault(tmp_path).set("osric", "sesame")
    async with playing(tmp_path) as player:
        lines: list[object] = []
        dispatcher = player.app.kernel.dispatcher
        for name in ("ev_to_mud_data_modify", "ev_to_mud_data_read", "ev_from_client_event"):
            dispatcher.register(
                name, lambda: lines.append(dispatcher.current_record()["line"]), "testing", 1
            )
        await player.asked()
        await player.client.read_until("Welcome, Osric!")
        player.mud.peer.reset()
        await player.mud.wait_connected(2)
        await player.asked()
        assert player.heard == ["Osric", "sesame", "look"] * 2
        assert set(lines) == {"Osric", "look"}
        late = TestClient()
        await asyncio.get_running_loop().create_connection(
            lambda: late, player.app.address.host, player.app.address.port
        )
        await late.sync()
        late.close()
        await late.wait_closed()
        await player.client.sync()
        for client in (late, player.client):
            assert b"sesame" not in client.raw
    assert "sesame" not in caplog.text


async def test_another_mud_hears_nothing(tmp_path: Path) -> None:
    Vault(tmp_path).set("osric", "sesame")
    other = ScriptedMud()
    await other.start()
    try:
        async with playing(tmp_path) as player:
            player.app.session.disconnect("the player goes elsewhere")
            async with asyncio.timeout(5):
                while player.app.session.mud is not None:
                    await player.mud.peer.wait_closed()
                    await asyncio.sleep(0)
            assert await player.app.session.connect(other.host, other.port)
            await other.wait_connected()
            await other.send_prompt("By what name are you known? ")
            await other.send_prompt("Password: ")
            await other.sync()
            assert other.peer.lines == []
    finally:
        await other.stop()


async def test_without_a_stored_password_the_player_goes_on_by_hand(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with playing(tmp_path) as player:
        await player.mud.send_prompt("By what name are you known? ")
        assert await player.mud.read_line() == "Osric"
        await player.mud.send_prompt("Password: ")
        await player.client.read_until("Password: ")
        await player.client.send_line("sesame")
        assert await player.mud.read_line() == "sesame"
    assert 'store it with "bastproxy password profile osric"' in caplog.text


async def test_clients_log_in_over_tls(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Passwords(tmp_path / "access.toml").set("play", "open sesame")
    options = Options(tmp_path, LISTEN, listen_tls=LISTEN, console=False, installed=False)
    client = TestClient()
    async with App(options) as app:
        assert app.tls_address is not None
        loop = asyncio.get_running_loop()
        await loop.create_connection(
            lambda: client,
            app.tls_address.host,
            app.tls_address.port,
            ssl=client_context(verify=False),
        )
        assert await client.read_prompt() == "[bastproxy] password: "
        await client.send_line("open sesame")
        await client.read_until("no MUD is known yet")
    await client.wait_closed()
    assert not app.session.gate.exposed
    assert "listens in" not in caplog.text


async def test_where_others_can_connect_in_the_clear_the_log_warns(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    passwords = Passwords(tmp_path / "access.toml")
    passwords.set("play", "open sesame")
    options = Options(tmp_path, Address("0.0.0.0", 0), console=False, installed=False)
    async with App(options) as app:
        assert "who listens in on the way to 0.0.0.0:0 reads the password" in caplog.text
        assert app.session.gate.exposed
        passwords.remove("play")
        client = TestClient()
        await asyncio.get_running_loop().create_connection(
            lambda: client, "127.0.0.1", app.address.port
        )
        await client.wait_closed()
    assert client.lines == ["[bastproxy] nobody can log in, for no password is set"]
