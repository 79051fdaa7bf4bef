import pytest

from bastproxy.libs.net.telnet.constants import DO, DONT, WILL, WONT
from bastproxy.libs.net.telnet.events import Negotiated
from bastproxy.libs.net.telnet.negotiation import Negotiation, Option, State

NO, YES, WANTNO, WANTYES = State.NO, State.YES, State.WANTNO, State.WANTYES
EMPTY, OPPOSITE = False, True
DISAGREE, AGREE = False, True
NOTHING = None

# RFC 1143 section 7, "upon receipt of WILL" and "of WONT"; an "error" row sends nothing.
WILL_RECEIVED = [
    (NO, EMPTY, AGREE, YES, EMPTY, DO),
    (NO, EMPTY, DISAGREE, NO, EMPTY, DONT),
    (YES, EMPTY, AGREE, YES, EMPTY, NOTHING),
    (YES, EMPTY, DISAGREE, YES, EMPTY, NOTHING),
    *((WANTNO, EMPTY, agree, NO, EMPTY, NOTHING) for agree in (AGREE, DISAGREE)),
    *((WANTNO, OPPOSITE, agree, YES, EMPTY, NOTHING) for agree in (AGREE, DISAGREE)),
    *((WANTYES, EMPTY, agree, YES, EMPTY, NOTHING) for agree in (AGREE, DISAGREE)),
    *((WANTYES, OPPOSITE, agree, WANTNO, EMPTY, DONT) for agree in (AGREE, DISAGREE)),
]
WONT_RECEIVED = [
    (NO, EMPTY, NO, EMPTY, NOTHING),
    (YES, EMPTY, NO, EMPTY, DONT),
    (WANTNO, EMPTY, NO, EMPTY, NOTHING),
    (WANTNO, OPPOSITE, WANTYES, EMPTY, DO),
    (WANTYES, EMPTY, NO, EMPTY, NOTHING),
    (WANTYES, OPPOSITE, NO, EMPTY, NOTHING),
]
# "If we decide to ask him to enable", "to disable", with a queue.
WE_ENABLE = [
    (NO, EMPTY, WANTYES, EMPTY, DO),
    (YES, EMPTY, YES, EMPTY, NOTHING),
    (WANTNO, EMPTY, WANTNO, OPPOSITE, NOTHING),
    (WANTNO, OPPOSITE, WANTNO, OPPOSITE, NOTHING),
    (WANTYES, EMPTY, WANTYES, EMPTY, NOTHING),
    (WANTYES, OPPOSITE, WANTYES, EMPTY, NOTHING),
]
WE_DISABLE = [
    (NO, EMPTY, NO, EMPTY, NOTHING),
    (YES, EMPTY, WANTNO, EMPTY, DONT),
    (WANTNO, EMPTY, WANTNO, EMPTY, NOTHING),
    (WANTNO, OPPOSITE, WANTNO, EMPTY, NOTHING),
    (WANTYES, EMPTY, WANTYES, OPPOSITE, NOTHING),
    (WANTYES, OPPOSITE, WANTYES, OPPOSITE, NOTHING),
]

ANSWERS = {NOTHING: None, DO: True, DONT: False}


@pytest.mark.parametrize(("state", "queue", "agree", "after", "queued", "answer"), WILL_RECEIVED)
def test_will_received(state, queue, agree, after, queued, answer):
    option = Option(state, queue)
    assert option.receive(True, agree) is ANSWERS[answer]
    assert (option.state, option.opposite) == (after, queued)


@pytest.mark.parametrize("agree", [AGREE, DISAGREE])
@pytest.mark.parametrize(("state", "queue", "after", "queued", "answer"), WONT_RECEIVED)
def test_wont_received(state, queue, agree, after, queued, answer):
    option = Option(state, queue)
    assert option.receive(False, agree) is ANSWERS[answer]
    assert (option.state, option.opposite) == (after, queued)


@pytest.mark.parametrize(
    ("enable", "state", "queue", "after", "queued", "answer"),
    [(True, *row) for row in WE_ENABLE] + [(False, *row) for row in WE_DISABLE],
)
def test_we_ask(enable, state, queue, after, queued, answer):
    option = Option(state, queue)
    assert option.request(enable) is ANSWERS[answer]
    assert (option.state, option.opposite) == (after, queued)


@pytest.mark.parametrize(
    ("local", "on", "off", "yes", "no"),
    [(True, WILL, WONT, DO, DONT), (False, DO, DONT, WILL, WONT)],
)
def test_each_side_has_its_verbs(local, on, off, yes, no):
    negotiation = Negotiation()
    assert negotiation.request(24, local=local, enable=True) == (on, None)
    assert negotiation.receive(yes, 24) == (None, Negotiated(24, local, True))
    assert negotiation.request(24, local=local, enable=False) == (off, None)
    assert negotiation.receive(no, 24) == (None, Negotiated(24, local, False))
    assert negotiation.receive(yes, 24) == (off, None)
    assert negotiation.state(24, local=local) is NO


def test_the_sides_of_one_option_are_independent():
    negotiation = Negotiation(local=[24], remote=[24])
    assert negotiation.receive(DO, 24) == (WILL, Negotiated(24, True, True))
    assert negotiation.state(24, local=False) is NO
    assert negotiation.receive(WILL, 24) == (DO, Negotiated(24, False, True))
    assert negotiation.receive(DONT, 24) == (WONT, Negotiated(24, True, False))
    assert negotiation.state(24, local=False) is YES


@pytest.mark.parametrize("verb", [WILL, DO])
@pytest.mark.parametrize("option", [0, 77, 255])
def test_an_option_never_heard_of_is_refused(verb, option):
    refusal = DONT if verb == WILL else WONT
    assert Negotiation(local=[1], remote=[1]).receive(verb, option) == (refusal, None)
