"""Files, sockets and whatever else somebody has opened: closed when their owner goes."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import logging
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar

from bastproxy.libs.ledger import Ledger, State
from bastproxy.libs.tasks import Tasks
from bastproxy.libs.work.failures import SOURCE, log_failure

R = TypeVar("R")

KIND = "resource"
Close = Callable[[Any], object]


@dataclass(slots=True, eq=False)
class _Entry:
    owner_id: str
    resource: Any
    close: Close
    name: str


class Closeables:
    """What every owner has handed over to be closed."""

    def __init__(self, ledger: Ledger, tasks: Tasks) -> None:
        self._ledger = ledger
        self._tasks = tasks
        self._serials = itertools.count(1)
        self._entries: dict[Hashable, _Entry] = {}
        self._by_resource: dict[int, set[Hashable]] = {}
        self._pending: list[_Entry] = []
        ledger.add_kind(KIND, self)

    def own(self, owner_id: str, resource: R, close: Close | None = None) -> R:
        """Close ``resource`` when the owner goes, and return it.

        Owned again by the next generation of its owner, to which a reload has carried it,
        it stays open.

        :param close: called with the resource; its ``aclose`` or ``close`` by default.
        :raises TypeError: it has neither.
        """
        close = close or _way_to_close(owner_id, resource)
        if self._lines(owner_id, resource, State.ACTIVE):
            return resource
        key = next(self._serials)
        entry = _Entry(owner_id, resource, close, _described(resource))
        self._entries[key] = entry
        self._by_resource.setdefault(id(resource), set()).add(key)
        self._ledger.write(owner_id, KIND, key, entry.name)
        return resource

    def disown(self, owner_id: str, resource: object) -> bool:
        """Leave closing it to the owner; False when it was not owned."""
        keys = self._lines(owner_id, resource, State.ACTIVE)
        for key in keys:
            self._forget(key)
            self._ledger.strike(owner_id, KIND, key)
        return bool(keys)

    def suspend(self, key: Hashable) -> None:
        """Leave it open: whether it is to be closed is decided later."""

    def resume(self, key: Hashable) -> None:
        """Nothing to do: it was never closed."""

    def release(self, key: Hashable) -> None:
        """Close it, unless somebody else owns it too: soon, or now if no event loop runs."""
        entry = self._forget(key)
        if entry is None or id(entry.resource) in self._by_resource:
            return
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            self._close_now(entry)
        else:
            self._pending.append(entry)  # tasks and threads that end may still use it

    def is_settled(self) -> bool:
        """Say whether nothing is left to be closed."""
        return not self._pending

    async def settle(self, timeout: float = 5.0) -> list[str]:
        """Close what was released, in that order.

        :param timeout: seconds for each that is closed asynchronously.
        :returns: those that are not closed by then.
        """
        stragglers = []
        while self._pending:
            entry = self._pending.pop(0)
            if id(entry.resource) in self._by_resource:
                continue  # it has been owned again
            awaitable = self._begin(entry)
            if awaitable is None:
                continue
            task = self._tasks.spawn(SOURCE, _finish(entry, awaitable), f"close {entry.name}")
            await asyncio.wait([task], timeout=timeout)
            if not task.done():
                task.cancel()
                stragglers.append(f"closing {entry.name} of {entry.owner_id}")
        return stragglers

    def _lines(self, owner_id: str, resource: object, state: State) -> list[Hashable]:
        keys = self._by_resource.get(id(resource), ())
        if not keys:
            return []
        lines = self._ledger.lines(owner_id, kind=KIND)
        return [line.key for line in lines if line.key in keys and line.state is state]

    def _forget(self, key: Hashable) -> _Entry | None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            keys = self._by_resource[id(entry.resource)]
            keys.discard(key)
            if not keys:
                del self._by_resource[id(entry.resource)]
        return entry

    def _begin(self, entry: _Entry) -> Awaitable[object] | None:
        """Close it, and return what is to be awaited, if anything."""
        try:
            result = entry.close(entry.resource)
        except KeyboardInterrupt:
            raise  # the user's, and not the owner's
        except BaseException as error:
            log_failure(entry.owner_id, f"closing {entry.name}", error)
            return None
        return result if inspect.isawaitable(result) else None

    def _close_now(self, entry: _Entry) -> None:
        awaitable = self._begin(entry)
        if awaitable is None:
            return
        if inspect.iscoroutine(awaitable):
            awaitable.close()  # or Python warns that it was never awaited
        logging.getLogger(f"bastproxy.{entry.owner_id}").warning(
            "%s is not closed: that needs an event loop, and none is running",
            entry.name,
            extra={"sources": (entry.owner_id, SOURCE)},
        )


async def _finish(entry: _Entry, awaitable: Awaitable[object]) -> None:
    try:
        await awaitable
    except Exception as error:
        log_failure(entry.owner_id, f"closing {entry.name}", error)


def _way_to_close(owner_id: str, resource: object) -> Close:
    name = "aclose" if callable(getattr(resource, "aclose", None)) else "close"
    if not callable(getattr(resource, name, None)):
        raise TypeError(
            f"{owner_id}: {resource!r} has no close() and no aclose(); say how with close="
        )
    return lambda opened: getattr(opened, name)()


def _described(resource: object) -> str:
    name = getattr(resource, "name", None)
    kind = type(resource).__name__
    return f"{kind} {name}" if isinstance(name, str) else kind
