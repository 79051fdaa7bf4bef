from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.net.telnet.options.ttype import Mtts, TerminalCycle, TerminalNames


def collected(*names):
    collector = TerminalNames()
    asked = 0
    for name in names:
        asked += 1
        if not collector.take(b"\0" + name):
            break
    return collector, asked


def cycle(terminal="", mtts=Mtts.ANSI):
    return TerminalCycle(lambda: terminal, lambda: mtts)


# What real clients answer, one name a question, until their list ends.
@pytest.mark.parametrize(
    ("answers", "client", "terminal", "mtts"),
    [
        (
            [b"TINTIN++", b"xterm-256color", b"MTTS 271", b"MTTS 271"],
            "TINTIN++",
            "xterm-256color",
            Mtts.ANSI | Mtts.VT100 | Mtts.UTF8 | Mtts.COLORS_256 | Mtts.TRUECOLOR,
        ),
        ([b"PYMUD", b"XTERM", b"MTTS 783", b"MTTS 783"], "PYMUD", "XTERM", Mtts(783)),
        ([b"AUTOMUD", b"ANSI", b"MTTS 1", b"MTTS 1"], "AUTOMUD", "ANSI", Mtts.ANSI),
        ([b"KBtin", b"hardcopy", b"unknown", b"KBtin-2.1", b"KBtin"], "KBtin", "hardcopy", None),
        ([b"XTERM", b"XTERM"], "XTERM", "XTERM", None),
        ([b"xterm-256color", b"mtts 13", b"mtts 13"], "xterm-256color", "xterm-256color", Mtts(13)),
        ([b""], "", "", None),
    ],
)
def test_a_client_names_itself_its_terminal_and_what_it_can_do(answers, client, terminal, mtts):
    names, asked = collected(*answers, b"never asked for")
    assert (names.client, names.terminal, names.mtts) == (client, terminal, mtts)
    assert asked == len(answers)


def test_a_list_without_end_is_cut():
    names, asked = collected(*[b"T%d" % n for n in range(99)])
    assert (len(names.names), asked) == (5, 5)


def test_nothing_is_known_of_a_client_that_does_not_say():
    names = TerminalNames()
    assert (names.client, names.terminal, names.mtts) == ("", "", None)


def test_what_is_no_answer_is_not_taken():
    names, _ = collected()
    assert not names.take(b"\1")
    assert not names.take(b"")
    assert names.names == []


@pytest.mark.parametrize("number", [b"4096", b"9" * 35])
def test_bits_without_a_name_are_left_out(number):
    names, _ = collected(b"X", b"MTTS " + number)
    assert names.mtts is not None
    assert 0 <= names.mtts <= 4095


@given(st.lists(st.binary()))
def test_names_are_printable(bodies):
    names = TerminalNames()
    for body in bodies:
        names.take(b"\0" + body)
    assert all(name.isprintable() and len(name) <= 40 for name in names.names)
    assert names.mtts is None or isinstance(names.mtts, Mtts)


def test_the_cycle_repeats_its_last_name():
    told = cycle("xterm-256color", Mtts.ANSI | Mtts.UTF8 | Mtts.COLORS_256)
    answers = [told.answer(b"\1") for _ in range(4)]
    assert answers == [b"\0BASTPROXY", b"\0XTERM-256COLOR", b"\0MTTS 653", b"\0MTTS 653"]
    told.restart()
    assert told.answer(b"\1") == b"\0BASTPROXY"


def test_it_always_says_that_it_is_a_proxy_and_can_mnes():
    told = cycle(mtts=Mtts(0))
    answers = [told.answer(b"\1") for _ in range(3)]
    assert answers[2] == b"\0MTTS %d" % (Mtts.PROXY | Mtts.MNES)


def test_a_client_that_comes_while_the_list_is_told_is_told_of():
    terminals = iter(["first", "second"])
    told = TerminalCycle(lambda: next(terminals), lambda: Mtts.ANSI)
    assert [told.answer(b"\1"), told.answer(b"\1")] == [b"\0BASTPROXY", b"\0FIRST"]
    told.restart()
    assert [told.answer(b"\1"), told.answer(b"\1")] == [b"\0BASTPROXY", b"\0SECOND"]


def test_an_unknown_terminal_is_ansi():
    told = cycle()
    assert [told.answer(b"\1"), told.answer(b"\1")] == [b"\0BASTPROXY", b"\0ANSI"]


@given(st.binary().filter(lambda body: body != b"\1"))
def test_only_a_request_is_answered(body):
    assert cycle().answer(body) is None
