from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from bastproxy.libs.events import Dispatcher
from bastproxy.libs.gmcp import Gmcp
from bastproxy.libs.ledger import Ledger
from bastproxy.libs.tasks import Tasks

MUD = ("mud.example.org", 4000)


class Mud:
    """What a MUD makes of the messages that it gets."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.packages: dict[str, int] = {}

    def __call__(self, message: bytes) -> bool:
        self.messages.append(message)
        package, _, text = message.decode("utf-8", "surrogateescape").partition(" ")
        verb = package.lower().removeprefix("core.supports.")
        if verb == package.lower():
            return True
        try:
            entries = json.loads(text)
        except ValueError:
            return True
        if not isinstance(entries, list):
            return True
        if verb == "set":
            self.packages = {}
        for entry in entries:
            if not isinstance(entry, str):
                continue
            name, *version = entry.split()
            if verb == "remove":
                self.packages.pop(name.lower(), None)
            else:
                self.packages[name.lower()] = int(version[0]) if version else 1
        return True

    def heard(self) -> list[str]:
        """Return what came since last asked."""
        messages, self.messages = self.messages, []
        return [message.decode() for message in messages]


class World:
    """The engine alone."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.dispatcher = Dispatcher(self.ledger, Tasks(self.ledger))
        self.gmcp = Gmcp(self.dispatcher, self.ledger)
        self.supports = self.gmcp.supports
        self.mud = Mud()

    def begin(self, *clients: str, address: object = MUD) -> Mud:
        """Connect to a MUD that has heard nothing."""
        self.mud = Mud()
        self.gmcp.begin(address, self.mud, clients)
        return self.mud

    def say(self, client_id: str, verb: str, *packages: str) -> set[str]:
        message = f"Core.Supports.{verb} {json.dumps(packages)}".encode()
        return self.supports.said(client_id, f"core.supports.{verb.lower()}", message)

    def on(self, event: str, **changes: Any) -> list[dict[str, Any]]:
        """Collect the records of an event, and change them."""
        seen: list[dict[str, Any]] = []

        def callback() -> None:
            record = self.dispatcher.current_record()
            assert record is not None
            seen.append(dict(record))
            record.update(changes)

        self.dispatcher.register(event, callback, "plugins.a.ear")
        return seen


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def make_world() -> Callable[[], World]:
    return World
