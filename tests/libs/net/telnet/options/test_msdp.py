from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.net.telnet.options.msdp import MAX_DEPTH, pack, unpack

VAR, VAL, TABLE, END_TABLE, ARRAY, END_ARRAY = (bytes((code,)) for code in range(1, 7))

TEXTS = st.text(
    st.characters(
        exclude_characters="".join(chr(code) for code in range(7)), exclude_categories=("Cs",)
    )
)
VALUES = st.recursive(
    TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


def nested(depth):
    value = "x"
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("body", "pairs"),
    [
        (b"", []),
        (VAR + b"HEALTH" + VAL + b"100", [("HEALTH", "100")]),
        (VAR + b"A" + VAL + b"1" + VAR + b"B" + VAL + b"2", [("A", "1"), ("B", "2")]),
        (VAR + b"A" + VAL + b"1" + VAR + b"A" + VAL + b"2", [("A", "1"), ("A", "2")]),
        (VAR + b"SEND" + VAL + b"HEALTH" + VAL + b"MANA", [("SEND", ["HEALTH", "MANA"])]),
        (
            VAR + b"REPORTABLE" + VAL + ARRAY + VAL + b"A" + VAL + b"B" + END_ARRAY,
            [("REPORTABLE", ["A", "B"])],
        ),
        (
            VAR
            + b"ROOM"
            + VAL
            + TABLE
            + (VAR + b"VNUM" + VAL + b"6008")
            + (VAR + b"EXITS" + VAL + TABLE + VAR + b"n" + VAL + b"6011" + END_TABLE)
            + END_TABLE,
            [("ROOM", {"VNUM": "6008", "EXITS": {"n": "6011"}})],
        ),
        (VAR + b"A" + VAL, [("A", "")]),
        (VAR + b"A", [("A", "")]),
        (VAR + b"A" + VAL + ARRAY + END_ARRAY, [("A", [])]),
        (VAR + b"A" + VAL + TABLE + END_TABLE, [("A", {})]),
        (VAR + b"A" + VAL + b"\xff\xf0", [("A", "\udcff\udcf0")]),
    ],
)
def test_what_a_body_says(body, pairs):
    assert unpack(body) == pairs


@pytest.mark.parametrize(
    ("body", "pairs"),
    [
        (b"junk" + VAR + b"A" + VAL + b"1", [("A", "1")]),
        (VAL + b"lost" + VAR + b"A" + VAL + b"1", [("A", "1")]),
        (END_TABLE + END_ARRAY + VAR + b"A" + VAL + b"1", [("A", "1")]),
        (TABLE + VAR + b"lost" + VAL + b"1" + END_TABLE + VAR + b"A" + VAL + b"1", [("A", "1")]),
        # Without the VAL before it, as some MUDs send it.
        (VAR + b"A" + ARRAY + VAL + b"1" + END_ARRAY, [("A", ["1"])]),
        (
            VAR + b"A" + VAL + ARRAY + TABLE + VAR + b"n" + VAL + b"1" + END_TABLE,
            [("A", [{"n": "1"}])],
        ),
        # Never closed.
        (VAR + b"A" + VAL + ARRAY + VAL + b"1", [("A", ["1"])]),
        (
            VAR + b"A" + VAL + ARRAY + VAL + b"1" + VAR + b"B" + VAL + b"2",
            [("A", ["1"]), ("B", "2")],
        ),
        (VAR + b"A" + VAL + TABLE + VAR + b"n" + VAL + b"1", [("A", {"n": "1"})]),
        # Closed by what closes the table around it.
        (
            VAR
            + b"A"
            + VAL
            + TABLE
            + (VAR + b"n" + VAL + ARRAY + VAL + b"1")
            + END_TABLE
            + (VAR + b"B" + VAL + b"2"),
            [("A", {"n": ["1"]}), ("B", "2")],
        ),
    ],
)
def test_of_a_broken_body_what_can_be_read_is_read(body, pairs):
    assert unpack(body) == pairs


def test_values_are_packed_as_the_protocol_says():
    assert pack("A", "1") == VAR + b"A" + VAL + b"1"
    assert pack("A", ["1", {"n": "2"}]) == (
        VAR
        + b"A"
        + VAL
        + ARRAY
        + VAL
        + b"1"
        + VAL
        + TABLE
        + VAR
        + b"n"
        + VAL
        + b"2"
        + END_TABLE
        + END_ARRAY
    )


def test_what_the_protocol_cannot_hold_is_left_out():
    assert pack("A\1", "a\0b\6c") == VAR + b"A" + VAL + b"abc"


def test_nesting_is_bounded_in_what_comes():
    deepest = nested(MAX_DEPTH)
    body = VAR + b"A" + (VAL + ARRAY) * MAX_DEPTH + VAL + b"x" + END_ARRAY * MAX_DEPTH
    assert unpack(body) == [("A", deepest)]
    body = VAR + b"A" + (VAL + ARRAY) * 20_000 + VAL + b"x" + END_ARRAY * 20_000
    body += VAR + b"B" + VAL + b"1"
    value: object
    (name, value), after = unpack(body)
    assert (name, after) == ("A", ("B", "1"))
    for _ in range(MAX_DEPTH - 1):
        assert isinstance(value, list)
        (value,) = value
    assert value == []


def test_nesting_is_bounded_in_what_goes():
    assert unpack(pack("A", nested(MAX_DEPTH))) == [("A", nested(MAX_DEPTH))]
    with pytest.raises(ValueError, match="deeper than 32"):
        pack("A", nested(MAX_DEPTH + 1))
    endless: list = []
    endless.append(endless)
    with pytest.raises(ValueError, match="deeper than 32"):
        pack("A", endless)


@pytest.mark.parametrize("value", [1, None, b"bytes", ["a", 1], {"a": object()}])
def test_what_is_no_value_is_refused(value):
    with pytest.raises(TypeError, match="a str, a list or a dict"):
        pack("A", value)


@given(TEXTS, VALUES)
def test_there_and_back(name, value):
    assert unpack(pack(name, value)) == [(name, value)]


@given(st.binary() | st.lists(st.sampled_from(b"\0\1\2\3\4\5\6ab\xff"), max_size=200).map(bytes))
def test_arbitrary_bytes_never_raise(body):
    for name, value in unpack(body):
        assert unpack(pack(name, value))[0][0] == name.replace("\0", "")
