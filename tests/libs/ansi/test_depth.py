import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.ansi import DEPTHS, Styled, plain, reduce, reduce_bytes, state_after

TEXT = (
    "\x1b[1;38;5;208mfire\x1b[0m \x1b[4;38;2;1;100;200mice\x1b[48:2::255:0:0m \x1b[32mgrass\x1b[0m"
)
params = st.lists(
    st.sampled_from(
        [
            "",
            "0",
            "1",
            "4",
            "31",
            "97",
            "38;5;9",
            "48;5;250",
            "38;2;9;99;200",
            "48:2::0:0:0",
            "38:5:100",
            "58;5;3",
            "4:3",
            "38;5",
            "38",
            "48;2;300;1;1",
            "5",
            "2",
            "38;5;38;5;7",
        ]
    )
).map(";".join)
texts = st.lists(st.one_of(st.text("a8;é"), params.map(lambda one: f"\x1b[{one}m"))).map("".join)


def test_a_client_that_shows_all_gets_all():
    assert reduce(TEXT, "true") is TEXT
    assert reduce_bytes(TEXT.encode(), "true") == TEXT.encode()


@pytest.mark.parametrize(
    ("depth", "sequence", "expected"),
    [
        ("256", "38;2;255;0;0", "38;5;196"),
        ("256", "38;2;20;30;40", "38;5;234"),
        ("256", "48:2::255:135:0", "48;5;208"),
        ("256", "1;48;2;8;8;8;4", "1;48;5;232;4"),
        ("256", "38;5;208", "38;5;208"),
        ("16", "38;5;1", "31"),
        ("16", "38;5;9", "31;91"),
        ("16", "48;5;12", "44;104"),
        ("16", "38;2;255;85;85", "31;91"),
        ("16", "38;2;0;0;0", "30"),
        ("16", "38;2;255;0;0", "31;91"),
        ("16", "38;2;160;20;10", "31"),
        ("16", "38;5;16", "30"),
        ("16", "38;5;46", "32;92"),
        ("16", "38;5;22", "32"),
        ("16", "38;5;250", "37"),
        ("16", "38;5;240", "30;90"),
        ("16", "38;5;255", "37;97"),
        ("16", "48;5;21", "44;104"),
        ("16", "38;2;15;15;15", "30;90"),
        ("16", "48;2;15;15;15", "40"),
        ("16", "38:5:2;1", "32;1"),
        ("16", "58;5;2", "59"),
        ("16", "5;38;5;4;5", "5;34;5"),
        ("16", "91", "91"),
        ("16", "38;5;999", "38;5;999"),
        ("16", "38;38;5;9", "38;38;5;9"),
        ("16", "038;05;009", "31;91"),
        ("16", "38;5;", "30"),
        ("16", "38;2;1", "38;2;1"),
        ("none", "1;31", None),
        ("none", "", None),
    ],
)
def test_sequences(depth, sequence, expected):
    wanted = "" if expected is None else f"\x1b[{expected}m"
    assert reduce(f"a\x1b[{sequence}mb", depth) == f"a{wanted}b"


def test_other_sequences_stay():
    text = "\x1b[4z\x1b]8;;u\x1b\\\x1b[2Ka"
    for depth in DEPTHS:
        assert reduce(text, depth) == text


@given(texts)
def test_text_is_never_touched(text):
    for depth in DEPTHS:
        assert plain(reduce(text, depth)) == plain(text)
    assert "\x1b" not in reduce(text, "none")


@given(texts)
def test_what_is_shown_is_what_can_be_shown(text):
    state = state_after(reduce(text, "16"))
    for colour in (state.foreground, state.background):
        assert re.fullmatch(r"(?:\d\d|10[0-7])?", colour)
    state = state_after(reduce(text, "256"))
    for colour in (state.foreground, state.background):
        assert "2" not in re.split("[;:]", colour)[1:2]


@given(texts)
def test_attributes_stay(text):
    want = Styled(text).after
    for depth in ("16", "256"):
        got = Styled(reduce(text, depth)).after
        assert got[:12] == want[:12]
        assert bool(got.foreground) == bool(want.foreground)
        assert bool(got.background) == bool(want.background)


@given(st.binary())
def test_bytes_that_are_no_text_are_no_trouble(data):
    noisy = b"\x1b[38;5;9m" + data.replace(b"\x1b", b"")
    assert reduce_bytes(noisy, "16") == b"\x1b[31;91m" + data.replace(b"\x1b", b"")
