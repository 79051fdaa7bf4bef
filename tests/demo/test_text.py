from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bastproxy.demo.text import RESET, clean, plain, style, width_of, wrap

words = st.text("ab\u4e2d\u0301", max_size=12)


@given(st.lists(words, max_size=30), st.integers(20, 60))
def test_wrapping_loses_nothing_and_fits(parts: list[str], width: int) -> None:
    text = " ".join(parts)
    pieces = wrap(text, width)
    assert " ".join(pieces) == text
    assert all(width_of(piece) <= max(width, 24) for piece in pieces)


@given(st.lists(st.text("ab", min_size=1, max_size=9), min_size=1, max_size=30))
def test_every_piece_of_a_coloured_text_stands_alone(parts: list[str]) -> None:
    text = style("mob", " ".join(parts))
    pieces = wrap(text, 20)
    assert " ".join(map(plain, pieces)) == " ".join(parts)
    assert all(piece.startswith("\x1b[33m") and piece.endswith(RESET) for piece in pieces)


def test_wide_characters_take_two_columns_and_marks_none() -> None:
    assert width_of("a\u4e2de\u0301") == 4


@given(st.text())
def test_clean_text_has_no_controls(text: str) -> None:
    assert not any(
        ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or 0xD800 <= ord(c) < 0xE000 for c in clean(text)
    )
