from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.net.charsets import CharsetTalk
from bastproxy.libs.net.telnet.options import charset


def talk():
    return CharsetTalk(["UTF-8"], [["UTF-8"], ["KOI8-R", "CP437"]])


def test_our_first_request_is_taken():
    one = talk()
    assert one.begin() == charset.request(["UTF-8"])
    assert one.answer(charset.accepted("utf-8")) is None
    assert one.codec == "utf-8"


def test_another_request_follows_a_refusal_and_then_none():
    one = talk()
    one.begin()
    assert one.answer(charset.rejected()) == charset.request(["KOI8-R", "CP437"])
    assert one.answer(charset.rejected()) is None
    assert one.codec is None


def test_a_request_of_the_peer_is_answered():
    one = talk()
    assert one.answer(charset.request(["ISO-8859-1", "utf8"])) == charset.accepted("utf8")
    assert one.codec == "utf-8"


def test_what_we_do_not_know_is_refused():
    one = talk()
    assert one.answer(charset.request(["EBCDIC", "x-klingon"])) == charset.rejected()
    assert one.codec is None


def test_two_requests_at_once_do_not_go_on_for_ever():
    one = talk()
    one.begin()
    assert one.answer(charset.request(["CP437"])) == charset.accepted("CP437")
    assert one.answer(charset.rejected()) is None
    assert one.codec == "cp437"


@pytest.mark.parametrize("name", ["", "EBCDIC"])
def test_an_answer_that_names_nothing_known_changes_nothing(name):
    one = talk()
    one.begin()
    assert one.answer(charset.accepted(name)) is None
    assert one.codec is None


@given(st.lists(st.binary()))
def test_nothing_raises(bodies):
    one = talk()
    one.begin()
    for body in bodies:
        answer = one.answer(body)
        assert answer is None or charset.parse(answer) is not None
