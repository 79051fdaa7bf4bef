from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from bastproxy.testing import ProxyHarness


@pytest.fixture
async def proxy(tmp_path: Path) -> AsyncIterator[ProxyHarness]:
    async with ProxyHarness(tmp_path / "home", mud=False) as proxy:
        yield proxy


@pytest.fixture
def loader(proxy: ProxyHarness) -> Callable[..., Any]:
    """Call an API of the plugin loader by its last part."""
    return lambda name, *args: proxy.api(f"libs.plugins.loader:{name}")(*args)


@pytest.fixture
def notes(proxy: ProxyHarness) -> list[Any]:
    """What plugins have said with ``self.api("notes:add")(...)``."""
    noted: list[Any] = []
    proxy.api("libs.api:add")("notes", "add", noted.append)
    return noted


@pytest.fixture
def note_events(proxy: ProxyHarness, notes: list[Any]) -> Callable[..., None]:
    """Note the names of events, with the plugin that they are about, as they are raised."""

    def listen(*names: str) -> None:
        for name in names:

            def note(name: str = name) -> None:
                record = proxy.api("plugins.core.events:get.current.event.record")()
                notes.append(f"{name} {record['plugin_id']}")

            proxy.api("plugins.core.events:register.to.event")(name, note)

    return listen
