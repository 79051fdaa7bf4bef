"""GMCP, the server's side: what a client supports, and what has changed since it was told.

Messages are ``Package.Name JSON``, as on https://www.gammon.com.au/gmcp and in IRE's documents.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from bastproxy.demo.entities import MAX_HP, MAX_MOVES, Player

Json: TypeAlias = "str | int | float | bool | list[Json] | Mapping[str, Json] | None"

MAX_MODULES: Final = 64
MAX_NAME: Final = 64


class Gmcp:
    """What one client wants to hear, and what it has heard."""

    def __init__(self) -> None:
        self.client = ""
        self._modules: set[str] = set()
        self._told: dict[str, Json] = {}

    def receive(self, message: bytes) -> bytes | None:
        """Take a message of the client.

        :returns: the answer to it, if it has one. What is no GMCP is passed over.
        """
        name, _, body = message.decode("utf-8", "replace").partition(" ")
        name = name.lower()
        if name == "core.ping":
            return b"Core.Ping"
        try:
            data: object = json.loads(body) if body.strip() else None
        except (ValueError, RecursionError):
            return None
        if name == "core.hello" and isinstance(data, dict):
            self.client = str(data.get("client", ""))[:MAX_NAME]
        elif name.startswith("core.supports.") and isinstance(data, list):
            self._support(name.removeprefix("core.supports."), _modules(data))
        return None

    def supports(self, package: str) -> bool:
        """Return whether the client asked for a package, or for one that holds it."""
        parts = package.lower().split(".")
        return any(".".join(parts[:n]) in self._modules for n in range(1, len(parts) + 1))

    def changes(self, player: Player) -> list[bytes]:
        """Return messages for what the client supports and has not been told."""
        messages = []
        for package, data in state_of(player).items():
            if self.supports(package) and self._told.get(package) != data:
                self._told[package] = data
                messages.append(encode(package, data))
        return messages

    def _support(self, verb: str, modules: set[str]) -> None:
        if verb == "set":
            self._modules = modules
        elif verb == "add":
            self._modules |= modules
        elif verb == "remove":
            self._modules -= modules
        if len(self._modules) > MAX_MODULES:
            self._modules = set(sorted(self._modules)[:MAX_MODULES])
        # Who asks again for what was taken away wants to hear it again.
        self._told = {name: data for name, data in self._told.items() if self.supports(name)}


def encode(package: str, data: Json) -> bytes:
    """Return one message."""
    return f"{package} {json.dumps(data, separators=(',', ':'))}".encode()


def state_of(player: Player) -> dict[str, Json]:
    """Return everything GMCP says about a player, by package."""
    room = player.room
    exits: dict[str, Json] = {way[0]: to.kind.num for way, to in room.exits.items()}
    return {
        "Char.Name": {"name": player.name, "fullname": player.title},
        "Char.Vitals": {
            "hp": max(0, player.hp),
            "maxhp": MAX_HP,
            "mv": player.moves,
            "maxmv": MAX_MOVES,
        },
        "Char.Status": {
            "state": player.state,
            "target": "" if player.target is None else player.target.name,
            "kills": player.kills,
            "deaths": player.deaths,
            "bells": player.bells,
        },
        "Room.Info": {
            "num": room.kind.num,
            "name": room.kind.name,
            "area": "Low Tolling",
            "exits": exits,
        },
    }


def _modules(entries: Iterable[object]) -> set[str]:
    """Return the names in a list such as ``["Char 1", "Room 1"]``."""
    words = (entry.split() for entry in entries if isinstance(entry, str))
    return {parts[0].lower()[:MAX_NAME] for parts in words if parts}
