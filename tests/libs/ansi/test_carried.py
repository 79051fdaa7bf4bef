from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.ansi import PLAIN, Carried, Sgr, Styled, state_after

RED = Sgr(foreground="31")


def test_the_look_of_a_line_is_what_the_lines_before_have_left():
    carried = Carried()
    assert carried.take("\x1b[31mred").state == PLAIN
    assert carried.take("still").state == RED
    assert carried.take("\x1b[0;1mbold\x1b[0m").state == RED
    assert carried.take("plain").state == PLAIN == carried.state


def test_fragments_and_their_rest_are_no_lines():
    carried = Carried()
    assert carried.take("whole").whole
    assert not carried.take("too lo", continues=True).whole
    assert not carried.take("ng for", continues=True).whole
    assert not carried.take(" us").whole
    assert carried.take("whole").whole


def test_what_follows_a_prompt_is_a_line():
    carried = Carried()
    assert carried.take("marked> ", is_prompt=True).whole
    assert carried.take("line").whole
    assert not carried.take("5hp> ", continues=True, is_prompt=True).whole
    assert carried.take("line").whole


texts = st.lists(st.sampled_from(["a", "\x1b[31m", "\x1b[1m", "\x1b[0m", "\x1b[m"])).map("".join)


@given(st.lists(texts))
def test_it_is_the_state_after_all_of_it(lines):
    carried = Carried()
    for count, line in enumerate(lines):
        assert carried.take(line).state == state_after("".join(lines[:count]))
    assert carried.state == Styled("".join(lines)).after
