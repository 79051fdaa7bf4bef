"""Which variables the MUD reports: the union of what clients and plugins want.

The commands are those of https://tintin.mudhalla.net/protocols/msdp: REPORT, UNREPORT, RESET.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from bastproxy.libs.ledger import Ledger
from bastproxy.libs.messages import Asked, Soon, Want
from bastproxy.libs.messages.asked import MAX_WANTS
from bastproxy.libs.net.telnet.options.msdp import Value, pack, unpack

KIND: Final = "msdp"
REPORT: Final = "REPORT"
UNREPORT: Final = "UNREPORT"
RESET: Final = "RESET"
COMMANDS: Final = frozenset((REPORT, UNREPORT, RESET))

MAX_NAME: Final = 128
MAX_AT_ONCE: Final = 64
"""So many variables are put into one message of ours."""

_REPORTED: Final = frozenset(("reported_variables", "reportable_variables"))


class Reports:
    """Keeps what the MUD reports equal to the union.

    What one wants reported nobody else's UNREPORT or RESET takes away. What plugins want is
    told when the event loop comes round, so that a reload which wants the same again is not
    heard of.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.asked = Asked(ledger, KIND)
        self.asked.on_change = self._changed
        self._soon = Soon(self._tell)
        self._told: dict[str, str] = {}
        self._write: Callable[[bytes], object] | None = None

    def begin(self, write: Callable[[bytes], object]) -> None:
        """Ask a MUD that has heard nothing yet for everything.

        :param write: sends it a message.
        """
        self._write = write
        self._told = {}
        self._tell()

    def end(self) -> None:
        """The MUD is gone, or does MSDP no more."""
        self._write = None
        self._told = {}

    def add(self, owner_id: str, variables: str | Iterable[str]) -> bool:
        """Have variables reported, for a plugin; False when it has all of them already.

        :raises ValueError: one is not the name of a variable.
        """
        wants = _wants(owner_id, variables)
        added = [self.asked.add(owner_id, want) for want in wants]
        return any(added)

    def remove(self, owner_id: str, variables: str | Iterable[str]) -> bool:
        """Have variables reported no more; False when the plugin has none of them."""
        wants = _wants(owner_id, variables)
        removed = [self.asked.remove(owner_id, want.key) for want in wants]
        return any(removed)

    def union(self) -> dict[str, Want]:
        """Return all variables that anybody wants, by name in lower case."""
        return self.asked.union()

    def said(self, client_id: str, body: bytes) -> list[bytes]:
        """Take a message of a client.

        :returns: what of it goes to the MUD.
        """
        pairs = unpack(body)
        if not any(name.upper() in COMMANDS for name, _ in pairs):
            return [body]
        self._soon.now()
        goes = [self._pair(client_id, name, value) for name, value in pairs]
        if goes == pairs:
            return [body]
        return [pack(*pair) for pair in goes if pair is not None]

    def set_muted(self, client_id: str, muted: bool) -> None:
        """Have what a client wants count for nothing, as it only watches, or count again."""
        if self.asked.is_muted(client_id) != muted:
            self.asked.mute(client_id, muted)
            self._tell()

    def forget(self, client_id: str) -> None:
        """Take back what a client that is gone wanted."""
        self.asked.forget_client(client_id)
        self._tell()

    def flush(self) -> None:
        """Tell the MUD now what it is to be told soon."""
        self._soon.now()

    def _pair(self, client_id: str, name: str, value: Value) -> tuple[str, Value] | None:
        """Note one command of a client, and return what of it goes to the MUD."""
        verb = name.upper()
        names = _names(value)
        known = self.asked.of(client_id)
        if verb == REPORT:
            wants = {want.key: want for want in map(Want, names)}
            known = dict(list({**known, **wants}.items())[:MAX_WANTS])
            self.asked.set_client(client_id, known)
            if not self.asked.is_muted(client_id):
                self._told.update((key, want.name) for key, want in known.items())
            if wants.keys() <= known.keys():
                return name, value
            return name, [one for one in names if one.lower() in known]
        if verb == UNREPORT:
            gone = {one.lower() for one in names}
        elif verb == RESET and _REPORTED & {one.lower() for one in names}:
            gone = set(known)
        else:
            return name, value
        self.asked.set_client(
            client_id, {key: want for key, want in known.items() if key not in gone}
        )
        if not self.asked.has_others(client_id):
            self._forget_told(gone if verb == UNREPORT else set(self._told))
            return name, value
        kept = self.asked.union()
        names = names if verb == UNREPORT else [want.name for want in known.values()]
        left = [one for one in names if one.lower() not in kept]
        self._forget_told({one.lower() for one in left})
        if verb == UNREPORT and left == names:
            return name, value
        return (UNREPORT, list[Value](left)) if left else None

    def _forget_told(self, keys: Iterable[str]) -> None:
        for key in keys:
            self._told.pop(key, None)

    def _changed(self) -> None:
        if self._write is not None:
            self._soon.call()

    def _tell(self) -> None:
        """Tell the MUD how the union differs from what it was told."""
        if self._write is None:
            return
        told, union = self._told, self.asked.union()
        self._told = {key: want.name for key, want in union.items()}
        self._send(UNREPORT, [name for key, name in told.items() if key not in union])
        self._send(REPORT, [want.name for key, want in union.items() if key not in told])

    def _send(self, verb: str, names: list[str]) -> None:
        assert self._write is not None
        for start in range(0, len(names), MAX_AT_ONCE):
            self._write(pack(verb, list[Value](names[start : start + MAX_AT_ONCE])))


def _names(value: Value) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, str) and 0 < len(one) <= MAX_NAME]


def _wants(owner_id: str, variables: str | Iterable[str]) -> list[Want]:
    names = [variables] if isinstance(variables, str) else list(variables)
    for name in names:
        if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME:
            raise ValueError(f"{owner_id}: {name!r} is not the name of an MSDP variable")
    return [Want(name) for name in names]
