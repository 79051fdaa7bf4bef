"""GMCP with the MUD: its messages become events and last values, ours are written to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from bastproxy import __version__
from bastproxy.libs.events import Dispatcher
from bastproxy.libs.gmcp.hello import Hello
from bastproxy.libs.gmcp.packages import ADD, MAX_NAME, REMOVE, SET, VERBS
from bastproxy.libs.gmcp.supports import Supports
from bastproxy.libs.ledger import Ledger
from bastproxy.libs.messages import TO_ALL, Delivery, Values, raise_events
from bastproxy.libs.net.telnet.options import gmcp

OWNER_ID: Final = "libs.gmcp"
EVENT: Final = "ev_gmcp"
PREFIX: Final = "ev_gmcp_"
ON: Final = "ev_mud_gmcp_on"
OFF: Final = "ev_mud_gmcp_off"

Write = Callable[[bytes], bool]

_NAME: Final = re.compile(rb"\s*([^\s{\[\"]*)")
_ARGUMENTS: Final = {
    "package": "the package as the MUD wrote it, such as Char.Vitals",
    "data": "what its JSON says; None without any, and when it is broken",
    "text": "the JSON as it came",
    "error": "why the JSON cannot be read; empty when it can",
    "send": "False withholds the message from the clients",
    "clients": "the ids of the clients that get it; None: all of them",
}


class Gmcp:
    """What plugins and clients share of the MUD's GMCP.

    :ivar supports: which packages are asked for.
    :ivar values: the last message of each package, by its name in lower case.
    """

    def __init__(self, dispatcher: Dispatcher, ledger: Ledger) -> None:
        self.hello = Hello(gmcp.pack("Core.Hello", {"client": "bastproxy", "version": __version__}))
        self.supports = Supports(ledger, self.hello)
        self.values: Values[bytes] = Values()
        self._dispatcher = dispatcher
        self._address: object = None
        self._write: Write | None = None
        dispatcher.fold_case(PREFIX)
        dispatcher.add_event(
            EVENT,
            OWNER_ID,
            [
                "A GMCP message has come from the MUD; ev_gmcp_<package>, such as",
                "ev_gmcp_char.vitals, is raised after it for one package alone, whatever its case.",
            ],
            _ARGUMENTS,
        )
        dispatcher.add_event(ON, OWNER_ID, ["The MUD does GMCP from now on."])
        dispatcher.add_event(OFF, OWNER_ID, ["The MUD does GMCP no more."])
        event = dispatcher.event(EVENT)
        assert event is not None
        self._event = event

    @property
    def is_on(self) -> bool:
        """Whether the MUD does GMCP."""
        return self._write is not None

    def begin(self, address: object, write: Write, clients: Iterable[str] = ()) -> None:
        """The MUD does GMCP now: introduce everybody to it.

        :param address: which MUD it is; the last values of another one are forgotten.
        :param write: sends it a message; False when it takes none.
        :param clients: the ids of those that have a say.
        """
        if address != self._address:
            self.values.clear()
        self._address = address
        self._write = write
        self.supports.begin(write, clients)
        self._dispatcher.raise_event(ON, {}, OWNER_ID)

    def end(self) -> None:
        """The MUD does GMCP no more, or is gone."""
        self.supports.end()
        if self._write is not None:
            self._write = None
            self._dispatcher.raise_event(OFF, {}, OWNER_ID)

    def received(self, message: bytes) -> Delivery:
        """Take a message of the MUD.

        :returns: who gets it.
        """
        found = _NAME.match(message)
        assert found is not None  # it matches anything
        key = found[1].decode("utf-8", "surrogateescape").lower()
        if not key or len(key) > MAX_NAME:
            return TO_ALL
        self.values.put(key, message, len(message) + len(key))
        name = PREFIX + key
        if not self._event.active and not self._dispatcher.has_callbacks(name):
            return TO_ALL
        package, text = gmcp.split(message)
        args: dict[str, Any] = {"package": package, "data": None, "text": text, "error": ""}
        try:
            args["data"] = gmcp.load(text)
        except gmcp.GmcpError as error:
            args["error"] = str(error)
        return raise_events(self._dispatcher, (EVENT, name), args, OWNER_ID)

    def send(self, package: str, data: Any = None, owner_id: str = "") -> bool:
        """Send the MUD a message of a plugin.

        Lists of packages (``Core.Supports.*``) become what the plugin asks for, beside what
        others do.

        :param data: what JSON can hold; None for a package alone.
        :returns: False when the MUD does no GMCP, or takes nothing.
        :raises ValueError: the package is no name, or JSON cannot hold the data.
        """
        message = gmcp.pack(package, data)
        if package.lower() in VERBS:
            self._ask(package.lower(), data, owner_id)
            self.supports.flush()
            return self.is_on
        self.supports.flush()
        return self.write(message)

    def write(self, message: bytes) -> bool:
        """Write a message to the MUD as it is; False when it does no GMCP, or takes nothing."""
        return self._write is not None and self._write(message)

    def get(self, package: str, default: Any = None) -> Any:
        """Return the data of the last message of a package, whatever its case.

        :returns: a copy; ``default`` when there was no message, or it held no JSON.
        """
        message = self.values.get(package.lower())
        if message is None:
            return default
        try:
            data = gmcp.parse(message)[1]
        except gmcp.GmcpError:
            return default
        return default if data is None else data

    def packages(self) -> list[str]:
        """Return the packages with a last message, as the MUD writes them, by name."""
        return sorted(gmcp.split(message)[0] for _, message in self.values.items())

    def _ask(self, verb: str, data: Any, owner_id: str) -> None:
        ask = {
            SET: self.supports.replace,
            ADD: self.supports.add,
            REMOVE: self.supports.remove,
        }[verb]
        ask(owner_id, data if isinstance(data, list) else [])
