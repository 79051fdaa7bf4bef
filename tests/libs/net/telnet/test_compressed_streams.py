"""Streams of which parts are compressed say what they would say uncompressed."""

import itertools
import logging
import tracemalloc
import zlib
from types import SimpleNamespace

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from telnetlib3.client_base import BaseClient
from telnetlib3.stream_writer import TelnetWriter

from bastproxy.libs.net.telnet import (
    MAX_INFLATED,
    Broken,
    Command,
    Compressed,
    Deflater,
    LineEnd,
    Negotiated,
    Prompt,
    Subnegotiation,
    Telnet,
    Text,
)
from bastproxy.libs.net.telnet.constants import (
    DO,
    GA,
    GMCP,
    IAC,
    MCCP2,
    MCCP3,
    NOP,
    SB,
    SE,
    SGA,
    WILL,
    WONT,
)

MARK2 = bytes((IAC, SB, MCCP2, IAC, SE))
MARK3 = bytes((IAC, SB, MCCP3, IAC, SE))
NEUTRAL = bytes((IAC, SE)) * 2  # after it the parser is inside of nothing
ON, OFF = Compressed(True), Compressed(False)
CRLF = LineEnd(b"\r\n")

roles = pytest.mark.parametrize("server", [True, False])


def agreed(server):
    """One end that has MCCP on for what comes."""
    telnet = Telnet(server=server, local=[24], remote=[GMCP, MCCP2])
    if server:
        telnet.enable_local(MCCP3)
        telnet.receive(bytes((IAC, DO, MCCP3)))
    else:
        telnet.receive(bytes((IAC, WILL, MCCP2)))
    telnet.outgoing()
    return telnet


def mark(server):
    return MARK3 if server else MARK2


def heard(telnet, *chunks):
    """All events, adjacent Text made one, and the answers."""
    events = []
    for chunk in chunks:
        events += telnet.receive(chunk)
        while telnet.more:
            events += telnet.receive(b"")
    return merged(events + telnet.flush()), telnet.outgoing()


def merged(events):
    result = []
    for event in events:
        if result and isinstance(event, Text) and isinstance(result[-1], Text):
            event = Text(result.pop().data + event.data)
        result.append(event)
    return result


def pieces(stream, places):
    edges = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    return [stream[a:b] for a, b in itertools.pairwise(edges)]


def every_cut(stream):
    yield [bytes((b,)) for b in stream]
    for place in range(len(stream) + 1):
        yield [stream[:place], stream[place:]]


@roles
def test_the_switch_may_be_anywhere_in_a_chunk(server):
    stream = b"plain\r\n" + mark(server) + zlib.compress(b"deflated\r\n") + b"plain again\r\n"
    expected = [
        *(Text(b"plain"), CRLF, ON, Text(b"deflated"), CRLF, OFF),
        *(Text(b"plain again"), CRLF),
    ]
    assert agreed(server).receive(stream) == expected
    for chunks in every_cut(stream):
        assert heard(agreed(server), *chunks) == (expected, b"")


def test_nothing_may_follow_the_mark_for_now():
    telnet = agreed(False)
    assert telnet.receive(MARK2) == [ON]
    assert telnet.compressed
    assert telnet.receive(b"") == []
    deflater = Deflater()
    assert telnet.receive(deflater.compress(b"a")) == [Text(b"a")]
    assert telnet.receive(deflater.compress(b"b")) == [Text(b"b")]
    assert telnet.receive(deflater.finish()) == [OFF]
    assert not telnet.compressed


@pytest.mark.parametrize("place", range(len(MARK2) + 1))
def test_a_mark_in_two_reads_is_a_mark(place):
    telnet = agreed(False)
    chunks = [b"a" + MARK2[:place], MARK2[place:] + zlib.compress(b"b")]
    assert heard(telnet, *chunks)[0] == [Text(b"a"), ON, Text(b"b"), OFF]


@pytest.mark.parametrize(
    ("inside", "after", "events"),
    [
        (b"a\r", b"\nb", [Text(b"a"), CRLF, Text(b"b")]),
        (b"a", b"b", [Text(b"ab")]),
        (b"a\xff", b"\xf9", [Text(b"a"), Prompt(GA)]),
        (b"a\xff", b"\xffb", [Text(b"a\xffb")]),
        (b"\xff\xfb", b"\xc9", [Negotiated(GMCP, False, True)]),
        (b"\xff\xfa", b"\xc9a\xff\xf0", [Subnegotiation(GMCP, b"a")]),
        (b"\xff\xfa\xc9a", b"b\xff\xf0", [Subnegotiation(GMCP, b"ab")]),
        (b"\xff\xfa\xc9a\xff", b"\xf0b", [Subnegotiation(GMCP, b"a"), Text(b"b")]),
        (b"\xff\xfa\xc9a\xff", b"\xff\xff\xf0", [Subnegotiation(GMCP, b"a\xff")]),
    ],
)
def test_the_compressed_part_may_end_in_the_middle_of_anything(inside, after, events):
    stream = MARK2 + zlib.compress(inside) + after
    for chunks in every_cut(stream):
        said, _ = heard(agreed(False), *chunks)
        assert said.index(OFF) > said.index(ON) == 0
        assert merged([event for event in said if not isinstance(event, Compressed)]) == events


def test_commands_inside_the_compressed_part_are_obeyed():
    telnet = agreed(False)
    inside = b"<hp>\xff\xf9\xff\xf1\xff\xfd\x18\xff\xfb\xc9\xff\xfa\xc9x\xff\xf0\xff\xfd\x4d"
    assert telnet.receive(MARK2 + zlib.compress(inside)) == [
        *(ON, Text(b"<hp>"), Prompt(GA), Command(NOP)),
        *(Negotiated(24, True, True), Negotiated(GMCP, False, True), Subnegotiation(GMCP, b"x")),
        OFF,
    ]
    assert telnet.outgoing() == b"\xff\xfb\x18\xff\xfd\xc9\xff\xfc\x4d"
    assert telnet.is_local(24)


def test_compression_may_begin_again_after_its_end():
    telnet = agreed(False)
    again = MARK2 + zlib.compress(b"in\n") + b"out\n"
    lf = LineEnd(b"\n")
    once = [ON, Text(b"in"), lf, OFF, Text(b"out"), lf]
    assert telnet.receive(again * 3) == once * 3
    assert telnet.inflated_in == 3 * len(zlib.compress(b"in\n"))
    assert telnet.inflated_out == 9


def test_thousands_of_beginnings_in_one_chunk_are_taken_one_by_one():
    telnet = agreed(False)
    assert telnet.receive((MARK2 + zlib.compress(b"")) * 5000) == [ON, OFF] * 5000


@pytest.mark.parametrize("rest", [b"", b"text"])
def test_a_mark_inside_the_compressed_part_is_a_message(rest):
    stream = MARK2 + zlib.compress(MARK2 + rest) + MARK2 + zlib.compress(b"again")
    expected = [ON, Subnegotiation(MCCP2, b""), Text(rest), OFF, ON, Text(b"again"), OFF]
    for chunks in every_cut(stream):
        said, _ = heard(agreed(False), *chunks)
        assert said == [event for event in expected if event != Text(b"")]


def test_a_mark_that_ends_after_the_compressed_part_begins_another():
    stream = MARK2 + zlib.compress(MARK2[:-1]) + MARK2[-1:] + zlib.compress(b"again")
    for chunks in every_cut(stream):
        assert heard(agreed(False), *chunks)[0] == [ON, OFF, ON, Text(b"again"), OFF]


@pytest.mark.parametrize("body", [b"\0", MARK2])
def test_a_mark_with_a_body_is_a_message(body):
    telnet = agreed(False)
    stream = telnet.subnegotiation(MCCP2, body) + b"text"
    assert telnet.receive(stream) == [Subnegotiation(MCCP2, body), Text(b"text")]


@roles
def test_a_mark_that_nobody_agreed_to_is_a_message(server):
    telnet = Telnet(server=server)
    assert telnet.receive(mark(server) + b"text") == [
        Subnegotiation(mark(server)[2], b""),
        Text(b"text"),
    ]
    asked = Telnet(server=False)
    asked.enable_remote(MCCP2)
    assert asked.receive(MARK2) == [Subnegotiation(MCCP2, b"")]


@roles
def test_the_mark_of_the_other_direction_is_a_message(server):
    other = MARK2 if server else MARK3
    telnet = agreed(server)
    telnet.enable_local(MCCP2)
    telnet.receive(bytes((IAC, DO, MCCP2)))
    assert telnet.receive(other) == [Subnegotiation(other[2], b"")]


def test_a_mark_that_crosses_our_refusal_still_counts():
    telnet = agreed(False)
    telnet.disable_remote(MCCP2)
    refused = bytes((IAC, WONT, MCCP2))
    # The server had begun when it heard of it; it ends the stream, then agrees.
    assert telnet.receive(MARK2 + zlib.compress(b"a") + refused + MARK2) == [
        *(ON, Text(b"a"), OFF, Negotiated(MCCP2, False, False)),
        Subnegotiation(MCCP2, b""),
    ]


def test_an_option_that_ends_inside_leaves_the_rest_of_the_stream_compressed():
    telnet = agreed(False)
    inside = b"a" + bytes((IAC, WONT, MCCP2)) + b"b"
    assert telnet.receive(MARK2 + zlib.compress(inside) + b"c") == [
        *(ON, Text(b"a"), Negotiated(MCCP2, False, False), Text(b"b"), OFF, Text(b"c")),
    ]


def test_a_stream_that_breaks_off_has_said_what_came():
    telnet = agreed(False)
    data = Deflater().compress(b"a line\r\nhalf")
    assert telnet.receive(MARK2 + data[:-4])[:3] == [ON, Text(b"a line"), CRLF]
    assert telnet.flush() == []


# Steps.


def drained(telnet, stream):
    """The events of each call that it takes."""
    calls = [telnet.receive(stream)]
    while telnet.more:
        calls.append(telnet.receive(b""))
    return calls


@pytest.mark.parametrize("size", [-1, 0, 1, MAX_INFLATED + 1])
def test_one_call_inflates_so_much_and_no_more(size):
    telnet = agreed(False)
    text = b"x" * (MAX_INFLATED + size)
    stream = MARK2 + zlib.compress(text) + b"\r\n" + MARK2 + zlib.compress(text) + b"\r\n"
    calls = drained(telnet, stream)
    assert len(calls) >= 2 * len(text) // MAX_INFLATED
    for events in calls:
        assert sum(len(e.data) for e in events if isinstance(e, Text)) <= MAX_INFLATED
    part = [ON, Text(text), OFF, CRLF]
    assert merged(itertools.chain(*calls)) == part * 2


def test_what_comes_while_there_is_more_waits_for_its_turn():
    telnet = agreed(False)
    deflater = Deflater()
    events = telnet.receive(MARK2 + deflater.compress(b"x" * (3 * MAX_INFLATED)))
    assert telnet.more
    events += telnet.receive(deflater.compress(b"y") + deflater.finish() + b"z")
    while telnet.more:
        events += telnet.receive(b"")
    text = b"x" * (3 * MAX_INFLATED) + b"y"
    assert merged(events) == [ON, Text(text), OFF, Text(b"z")]


def test_flush_does_not_give_up_on_returns_whose_line_feed_is_there_already():
    telnet = agreed(False)
    text = b"x" * (MAX_INFLATED - 1) + b"\r"
    telnet.receive(MARK2 + zlib.compress(text + b"\n"))
    assert telnet.more
    assert not telnet.holds_returns
    assert telnet.flush() == []
    assert telnet.receive(b"") == [CRLF, OFF]


@pytest.mark.parametrize("inside", [b"a\r", b"a\r\r"])
def test_it_tells_that_returns_of_a_compressed_part_are_held_back(inside):
    telnet = agreed(False)
    telnet.receive(MARK2 + Deflater().compress(inside))
    assert telnet.holds_returns
    assert telnet.flush() == [Text(inside[1:])]
    assert not telnet.holds_returns


# Faults.


def test_a_bomb_ends_it_within_little_memory():
    telnet = agreed(False)
    stream = MARK2 + zlib.compress(bytes(100 << 20), 9)
    tracemalloc.start()
    try:
        events = telnet.receive(stream)
        made = 0
        while telnet.more:
            events = telnet.receive(b"")
            made += sum(len(event.data) for event in events if isinstance(event, Text))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(events[-1], Broken)
    assert events[-1].reason.startswith("a decompression bomb: ")
    assert made <= (64 << 20) + MAX_INFLATED
    assert peak < 8 * MAX_INFLATED
    assert not telnet.compressed


def test_after_a_broken_stream_all_is_ignored():
    telnet = agreed(False)
    events = telnet.receive(MARK2 + Deflater().compress(b"good\r\n") + b"\x07bad" * 9999)
    assert events[:3] == [ON, Text(b"good"), CRLF]
    assert [type(event) for event in events[3:]] == [Broken]
    assert not telnet.more
    assert telnet.receive(b"text\r\n" + MARK2) == []
    assert telnet.receive(b"\xff\xfd\x18") == []
    assert telnet.outgoing() == b""


flips = st.tuples(st.integers(0, 10_000), st.integers(1, 255))


@given(st.binary(max_size=80), st.integers(0, 9), flips, st.lists(st.integers(0, 500), max_size=6))
@example(b"\0\r", 0, (7, 1), [])
def test_a_corrupt_stream_says_the_same_wherever_it_is_cut(text, level, flip, places):
    data = bytearray(zlib.compress(text, level))
    data[flip[0] % len(data)] ^= flip[1]
    stream = MARK2 + bytes(data) + b"plain\r\n"
    whole = heard(agreed(False), stream)
    assert heard(agreed(False), *pieces(stream, places)) == whole
    assert heard(agreed(False), *[bytes((b,)) for b in stream]) == whole
    assert not any(isinstance(event, Broken) for event in whole[0][:-1])


@given(st.binary(max_size=60), st.booleans())
def test_garbage_after_the_mark_raises_nothing(garbage, server):
    telnet = agreed(server)
    said, _ = heard(telnet, mark(server) + garbage)
    assert said[0] == ON


# Any stream.

SPECIAL = [bytes((b,)) for b in (255, 255, 250, 240, 251, 252, 253, 254, 249, 201, 24, 13, 10, 0)]
small = st.one_of(st.sampled_from(SPECIAL), st.binary(max_size=4))
outsides = st.lists(small, max_size=20).map(b"".join)
insides = st.lists(st.one_of(small, st.sampled_from([MARK2, MARK3])), max_size=20).map(b"".join)
segments = st.lists(st.tuples(insides, outsides, st.integers(0, 9), st.integers(0, 99)), max_size=4)
cuts = st.lists(st.integers(0, 999), max_size=8)


def deflated(text, level, flush_at):
    """A whole zlib stream, flushed once within."""
    deflater = Deflater(level)
    return (
        deflater.compress(text[:flush_at]) + deflater.compress(text[flush_at:]) + deflater.finish()
    )


@given(segments, cuts, st.booleans())
def test_compressed_parts_say_what_they_would_say_plain(parts, places, server):
    start = mark(server)
    message = Subnegotiation(start[2], b"")
    plain = Telnet(server=server, local=[24], remote=[GMCP, MCCP2])
    stream, wanted = b"", []
    for inside, outside, level, flush_at in parts:
        stream += start + deflated(inside, level, flush_at) + outside + NEUTRAL
        wanted += plain.receive(start + inside)
        ending = plain.receive(outside + NEUTRAL)
        assume(message not in ending)  # there it would be no message
        wanted += ending
    wanted, answers = merged(wanted), plain.outgoing()
    for chunks in ([stream], pieces(stream, places)):
        said, answered = heard(agreed(server), *chunks)
        assert said.count(ON) == said.count(OFF) == len(parts)
        said = [message if event == ON else event for event in said if event != OFF]
        assert merged(said) == wanted
        assert answered == answers


class Theirs(BaseClient):
    """telnetlib3's client, without its socket."""

    def __init__(self):
        self.text = b""
        self.writer = TelnetWriter(Wire(), None, client=True)
        self.reader = SimpleNamespace(feed_data=self.feed_data)
        self.log = logging.getLogger("telnetlib3.test")
        self._mccp2_decompressor = self._mccp3_compressor = None

    def feed_data(self, data):
        self.text += data


class Wire:
    def write(self, data):
        pass

    def is_closing(self):
        return False

    def get_extra_info(self, name, default=None):
        return default


telnet_parts = st.lists(
    st.one_of(
        st.binary(max_size=12).map(lambda data: data.replace(b"\xff", b"\xff\xff")),
        st.sampled_from([b"\xff\xf9", b"\xff\xf1", bytes((IAC, DO, 77)), bytes((IAC, WILL, 120))]),
        st.binary(max_size=9).map(lambda data: Telnet(server=True).subnegotiation(77, data)),
    )
).map(b"".join)


@given(st.lists(st.tuples(telnet_parts, telnet_parts), max_size=3), cuts)
def test_telnetlib3_hears_the_same_text(parts, places):
    stream = bytes((IAC, WILL, SGA, IAC, WILL, MCCP2))
    for inside, outside in parts:
        stream += MARK2 + zlib.compress(inside) + outside
    theirs = Theirs()
    for chunk in pieces(stream, places):
        theirs._process_chunk(chunk)
    ours = Telnet(server=False, remote=[MCCP2, SGA])
    events = heard(ours, *pieces(stream, places))[0]
    text = b"".join(event.data for event in events if isinstance(event, Text | LineEnd))
    assert text == theirs.text
