"""A raise against a model of it, with callbacks that register and unregister others."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from hypothesis import given, settings
from hypothesis import strategies as st

from bastproxy.libs.events import Dispatcher
from bastproxy.libs.ledger import Ledger
from bastproxy.libs.tasks import Tasks

CALLBACKS = 3
MAX_DEPTH = 3


class World(Protocol):
    def register(self, name: str, function: Callable[[], object], owner: str, priority: int): ...

    def unregister(self, name: str, function: Callable[[], object]): ...

    def raise_event(self, name: str): ...


class Model:
    """At every step: the first that listens now, whose place has not passed."""

    def __init__(self) -> None:
        self.listening: dict[str, list[tuple[int, int, Callable[[], object]]]] = {}
        self.serials = itertools.count()

    def register(self, name: str, function: Callable[[], object], owner: str, priority: int):
        places = self.listening.setdefault(name, [])
        if all(function is not other for _, _, other in places):
            places.append((priority, next(self.serials), function))

    def unregister(self, name: str, function: Callable[[], object]):
        places = self.listening.get(name, [])
        places[:] = [place for place in places if place[2] is not function]

    def raise_event(self, name: str):
        passed: tuple[float, int] = (float("-inf"), 0)
        ran: list[Callable[[], object]] = []
        while True:
            places = [
                place
                for place in self.listening.get(name, [])
                if place[:2] > passed and place[2] not in ran
            ]
            if not places:
                return
            priority, serial, function = min(places, key=lambda place: place[:2])
            passed = (priority, serial)
            ran.append(function)
            function()


@dataclass(frozen=True)
class Action:
    what: str
    event: str
    callback: int
    priority: int


ACTIONS = st.builds(
    Action,
    st.sampled_from(["register", "unregister", "replace", "move", "raise"]),
    st.sampled_from(["ev_a", "ev_a", "ev_b"]),
    st.integers(0, CALLBACKS - 1),
    st.sampled_from([10, 50]),
)


def run(
    world: World, start: list[Action], scripts: list[list[Action]], raises: list[str]
) -> list[object]:
    """Return what ran, in order; each call of a callback does the next of its actions."""
    trace: list[object] = []
    depth = 0
    functions: list[Callable[[], object]] = []

    def act(action: Action) -> None:
        nonlocal depth
        if action.what == "register":
            function = functions[action.callback]
            world.register(action.event, function, "me", action.priority)
        elif action.what == "unregister":
            world.unregister(action.event, functions[action.callback])
        elif action.what in ("move", "replace"):
            gone = functions if action.what == "replace" else [functions[action.callback]]
            for function in gone:
                world.unregister(action.event, function)
            world.register(action.event, functions[action.callback], "me", action.priority)
        elif depth < MAX_DEPTH:
            depth += 1
            trace.append(("raise", action.event))
            world.raise_event(action.event)
            trace.append(("end", action.event))
            depth -= 1

    def callback(number: int) -> Callable[[], object]:
        remaining = list(scripts[number])

        def function() -> None:
            trace.append(number)
            for _ in range(2):
                if remaining:
                    act(remaining.pop(0))

        return function

    functions.extend(callback(number) for number in range(CALLBACKS))
    for action in start:
        act(action)
    for event in raises:
        trace.append(event)
        world.raise_event(event)
    return trace


@given(
    start=st.lists(ACTIONS.filter(lambda action: action.what == "register"), max_size=6),
    scripts=st.lists(st.lists(ACTIONS, max_size=6), min_size=CALLBACKS, max_size=CALLBACKS),
    raises=st.lists(st.sampled_from(["ev_a", "ev_b"]), min_size=1, max_size=3),
    declared=st.booleans(),
)
@settings(deadline=None)
def test_a_raise_does_what_the_model_does(
    start: list[Action], scripts: list[list[Action]], raises: list[str], declared: bool
) -> None:
    ledger = Ledger()
    dispatcher = Dispatcher(ledger, Tasks(ledger))
    if declared:
        dispatcher.add_event("ev_a", "me")
    assert run(dispatcher, start, scripts, raises) == run(Model(), start, scripts, raises)
    ledger.release("me")
    assert dispatcher.events() == []
