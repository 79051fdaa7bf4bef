from __future__ import annotations

import asyncio
import contextlib
import ctypes
import socket
import struct
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from bastproxy.libs.net.address import MudAddress, MudOptions
from bastproxy.libs.net.client import ClientConnection
from bastproxy.libs.net.connection import Connection
from bastproxy.libs.net.lines import Item, Line
from bastproxy.libs.net.listener import Listener
from bastproxy.libs.net.mud import MudConnection, open_mud
from bastproxy.testing.peer import ScriptedMud, TestClient

QUIET = 0.02
SECONDS = 5.0


class Handler:
    """Stands in for the session: it keeps what it is told, and wakes who waits."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.lines: list[bytes] = []
        self.resized = 0
        self.writable: list[bool] = []
        self.ended: str | None = None
        self.reasons: dict[Connection, str] = {}
        self.connections: list[Any] = []
        self._changed = asyncio.Event()

    def others(self, kind: type) -> list[Item]:
        return [item for item in self.items if isinstance(item, kind)]

    async def wait_for(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(SECONDS):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    def _opened(self, connection: Connection) -> None:
        self.connections.append(connection)
        self._changed.set()

    def _received(self, _: Connection, items: list[Item]) -> None:
        self.items += items
        self.lines += [item.raw for item in items if isinstance(item, Line)]
        self._changed.set()

    def _ended(self, connection: Connection, reason: str) -> None:
        self.ended = self.reasons[connection] = reason
        self._changed.set()

    client_opened = mud_opened = _opened
    client_received = mud_received = _received
    client_closed = mud_closed = _ended

    def client_resized(self, _: ClientConnection) -> None:
        self.resized += 1
        self._changed.set()

    def mud_writable(self, _: MudConnection, writable: bool) -> None:
        self.writable.append(writable)
        self._changed.set()


class Clients(Handler):
    """Takes clients in on a real socket."""

    def __init__(self) -> None:
        super().__init__()
        self.options: dict[str, Any] = {}
        self.listener = Listener(self._new)
        self.address: tuple[str, int] = ("", 0)
        self._peers: list[TestClient] = []

    @property
    def client(self) -> ClientConnection:
        """The newest, as the proxy sees it."""
        return self.connections[-1]

    async def connect(self, peer: TestClient | None = None, **options: Any) -> TestClient:
        """Connect a client, and return its end when the options are settled."""
        peer = peer or TestClient(**options)
        if not self.address[1]:
            self.address = await self.listener.listen("127.0.0.1", 0)
        await peer.connect(*self.address)
        self._peers.append(peer)
        for _ in range(4):  # a round for each question
            await peer.sync()
        return peer

    async def close(self) -> None:
        self.listener.close()
        for peer in self._peers:
            peer.close()
        for connection in self.connections:
            connection.close("the test ends")
            await connection.wait_closed()

    def _new(self) -> ClientConnection:
        return ClientConnection("client-1", self, **{"quiet_time": QUIET, **self.options})


class Mud(Handler):
    """A connection to a scripted MUD."""

    def __init__(self) -> None:
        super().__init__()
        self.scripted: ScriptedMud | None = None
        self.mud: MudConnection = None  # type: ignore[assignment]

    async def connect(
        self, scripted: ScriptedMud | None = None, *, options: Any = None, **kept: Any
    ) -> Any:
        """Connect to the MUD, and return its end."""
        self.scripted = scripted or ScriptedMud()
        host, port = await self.scripted.start()
        await self.open(MudAddress(host, port), options=options, **kept)
        peer = await self.scripted.wait_connected()
        for _ in range(3):
            await peer.sync()
        return peer

    async def open(
        self,
        address: MudAddress,
        *,
        options: Any = None,
        timeout: float = SECONDS,
        **kept: Any,
    ) -> None:
        self.mud = MudConnection(
            address.host,
            address.port,
            self,
            tls=address.tls,
            verify=address.verify,
            options=options or MudOptions(),
            **{"quiet_time": QUIET, **kept},
        )
        await open_mud(self.mud, timeout=timeout)

    async def close(self) -> None:
        if self.mud is not None:
            self.mud.close("the test ends")
            await self.mud.wait_closed()
        if self.scripted is not None:
            await self.scripted.stop()


def vanish(sock: Any) -> None:
    """Have a socket take nothing from the network any more, and answer nothing."""
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux can filter what a socket receives")
    nothing = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))  # BPF: ret 0
    program = struct.pack("HL", 1, ctypes.addressof(nothing))
    sock.setsockopt(socket.SOL_SOCKET, 26, program)  # SO_ATTACH_FILTER


def ipv6() -> str:
    """Return an address of IPv6 on loopback.

    Skips the test where the machine has none.
    """
    try:
        with contextlib.closing(socket.socket(socket.AF_INET6)) as sock:
            sock.bind(("::1", 0))
    except OSError as error:
        pytest.skip(f"this machine has no IPv6: {error}")
    return "::1"


@pytest_asyncio.fixture
async def clients() -> AsyncIterator[Clients]:
    clients = Clients()
    yield clients
    await clients.close()


@pytest_asyncio.fixture
async def mud() -> AsyncIterator[Mud]:
    mud = Mud()
    yield mud
    await mud.close()


@pytest.fixture
def ipv6_host() -> str:
    return ipv6()


@pytest.fixture
def make_vanish() -> Callable[[Any], None]:
    return vanish
