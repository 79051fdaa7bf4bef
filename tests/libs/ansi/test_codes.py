import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.ansi import (
    PLAIN,
    Sgr,
    Styled,
    convert,
    convert_within,
    escape,
    plain,
    state_after,
    strip,
)

texts = st.text("@rRx0123#fnuaz é")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("@Rred", "\x1b[1;31mred\x1b[0m"),
        ("@rred", "\x1b[31mred\x1b[0m"),
        ("@Rbright @rdark@n none", "\x1b[1;31mbright \x1b[0;31mdark\x1b[0m none"),
        ("@dblack @Dgrey", "\x1b[30mblack \x1b[1mgrey\x1b[0m"),
        ("@x208orange", "\x1b[38;5;208morange\x1b[0m"),
        ("@x7!", "\x1b[38;5;7m!\x1b[0m"),
        ("@x0071", "\x1b[38;5;7m1\x1b[0m"),
        ("@z017@Wback", "\x1b[1;37;48;5;17mback\x1b[0m"),
        ("@#ff8800true", "\x1b[38;2;255;136;0mtrue\x1b[0m"),
        ("@uline@n @iitalic", "\x1b[4mline\x1b[0m \x1b[3mitalic\x1b[0m"),
        ("@R@R@G@ntext", "text"),
        ("me@@home", "me@home"),
        ("@Rme@@home", "\x1b[1;31mme@home\x1b[0m"),
        ("@q @x @x999 @x256 @#12 @", "@q @x @x999 @x256 @#12 @"),
        ("\x1b[4mold@Rnew", "\x1b[4mold\x1b[1;31mnew\x1b[0m"),
        ("\x1b[4mold", "\x1b[4mold\x1b[0m"),
    ],
)
def test_convert(text, expected):
    assert convert(text) == expected


def test_a_text_may_leave_its_look():
    assert convert("@R", reset=False) == "\x1b[1;31m"
    assert convert("\x1b[4m", reset=False) == "\x1b[4m"


@given(texts)
def test_an_escaped_text_is_shown_as_it_is(text):
    assert convert(escape(text)) == text
    assert strip(escape(text)) == text


@given(texts)
def test_stripping_leaves_what_converting_shows(text):
    assert plain(convert(text)) == strip(text)
    assert state_after(convert(text)) == PLAIN


@given(texts, texts)
def test_codes_go_on_where_an_escaped_text_is_put_between(left, right):
    middle = escape("@R@n")
    if left[-1:] == "@" or left[-3:].startswith(("@x", "@z")) or "#" in left[-8:]:
        left += " "
    whole = convert(f"{left}{middle}{right}")
    assert Styled(whole).plain == f"{strip(left)}@R@n{strip(right)}"


def test_a_text_inside_another_goes_back_to_the_look_around_it():
    around = Sgr(bold="1", foreground="32")
    assert convert_within("a @rred@n b", around, around) == (
        "a \x1b[0;31mred\x1b[1;32m b",
        around,
    )
    assert convert_within("@u", around, around) == ("\x1b[4m", around._replace(underline="4"))


@given(texts, st.sampled_from([PLAIN, Sgr(bold="1"), Sgr(foreground="31", background="44")]))
def test_the_look_that_a_text_leaves_is_told(text, around):
    converted, left = convert_within(text, around, PLAIN)
    assert state_after(converted, around) == left
    assert plain(converted) == strip(text)
