import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.ansi import PLAIN, Sgr, change, state_after

CODES = ["1", "2", "3", "4", "4:3", "5", "7", "8", "9", "21", "22", "39", "49", "0", "31", "97"]
CODES += ["41", "107", "38;5;9", "48;2;1;2;3", "38:5:10", "58:2::1:2:3", "59", "11", "10", "51"]
states = st.lists(st.sampled_from(CODES), max_size=6).map(
    lambda codes: state_after("".join(f"\x1b[{code}m" for code in codes))
)


@pytest.mark.parametrize(
    ("sequences", "state"),
    [
        ("\x1b[1m", Sgr(bold="1")),
        ("\x1b[1;31m", Sgr(bold="1", foreground="31")),
        ("\x1b[01;031m", Sgr(bold="1", foreground="31")),
        ("\x1b[1m\x1b[31m", Sgr(bold="1", foreground="31")),
        ("\x1b[1;31m\x1b[m", PLAIN),
        ("\x1b[1;31m\x1b[0m", PLAIN),
        ("\x1b[1;31m\x1b[;4m", Sgr(underline="4")),
        ("\x1b[1;2;31m\x1b[22m", Sgr(foreground="31")),
        ("\x1b[31;42m\x1b[39m", Sgr(background="42")),
        ("\x1b[31;42m\x1b[49m", Sgr(foreground="31")),
        ("\x1b[38;5;208;1m", Sgr(bold="1", foreground="38;5;208")),
        ("\x1b[38;2;;136;0m", Sgr(foreground="38;2;;136;0")),
        ("\x1b[38;5;300;1m", Sgr(bold="1")),
        ("\x1b[38;5m", PLAIN),
        ("\x1b[38m", PLAIN),
        ("\x1b[48:2::1:2:3m", Sgr(background="48:2::1:2:3")),
        ("\x1b[4:3m\x1b[4:0m", PLAIN),
        ("\x1b[21m", Sgr(underline="21")),
        ("\x1b[123456789m\x1b[77m", PLAIN),
        ("\x1b[>4;2m\x1b[?1m\x1b[1K", PLAIN),
    ],
)
def test_states(sequences, state):
    assert state_after(sequences) == state
    assert state_after(f"text{sequences}more") == state


@given(states, states)
def test_a_change_leads_from_one_state_to_the_other(before, after):
    assert state_after(change(before, after), before) == after
    assert (change(before, after) == "") == (before == after)


@given(states, states)
def test_nothing_is_switched_off_by_a_code_that_some_clients_do_not_know(before, after):
    found = change(before, after).removeprefix("\x1b[").removesuffix("m").split(";")
    if "38" not in found and "48" not in found and "58" not in found:
        assert not {"22", "24", "27", "39", "49"} & set(found)


@given(states, st.lists(st.sampled_from(["a", *(f"\x1b[{code}m" for code in CODES)])))
def test_what_is_before_the_last_reset_does_not_matter(before, parts):
    text = "".join(parts)
    whole = before
    for part in parts:
        whole = state_after(part, whole) if part != "a" else whole
    assert state_after(text, before) == whole
