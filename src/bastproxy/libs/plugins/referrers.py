"""Who holds what should be gone: the way from it up to something with a name.

This looks through all that Python has in memory, several times, which takes tens of
milliseconds: it is for the moment when somebody asks, and never for the path of a line.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from time import perf_counter
from types import CellType, CoroutineType, FrameType, FunctionType, GeneratorType, MethodType

#: How far up is looked, how wide, how many of one type at each step, and how long.
MOST_STEPS = 14
MOST_OBJECTS = 16
MOST_OF_A_TYPE = 3
MOST_SECONDS = 0.3
MOST_HOLDERS = 5

#: What holds something, where no name was found on the way up, and where the way ends.
FAR_UP = "something without a name"
UNSEEN = "what Python does not show, such as atexit, a signal handler or a C library"

_CALLED = (MethodType, FunctionType, CoroutineType, GeneratorType)


def find_holders(leaked: Sequence[object], instances: Mapping[str, object]) -> list[str]:
    """Return who holds the leaked objects, nearest first, each as a line for a person.

    A line goes from something with a name down to what it holds: ``the attribute kept of
    plugins.games.hoarder > a list > the method Plugin.tick``.

    :param instances: the living instances of plugins, by id.
    """
    return _Search(instances).run(leaked)


class _Search:
    """One search, breadth first, from the leaked objects up."""

    def __init__(self, instances: Mapping[str, object]) -> None:
        self._roots: dict[int, str] = {}
        for name, module in list(sys.modules.items()):
            if isinstance(getattr(module, "__dict__", None), dict):
                self._roots.setdefault(id(vars(module)), f"the global {{}} of {name}")
        for plugin_id, instance in instances.items():
            for owner in (instance, getattr(instance, "__dict__", None)):
                self._roots[id(owner)] = f"the attribute {{}} of {plugin_id}"
        self._running = {id(frame) for frame in _running_frames()}
        self._seen: dict[int, object] = {}
        self._holds: dict[int, object] = {}  # by the id of a holder, what it holds
        self._own: set[int] = {id(self._seen), id(self._holds), id(self.__dict__), id(self)}

    def run(self, leaked: Sequence[object]) -> list[str]:
        found: list[str] = []
        level = list(leaked[:MOST_OBJECTS])
        self._seen.update((id(thing), thing) for thing in level)
        until = perf_counter() + MOST_SECONDS
        last: object = None
        is_cut_short = True
        for _ in range(MOST_STEPS):
            above: list[object] = []
            self._own.update((id(leaked), id(level), id(above)))
            for holder in self._referrers(level):
                name = self._name(holder)
                if name is not None:
                    found.append(" > ".join([name, *self._way_down(holder)]))
                else:
                    above.append(holder)
            if not above:
                is_cut_short = False
                break
            if len(found) >= MOST_HOLDERS or perf_counter() > until:
                break
            level, last = _few(above), above[0]
        if leaked and not found:
            own = [] if last is None else [_step(last, self._holds[id(last)])]
            way = [] if last is None else self._way_down(last)
            return [" > ".join([FAR_UP if is_cut_short else UNSEEN, *own, *way])]
        return list(dict.fromkeys(found))[:MOST_HOLDERS]

    def _referrers(self, level: list[object]) -> Iterator[object]:
        """Yield the holders of a level that are new, and note what they hold."""
        held = {id(thing): thing for thing in level}
        referrers = gc.get_referrers(*level)
        self._own.update((id(held), id(referrers)))
        self._own.update(map(id, _stack()))
        for holder in referrers:
            if id(holder) in self._own or id(holder) in self._seen:
                continue
            for thing in gc.get_referents(holder):
                if id(thing) in held:
                    self._seen[id(holder)] = holder
                    self._holds[id(holder)] = thing
                    yield holder
                    break

    def _name(self, holder: object) -> str | None:
        """Return what a person calls a holder, or None to look further up."""
        root = self._roots.get(id(holder))
        if root is not None:
            names = holder if isinstance(holder, dict) else getattr(holder, "__dict__", None)
            return root.format(_key(names, self._holds[id(holder)]) or "of some name")
        if isinstance(holder, asyncio.Future) and hasattr(holder, "get_name"):
            return f"the task {holder.get_name()}"
        if isinstance(holder, FrameType) and id(holder) in self._running:
            code = holder.f_code
            return f"the running {code.co_qualname} ({code.co_filename}, line {holder.f_lineno})"
        if isinstance(holder, asyncio.AbstractEventLoop):
            return f"the event loop{self._as_its(holder)}"
        if isinstance(holder, logging.Logger):
            return f"the logger {holder.name}{self._as_its(holder)}"
        if isinstance(holder, threading.Thread):
            return f"the thread {holder.name}{self._as_its(holder)}"
        return None

    def _as_its(self, holder: object) -> str:
        names, held = getattr(holder, "__dict__", None), self._holds[id(holder)]
        key = _key(names, self._holds.get(id(held)) if held is names else held)
        return f" as its {key}" if key else ""

    def _way_down(self, holder: object) -> list[str]:
        """Return what stands between a holder and the leak."""
        steps = []
        above, here = holder, self._holds[id(holder)]
        while (held := self._holds.get(id(here))) is not None:
            if here is not getattr(above, "__dict__", None):  # told with its owner
                within = getattr(here, "__dict__", None)
                steps.append(_step(here, self._holds.get(id(held)) if held is within else held))
            above, here = here, held
        return [step for step in steps if step]


def _few(objects: list[object]) -> list[object]:
    """Return some of each type: a thousand of one kind are held by the same."""
    taken: Counter[type] = Counter()
    few = []
    for thing in objects:
        taken[type(thing)] += 1
        if taken[type(thing)] <= MOST_OF_A_TYPE:
            few.append(thing)
    return few[:MOST_OBJECTS]


def _key(names: object, held: object) -> str:
    """Return the name by which something is held, or nothing."""
    if isinstance(names, dict):
        for name, value in list(names.items()):
            if value is held or name is held:
                return str(name)[:40]
    return ""


def _step(holder: object, held: object) -> str:
    """Return what a person calls a holder without a name of its own, and how it holds."""
    if isinstance(holder, CellType):
        return ""
    if isinstance(holder, type):
        return f"the class {holder.__qualname__}"
    if isinstance(holder, MethodType):
        return f"the method {getattr(holder.__func__, '__qualname__', holder.__func__)}"
    if isinstance(holder, _CALLED):
        return f"the {type(holder).__name__} {holder.__qualname__}"
    if isinstance(holder, FrameType):  # it has ended, and a traceback keeps it
        return f"the frame of {holder.f_code.co_qualname}"
    if isinstance(holder, dict):
        key = _key(holder, held)
        return f"a dict at {key!r}" if key else "a dict"
    attribute = _key(getattr(holder, "__dict__", None), held)
    return f"a {type(holder).__name__}" + (f" as its {attribute}" if attribute else "")


def _stack(frame: FrameType | None = None) -> list[FrameType]:
    """Return a frame, that of the caller by default, and those below it."""
    frame = frame or sys._getframe()
    frames = []
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back
    return frames


def _running_frames() -> list[FrameType]:
    return [frame for top in sys._current_frames().values() for frame in _stack(top)]
