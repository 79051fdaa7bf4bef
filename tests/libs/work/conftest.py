import pytest

from bastproxy.libs.ledger import Ledger
from bastproxy.libs.tasks import Tasks
from bastproxy.libs.work import Work


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def work(ledger: Ledger) -> Work:
    return Work(ledger, Tasks(ledger))
