from collections.abc import Callable
from typing import Any

import pytest

from bastproxy.libs.declarations import Scanner
from bastproxy.libs.events import Dispatcher
from bastproxy.libs.ledger import Ledger
from bastproxy.libs.tasks import Tasks
from bastproxy.libs.triggers import Triggers

OWNER = "plugins.a.b"
LINE = "ev_to_client_data_modify"


class World:
    """The engine, and lines for it."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.dispatcher = Dispatcher(self.ledger, Tasks(self.ledger))
        self.triggers = Triggers(self.ledger, self.dispatcher)
        self.scanner = Scanner()
        self.triggers.attach(self.scanner)
        self.fired: list[str] = []

    def add(self, name: str, pattern: str, owner: str = OWNER, **options: Any) -> Any:
        """Add a trigger that notes when it fires."""

        def note() -> None:
            self.fired.append(name)

        return self.triggers.add(owner, name, pattern, function=note, **options)

    def on(self, name: str, pattern: str, function: Callable[[Any], Any], **options: Any) -> Any:
        """Add a trigger that calls a function with its record."""
        return self.triggers.add(
            OWNER,
            name,
            pattern,
            function=lambda: function(self.dispatcher.current_record()),
            **options,
        )

    def line(self, text: str, **record: Any) -> Any:
        """Let a line come; return its record."""
        args = {
            "line": text,
            "is_prompt": False,
            "continues": False,
            "send": True,
            "internal": False,
            **record,
        }
        return self.dispatcher.raise_event(LINE, args)

    def fires(self, *lines: str) -> list[str]:
        """Return what fires on lines."""
        self.fired.clear()
        for line in lines:
            self.line(line)
        return list(self.fired)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture(scope="session")
def new_world() -> type[World]:
    return World
