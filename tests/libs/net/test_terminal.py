from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.net.terminal import TerminalCycle, TerminalNames, pack_size, unpack_size


def collected(*names):
    collector = TerminalNames()
    asked = 0
    for name in names:
        asked += 1
        if not collector.take(b"\0" + name):
            break
    return collector, asked


def test_a_mud_client_names_itself_its_terminal_and_its_abilities():
    names, _ = collected(b"TINTIN++", b"xterm-256color", b"MTTS 271", b"MTTS 271")
    assert names.names == ["TINTIN++", "xterm-256color", "MTTS 271"]
    assert (names.client, names.terminal) == ("TINTIN++", "xterm-256color")


def test_a_plain_terminal_names_itself():
    names, asked = collected(b"XTERM", b"XTERM", b"never")
    assert (names.client, names.terminal, asked) == ("XTERM", "XTERM", 2)


def test_a_list_without_end_is_cut():
    names, asked = collected(*[b"T%d" % n for n in range(99)])
    assert (len(names.names), asked) == (5, 5)


def test_nothing_is_known_of_a_client_that_does_not_say():
    assert (TerminalNames().client, TerminalNames().terminal) == ("", "")


@given(st.binary())
def test_names_are_printable(body):
    names = TerminalNames()
    names.take(body)
    assert all(name.isprintable() and len(name) <= 40 for name in names.names)


def test_the_cycle_repeats_its_last_name():
    cycle = TerminalCycle(lambda: "xterm-256color")
    answers = [cycle.answer(b"\1") for _ in range(4)]
    assert answers == [b"\0BASTPROXY", b"\0XTERM-256COLOR", b"\0MTTS 141", b"\0MTTS 141"]
    cycle.restart()
    assert cycle.answer(b"\1") == b"\0BASTPROXY"


def test_an_unknown_terminal_is_ansi():
    cycle = TerminalCycle(lambda: "")
    assert [cycle.answer(b"\1"), cycle.answer(b"\1")] == [b"\0BASTPROXY", b"\0ANSI"]


def test_only_a_request_is_answered():
    assert TerminalCycle(lambda: "").answer(b"\0XTERM") is None


def test_sizes_there_and_back():
    assert pack_size(255, 80) == b"\0\xff\0P"
    assert unpack_size(b"\0\xff\0P") == (255, 80)
    assert unpack_size(b"\0P") is None
