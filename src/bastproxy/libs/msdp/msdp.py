"""MSDP with the MUD: its variables become events and last values, ours are written to it."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any, Final, NamedTuple

from bastproxy.libs.events import Dispatcher
from bastproxy.libs.ledger import Ledger
from bastproxy.libs.messages import TO_ALL, Delivery, Values, raise_events
from bastproxy.libs.msdp.reports import MAX_NAME, REPORT, UNREPORT, Reports
from bastproxy.libs.net.telnet.options.msdp import Value, pack, unpack

OWNER_ID: Final = "libs.msdp"
EVENT: Final = "ev_msdp"
PREFIX: Final = "ev_msdp_"
ON: Final = "ev_mud_msdp_on"
OFF: Final = "ev_mud_msdp_off"

Write = Callable[[bytes], bool]

_ARGUMENTS: Final = {
    "variable": "the variable as the MUD wrote it, such as HEALTH",
    "value": "its value: a str, or a list or a dict of them",
    "send": "False withholds it from the clients",
    "clients": "the ids of the clients that get it; None: all of them",
}


class Message(NamedTuple):
    """What goes to clients, and to which."""

    body: bytes
    delivery: Delivery


class Msdp:
    """What plugins and clients share of the MUD's MSDP.

    :ivar reports: which variables the MUD is to report.
    :ivar values: the last value of each variable with its name, by its name in lower case.
    """

    def __init__(self, dispatcher: Dispatcher, ledger: Ledger) -> None:
        self.reports = Reports(ledger)
        self.values: Values[tuple[str, Value]] = Values()
        self._dispatcher = dispatcher
        self._address: object = None
        self._write: Write | None = None
        dispatcher.fold_case(PREFIX)
        dispatcher.add_event(
            EVENT,
            OWNER_ID,
            [
                "The MUD has told an MSDP variable; ev_msdp_<variable>, such as ev_msdp_health,",
                "is raised after it for one variable alone, whatever its case.",
            ],
            _ARGUMENTS,
        )
        dispatcher.add_event(ON, OWNER_ID, ["The MUD does MSDP from now on."])
        dispatcher.add_event(OFF, OWNER_ID, ["The MUD does MSDP no more."])

    @property
    def is_on(self) -> bool:
        """Whether the MUD does MSDP."""
        return self._write is not None

    def begin(self, address: object, write: Write) -> None:
        """The MUD does MSDP now: have it report what everybody wants.

        :param address: which MUD it is; the last values of another one are forgotten.
        :param write: sends it a message; False when it takes none.
        """
        if address != self._address:
            self.values.clear()
        self._address = address
        self._write = write
        self.reports.begin(write)
        self._dispatcher.raise_event(ON, {}, OWNER_ID)

    def end(self) -> None:
        """The MUD does MSDP no more, or is gone."""
        self.reports.end()
        if self._write is not None:
            self._write = None
            self._dispatcher.raise_event(OFF, {}, OWNER_ID)

    def received(self, body: bytes) -> list[Message]:
        """Take a message of the MUD.

        :returns: what goes to the clients: the message as it came, unless a plugin wants
            its variables to go different ways.
        """
        pairs = unpack(body)
        for name, value in pairs:
            if 0 < len(name) <= MAX_NAME:
                self.values.put(name.lower(), (name, value), len(name) + _size(value))
        deliveries = [self._raise(name, value) for name, value in pairs]
        if all(one == deliveries[0] for one in deliveries):
            return [Message(body, deliveries[0] if deliveries else TO_ALL)]
        return [
            Message(pack(*pair), delivery) for pair, delivery in zip(pairs, deliveries, strict=True)
        ]

    def send(self, variable: str, value: Value, owner_id: str = "") -> bool:
        """Send the MUD a variable, or a command such as LIST, SEND or RESET, of a plugin.

        REPORT and UNREPORT become what the plugin wants reported, beside what others do.

        :returns: False when the MUD does no MSDP, or takes nothing.
        :raises ValueError: the value is nested too deeply.
        :raises TypeError: the value is, or holds, something else than text, lists and dicts.
        """
        body = pack(variable, value)
        verb = variable.upper()
        if verb in (REPORT, UNREPORT):
            names = [str(one) for one in (value if isinstance(value, list) else [value])]
            (self.reports.add if verb == REPORT else self.reports.remove)(owner_id, names)
            self.reports.flush()
            return self.is_on
        self.reports.flush()
        return self.write(body)

    def write(self, body: bytes) -> bool:
        """Write a message to the MUD as it is; False when it does no MSDP, or takes nothing."""
        return self._write is not None and self._write(body)

    def get(self, variable: str, default: Any = None) -> Any:
        """Return a copy of the last value of a variable, whatever its case."""
        found = self.values.get(variable.lower())
        return default if found is None else deepcopy(found[1])

    def variables(self) -> list[str]:
        """Return the variables with a last value, as the MUD writes them, by name."""
        return sorted(name for _, (name, _) in self.values.items())

    def _raise(self, name: str, value: Value) -> Delivery:
        one = PREFIX + name.lower()
        has_callbacks = self._dispatcher.has_callbacks
        if not has_callbacks(EVENT) and not has_callbacks(one):
            return TO_ALL
        args = {"variable": name, "value": deepcopy(value)}
        return raise_events(self._dispatcher, (EVENT, one), args, OWNER_ID)


def _size(value: Value) -> int:
    """Return about how many bytes a value has; each part of it costs one more."""
    if isinstance(value, str):
        return len(value) + 1
    if isinstance(value, dict):
        return sum(len(name) + _size(part) for name, part in value.items()) + 1
    return sum(map(_size, value)) + 1
