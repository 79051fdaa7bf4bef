"""The demo MUD as a server."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Final

from bastproxy.demo.accounts import Accounts
from bastproxy.demo.game import Game
from bastproxy.demo.session import Session
from bastproxy.libs.tasks import Tasks

OWNER: Final = "demo"
MAX_SESSIONS: Final = 200
STOP_SECONDS: Final = 1.0


class DemoMud:
    """A small MUD on a port of its own.

    :param rng: where the game's chance comes from; seed it, and the game repeats itself tick by
        tick.
    :param tick: seconds from one look at what is due in the game to the next.
    :param tasks: who owns the ticker's task (as ``"demo"``). Without it the event loop's own
        timer ticks, and there is no task.
    """

    def __init__(
        self,
        *,
        rng: random.Random | None = None,
        tick: float = 0.25,
        tasks: Tasks | None = None,
    ) -> None:
        self.game = Game(rng)
        self.sessions: set[Session] = set()
        self._accounts = Accounts()
        self._tick = tick
        self._tasks = tasks
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._server: asyncio.Server | None = None
        self._empty = asyncio.Event()

    @property
    def address(self) -> tuple[str, int]:
        """Return host and port.

        :raises RuntimeError: the MUD is not running.
        """
        if self._server is None:
            raise RuntimeError("the demo MUD has no address before start(), or after stop()")
        host, port = self._server.sockets[0].getsockname()[:2]
        return host, port

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> tuple[str, int]:
        """Listen; port 0 takes a free one.

        :returns: host and port.
        :raises OSError: the address cannot be had.
        :raises RuntimeError: the MUD is running already.
        """
        if self._server is not None:
            raise RuntimeError("the demo MUD is running already")
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._accept, host, port)
        if self._tasks is not None:
            self._task = self._tasks.spawn(OWNER, self._tick_on(), "ticker")
        else:
            self._timer = loop.call_later(self._tick, self._tick_again)
        return self.address

    async def stop(self) -> None:
        """Send everybody home and close; nothing happens when it is not running."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        await self._stop_ticker()
        for session in list(self.sessions):
            session.line("Night falls over Low Tolling. Goodbye!")
            session.quit(linger=False)
        await self._wait_until_empty()
        await server.wait_closed()

    def advance(self, seconds: float) -> None:
        """Let time pass in the game, and tell clients what it brought."""
        self.game.advance(seconds)
        for session in self.sessions:
            session.refresh()

    def arrived(self, session: Session) -> None:
        """Take note of a new connection."""
        self.sessions.add(session)
        if self._server is None:
            session.abort()

    def gone(self, session: Session) -> None:
        """Take note of a connection's end."""
        self.sessions.discard(session)
        if not self.sessions:
            self._empty.set()

    def _accept(self) -> asyncio.Protocol:
        if len(self.sessions) >= MAX_SESSIONS:
            return _Full()
        return Session(self.game, self._accounts, self)

    async def _stop_ticker(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))
            self._task = None

    async def _wait_until_empty(self) -> None:
        self._empty.clear()
        if not self.sessions:
            return
        try:
            await asyncio.wait_for(self._empty.wait(), STOP_SECONDS)
        except TimeoutError:
            for session in list(self.sessions):
                session.abort()
            await self._empty.wait()

    async def _tick_on(self) -> None:
        while True:
            await asyncio.sleep(self._tick)
            self.advance(self._tick)

    def _tick_again(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._tick, self._tick_again)
        self.advance(self._tick)


class _Full(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(b"Low Tolling is full. Come back later.\r\n")
        transport.close()


async def serve(
    host: str,
    port: int,
    ready: Callable[[str, int], object],
    tasks: Tasks | None = None,
) -> None:
    """Run the demo MUD until cancelled.

    :param ready: called with host and port when it listens.
    :raises OSError: the address cannot be had.
    """
    mud = DemoMud(tasks=tasks)
    try:
        ready(*await mud.start(host, port))
        await asyncio.Event().wait()
    finally:
        await mud.stop()
