"""The kit as a pytest plugin: the fixture ``bastproxy`` is a running :class:`ProxyHarness`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bastproxy.testing.harness import ProxyHarness


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers", "bastproxy(**options): how the fixture `bastproxy` sets up its ProxyHarness"
    )


@pytest_asyncio.fixture
async def bastproxy(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ProxyHarness]:
    """Run a proxy whose home is below ``tmp_path``, for one test.

    ``@pytest.mark.bastproxy(plugins=[...], gmcp=True)`` passes options to the harness.
    """
    marker = request.node.get_closest_marker("bastproxy")
    options = dict(marker.kwargs) if marker else {}
    async with ProxyHarness(**{"home": tmp_path / "home", **options}) as proxy:
        yield proxy
