"""Raising an event, beside a bare loop, pluggy and blinker."""

from __future__ import annotations

from collections.abc import Callable
from timeit import Timer
from typing import Any

import blinker
import pluggy

from bastproxy.libs.api import API
from bastproxy.libs.plugins import Kernel
from benchmarks._measure import Aim, compare, nanoseconds, time_statements

LOOP = "bare loop"
RAISE = "raise_event"
READING = "raise_event, each reads the record"
PLUGGY = "pluggy"
BLINKER = "blinker"

AIMED = 10
AIM = Aim(most=0.6)
RECORD = "plugins.core.events:get.current.event.record"


class Listener:
    def listen(self) -> None:
        pass


class Reader:
    def __init__(self, api: API) -> None:
        self.api = api

    def listen(self) -> None:
        self.api(RECORD)()["arg"]


def run(*, quick: bool) -> list[str]:
    """Measure and return the tables."""
    seconds, repeats = (0.002, 3) if quick else (0.005, 100)
    lines: list[str] = []
    for count in (0, 1, 10, 100):
        results = time_statements(
            {
                LOOP: Timer(
                    "for function in functions: function()",
                    globals={"functions": [Listener().listen for _ in range(count)]},
                ),
                RAISE: _raise(count, lambda _: Listener()),
                READING: _raise(count, Reader),
                PLUGGY: _pluggy(count),
                BLINKER: _blinker(count),
            },
            sample_seconds=seconds,
            repeats=repeats,
        )
        lines += compare(
            f"Event with {count} callbacks",
            results,
            bases=[PLUGGY, LOOP],
            aims={RAISE: AIM} if count == AIMED else {},
            unit=nanoseconds,
        )
    lines.append("  raise_event isolates, times and attributes each callback; the others do not")
    return lines


def _raise(count: int, make: Callable[[API], Any]) -> Timer:
    kernel = Kernel()
    dispatcher = kernel.dispatcher
    kernel.registry.add("plugins.core.events", RECORD, dispatcher.current_record)
    dispatcher.add_event("ev_bench", "bench")
    for number in range(count):
        owner_id = f"plugins.bench.p{number}"
        listener = make(API(owner_id=owner_id, registry=kernel.registry))
        dispatcher.register("ev_bench", listener.listen, owner_id)
    return Timer("raise_event('ev_bench', {'arg': 1})", globals=_of(dispatcher.raise_event))


def _of(function: Callable[..., Any]) -> dict[str, Any]:
    return {function.__name__: function}


def _pluggy(count: int) -> Timer:
    specification = pluggy.HookspecMarker("bench")
    implementation = pluggy.HookimplMarker("bench")

    class Specification:
        @specification
        def h(self, arg: int) -> None: ...

    class Plugin:
        @implementation
        def h(self, arg: int) -> None:
            pass

    manager = pluggy.PluginManager("bench")
    manager.add_hookspecs(Specification)
    for _ in range(count):
        manager.register(Plugin())
    return Timer("pm.hook.h(arg=1)", globals={"pm": manager})


def _blinker(count: int) -> Timer:
    class Receiver:
        def listen(self, sender: object, arg: int) -> None:
            pass

    signal = blinker.Signal()
    sender = object()
    receivers = [Receiver().listen for _ in range(count)]
    for receiver in receivers:
        signal.connect(receiver, weak=False)
    return Timer("signal.send(sender, arg=1)", globals={"signal": signal, "sender": sender})
