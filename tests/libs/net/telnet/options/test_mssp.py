from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.net.telnet.options.mssp import MAX_VALUES, pack, unpack

TEXTS = st.text(st.characters(exclude_characters="\0\1\2", exclude_categories=("Cs",)))


@pytest.mark.parametrize(
    ("body", "values"),
    [
        (b"", {}),
        (b"\1NAME\2Bast MUD", {"NAME": ["Bast MUD"]}),
        (b"\1PLAYERS\0022\1UPTIME\0021234", {"PLAYERS": ["2"], "UPTIME": ["1234"]}),
        (b"\1PORT\00223\0024000", {"PORT": ["23", "4000"]}),
        (b"\1PORT\00223\1PORT\0024000", {"PORT": ["23", "4000"]}),
        (b"\1CONTACT\2", {"CONTACT": [""]}),
        (b"\1CONTACT", {"CONTACT": []}),
        (b"\1NAME\2\xff", {"NAME": ["\udcff"]}),
        (b"junk\1NAME\2x", {"NAME": ["x"]}),
        (b"\2lost\1NAME\2x", {"NAME": ["x"]}),
        (b"\1\2lost\1NAME\2x", {"NAME": ["x"]}),
    ],
)
def test_what_a_body_says(body, values):
    assert unpack(body) == values


def test_one_value_or_several():
    assert pack({"NAME": "Bast MUD", "PORT": ["23", "4000"]}) == (
        b"\1NAME\2Bast MUD\1PORT\00223\0024000"
    )


def test_what_the_protocol_cannot_hold_is_left_out():
    assert pack({"N\1": "a\0b\2c"}) == b"\1N\2abc"


def test_values_without_end_are_cut():
    values = unpack(b"\1PORT" + b"\2x" * 10_000)
    assert len(values["PORT"]) == MAX_VALUES - 1


@given(st.dictionaries(TEXTS.filter(bool), st.lists(TEXTS, max_size=5), max_size=10))
def test_there_and_back(values):
    assert unpack(pack(values)) == values


@given(st.binary() | st.lists(st.sampled_from(b"\0\1\2ab\xff")).map(bytes))
def test_arbitrary_bytes_never_raise(body):
    assert all(name for name in unpack(body))
