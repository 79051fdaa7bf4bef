"""Properties of whole streams, and telnetlib3 as their oracle."""

import contextlib
import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from telnetlib3.stream_writer import TelnetWriter

from bastproxy.libs.net.telnet import (
    Command,
    LineEnd,
    Negotiated,
    Prompt,
    Subnegotiation,
    Telnet,
    Text,
)
from bastproxy.libs.net.telnet.constants import DO, DONT, EOR, GA, IAC, WILL, WONT

SPECIAL = [bytes((b,)) for b in (255, 255, 250, 240, 251, 252, 253, 254, 249, 201, 24, 13, 10, 0)]
nasty = st.lists(st.one_of(st.sampled_from(SPECIAL), st.binary(max_size=4))).map(b"".join)
cuts = st.lists(st.integers(0, 200), max_size=8)
servers = st.booleans()

# Neither we nor telnetlib3 know these.
UNKNOWN = [4, 7, 11, 77, 120, 199, 250, 254]
# What telnetlib3 takes for a command; of other numbers it makes text.
COMMANDS = [236, 237, 238, EOR, 241, 242, 243, 244, 245, 246, 247, 248, GA]

text_part = st.lists(st.one_of(st.sampled_from([b"\r", b"\n", b"\0"]), st.binary(max_size=8))).map(
    lambda pieces: ("text", b"".join(pieces))
)
command_part = st.sampled_from(COMMANDS).map(lambda code: ("command", code))
negotiation_part = st.tuples(
    st.just("negotiation"), st.sampled_from([WILL, WONT, DO, DONT]), st.sampled_from(UNKNOWN)
)
subnegotiation_part = st.tuples(
    st.just("subnegotiation"), st.sampled_from([*UNKNOWN, 255]), st.binary(max_size=12)
)
parts = st.lists(st.one_of(text_part, command_part, negotiation_part, subnegotiation_part))


def encode(part):
    match part:
        case "text", data:
            return data.replace(b"\xff", b"\xff\xff")
        case "command", code:
            return bytes((IAC, code))
        case "negotiation", verb, option:
            return bytes((IAC, verb, option))
        case "subnegotiation", option, data:
            body = (bytes((option,)) + data).replace(b"\xff", b"\xff\xff")
            return b"\xff\xfa" + body + b"\xff\xf0"
    raise AssertionError(part)


def meant(part):
    match part:
        case "text", data:
            return data
        case "command", code:
            return Prompt(code) if code in (GA, EOR) else Command(code)
        case "subnegotiation", option, data:
            return Subnegotiation(option, data)
    return None


def flat(items):
    """Text and line ends as plain bytes, adjacent ones joined; all else as it is."""
    result = []
    for item in items:
        piece = item.data if isinstance(item, Text | LineEnd) else item
        if not isinstance(piece, bytes):
            result.append(piece)
        elif result and isinstance(result[-1], bytes):
            result[-1] += piece
        elif piece:
            result.append(piece)
    return result


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


def heard(server, chunks):
    telnet = Telnet(server=server, local=[24], remote=[201], max_subnegotiation=4)
    events = [event for chunk in chunks for event in telnet.receive(chunk)]
    return merged(events + telnet.flush()), telnet.outgoing()


@given(nasty, cuts, servers)
def test_cutting_the_stream_changes_nothing(stream, places, server):
    assert heard(server, pieces(stream, places)) == heard(server, [stream])


@pytest.mark.parametrize("server", [True, False])
def test_no_single_cut_of_a_busy_stream_changes_anything(server):
    stream = (
        b"hi\r\r\n\xff\xfd\x18a\xff\xffb\r\0\xff\xfb\xc9\xff\xfa\xc91\xff\xff3\xff\xf0\r\xff\xf9"
        b"\n\xff\xfa\xc9too long\xff\xf0\xff\xfa\xc9x\xff\xfd\x4d\xff\xff\xff\xef\xff\xfe\x18end\r"
    )
    whole = heard(server, [stream])
    for place in range(len(stream) + 1):
        assert heard(server, [stream[:place], stream[place:]]) == whole, place
    assert heard(server, [bytes((b,)) for b in stream]) == whole


@given(st.one_of(st.binary(), nasty), servers)
@example(bytes(range(256)) * 2, True)
def test_what_we_encode_a_peer_decodes(data, server):
    sender, receiver = Telnet(server=server), Telnet(server=not server)
    events = receiver.receive(sender.text(data)) + receiver.flush()
    assert b"".join(event.data for event in events) == data
    assert receiver.outgoing() == b""


@given(nasty, servers)
def test_texts_are_never_empty_and_lines_end_in_line_ends(stream, server):
    for event in heard(server, [stream])[0]:
        if isinstance(event, Text):
            assert event.data
            assert b"\n" not in event.data
            assert not (server and b"\r\0" in event.data)
        elif isinstance(event, LineEnd):
            assert event.data.lstrip(b"\r") in ((b"\n", b"\0") if server else (b"\n",))


@given(parts, cuts, servers)
def test_every_part_comes_out_in_its_place(stream_parts, places, server):
    telnet = Telnet(server=server)
    stream = b"".join(map(encode, stream_parts))
    events = [event for chunk in pieces(stream, places) for event in telnet.receive(chunk)]
    expected = [item for part in stream_parts if (item := meant(part)) is not None]
    assert flat(events + telnet.flush()) == flat(expected)


class Wire:
    """A transport that remembers what was written."""

    def __init__(self):
        self.written = b""

    def write(self, data):
        self.written += data

    def is_closing(self):
        return False

    def get_extra_info(self, name, default=None):
        return default


def telnetlib3_hears(server, stream):
    wire = Wire()
    role = {"server": True} if server else {"client": True}
    writer = TelnetWriter(wire, None, **role)
    text = b""
    for byte in (bytes((b,)) for b in stream):
        with contextlib.suppress(ValueError):  # its word for a subnegotiation it does not know
            if writer.feed_byte(byte):
                text += byte
    return text, wire.written


@given(parts, servers)
def test_telnetlib3_hears_the_same_text(stream_parts, server):
    stream = b"".join(map(encode, stream_parts))
    telnet = Telnet(server=server)
    events = telnet.receive(stream) + telnet.flush()
    text = b"".join(event.data for event in events if isinstance(event, Text | LineEnd))
    assert text == telnetlib3_hears(server, stream)[0]


@given(
    st.lists(st.tuples(st.sampled_from([WILL, DO]), st.sampled_from(UNKNOWN)), unique=True), servers
)
def test_telnetlib3_refuses_the_same_offers_in_the_same_words(offers, server):
    stream = b"".join(bytes((IAC, *offer)) for offer in offers)
    telnet = Telnet(server=server)
    assert not any(isinstance(event, Negotiated) for event in telnet.receive(stream))
    assert telnet.outgoing() == telnetlib3_hears(server, stream)[1]
