"""The kit as a pytest plugin: the fixture ``bastproxy`` is a running :class:`ProxyHarness`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from bastproxy.testing.harness import ProxyHarness

try:
    from pytest_asyncio import fixture
except ImportError:  # pytest loads this wherever the proxy is installed, wanted or not
    fixture = None  # type: ignore[assignment]


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers", "bastproxy(**options): how the fixture `bastproxy` sets up its ProxyHarness"
    )


async def _run(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ProxyHarness]:
    """Run a proxy whose home is below ``tmp_path``, for one test.

    ``@pytest.mark.bastproxy(plugins=[...], gmcp=True)`` passes options to the harness.
    """
    from bastproxy.testing.harness import ProxyHarness

    marker = request.node.get_closest_marker("bastproxy")
    options = dict(marker.kwargs) if marker else {}
    async with ProxyHarness(**{"home": tmp_path / "home", **options}) as proxy:
        yield proxy


def _missing() -> None:
    """Say what is missing."""
    pytest.fail(
        "the fixture bastproxy needs pytest-asyncio: pip install 'bastproxy[testing]'",
        pytrace=False,
    )


if fixture is not None:
    bastproxy = fixture(name="bastproxy")(_run)
else:
    bastproxy = pytest.fixture(name="bastproxy")(_missing)
