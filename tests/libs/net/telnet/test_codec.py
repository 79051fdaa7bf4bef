import re
import tracemalloc

import pytest

from bastproxy.libs.net.telnet import (
    Command,
    LineEnd,
    Negotiated,
    Overflow,
    Prompt,
    Subnegotiation,
    Telnet,
    Text,
)
from bastproxy.libs.net.telnet.constants import (
    AYT,
    BRK,
    DM,
    DO,
    DONT,
    ECHO,
    EOR,
    EOR_OPTION,
    GA,
    GMCP,
    IAC,
    MCCP2,
    NAWS,
    NOP,
    SB,
    SE,
    SGA,
    TTYPE,
    WILL,
    WONT,
)

LF, CRLF = LineEnd(b"\n"), LineEnd(b"\r\n")
UNKNOWN = 77


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"", []),
        (b"hello", [Text(b"hello")]),
        (b"hello\r\n", [Text(b"hello"), CRLF]),
        (b"\r\n\r\n", [CRLF, CRLF]),
        (b"a\nb\r\nc", [Text(b"a"), LF, Text(b"b"), CRLF, Text(b"c")]),
        (b"diku\n\rnext", [Text(b"diku"), LF, Text(b"\rnext")]),
        (b"\xff\xff", [Text(b"\xff")]),
        (b"a\xff\xff\xff\xffb\xff\xff\n", [Text(b"a\xff\xffb\xff"), LF]),
        (b"\xff\xff\xff\xf9", [Text(b"\xff"), Prompt(GA)]),
        (b"<hp> \xff\xf9after\r\n", [Text(b"<hp> "), Prompt(GA), Text(b"after"), CRLF]),
        (b"<hp> \xff\xef", [Text(b"<hp> "), Prompt(EOR)]),
        (b"\xff\xf1\xff\xf6\xff\xf3\xff\xf2", [Command(c) for c in (NOP, AYT, BRK, DM)]),
        (b"\xff\xf0", [Command(SE)]),
        (b"\xff\x18text", [Command(24), Text(b"text")]),
        (b"a\r\xff\xf9\nb", [Text(b"a\r"), Prompt(GA), LF, Text(b"b")]),
        (b"a\r\xff\xff\n", [Text(b"a\r\xff"), LF]),
        (b"\x1b[1;31mred\xe9\x80\0\x07\n", [Text(b"\x1b[1;31mred\xe9\x80\0\x07"), LF]),
        (b"\xff\xfa\xc9Core.Ping\xff\xf0", [Subnegotiation(GMCP, b"Core.Ping")]),
        (b"\xff\xfa\x56\xff\xf0\x78\x9c", [Subnegotiation(MCCP2, b""), Text(b"\x78\x9c")]),
        (b"\xff\xfa\x1f\x00\xff\xff\x00\x18\xff\xf0", [Subnegotiation(NAWS, b"\0\xff\0\x18")]),
        (
            b"\xff\xfa\xc9\xf0\x9f\x98\x80\xf0\xff\xf0",
            [Subnegotiation(GMCP, "😀".encode() + b"\xf0")],
        ),
        (b"\xff\xfa\xff\xff1\xff\xf0", [Subnegotiation(255, b"1")]),
        (b"\xff\xfa\xff\xf0text", [Text(b"text")]),
        (b"\xff\xfa\xc9{\r\n}\xff\xf0", [Subnegotiation(GMCP, b"{\r\n}")]),
    ],
)
@pytest.mark.parametrize("server", [True, False])
def test_bytes_become_events(stream, events, server):
    telnet = Telnet(server=server)
    assert merged(telnet.receive(stream)) == events
    assert telnet.flush() == []
    assert telnet.outgoing() == b""


def test_events_keep_the_order_of_the_stream():
    telnet = Telnet(server=False, remote=[GMCP])
    stream = b"hello\r\n<hp> \xff\xf9\xff\xfb\xc9\xff\xfa\xc9Room {}\xff\xf0after"
    assert telnet.receive(stream) == [
        Text(b"hello"),
        CRLF,
        Text(b"<hp> "),
        Prompt(GA),
        Negotiated(GMCP, local=False, enabled=True),
        Subnegotiation(GMCP, b"Room {}"),
        Text(b"after"),
    ]


@pytest.mark.parametrize("command", [b"\xff\xf1", b"\xff\xfb\x4d", b"\xff\xfa\xc9new\xff\xf0"])
def test_another_command_breaks_a_subnegotiation_off_and_counts(command):
    def receive(stream):
        telnet = Telnet(server=True)
        return telnet.receive(stream), telnet.outgoing()

    assert receive(b"\xff\xfa\xc9old" + command + b"text") == receive(command + b"text")


def test_an_overlong_subnegotiation_is_one_overflow_and_the_text_goes_on():
    telnet = Telnet(server=True, max_subnegotiation=4)
    stream = telnet.subnegotiation(GMCP, b"1234") + telnet.subnegotiation(GMCP, b"123\xff5") + b"ok"
    assert telnet.receive(stream) == [
        Subnegotiation(GMCP, b"1234"),
        Overflow("subnegotiation", GMCP, 5),
        Text(b"ok"),
    ]


def test_an_overlong_subnegotiation_broken_off_is_an_overflow_too():
    telnet = Telnet(server=True, max_subnegotiation=4)
    assert telnet.receive(b"\xff\xfa\xc912345\xff\xf1") == [
        Overflow("subnegotiation", GMCP, 5),
        Command(NOP),
    ]


def test_trailing_carriage_returns_wait_for_the_next_byte():
    telnet = Telnet(server=False)
    assert telnet.receive(b"a\r") == [Text(b"a")]
    assert telnet.receive(b"\r") == []
    assert telnet.receive(b"\nb\r") == [LineEnd(b"\r\r\n"), Text(b"b")]
    assert merged(telnet.receive(b"c")) == [Text(b"\rc")]


def test_flush_gives_up_on_held_carriage_returns():
    telnet = Telnet(server=False)
    telnet.receive(b"a\r\r")
    assert telnet.flush() == [Text(b"\r\r")]
    assert telnet.flush() == []
    assert telnet.receive(b"\n") == [LF]


@pytest.mark.parametrize("beginning", [b"\xff", b"\xff\xfd", b"\xff\xfa\xc9a\xff"])
def test_flush_leaves_the_beginning_of_a_command_alone(beginning):
    whole = beginning + b"\x4d\n"
    straight, flushed = Telnet(server=False), Telnet(server=False)
    events = flushed.receive(beginning) + flushed.flush() + flushed.receive(b"\x4d\n")
    assert events == straight.receive(whole)
    assert flushed.outgoing() == straight.outgoing()


@pytest.mark.parametrize("server", [True, False])
def test_unknown_options_are_refused_once_for_each_offer(server):
    telnet = Telnet(server=server)
    assert telnet.receive(bytes((IAC, WILL, UNKNOWN, IAC, DO, UNKNOWN))) == []
    assert telnet.outgoing() == bytes((IAC, DONT, UNKNOWN, IAC, WONT, UNKNOWN))
    assert telnet.receive(bytes((IAC, WONT, UNKNOWN, IAC, DONT, UNKNOWN))) == []
    assert telnet.outgoing() == b""


def test_known_options_are_agreed_to_on_their_own_side_only():
    telnet = Telnet(server=False, local=[TTYPE], remote=[ECHO])
    events = telnet.receive(bytes((IAC, DO, TTYPE, IAC, WILL, ECHO, IAC, WILL, TTYPE)))
    assert events == [
        Negotiated(TTYPE, local=True, enabled=True),
        Negotiated(ECHO, local=False, enabled=True),
    ]
    assert telnet.outgoing() == bytes((IAC, WILL, TTYPE, IAC, DO, ECHO, IAC, DONT, TTYPE))
    assert telnet.is_local(TTYPE)
    assert telnet.is_remote(ECHO)
    assert not telnet.is_remote(TTYPE)
    assert not telnet.is_local(ECHO)


@pytest.mark.parametrize(
    ("enable", "disable", "is_on", "sent", "yes", "no"),
    [
        ("enable_local", "disable_local", "is_local", (WILL, WONT), DO, DONT),
        ("enable_remote", "disable_remote", "is_remote", (DO, DONT), WILL, WONT),
    ],
)
def test_we_ask_and_the_answer_settles_it(enable, disable, is_on, sent, yes, no):
    telnet = Telnet(server=True)
    local = enable == "enable_local"
    getattr(telnet, enable)(ECHO)
    assert telnet.outgoing() == bytes((IAC, sent[0], ECHO))
    assert not getattr(telnet, is_on)(ECHO)
    assert telnet.receive(bytes((IAC, yes, ECHO))) == [Negotiated(ECHO, local, True)]
    assert getattr(telnet, is_on)(ECHO)
    getattr(telnet, disable)(ECHO)
    assert telnet.outgoing() == bytes((IAC, sent[1], ECHO))
    assert not getattr(telnet, is_on)(ECHO)
    assert telnet.receive(bytes((IAC, no, ECHO))) == [Negotiated(ECHO, local, False)]
    assert telnet.outgoing() == b""


def test_a_refusal_of_what_we_asked_for_is_told():
    telnet = Telnet(server=True)
    telnet.enable_remote(NAWS)
    assert telnet.receive(bytes((IAC, WONT, NAWS))) == [Negotiated(NAWS, False, False)]


@pytest.mark.parametrize(
    ("server", "options", "prompt"),
    [
        (True, [], bytes((IAC, GA))),
        (True, [SGA], b""),
        (True, [EOR_OPTION], bytes((IAC, EOR))),
        (True, [SGA, EOR_OPTION], bytes((IAC, EOR))),
        (False, [], b""),
        (False, [EOR_OPTION], b""),
    ],
)
def test_prompts_are_marked_as_negotiated(server, options, prompt):
    telnet = Telnet(server=server, local=options)
    for option in options:
        telnet.receive(bytes((IAC, DO, option)))
    assert telnet.prompt() == prompt


def test_an_option_asked_for_does_not_change_prompts_before_it_is_agreed():
    telnet = Telnet(server=True)
    telnet.enable_local(EOR_OPTION)
    assert telnet.prompt() == bytes((IAC, GA))


def test_encoding_doubles_0xff():
    telnet = Telnet(server=True)
    assert telnet.text(b"a\xffb\r\n") == b"a\xff\xffb\r\n"
    assert telnet.subnegotiation(NAWS, b"\xff\0") == bytes((IAC, SB, NAWS, 255, 255, 0, IAC, SE))


@pytest.mark.parametrize("option", [-1, 256])
def test_an_option_outside_a_byte_is_an_error(option):
    telnet = Telnet(server=True)
    message = re.escape(f"a telnet option is one byte, 0..255, not {option}")
    for attempt in (telnet.enable_local, telnet.disable_remote):
        with pytest.raises(ValueError, match=message):
            attempt(option)
    with pytest.raises(ValueError, match=message):
        telnet.subnegotiation(option, b"")
    with pytest.raises(ValueError, match=message):
        Telnet(server=True, local=[option])
    with pytest.raises(ValueError, match=message):
        Telnet(server=True, remote=[option])


def test_floods_do_not_grow_what_is_kept():
    telnet = Telnet(server=True, max_subnegotiation=1000)
    verbs = (WILL, WONT, DO, DONT)
    everything = bytes(b for o in range(256) for v in verbs for b in (IAC, v, o))
    telnet.receive(everything)
    telnet.outgoing()
    tracemalloc.start()
    try:
        for _ in range(5):
            telnet.receive(everything)
            telnet.outgoing()
        telnet.receive(b"\r" * 200_000)
        telnet.receive(b"\xff\xfa\xc9")
        for _ in range(20):
            telnet.receive(b"x" * 10_000)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 20_000
    assert telnet.receive(b"\xff\xf0") == [Overflow("subnegotiation", GMCP, 200_000)]


def merged(events):
    """The events, adjacent Text made one."""
    result = []
    for event in events:
        if result and isinstance(event, Text) and isinstance(result[-1], Text):
            event = Text(result.pop().data + event.data)
        result.append(event)
    return result
