"""What a person is told of who holds something, for holders of every kind."""

import asyncio
import atexit
import logging
import signal
import sys
import threading
from types import ModuleType

import pytest

from bastproxy.libs.plugins import referrers, unloaded
from bastproxy.libs.plugins.referrers import UNSEEN, find_holders


@pytest.fixture(autouse=True)
def _patience(monkeypatch):
    """However slow and full the machine is, holders are looked for to the end."""
    monkeypatch.setattr(referrers, "MOST_SECONDS", 60.0)
    monkeypatch.setattr(unloaded, "MOST_SECONDS", 60.0)


class Leak:
    def tick(self, *args: object) -> None:
        """Be something to hold on to."""


@pytest.fixture
def module(monkeypatch) -> ModuleType:
    """A module with a global for whatever a test wants to keep."""
    module = ModuleType("a_module")
    monkeypatch.setitem(sys.modules, "a_module", module)
    module.kept = []
    return module


def test_the_list_that_is_asked_about_is_nobody_who_holds(module):
    leak = Leak()
    module.kept.append(leak.tick)
    found = find_holders([leak], {})
    assert found == ["the global kept of a_module > a list > the method Leak.tick"]


def test_of_nothing_nobody_holds_anything():
    assert find_holders([], {}) == []


async def test_the_event_loop_is_named_once():
    leak = Leak()
    handle = asyncio.get_running_loop().call_later(3600, leak.tick)
    test, line = find_holders([leak], {})
    assert test.endswith("> the coroutine test_the_event_loop_is_named_once")
    assert line.startswith("the event loop as its _scheduled > ")
    assert line.endswith("a TimerHandle > the method Leak.tick")
    handle.cancel()


def test_a_logger_is_named():
    leak = Leak()
    logger = logging.getLogger("a.logger")
    logger.addFilter(leak.tick)
    (line,) = find_holders([leak], {})
    logger.removeFilter(leak.tick)
    assert line == "the logger a.logger as its filters > a list > the method Leak.tick"


def test_a_thread_is_named():
    leak, go = Leak(), threading.Event()
    thread = threading.Thread(target=lambda kept: go.wait(), args=(leak,), name="the hoarder")
    thread.start()
    found = find_holders([leak], {})
    go.set()
    thread.join()
    assert any(line.startswith("the thread the hoarder as its _args > ") for line in found), found


def test_the_frame_that_an_exception_keeps_is_told_with_who_keeps_the_exception(module):
    leak = Leak()

    def fail(held: Leak) -> None:
        raise ValueError

    try:
        fail(leak)
    except ValueError as error:
        module.kept.append(error)
    (line,) = find_holders([leak], {})
    module.kept.clear()
    assert line.startswith("the global kept of a_module > a list > a ValueError")
    assert "> a traceback > the frame of test_the_frame" in line
    assert line.endswith(".fail")


@pytest.mark.parametrize("where", ["atexit", "signal"])
def test_what_python_does_not_show_is_told_as_that(where):
    leak = Leak()
    if where == "atexit":
        atexit.register(leak.tick)
        found = find_holders([leak], {})
        atexit.unregister(leak.tick)
    else:
        before = signal.signal(signal.SIGTERM, leak.tick)
        found = find_holders([leak], {})
        signal.signal(signal.SIGTERM, before)
    assert found == [f"{UNSEEN} > the method Leak.tick"]
