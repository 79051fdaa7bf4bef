"""Who asks the MUD for what: clients and plugins, and the union of what they want."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Final, NamedTuple

from bastproxy.libs.ledger import Ledger

MAX_WANTS: Final = 512
"""So many things may one client ask for."""


class Want(NamedTuple):
    """One thing asked for.

    :ivar name: as it was said; its case does not count.
    :ivar version: at least this one.
    """

    name: str
    version: int = 1

    @property
    def key(self) -> str:
        """What it is known by, whatever its case."""
        return self.name.lower()


class _Entry:
    """What a plugin asks for: one line in the ledger."""

    __slots__ = ("owner_id", "suspended", "want")

    def __init__(self, owner_id: str, want: Want) -> None:
        self.owner_id = owner_id
        self.want = want
        self.suspended = False


class Asked:
    """What everybody asks for.

    Plugins own theirs: it is in the ledger, and goes with them. While a plugin reloads, what
    its old code asked for still counts, so that the MUD hears nothing of it.

    :param kind: of the lines in the ledger.
    :ivar on_change: called when a plugin's wants have changed.
    """

    def __init__(self, ledger: Ledger, kind: str) -> None:
        self.on_change: Callable[[], object] = lambda: None
        self._ledger = ledger
        self._kind = kind
        self._serials = itertools.count(1)
        self._entries: dict[Hashable, _Entry] = {}
        self._active: dict[tuple[str, str], int] = {}
        self._clients: dict[str, dict[str, Want]] = {}
        self._muted: set[str] = set()
        ledger.add_kind(kind, self)

    def add(self, owner_id: str, want: Want) -> bool:
        """Note that a plugin asks for something; False when it does already."""
        place = (owner_id, want.key)
        old = self._active.get(place)
        if old is not None and self._entries[old].want.version == want.version:
            return False
        serial = next(self._serials)
        self._entries[serial] = _Entry(owner_id, want)
        self._active[place] = serial
        if old is not None:
            del self._entries[old]
            self._ledger.strike(owner_id, self._kind, old)
        self._ledger.write(owner_id, self._kind, serial, want.name)
        self.on_change()
        return True

    def remove(self, owner_id: str, key: str) -> bool:
        """Note that a plugin asks for it no more; False when it did not."""
        serial = self._active.get((owner_id, key))
        if serial is None:
            return False
        self.release(serial)
        self._ledger.strike(owner_id, self._kind, serial)
        return True

    def of(self, requester_id: str) -> dict[str, Want]:
        """Return what a client or a plugin asks for, by key."""
        if requester_id in self._clients:
            return dict(self._clients[requester_id])
        return {
            entry.want.key: entry.want
            for entry in self._entries.values()
            if entry.owner_id == requester_id and not entry.suspended
        }

    def set_client(self, client_id: str, wants: Mapping[str, Want]) -> None:
        """Note all that a client asks for; it replaces what it asked for before."""
        self._clients[client_id] = dict(wants)

    def forget_client(self, client_id: str) -> None:
        """Forget a client that is gone."""
        self._clients.pop(client_id, None)
        self._muted.discard(client_id)

    def mute(self, client_id: str, muted: bool) -> None:
        """Have what a client asks for count for nothing, or count again."""
        if muted:
            self._muted.add(client_id)
        else:
            self._muted.discard(client_id)

    def is_muted(self, client_id: str) -> bool:
        """Say whether what a client asks for counts for nothing."""
        return client_id in self._muted

    def requesters(self) -> dict[str, dict[str, Want]]:
        """Return what each asks for, those who ask for nothing left out: plugins, then clients."""
        found: dict[str, dict[str, Want]] = {}
        for entry in self._entries.values():
            if not entry.suspended:
                found.setdefault(entry.owner_id, {})[entry.want.key] = entry.want
        for client_id in self.clients():
            found[client_id] = dict(self._clients[client_id])
        return found

    def clients(self) -> list[str]:
        """Return the ids of the clients that ask for something and have a say."""
        return [one for one, wants in self._clients.items() if wants and one not in self._muted]

    def has_others(self, client_id: str) -> bool:
        """Say whether anybody but this client asks for anything."""
        return bool(self._entries) or any(one != client_id for one in self.clients())

    def union(self) -> dict[str, Want]:
        """Return everything that is asked for, by key, each at its highest version."""
        union: dict[str, Want] = {}
        _unite(union, (entry.want for entry in self._entries.values()))
        for client_id in self.clients():
            _unite(union, self._clients[client_id].values())
        return union

    def suspend(self, key: Hashable) -> None:
        """Set a plugin's want aside; it counts until it is released."""
        entry = self._entries[key]
        entry.suspended = True
        place = (entry.owner_id, entry.want.key)
        if self._active.get(place) == key:
            del self._active[place]

    def resume(self, key: Hashable) -> None:
        """Take a plugin's want up again."""
        assert isinstance(key, int)
        entry = self._entries[key]
        entry.suspended = False
        self._active[entry.owner_id, entry.want.key] = key

    def release(self, key: Hashable) -> None:
        """Forget a plugin's want."""
        entry = self._entries.pop(key)
        place = (entry.owner_id, entry.want.key)
        if self._active.get(place) == key:
            del self._active[place]
        self.on_change()


def _unite(union: dict[str, Want], wants: Iterable[Want]) -> None:
    for want in wants:
        known = union.get(want.key)
        if known is None or known.version < want.version:
            union[want.key] = want
