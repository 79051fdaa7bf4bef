import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.settings import format_timelength, parse_timelength


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("90", 90),
        ("90s", 90),
        ("1h30m", 5400),
        (" 2d 4h ", 187200),
        ("1W", 604800),
        ("1 h 1 s", 3601),
    ],
)
def test_reads_what_people_write(text: str, seconds: int) -> None:
    assert parse_timelength(text) == seconds


@pytest.mark.parametrize("text", ["", " ", "h", "1x", "1h30", "-5", "1.5h", "1h x", "٣s"])
def test_refuses_what_is_no_length_of_time(text: str) -> None:
    with pytest.raises(ValueError, match="no length of time"):
        parse_timelength(text)


def test_shows_only_the_units_it_needs() -> None:
    assert [format_timelength(n) for n in (0, 90, 5400, 187200)] == ["0s", "1m30s", "1h30m", "2d4h"]


def test_a_negative_length_cannot_be_shown() -> None:
    with pytest.raises(ValueError, match="-1"):
        format_timelength(-1)


@given(st.integers(min_value=0, max_value=10**14))
def test_what_is_shown_reads_back(seconds: int) -> None:
    assert parse_timelength(format_timelength(seconds)) == seconds


@given(st.text())
def test_any_text_is_a_length_or_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert parse_timelength(text) >= 0
