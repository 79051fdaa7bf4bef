from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.net.telnet.options.mxp import MAX_HELD, Stripper
from bastproxy.libs.net.telnet.options.mxpdefinitions import MAX_DEFINITIONS

OPEN, SECURE, LOCKED, RESET, ONE_TAG, LOCK_OPEN, LOCK_SECURE, LOCK_LOCKED = (
    b"\x1b[%dz" % mode for mode in range(8)
)


def stripped(*lines):
    stripper = Stripper()
    return [stripper.strip(line) for line in lines]


@pytest.mark.parametrize(
    ("line", "left"),
    [
        (b"", b""),
        (b"plain text", b"plain text"),
        (b"\x1b[1;31mred\x1b[0m", b"\x1b[1;31mred\x1b[0m"),
        (b"\r\xff\xf0", b"\r\xff\xf0"),
        # What players may say: text formatting and nothing else.
        (b"a <b>bold</b> <I>word</I>", b"a bold word"),
        (b"<color fore=red>red</color> <C blue>blue</C>", b"red blue"),
        (b"<font 'Times New Roman' size=3>x</font>", b"x"),
        (b"<send>look</send>", b"<send>look</send>"),
        (b"<send href='&lt;'>", b"<send href='<'>"),
        (b"<!ENTITY hp 1>&hp;", b"<!ENTITY hp 1>&hp;"),
        (b"<!-- comment -->", b"<!-- comment -->"),
        (b"<b", b"<b"),
        (b"<b <b>x", b"<b x"),
        (b"<b don't>x", b"x"),
        # What is no tag.
        (b"1 < 2 > 0 <- <b@x> <3 <> </> <!> a<b c", b"1 < 2 > 0 <- <b@x> <3 <> </> <!> a<b c"),
        # Entities.
        (b"&lt;b&gt; &amp; &quot;&apos; a&nbsp;b", b"<b> & \"' a b"),
        (b"&eacute;&#233;&#8364;", "éé€".encode()),
        (b"&#27;&#7;&#127;&#155;", b""),
        (
            b"AT&T; &foo; & &; &# &#; &#9999999; &#55296;",
            b"AT&T; &foo; & &; &# &#; &#9999999; &#55296;",
        ),
        # Lines of another mode.
        (SECURE + b"<send href=\"buy 'a > b'\">bread</send>", b"bread"),
        (SECURE + b"<RName>The Inn</RName><!-- <b> -->", b"The Inn"),
        (SECURE + b"one<br>two<BR/>three<sbr>four", b"one\r\ntwo\r\nthree four"),
        (SECURE + b"<send don't>x</send>", b"x"),
        (SECURE + b"<send 'x", b"<send 'x"),
        (LOCKED + b"<b>&lt;\x1b[0m", b"<b>&lt;\x1b[0m"),
        (LOCKED + b"<b>" + OPEN + b"<b>x", b"<b>x"),
        (ONE_TAG + b"<send>look" + ONE_TAG + b"</send><send>", b"look<send>"),
        (ONE_TAG + b"x<send>", b"x<send>"),
        (LOCKED + ONE_TAG + b"<send><send>", b"<send>"),
        (b"\x1b[z<send>\x1b[20zchat\x1b[99z\x1b[1234z", b"<send>chat"),
        (b"\x1b[12345z\x1b[1mz\x1b[", b"\x1b[12345z\x1b[1mz\x1b["),
    ],
)
def test_what_is_left_of_a_line(line, left):
    assert stripped(line) == [left]


def test_a_mode_lasts_for_its_line():
    assert stripped(SECURE + b"<send>", b"<send>") == [b"", b"<send>"]
    assert stripped(LOCKED + b"<b>", b"<b>") == [b"<b>", b""]
    assert stripped(b"<b>" + ONE_TAG, b"<send>") == [b"", b"<send>"]


def test_a_locked_mode_lasts_until_another():
    lines = (LOCK_SECURE + b"<send>", b"<send>", LOCKED + b"<b>", b"<send>", RESET, b"<send>")
    assert stripped(*lines) == [b"", b"", b"<b>", b"", b"", b"<send>"]
    assert stripped(LOCK_LOCKED, b"<b>", LOCK_OPEN, b"<b>") == [b"", b"<b>", b"", b""]


def test_a_prompt_does_not_end_the_mode_of_its_line():
    stripper = Stripper()
    assert stripper.strip(SECURE + b"<hp>10</hp>hp> ", ended=False) == b"10hp> "
    assert stripper.strip(b"<send>look</send>") == b"look"
    assert stripper.strip(b"<send>") == b"<send>"


def test_elements_that_the_mud_opens_to_players():
    auction = b"<auction>sold</auction>"
    assert stripped(
        LOCK_SECURE + b"<!ELEMENT Auction '<FONT COLOR=red>' TAG=20 OPEN>",
        LOCK_OPEN + auction,
        SECURE + b"<!EL auction OPEN DELETE>",
        auction,
        SECURE + b"<!EL auction '<send OPEN>'>",
        auction,
    ) == [b"", b"sold", b"", auction, b"", auction]


def test_entities_that_the_mud_defines():
    assert stripped(
        SECURE + b"<!ENTITY Version \"6.15\"><!EN Start '<em>'><!EN lt x><!EN none>",
        b"&Version; &version; &Start;x &lt;&none;.",
        SECURE + b"<!ENTITY Version 7><!ENTITY Start DELETE>&Version;&Start;",
    ) == [b"", b"6.15 &version; x x.", b"7&Start;"]


def test_a_definition_without_a_name_is_nothing():
    assert stripped(SECURE + b"<!EN><!EL ><!EN ''><!EN " + b"x" * 99 + b" 1><!XX y>") == [b""]


def test_definitions_without_end_are_cut():
    stripper = Stripper()
    stripper.strip(LOCK_SECURE)
    for number in range(MAX_DEFINITIONS + 1):
        stripper.strip(b"<!EN e%d v><!EL t%d OPEN>" % (number, number))
    stripper.strip(LOCK_OPEN)
    first, last = (b"&e%d;<t%d>" % (n, n) for n in (0, MAX_DEFINITIONS))
    assert [stripper.strip(line) for line in (first, last)] == [b"v", last]
    stripper.strip(SECURE + b"<!EN e0 changed>")
    assert stripper.strip(first) == b"changed"


def test_entities_are_told_in_the_encoding_of_the_mud():
    stripper = Stripper("latin-1")
    assert stripper.strip(b"&eacute;&euro;") == b"\xe9&euro;"
    stripper.encoding = "no such"
    assert stripper.strip(b"&eacute;") == b"&eacute;"


@pytest.mark.parametrize(
    "part", [b"<", b"<s", b"<send 'a ", b"<!-- x", b"&", b"&l", b"\x1b[", b"\x1b[3"]
)
def test_what_may_go_on_waits_for_the_rest_of_the_line(part):
    stripper = Stripper()
    assert stripper.strip(LOCK_SECURE + b"text" + part, ended=False) == b"text"
    assert stripper.strip(b"") == part


@pytest.mark.parametrize("part", [b"<3", b"< ", b"<send x <", b"& ", b"\x1b[1m", b"<b@"])
def test_what_cannot_go_on_does_not_wait(part):
    left = Stripper().strip(b"text" + part + b".", ended=False)
    assert left == b"text" + part + b"."


def test_a_tag_without_end_does_not_wait_for_ever():
    stripper = Stripper()
    stripper.strip(LOCK_SECURE)
    text = b"<send " + b"x" * MAX_HELD
    assert stripper.strip(text, ended=False) == text


PARTS = st.sampled_from(
    [
        *(b"<b>", b"</b>", b"<send 'x > y'>", b"<send", b"<send don't>", b"</send>", b"<", b">"),
        *(b"'", b'"', b"&lt;", b"&", b"lt;", b"&e;", b"<!EN e 'v'>", b"<!EL x OPEN>", b"<x>"),
        *(b"<!-- c -->", b"<!--", b"text", b" ", b"\x1b", b"[", b"1z", b"\x1b[1m", b"\xff"),
        *(b"<br>", OPEN, SECURE, LOCKED, RESET, ONE_TAG, LOCK_OPEN, LOCK_SECURE, LOCK_LOCKED),
    ]
)
LINES = st.lists(PARTS, max_size=12).map(b"".join)


@given(st.lists(LINES, max_size=4), st.data())
def test_how_a_line_was_cut_changes_nothing(lines, data):
    whole, cut = Stripper(), Stripper()
    for line in lines:
        ends = data.draw(st.lists(st.integers(0, len(line)), max_size=4).map(sorted))
        pieces = [line[a:b] for a, b in zip([0, *ends], [*ends, len(line)], strict=True)]
        left = b"".join(cut.strip(piece, ended=False) for piece in pieces[:-1])
        assert left + cut.strip(pieces[-1]) == whole.strip(line)


@given(st.lists(st.binary() | LINES), st.booleans())
def test_arbitrary_bytes_never_raise(lines, ended):
    stripper = Stripper()
    for line in lines:
        stripper.strip(line, ended=ended)


@given(st.binary())
def test_a_locked_line_loses_nothing(line):
    line = line.replace(b"\x1b", b"")
    assert stripped(LOCKED + line) == [line]


@given(st.text())
def test_what_a_mud_escapes_is_read_as_it_was(text):
    text = "".join(letter for letter in text if letter not in "\x1b")
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    data = escaped.encode("utf-8", "replace")
    assert stripped(data, SECURE + data) == [text.encode("utf-8", "replace")] * 2


@pytest.mark.parametrize(
    "part", [b"<a '", b"<a ''", b"<!--", b"<!a\"'", b"<a'<!a", b"&a", b"<", b"\x1b["]
)
@pytest.mark.parametrize("ended", [True, False])
def test_a_hostile_line_is_bounded_in_time(part, ended):
    stripper = Stripper()
    stripper.strip(LOCK_SECURE)
    line = part * (65536 // len(part))
    began = time.process_time()
    assert len(stripper.strip(line, ended=ended)) >= len(line) - MAX_HELD
    assert time.process_time() - began < 5  # it takes a tenth of a second, or, squared, minutes
