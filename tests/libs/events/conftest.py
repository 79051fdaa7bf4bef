import pytest

from bastproxy.libs.events import Dispatcher
from bastproxy.libs.ledger import Ledger
from bastproxy.libs.tasks import Tasks


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def tasks(ledger: Ledger) -> Tasks:
    return Tasks(ledger)


@pytest.fixture
def dispatcher(ledger: Ledger, tasks: Tasks) -> Dispatcher:
    return Dispatcher(ledger, tasks)
