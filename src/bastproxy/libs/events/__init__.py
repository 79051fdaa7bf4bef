"""Events: named occurrences that plugins listen to and may change."""

from bastproxy.libs.events.dispatcher import Dispatcher
from bastproxy.libs.events.event import Callback, Event
from bastproxy.libs.events.record import Change, EventRecord
from bastproxy.libs.events.register import RegisterToEvent

__all__ = ["Callback", "Change", "Dispatcher", "Event", "EventRecord", "RegisterToEvent"]
