"""All work of every owner: its tasks, timers, threads and closeables together."""

from __future__ import annotations

from time import monotonic

from bastproxy.libs.ledger import Ledger
from bastproxy.libs.tasks import Tasks
from bastproxy.libs.work.closeables import Closeables
from bastproxy.libs.work.schedules import Schedules
from bastproxy.libs.work.threads import Threads
from bastproxy.libs.work.timers import Timers


class Work:
    """What runs or is open for somebody, and the end of it."""

    def __init__(self, ledger: Ledger, tasks: Tasks) -> None:
        self.tasks = tasks
        self.timers = Timers(ledger, tasks)
        self.schedules = Schedules(ledger, tasks)
        self.threads = Threads(ledger)
        self.closeables = Closeables(ledger, tasks)

    def is_settled(self) -> bool:
        """Say whether nothing that was released is still on its way to its end."""
        return (
            self.tasks.is_settled() and self.threads.is_settled() and self.closeables.is_settled()
        )

    async def settle(self, timeout: float = 5.0) -> list[str]:
        """Wait for released tasks and threads to end, then close what they may have used.

        :param timeout: seconds, for the waiting and for each closing.
        :returns: who does not end, as a person is told.
        """
        until = monotonic() + timeout
        tasks = await self.tasks.settle(timeout)
        threads = await self.threads.settle(max(0.0, until - monotonic()))
        left = await self.closeables.settle(timeout)
        return [*(f"the task {name}" for name in tasks), *threads, *left]
