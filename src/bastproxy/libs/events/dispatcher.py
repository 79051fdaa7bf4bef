"""The dispatcher: who listens to what, and the raising of events."""

from __future__ import annotations

import itertools
from asyncio import CancelledError
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextvars import ContextVar
from time import perf_counter
from typing import Any

from bastproxy.libs.events.event import Callback, Declaration, Event, is_async
from bastproxy.libs.events.record import Author, EventRecord, author, new_record
from bastproxy.libs.events.register import RegisterToEvent
from bastproxy.libs.ledger import Ledger
from bastproxy.libs.records import LogRecord
from bastproxy.libs.tasks import Tasks

EVENT = "event"
CALLBACK = "callback"
OWNER_ID = "libs.events"

_current: ContextVar[EventRecord | None] = ContextVar("current_event_record", default=None)


class _Declarations:
    """The keeper of declared events; the dispatcher itself keeps the callbacks."""

    def __init__(self, events: dict[str, Event]) -> None:
        self._events = events
        self._by_serial: dict[Hashable, tuple[Event, Declaration]] = {}

    def add(self, event: Event, declaration: Declaration) -> None:
        self._by_serial[declaration.serial] = (event, declaration)
        event.declarations.append(declaration)

    def suspend(self, key: Hashable) -> None:
        self._by_serial[key][1].suspended = True

    def resume(self, key: Hashable) -> None:
        self._by_serial[key][1].suspended = False

    def release(self, key: Hashable) -> None:
        event, declaration = self._by_serial.pop(key)
        event.declarations.remove(declaration)
        if event.is_empty:
            del self._events[event.name]


class Dispatcher:
    """All events and their callbacks.

    :param tasks: runs the callbacks that are ``async def``.
    """

    def __init__(self, ledger: Ledger, tasks: Tasks) -> None:
        self._ledger = ledger
        self._tasks = tasks
        self._events: dict[str, Event] = {}
        self._by_serial: dict[Hashable, tuple[Event, Callback]] = {}
        self._serials = itertools.count(1)
        self._declarations = _Declarations(self._events)
        self._folded: tuple[str, ...] = ()
        ledger.add_kind(EVENT, self._declarations)
        ledger.add_kind(CALLBACK, self)

    def fold_case(self, prefix: str) -> None:
        """Have the case of events whose names begin so count for nothing.

        For names that others make up, as a MUD does its GMCP packages: one that registers to
        ``ev_gmcp_Char.Vitals`` and one that registers to ``ev_gmcp_char.vitals`` mean the same.
        Callbacks that are registered already are not looked at again.

        :param prefix: in lower case, such as ``ev_gmcp_``.
        """
        if prefix not in self._folded:
            self._folded = (*self._folded, prefix)

    def _known_as(self, name: str) -> str:
        return name.lower() if name.lower().startswith(self._folded) else name

    def add_event(
        self,
        name: str,
        owner_id: str,
        description: Sequence[str] = (),
        arg_descriptions: Mapping[str, str] | None = None,
    ) -> bool:
        """Declare an event, or describe one's own anew.

        :returns: False, with a message in the log, when another owner has declared it.
        """
        name = self._known_as(name)
        event = self._events.get(name) or self._events.setdefault(name, Event(name))
        old = event.declaration
        if old is not None and old.owner_id != owner_id:
            LogRecord(
                f"{owner_id} cannot add the event {name!r}: {old.owner_id} has",
                level="error",
                sources=[owner_id, OWNER_ID],
            )()
            return False
        lines = [description] if isinstance(description, str) else list(description)
        declaration = Declaration(
            next(self._serials), owner_id, lines, dict(arg_descriptions or {})
        )
        self._declarations.add(event, declaration)
        self._ledger.write(owner_id, EVENT, declaration.serial, name)
        if old is not None:
            self._declarations.release(old.serial)
            self._ledger.strike(owner_id, EVENT, old.serial)
        return True

    def register(
        self,
        event_name: str,
        function: Callable[[], Any],
        owner_id: str,
        priority: int = 50,
    ) -> bool:
        """Have ``function()`` called at every raise of the event.

        :returns: False when it is registered there already.
        :raises TypeError: it cannot be called, or it is an ``async def`` for an event
            whose raiser waits for the answer (``*_modify``).
        """
        if not callable(function):
            raise TypeError(f"{owner_id}: a callback of {event_name} must be callable")
        event_name = self._known_as(event_name)
        event = self._events.get(event_name)
        known = event.find(function) if event is not None else None
        if known is not None:
            return False
        call = self._spawning(event_name, function, owner_id) if is_async(function) else function
        if event is None:
            event = self._events[event_name] = Event(event_name)
        serial = next(self._serials)
        callback = Callback(serial, function, owner_id, priority, call)
        event.add(callback)
        self._by_serial[serial] = (event, callback)
        self._ledger.write(owner_id, CALLBACK, serial, f"{event_name} {callback.name}")
        return True

    def add_declared(
        self, owner_id: str, obj: object, attribute: str, declaration: RegisterToEvent
    ) -> None:
        """Register one decorated method."""
        name = declaration.event_name
        if "{" in name:
            name = name.replace("{plugin_id}", owner_id)
        self.register(name, getattr(obj, attribute), owner_id, declaration.priority)

    def remove_declared(
        self, owner_id: str, obj: object, attribute: str, declaration: RegisterToEvent
    ) -> None:
        """Undo :meth:`add_declared`."""
        name = declaration.event_name.replace("{plugin_id}", owner_id)
        self.unregister(name, getattr(obj, attribute))

    def unregister(self, event_name: str, function: Callable[[], Any]) -> bool:
        """Stop calling ``function``; False when it was not registered."""
        event = self.event(event_name)
        callback = event.find(function) if event else None
        if callback is None:
            return False
        self.release(callback.serial)
        self._ledger.strike(callback.owner_id, CALLBACK, callback.serial)
        return True

    def is_registered(self, event_name: str, function: Callable[[], Any]) -> bool:
        """Say whether the event calls ``function``."""
        event = self.event(event_name)
        return event is not None and event.find(function) is not None

    def has_callbacks(self, name: str) -> bool:
        """Say whether a raise would call anybody."""
        event = self._events.get(name) or self._events.get(self._known_as(name))
        return event is not None and bool(event.active)

    def has_event(self, name: str) -> bool:
        """Say whether the event is declared."""
        event = self.event(name)
        return event is not None and event.declared

    def event(self, name: str) -> Event | None:
        """Return what is known of an event: declared, listened to, or both."""
        return self._events.get(name) or self._events.get(self._known_as(name))

    def events(self) -> list[Event]:
        """Return all events by name."""
        return [self._events[name] for name in sorted(self._events)]

    def raise_event(
        self, name: str, args: Mapping[str, Any] | None = None, owner_id: str = ""
    ) -> EventRecord:
        """Call everybody who listens, lower priorities first, and return the record.

        A callback that fails is logged with its owner, and the rest still run.  One
        that is registered meanwhile takes part if its place has not passed; one that
        is unregistered meanwhile does not run any more.
        """
        record = new_record(name, args, owner_id, _current.get())
        event = self._events.get(name) or self._events.get(self._known_as(name))
        if event is None:
            return record
        event.raised += 1
        if event.active:
            token = _current.set(record)
            try:
                self._walk(event, record)
            finally:
                _current.reset(token)
                record.callback = None  # a record that is kept must not keep a plugin
        return record

    def _walk(self, event: Event, record: EventRecord) -> None:
        callbacks: Sequence[Callback] = event.active
        active = event.active
        ran: list[Callable[[], Any]] | None = None
        clock = perf_counter
        started = clock()
        while True:
            for callback in callbacks:
                record.callback = callback
                try:
                    callback.call()
                except (Exception, SystemExit, CancelledError) as error:
                    self._failed(event, callback, error)
                callback.calls += 1
                callback.seconds -= started - (started := clock())  # one look at it for each
                if event.active is not active:
                    break
            else:
                return
            # Having lost its last callback it may have been forgotten and made anew.
            event = self._events.get(event.name, event)
            active = event.active
            place = callback.place
            # One that takes itself out and in again must not run for ever.
            ran = (ran or []) + [done.function for done in callbacks if done.place <= place]
            callbacks = [new for new in active if new.place > place and new.function not in ran]

    def current_record(self) -> EventRecord | None:
        """Return the record of the event that is being raised here, also in its tasks."""
        return _current.get()

    def stack(self) -> list[str]:
        """Return the names of the events that are being raised here, innermost last."""
        names = []
        record = _current.get()
        while record is not None:
            names.append(record.event_name)
            record = record.parent
        return names[::-1]

    def suspend(self, key: Hashable) -> None:
        """Stop calling one callback, and keep its place."""
        event, callback = self._by_serial[key]
        event.suspend(callback)

    def resume(self, key: Hashable) -> None:
        """Call it again, in its old place."""
        event, callback = self._by_serial[key]
        event.resume(callback)

    def release(self, key: Hashable) -> None:
        """Forget one callback."""
        event, callback = self._by_serial.pop(key)
        event.remove(callback)
        if event.is_empty:
            del self._events[event.name]

    def _spawning(
        self, event_name: str, function: Callable[[], Any], owner_id: str
    ) -> Callable[[], Any]:
        name = getattr(function, "__name__", "callback")
        if event_name.endswith("_modify"):
            raise TypeError(
                f"{owner_id}: {name} is an async def, but a line waits for the callbacks of "
                f"{event_name}; make it a plain def"
            )

        async def run(record: EventRecord | None) -> None:
            if record is not None:
                author.set(Author(record, owner_id, name))
            await function()

        return lambda: self._tasks.spawn(owner_id, run(_current.get()), f"{event_name} {name}")

    def _failed(self, event: Event, callback: Callback, error: BaseException) -> None:
        callback.errors += 1
        LogRecord(
            f"{callback.name} failed in the event {event.name}: {type(error).__name__}: {error}",
            level="error",
            sources=[callback.owner_id, OWNER_ID],
            exc_info=error,
        )()
