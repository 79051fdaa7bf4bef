"""Threads that somebody owns: asked to stop with their owner, and named when they do not."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import itertools
import sys
import threading
from collections.abc import Callable, Generator, Hashable
from typing import Any, Generic, TypeVar

from bastproxy.libs.ledger import Ledger
from bastproxy.libs.work.failures import log_failure, name_of

T = TypeVar("T")

KIND = "thread"


class ThreadResult(asyncio.Future[T]):
    """What a function in a thread returns, to be awaited; cancelling it asks it to stop.

    :ivar awaited: whether somebody has asked, who is then told of a failure.
    """

    awaited = False

    def __await__(self) -> Generator[Any, None, T]:
        self.awaited = True
        return super().__await__()

    def add_done_callback(self, *args: Any, **kwargs: Any) -> None:
        """Call a function when the thread has ended, as ``gather`` and ``wait`` do."""
        self.awaited = True
        super().add_done_callback(*args, **kwargs)


class _Running(Generic[T]):
    def __init__(self, owner_id: str, name: str, loop: asyncio.AbstractEventLoop) -> None:
        self.owner_id = owner_id
        self.name = f"{owner_id}:{name}"
        self.stop = threading.Event()
        self.result: ThreadResult[T] = ThreadResult(loop=loop)
        self.ended: asyncio.Future[None] = loop.create_future()
        self.thread: threading.Thread | None = None


class Threads:
    """The running threads of every owner."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._serials = itertools.count(1)
        self._running: dict[Hashable, _Running[Any]] = {}
        self._ending: list[_Running[Any]] = []
        ledger.add_kind(KIND, self)

    def run(self, owner_id: str, function: Callable[..., T], *args: Any) -> ThreadResult[T]:
        """Run a function in a thread of its own, and return what can be awaited.

        If the function has a parameter ``stop`` that ``args`` does not fill, it gets a
        :class:`threading.Event` there, which is set when it is to end. A failure goes to
        whoever awaits; if nobody does, it is logged.

        :raises TypeError: it is an ``async def``, or takes no such arguments.
        :raises RuntimeError: no event loop is running.
        """
        if inspect.iscoroutinefunction(function):
            raise TypeError(
                f"{owner_id}: a thread cannot run the async def {name_of(function)}; spawn a task"
            )
        loop = asyncio.get_running_loop()
        running: _Running[T] = _Running(owner_id, name_of(function), loop)
        keywords = {"stop": running.stop} if _takes_stop(function, args) else {}
        context = contextvars.copy_context()
        key = next(self._serials)

        def work() -> None:
            result: Any = None
            error: BaseException | None = None
            try:
                result = context.run(function, *args, **keywords)
            except BaseException as raised:
                error = raised
            try:
                loop.call_soon_threadsafe(self._done, key, running, result, error)
            except RuntimeError:
                pass  # the loop is closed: nobody waits any more
            finally:
                del result, error

        # A daemon, so that one that never ends does not keep the process.
        running.thread = threading.Thread(target=work, name=running.name, daemon=True)
        asyncio.Future.add_done_callback(
            running.result, lambda done: running.stop.set() if done.cancelled() else None
        )
        self._running[key] = running
        self._ledger.write(owner_id, KIND, key, name_of(function))
        running.thread.start()
        return running.result

    def suspend(self, key: Hashable) -> None:
        """Leave the thread running: only its end, or its return, is decided later."""

    def resume(self, key: Hashable) -> None:
        """Nothing to do: the thread never stopped."""

    def release(self, key: Hashable) -> None:
        """Ask the thread to stop."""
        running = self._running.pop(key, None)
        if running is not None:
            running.stop.set()
            self._ending.append(running)

    def is_settled(self) -> bool:
        """Say whether no thread that was asked to stop still runs."""
        return not self._ending

    async def settle(self, timeout: float = 5.0) -> list[str]:
        """Wait for the threads that were asked to stop.

        :param timeout: seconds.
        :returns: those that did not, and where they are; each is told once.
        """
        ending = self._ending.copy()
        if not ending:
            return []
        await asyncio.wait([running.ended for running in ending], timeout=timeout)
        stragglers = [one for one in ending if not one.ended.done() and one in self._ending]
        for running in stragglers:
            self._ending.remove(running)
        return [f"the thread {one.name}{_place(one.thread)}" for one in stragglers]

    def _done(
        self,
        key: Hashable,
        running: _Running[Any],
        result: object,
        error: BaseException | None,
    ) -> None:
        if self._running.pop(key, None) is not None:
            self._ledger.strike(running.owner_id, KIND, key)
        if running in self._ending:
            self._ending.remove(running)
        running.ended.set_result(None)
        running.thread = None
        if error is None:
            if not running.result.done():
                running.result.set_result(result)
            return
        if not isinstance(error, Exception) or isinstance(error, StopIteration):
            # Neither may come out of an await: one would end the loop, the other the coroutine.
            kind = type(error).__name__
            replaced = RuntimeError(f"the thread raised {kind}({error})")
            replaced.__cause__ = error
            error = replaced
        if not running.result.awaited or running.result.done():
            log_failure(running.owner_id, f"thread {running.name}", error)
        if not running.result.done():
            running.result.set_exception(error)
            running.result.exception()  # it is told already, or will be


def _takes_stop(function: Callable[..., object], args: tuple[Any, ...]) -> bool:
    try:
        signature = inspect.signature(function)
    except ValueError:
        return False  # of C, and it does not say
    stop = signature.parameters.get("stop")
    takes = (
        stop is not None
        and stop.kind in (stop.POSITIONAL_OR_KEYWORD, stop.KEYWORD_ONLY)
        and "stop" not in signature.bind_partial(*args).arguments
    )
    signature.bind(*args, **({"stop": None} if takes else {}))
    return takes


def _place(thread: threading.Thread | None) -> str:
    """Return where a thread is, for a person."""
    frame = sys._current_frames().get(thread.ident or 0) if thread is not None else None
    return f" ({frame.f_code.co_filename}, line {frame.f_lineno})" if frame is not None else ""
