"""Offers that wait for the owner's answer."""

import pytest

from bastproxy.libs.net.telnet import Negotiated, Offered, Telnet
from bastproxy.libs.net.telnet.constants import DO, DONT, IAC, MCCP1, MXP, WILL, WONT
from bastproxy.libs.net.telnet.negotiation import Negotiation

SIDES = pytest.mark.parametrize(
    ("local", "ask", "stop", "yes", "no"),
    [(True, DO, DONT, WILL, WONT), (False, WILL, WONT, DO, DONT)],
)


def deferring(local):
    side = {"deferred_local": [MXP]} if local else {"deferred_remote": [MXP]}
    return Telnet(server=True, **side)


def word(verb):
    return bytes((IAC, verb, MXP))


def is_on(telnet, local):
    return telnet.is_local(MXP) if local else telnet.is_remote(MXP)


@SIDES
def test_a_deferred_offer_is_told_once_and_not_answered(local, ask, stop, yes, no):
    telnet = deferring(local)
    assert telnet.receive(word(ask) * 3) == [Offered(MXP, local)]
    assert telnet.receive(word(ask)) == []
    assert telnet.outgoing() == b""
    assert not is_on(telnet, local)


@SIDES
@pytest.mark.parametrize("agree", [True, False])
def test_deciding_answers_it(local, ask, stop, yes, no, agree):
    telnet = deferring(local)
    telnet.receive(word(ask))
    assert telnet.decide(MXP, local=local, agree=agree) == Negotiated(MXP, local, agree)
    assert telnet.outgoing() == word(yes if agree else no)
    assert is_on(telnet, local) is agree
    assert telnet.decide(MXP, local=local, agree=not agree) is None
    assert telnet.outgoing() == b""
    assert is_on(telnet, local) is agree


@SIDES
@pytest.mark.parametrize("enable", [True, False])
def test_asking_for_what_is_offered_answers_it(local, ask, stop, yes, no, enable):
    telnet = deferring(local)
    telnet.receive(word(ask))
    method = f"{'enable' if enable else 'disable'}_{'local' if local else 'remote'}"
    assert getattr(telnet, method)(MXP) == Negotiated(MXP, local, enable)
    assert telnet.outgoing() == word(yes if enable else no)
    assert is_on(telnet, local) is enable


@SIDES
def test_an_offer_that_is_withdrawn_needs_no_answer(local, ask, stop, yes, no):
    telnet = deferring(local)
    assert telnet.receive(word(ask) + word(stop) * 2) == [
        Offered(MXP, local),
        Negotiated(MXP, local, False),
    ]
    assert telnet.decide(MXP, local=local, agree=True) is None
    assert telnet.outgoing() == b""
    assert telnet.receive(word(ask)) == [Offered(MXP, local)]


@SIDES
def test_a_refused_offer_may_be_made_again(local, ask, stop, yes, no):
    telnet = deferring(local)
    telnet.receive(word(ask))
    telnet.decide(MXP, local=local, agree=False)
    assert telnet.receive(word(ask)) == [Offered(MXP, local)]


@SIDES
def test_the_answer_to_our_own_question_is_no_offer(local, ask, stop, yes, no):
    telnet = deferring(local)
    assert (telnet.enable_local if local else telnet.enable_remote)(MXP) is None
    assert telnet.receive(word(ask)) == [Negotiated(MXP, local, True)]
    assert telnet.outgoing() == word(yes)


@SIDES
def test_what_was_agreed_to_ends_as_any_option(local, ask, stop, yes, no):
    telnet = deferring(local)
    telnet.receive(word(ask))
    telnet.decide(MXP, local=local, agree=True)
    telnet.outgoing()
    assert telnet.receive(word(stop)) == [Negotiated(MXP, local, False)]
    assert telnet.outgoing() == word(no)
    assert telnet.receive(word(ask)) == [Offered(MXP, local)]


@SIDES
def test_the_other_side_of_a_deferred_option_is_refused(local, ask, stop, yes, no):
    telnet = deferring(not local)
    assert telnet.receive(word(ask)) == []
    assert telnet.outgoing() == word(no)
    assert telnet.decide(MXP, local=local, agree=True) is None


def test_deciding_on_what_was_never_mentioned_does_nothing():
    telnet = Telnet(server=False)
    for option in (-1, 7, MCCP1, 256):
        assert telnet.decide(option, local=True, agree=True) is None
    assert telnet.outgoing() == b""


@pytest.mark.parametrize("side", ["local", "remote", "deferred_local", "deferred_remote"])
def test_mccp1_cannot_be_agreed_to(side):
    with pytest.raises(ValueError, match=r"MCCP1 \(85\) is never agreed to; MCCP2"):
        Negotiation(**{side: [MCCP1]})
    with pytest.raises(ValueError, match="never agreed to"):
        Telnet(server=False).enable_remote(MCCP1)


@pytest.mark.parametrize("server", [True, False])
def test_mccp1_is_refused(server):
    telnet = Telnet(server=server)
    telnet.receive(bytes((IAC, WILL, MCCP1, IAC, DO, MCCP1)))
    assert telnet.outgoing() == bytes((IAC, DONT, MCCP1, IAC, WONT, MCCP1))
