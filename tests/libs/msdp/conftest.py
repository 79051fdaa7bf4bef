from __future__ import annotations

from typing import Any

import pytest

from bastproxy.libs.events import Dispatcher
from bastproxy.libs.ledger import Ledger
from bastproxy.libs.msdp import Msdp
from bastproxy.libs.net.telnet.options.msdp import Value, pack, unpack
from bastproxy.libs.tasks import Tasks

MUD = ("mud.example.org", 4000)


class Mud:
    """What a MUD makes of the messages that it gets."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.reported: set[str] = set()

    def __call__(self, body: bytes) -> bool:
        self.bodies.append(body)
        for name, value in unpack(body):
            names = value if isinstance(value, list) else [value]
            keys = {str(one).lower() for one in names}
            if name == "REPORT":
                self.reported |= keys - {""}
            elif name == "UNREPORT":
                self.reported -= keys
            elif name == "RESET" and keys & {"reported_variables", "reportable_variables"}:
                self.reported = set()
        return True

    def heard(self) -> list[tuple[str, Value]]:
        """Return what came since last asked."""
        bodies, self.bodies = self.bodies, []
        return [pair for body in bodies for pair in unpack(body)]


class World:
    """The engine alone."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.dispatcher = Dispatcher(self.ledger, Tasks(self.ledger))
        self.msdp = Msdp(self.dispatcher, self.ledger)
        self.reports = self.msdp.reports
        self.mud = Mud()

    def begin(self, address: object = MUD) -> Mud:
        """Connect to a MUD that has heard nothing."""
        self.mud = Mud()
        self.msdp.begin(address, self.mud)
        return self.mud

    def say(self, client_id: str, *pairs: tuple[str, Value]) -> list[tuple[str, Value]]:
        """Have a client say something; return what of it reached the MUD."""
        body = b"".join(pack(*pair) for pair in pairs)
        goes = self.reports.said(client_id, body)
        if not self.reports.asked.is_muted(client_id):
            for part in goes:
                self.msdp.write(part)
        return [pair for part in goes for pair in unpack(part)]

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
def make_world() -> type[World]:
    return World
