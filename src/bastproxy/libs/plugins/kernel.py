"""The kernel: the engines that everything else stands on, tied together."""

from __future__ import annotations

from bastproxy.libs.api import AddAPI, Registry
from bastproxy.libs.api.api import run_registry, stop_registry
from bastproxy.libs.declarations import Scanner
from bastproxy.libs.events import Dispatcher, RegisterToEvent
from bastproxy.libs.ledger import Ledger
from bastproxy.libs.tasks import Tasks
from bastproxy.libs.work import Work

_running: list[Kernel] = []


class Kernel:
    """Ledger, tasks and other work, APIs and events of one proxy.

    As a context manager it is the running one, which new API objects speak to.
    """

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.scanner = Scanner()
        self.tasks = Tasks(self.ledger)
        self.work = Work(self.ledger, self.tasks)
        self.registry = Registry(self.ledger)
        self.dispatcher = Dispatcher(self.ledger, self.tasks)
        self.scanner.add_handler(AddAPI, self.registry.add_declared, self.registry.remove_declared)
        self.scanner.add_handler(
            RegisterToEvent, self.dispatcher.add_declared, self.dispatcher.remove_declared
        )
        add = self.registry.add
        add("libs.events", "get.dispatcher", lambda: self.dispatcher, "the event engine")
        add("libs.tasks", "spawn", self.tasks.spawn, "run a coroutine as a task of an owner")
        add("libs.ledger", "get.ledger", lambda: self.ledger, "who owns which registration")
        timers, closeables = self.work.timers, self.work.closeables
        add("libs.work", "get.schedules", lambda: self.work.schedules, "the named timers")
        add("libs.work", "call.later", timers.call_later, "call a function after a time")
        add("libs.work", "call.every", timers.call_every, "call a function again and again")
        add("libs.work", "run.in.thread", self.work.threads.run, "run a function in a thread")
        add("libs.work", "own", closeables.own, "have a file or a socket closed with its owner")
        add("libs.work", "disown", closeables.disown, "leave closing to the owner again")

    def __enter__(self) -> Kernel:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def start(self) -> None:
        """Become the running kernel of this process.

        :raises RuntimeError: there is one.
        """
        run_registry(self.registry)
        _running.append(self)

    def stop(self) -> None:
        """Be the running kernel no more."""
        stop_registry(self.registry)
        if self in _running:
            _running.remove(self)


def running_kernel() -> Kernel:
    """Return the running kernel.

    :raises RuntimeError: no proxy is running.
    """
    if not _running:
        raise RuntimeError("no proxy is running in this process")
    return _running[-1]
