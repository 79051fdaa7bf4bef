import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import strip_sequences

from bastproxy.libs.ansi import Styled, plain, state_after


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b[m", ""),
        ("\x1b[4zsecure", "secure"),
        ("\x1b[2J\x1b[10;5Hat", "at"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://a/\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bPq\x1b\\sixel", "sixel"),
        ("\x1b(Bset\x1b7\x1b8", "set"),
        ("cut \x1b[1;3", "cut "),
        ("cut \x1b[", "cut "),
        ("cut \x1b", "cut "),
        ("\x1b[1\u00e9", "\u00e9"),
        ("\x1b]8;never ended", "8;never ended"),
        ("bell\x07\ttab", "bell\x07\ttab"),
        ("\udcff\x1b[1m\udcfe", "\udcff\udcfe"),
    ],
)
def test_plain(text, expected):
    assert plain(text) == expected
    assert Styled(text).plain == expected


@given(st.text("\x1b[]m0;:?1zP\\\x07( \u00e9K"))
def test_no_escape_is_left_and_nothing_is_lost_from_a_styled_text(text):
    assert "\x1b" not in plain(text)
    assert Styled(text).plain == plain(text)
    assert str(Styled(text)) == text
    assert Styled(text).after == state_after(text)


whole = st.sampled_from(
    ["\x1b[0m", "\x1b[1;31m", "\x1b[38:2::1:2:3m", "\x1b[K", "\x1b]0;t\x07", "\x1b]8;;u\x1b\\"]
)


@given(st.lists(st.one_of(whole, st.text("ab [;m0"))))
def test_whole_sequences_are_found_as_wcwidth_finds_them(parts):
    text = "".join(parts)
    assert plain(text) == strip_sequences(text)
