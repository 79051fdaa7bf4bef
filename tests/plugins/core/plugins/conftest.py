import pytest

from bastproxy.libs.plugins import referrers, unloaded


@pytest.fixture(autouse=True)
def _patience(monkeypatch):
    """However slow and full the machine is, holders are looked for to the end."""
    monkeypatch.setattr(referrers, "MOST_SECONDS", 60.0)
    monkeypatch.setattr(unloaded, "MOST_SECONDS", 60.0)
