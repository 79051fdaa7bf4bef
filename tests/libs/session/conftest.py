from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio

from bastproxy.libs.events import Dispatcher, EventRecord
from bastproxy.libs.gmcp import Gmcp
from bastproxy.libs.ledger import Ledger
from bastproxy.libs.msdp import Msdp
from bastproxy.libs.session import Session
from bastproxy.libs.tasks import Tasks
from bastproxy.testing.peer import ScriptedMud, TestClient

QUIET = 0.02


class World:
    """A session with a scripted MUD, and clients on request."""

    def __init__(self, **options: Any) -> None:
        self.ledger = Ledger()
        self.tasks = Tasks(self.ledger)
        self.dispatcher = Dispatcher(self.ledger, self.tasks)
        self.gmcp = Gmcp(self.dispatcher, self.ledger)
        self.msdp = Msdp(self.dispatcher, self.ledger)
        self.session = Session(
            self.dispatcher,
            self.tasks,
            self.gmcp,
            self.msdp,
            **{"quiet_time": QUIET, **options},
        )
        self.session.notices = False
        self.mud = ScriptedMud()
        self.clients: list[TestClient] = []

    async def start(self) -> None:
        await self.session.listen("127.0.0.1", 0)
        await self.mud.start()
        assert await self.session.connect(self.mud.host, self.mud.port)
        await self.mud.wait_connected()

    async def connect(self, **options: Any) -> TestClient:
        client = TestClient(**options)
        await self.join(client)
        await client.sync()
        return client

    async def connect_only(self) -> str:
        """Connect a client whose words nobody may hear; return its id."""
        came = asyncio.Event()
        callback = self.on("ev_client_connected", lambda _: came.set())
        await self.join(TestClient())
        async with asyncio.timeout(5):
            await came.wait()
        self.dispatcher.unregister("ev_client_connected", callback)
        return list(self.session.clients)[-1]

    async def join(self, client: TestClient) -> None:
        assert self.session.address is not None
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: client, *self.session.address)
        self.clients.append(client)

    def on(
        self,
        event: str,
        function: Callable[[EventRecord], Any],
        priority: int = 50,
        owner: str = "plugins.a.b",
    ) -> Callable[[], Any]:
        def callback() -> Any:
            record = self.dispatcher.current_record()
            assert record is not None
            return function(record)

        callback.__name__ = getattr(function, "__name__", "callback")
        self.dispatcher.register(event, callback, owner, priority)
        return callback

    def collect(self, *events: str) -> list[dict[str, Any]]:
        """Collect the records of events, each with its name under the key ``event``."""
        found: list[dict[str, Any]] = []
        for event in events:
            self.on(event, lambda record: found.append({"event": record.event_name, **record}), 99)
        return found

    async def lose_mud(self) -> None:
        """Have the MUD close the connection, and wait until the session knows."""
        gone = asyncio.Event()
        callback = self.on("ev_mud_disconnected", lambda _: gone.set())
        self.mud.disconnect()
        async with asyncio.timeout(5):
            await gone.wait()
        self.dispatcher.unregister("ev_mud_disconnected", callback)

    async def stop(self) -> None:
        for client in self.clients:
            client.close()
        await self.session.close()
        await self.mud.stop()
        for client in self.clients:
            await client.wait_closed()
        for owner in self.ledger.owners():
            self.ledger.release(owner, kind="task")
        await self.tasks.settle()


async def started(**options: Any) -> World:
    world = World(**options)
    await world.start()
    return world


@pytest.fixture
def make_world() -> Callable[..., Awaitable[World]]:
    """Start a world; the test stops it."""
    return started


@pytest_asyncio.fixture
async def world() -> AsyncIterator[World]:
    world = await started()
    try:
        yield world
    finally:
        await world.stop()
