"""Packages and the lists of them that ``Core.Supports`` messages hold.

As in IRE's documents, https://nexus.ironrealms.com/GMCP: ``Core.Supports.Set ["Char 1"]``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from typing import Final

from bastproxy.libs.messages import Want
from bastproxy.libs.net.telnet.options import gmcp

HELLO: Final = "core.hello"
SET: Final = "core.supports.set"
ADD: Final = "core.supports.add"
REMOVE: Final = "core.supports.remove"
VERBS: Final = frozenset((SET, ADD, REMOVE))

MAX_NAME: Final = 128
MAX_MESSAGE: Final = 4096
"""Bytes of one ``Core.Supports`` message of ours; many MUDs take no longer ones."""

_ENTRY: Final = re.compile(r"\s*([^\s\"\\]+)(?:\s+(\d{1,9})?\S*)?\s*")
# What happens, and is over: told to one who comes later it would be wrong, or happen again.
_NO_STATE: Final = ("core", "comm", "client", "char.login")
_CHANGES: Final = frozenset(("add", "remove", "update", "addplayer", "removeplayer"))


def read_packages(text: str) -> dict[str, Want] | None:
    """Return the packages that a ``Core.Supports`` message lists, by name in lower case.

    What is no package in the list is passed over; None when there is no list.
    """
    try:
        data = gmcp.load(text)
    except gmcp.GmcpError:
        return None
    if not isinstance(data, list):
        return None
    wants = (want_of(entry) for entry in data if isinstance(entry, str))
    return {want.key: want for want in wants if want is not None}


def want_of(entry: str, version: int = 1) -> Want | None:
    """Return a package as people write it, ``Char`` or ``Char 1``; None when it is none.

    :param version: where it names none.
    """
    found = _ENTRY.fullmatch(entry)
    if found is None or len(found[1]) > MAX_NAME:
        return None
    return Want(found[1], version if found[2] is None else int(found[2]))


def set_message(wants: Iterable[Want]) -> list[bytes]:
    """Return ``Core.Supports.Set`` of these, where they are many with ``Add`` of the rest."""
    return _messages(wants, "Core.Supports.Set", "Core.Supports.Add") or [b"Core.Supports.Set []"]


def add_messages(wants: Iterable[Want]) -> list[bytes]:
    """Return ``Core.Supports.Add`` of these."""
    return _messages(wants, "Core.Supports.Add", "Core.Supports.Add")


def remove_messages(names: Iterable[str]) -> list[bytes]:
    """Return ``Core.Supports.Remove`` of these."""
    return _batches(names, "Core.Supports.Remove", "Core.Supports.Remove")


def covers(keys: Collection[str], package: str) -> bool:
    """Say whether somebody who asked for ``keys`` asked for a package: it, or one it is in.

    :param package: in lower case, as the keys are.
    """
    while package not in keys:
        package, dot, _ = package.rpartition(".")
        if not dot:
            return False
    return True


def is_state(package: str) -> bool:
    """Say whether the last message of a package, in lower case, tells what still holds."""
    return not covers(_NO_STATE, package) and package.rpartition(".")[2] not in _CHANGES


def _messages(wants: Iterable[Want], first: str, then: str) -> list[bytes]:
    return _batches((f"{want.name} {want.version}" for want in wants), first, then)


def _batches(entries: Iterable[str], first: str, then: str) -> list[bytes]:
    batches: list[list[str]] = []
    size = MAX_MESSAGE
    for entry in entries:
        length = len(json.dumps(entry)) + 1
        if size + length > MAX_MESSAGE:
            batches.append([])
            size = len(then) + 8
        batches[-1].append(entry)
        size += length
    return [gmcp.pack(then if index else first, batch) for index, batch in enumerate(batches)]
