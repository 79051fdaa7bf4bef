from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.net.telnet.options.text import decode, encode


@given(st.binary())
def test_wrong_bytes_survive(data):
    assert encode(decode(data)) == data


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_can_be_sent(text):
    assert isinstance(encode(text), bytes)


def test_a_surrogate_that_is_no_byte_becomes_a_question_mark():
    assert encode("a\ud800b\udcffc") == b"a?b\xffc"
