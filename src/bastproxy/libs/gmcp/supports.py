"""Which packages the MUD is asked for: the union of what clients and plugins want."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from bastproxy.libs.gmcp.hello import Hello
from bastproxy.libs.gmcp.packages import (
    ADD,
    REMOVE,
    SET,
    add_messages,
    covers,
    read_packages,
    remove_messages,
    set_message,
    want_of,
)
from bastproxy.libs.ledger import Ledger
from bastproxy.libs.messages import Asked, Soon, Want
from bastproxy.libs.messages.asked import MAX_WANTS
from bastproxy.libs.net.telnet.options import gmcp

KIND: Final = "gmcp"


class Supports:
    """Keeps the MUD's list of packages equal to the union.

    A client that nobody else asks beside is passed on in its own words; otherwise the MUD is
    told the difference. What one asks for never takes away what another does. What plugins ask
    for is told when the event loop comes round, so that a reload which asks for the same again
    is not heard of.

    :param hello: what is said before the first list.
    """

    def __init__(self, ledger: Ledger, hello: Hello) -> None:
        self.asked = Asked(ledger, KIND)
        self.asked.on_change = self._changed
        self._hello = hello
        self._soon = Soon(self._tell)
        self._told: dict[str, Want] = {}
        self._words: dict[str, bytes] = {}
        self._write: Callable[[bytes], object] | None = None

    def begin(self, write: Callable[[bytes], object], clients: Iterable[str]) -> None:
        """Ask a MUD that has heard nothing yet for everything.

        :param write: sends it a message.
        :param clients: those that have a say.
        """
        self._write = write
        self._told = {}
        hello = self._hello.begin(list(clients))
        if hello is not None:
            write(hello)
        union = self.asked.union()
        words = self._sole_words()
        if words is not None:
            write(words)
            self._told = union
        elif union:
            self._greet()
            self._send(set_message(union.values()))
            self._told = union

    def end(self) -> None:
        """The MUD is gone, or does GMCP no more."""
        self._write = None
        self._told = {}

    def add(self, owner_id: str, packages: str | Iterable[str], version: int = 1) -> bool:
        """Ask for packages, for a plugin.

        :param packages: such as ``Char`` or ``Char.Skills``.
        :returns: False when it asks for all of them already.
        :raises ValueError: one is not the name of a package.
        """
        wants = _wants(owner_id, packages, version)
        added = [self.asked.add(owner_id, want) for want in wants]
        return any(added)

    def remove(self, owner_id: str, packages: str | Iterable[str]) -> bool:
        """Ask for packages no more; False when the plugin asks for none of them."""
        wants = _wants(owner_id, packages, 1)
        removed = [self.asked.remove(owner_id, want.key) for want in wants]
        return any(removed)

    def replace(self, owner_id: str, packages: str | Iterable[str], version: int = 1) -> bool:
        """Ask for these packages and no others, for a plugin; False when that is no change."""
        wants = {want.key: want for want in _wants(owner_id, packages, version)}
        gone = [key for key in self.asked.of(owner_id) if key not in wants]
        changes = [self.asked.add(owner_id, want) for want in wants.values()]
        changes += [self.asked.remove(owner_id, key) for key in gone]
        return any(changes)

    def union(self) -> dict[str, Want]:
        """Return all packages that are asked for, by name in lower case."""
        return self.asked.union()

    def said(self, client_id: str, verb: str, message: bytes) -> set[str]:
        """Take a ``Core.Supports`` message of a client.

        :param verb: its package in lower case, such as ``core.supports.add``.
        :param message: all of it.
        :returns: the packages, in lower case, that the client had not asked for before.
        """
        self._soon.now()
        listed = read_packages(gmcp.split(message)[1])
        alone = not self.asked.has_others(client_id)
        if listed is None:
            if alone:
                self._send_from(client_id, message)
            return set()
        known = self.asked.of(client_id)
        wants = _applied(known, verb, listed)
        whole = len(wants) <= MAX_WANTS
        wants = dict(list(wants.items())[:MAX_WANTS])
        self.asked.set_client(client_id, wants)
        self._words.pop(client_id, None)
        if verb == SET and whole:
            self._words[client_id] = message
        if alone and whole and self._send_from(client_id, message):
            self._told = self.asked.union()
        else:
            self._tell()
        return wants.keys() - known.keys()

    def told(self) -> frozenset[str]:
        """Return the packages that the MUD has been asked for, in lower case."""
        return frozenset(self._told)

    def set_muted(self, client_id: str, muted: bool) -> None:
        """Have what a client asks for count for nothing, as it only watches, or count again."""
        if self.asked.is_muted(client_id) != muted:
            self.asked.mute(client_id, muted)
            self._tell()

    def forget(self, client_id: str) -> None:
        """Take back what a client that is gone asked for."""
        self.asked.forget_client(client_id)
        self._words.pop(client_id, None)
        self._tell()

    def flush(self) -> None:
        """Tell the MUD now what it is to be told soon."""
        self._soon.now()

    def _changed(self) -> None:
        if self._write is not None:
            self._soon.call()

    def _tell(self) -> None:
        """Tell the MUD how the union differs from what it was told."""
        if self._write is None:
            return
        told, union = self._told, self.asked.union()
        if told == union:
            return
        self._told = union
        if not told:
            self._greet()
            self._send(set_message(union.values()))
            return
        gone = {key: want.name for key, want in told.items() if key not in union}
        self._send(remove_messages(gone.values()))
        # With a package some MUDs forget those in it, which others may still want.
        added = (want for key, want in union.items() if _is_new(want, told) or covers(gone, key))
        self._send(add_messages(added))

    def _greet(self) -> None:
        if not self.asked.clients():
            hello = self._hello.for_plugins()
            if hello is not None:
                self._send([hello])

    def _send(self, messages: Iterable[bytes]) -> bool:
        if self._write is None:
            return False
        for message in messages:
            self._write(message)
        return True

    def _send_from(self, client_id: str, message: bytes) -> bool:
        return not self.asked.is_muted(client_id) and self._send([message])

    def _sole_words(self) -> bytes | None:
        clients = self.asked.clients()
        if len(clients) != 1 or self.asked.has_others(clients[0]):
            return None
        return self._words.get(clients[0])


def _applied(known: Mapping[str, Want], verb: str, listed: Mapping[str, Want]) -> dict[str, Want]:
    if verb == REMOVE:
        return {key: want for key, want in known.items() if key not in listed}
    return {**known, **listed} if verb == ADD else dict(listed)


def _is_new(want: Want, told: Mapping[str, Want]) -> bool:
    known = told.get(want.key)
    return known is None or known.version != want.version


def _wants(owner_id: str, packages: str | Iterable[str], version: int) -> list[Want]:
    entries = [packages] if isinstance(packages, str) else list(packages)
    wants = []
    for entry in entries:
        want = want_of(entry, version) if isinstance(entry, str) else None
        if want is None:
            raise ValueError(
                f"{owner_id}: {entry!r} is not the name of a GMCP package, such as 'Char.Vitals'"
            )
        wants.append(want)
    return wants
