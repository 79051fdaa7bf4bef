from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.net.lines import Line, LineAssembler, decode, encode, split_lead, transcode
from bastproxy.libs.net.telnet import LineEnd, Prompt, Subnegotiation, Telnet, Text

GMCP = Subnegotiation(201, b"Core.Ping")


@pytest.mark.parametrize(
    ("events", "items"),
    [
        ([Text(b"a"), LineEnd(b"\r\n")], [Line(b"a", b"\r\n")]),
        ([LineEnd(b"\n")], [Line(b"", b"\n")]),
        ([Text(b"a"), Text(b"b"), LineEnd(b"\n")], [Line(b"ab", b"\n")]),
        ([Text(b"hp> "), Prompt(249)], [Line(b"hp> ", b"", True)]),
        ([Prompt(239)], [Line(b"", b"", True)]),
        ([Text(b"a"), LineEnd(b"\n"), GMCP, Text(b"b")], [Line(b"a", b"\n"), GMCP]),
        ([Text(b"a"), GMCP, LineEnd(b"\n")], [GMCP, Line(b"a", b"\n")]),
    ],
)
def test_lines_come_out_in_order(events, items):
    assert LineAssembler().feed(events) == items


def test_flush_returns_what_is_pending_once():
    assembler = LineAssembler()
    assembler.feed([Text(b"Name: ")])
    assert assembler.pending == b"Name: "
    assert assembler.flush(is_prompt=True) == [Line(b"Name: ", b"", True, True)]
    assert assembler.flush() == []
    assert assembler.feed([LineEnd(b"\n")]) == [Line(b"", b"\n")]


def test_a_flush_may_end_in_carriage_returns():
    assert LineAssembler().flush(b"\r") == [Line(b"", b"\r", False, True)]


def test_a_long_line_comes_in_fragments_and_loses_nothing():
    assembler = LineAssembler(max_line=4)
    items = assembler.feed([Text(b"0123456789"), LineEnd(b"\n")])
    assert items == [
        Line(b"0123", continues=True),
        Line(b"4567", continues=True),
        Line(b"89", b"\n"),
    ]


@given(st.lists(st.binary(max_size=30)), st.integers(1, 9))
def test_no_byte_is_lost(chunks, max_line):
    telnet, assembler = Telnet(server=False), LineAssembler(max_line)
    items = [
        item for chunk in chunks for item in assembler.feed(telnet.receive(telnet.text(chunk)))
    ]
    items += [*assembler.feed(telnet.flush()), *assembler.flush()]
    assert b"".join(line.raw + line.terminator for line in items) == b"".join(chunks)
    assert all(len(line.raw) <= max_line for line in items)


@given(st.binary())
def test_decoded_bytes_encode_to_themselves(raw):
    assert encode(decode(raw)) == raw


@given(st.text(st.characters()))
def test_encoding_never_raises(text):
    assert isinstance(encode(text), bytes)


def test_a_stray_surrogate_becomes_a_question_mark():
    assert encode("a\ud800b\udcffc\udc00") == b"a?b\xffc?"


ENCODINGS = [
    "utf-8",
    "latin-1",
    "cp1251",
    "koi8-r",
    "cp437",
    "gbk",
    "gb18030",
    "big5",
    "euc-kr",
    "ascii",
]
ONE_BYTE = ["latin-1", "cp1251", "koi8-r", "cp437", "ascii"]


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(raw=st.binary(), text=st.text(st.characters()))
def test_nothing_raises_in_any_encoding(encoding, raw, text):
    assert isinstance(decode(raw, encoding), str)
    assert isinstance(encode(text, encoding), bytes)


@pytest.mark.parametrize("encoding", ["utf-8", *ONE_BYTE])
@given(raw=st.binary())
def test_wrong_bytes_survive_in_any_encoding(encoding, raw):
    assert encode(decode(raw, encoding), encoding) == raw


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_what_an_encoding_lacks_becomes_a_question_mark(encoding):
    assert encode("a\ud800b\U0001f409c", encoding).startswith(b"a?b")
    if encoding not in ("utf-8", "gb18030"):
        assert encode("dragon \U0001f409\udcff!", encoding) == b"dragon ?\xff!"


@given(raw=st.binary())
def test_what_both_encodings_hold_comes_back(raw):
    assert transcode(transcode(raw, "latin-1", "utf-8"), "utf-8", "latin-1") == raw


def test_bytes_that_are_wrong_in_the_first_encoding_stay_in_the_second():
    assert (
        transcode("é\udcff".encode("utf-8", "surrogateescape"), "utf-8", "latin-1") == b"\xe9\xff"
    )
    assert transcode(b"plain", "utf-8", "no-such-codec") == b"plain"


def test_leading_carriage_returns_are_parted():
    assert split_lead(b"\r\rab\r") == (b"\r\r", b"ab\r")
