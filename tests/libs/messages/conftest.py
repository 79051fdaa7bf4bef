import pytest

from bastproxy.libs.events import Dispatcher
from bastproxy.libs.ledger import Ledger
from bastproxy.libs.tasks import Tasks


@pytest.fixture
def dispatcher():
    ledger = Ledger()
    return Dispatcher(ledger, Tasks(ledger))
