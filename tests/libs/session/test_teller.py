import pytest

from bastproxy.libs.session import teller as module
from bastproxy.libs.session.conduct import Conduct
from bastproxy.libs.session.teller import Teller


class Said:
    """What was sent, to whom and past whom."""

    def __init__(self):
        self.lines = []

    def __call__(self, lines, client_ids=None, *, exclude=()):
        self.lines.append((lines, client_ids, sorted(exclude)))


@pytest.fixture
def said():
    return Said()


@pytest.fixture
def conduct():
    return Conduct()


@pytest.fixture
def teller(conduct, said):
    return Teller(conduct, said)


def test_who_has_asked_is_passed_over_only_while_it_waits_for_its_answer(teller, said):
    with teller.asked_by("client-1"), teller.asked_by(""):
        teller.tell_others("one")
    teller.tell_others("two")
    assert said.lines == [
        ("[bastproxy] one", None, ["client-1"]),
        ("[bastproxy] two", None, []),
    ]


def test_nothing_is_said_where_nobody_wants_it_or_after_the_end(teller, conduct, said):
    conduct.notices = False
    teller.tell("one")
    conduct.notices = True
    teller.close()
    teller.tell("two")
    assert said.lines == []


async def test_a_hint_comes_once_in_a_while_and_at_once_after_a_change(teller, said, monkeypatch):
    teller.hint("client-1")
    teller.hint("client-1")
    teller.hint("client-2")
    assert [ids for _, ids, _ in said.lines] == [["client-1"], ["client-2"]]
    teller.forget("client-1")
    teller.hint("client-1")
    assert len(said.lines) == 3
    monkeypatch.setattr(module, "HINT_SECONDS", 0)
    teller.hint("client-1")
    assert len(said.lines) == 4
