"""Dialling: one attempt at a time to connect to a MUD."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bastproxy.libs.net.address import MudAddress
from bastproxy.libs.session.declared import OWNER_ID
from bastproxy.libs.tasks import Tasks


class Dialler:
    """Runs the attempt as a task, so that whoever asked may go and it may be given up.

    :param attempt: connects to an address, and says whether it could.
    """

    def __init__(self, tasks: Tasks, attempt: Callable[[MudAddress], Awaitable[bool]]) -> None:
        self._tasks = tasks
        self._attempt = attempt
        self._task: asyncio.Task[bool] | None = None
        self._address: MudAddress | None = None

    @property
    def busy(self) -> bool:
        """Whether an attempt is under way that nobody has given up."""
        task = self._running()
        return task is not None and not task.cancelling()

    async def dial(self, address: MudAddress) -> bool:
        """Try to connect; whoever asks for the same address meanwhile shares the attempt."""
        while (task := self._running()) and (task.cancelling() or self._address != address):
            await self.give_up()
        if task is None:
            task = self._task = self._tasks.spawn(OWNER_ID, self._run(address), "connect")
            self._address = address
        await asyncio.wait([task])
        return not task.cancelled() and task.exception() is None and task.result()

    def cancel(self) -> None:
        """Give the attempt up, if there is one."""
        if self._task is not None:
            self._task.cancel()

    async def give_up(self) -> None:
        """Cancel, and wait until the attempt has ended."""
        self.cancel()
        if self._task is not None:
            await asyncio.wait([self._task])

    def _running(self) -> asyncio.Task[bool] | None:
        return self._task if self._task is not None and not self._task.done() else None

    async def _run(self, address: MudAddress) -> bool:
        return await self._attempt(address)
