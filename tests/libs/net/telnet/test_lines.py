import pytest

from bastproxy.libs.net.telnet import LineEnd, Telnet, Text
from bastproxy.libs.net.telnet.lines import MAX_RETURNS, split_lines, trailing_returns


def lines(run, *, enter):
    events = []
    split_lines(run, events, enter=enter)
    return events


@pytest.mark.parametrize(
    ("run", "events"),
    [
        (b"a\r\r\nb", [Text(b"a"), LineEnd(b"\r\r\n"), Text(b"b")]),
        (b"a\rb\n", [Text(b"a\rb"), LineEnd(b"\n")]),
        (b"\r\n", [LineEnd(b"\r\n")]),
        (b"\0\n", [Text(b"\0"), LineEnd(b"\n")]),
    ],
)
@pytest.mark.parametrize("enter", [True, False])
def test_all_returns_before_a_line_feed_belong_to_it(run, events, enter):
    assert lines(run, enter=enter) == events


@pytest.mark.parametrize(
    ("run", "events"),
    [
        (b"look\r\0", [Text(b"look"), LineEnd(b"\r\0")]),
        (b"look\r\r\0", [Text(b"look"), LineEnd(b"\r\r\0")]),
        (
            b"a\r\0b\r\nc\r\0",
            [
                *(Text(b"a"), LineEnd(b"\r\0")),
                *(Text(b"b"), LineEnd(b"\r\n")),
                *(Text(b"c"), LineEnd(b"\r\0")),
            ],
        ),
        (b"\n\r\0", [LineEnd(b"\n"), LineEnd(b"\r\0")]),
        (b"\r\0\0", [LineEnd(b"\r\0"), Text(b"\0")]),
    ],
)
def test_return_and_nul_from_a_client_end_a_line(run, events):
    assert lines(run, enter=True) == events
    assert lines(run, enter=False) != events


def test_return_and_nul_from_a_mud_are_text():
    telnet = Telnet(server=False)
    assert telnet.receive(b"bar\r\0bar\n") == [Text(b"bar\r\0bar"), LineEnd(b"\n")]


@pytest.mark.parametrize("end", [b"\n", b"\0"])
@pytest.mark.parametrize("more", [1, 10])
def test_a_line_end_has_a_greatest_length_wherever_it_is_cut(end, more):
    run = b"\r" * (MAX_RETURNS + more)
    expected = [Text(b"\r" * more), LineEnd(b"\r" * MAX_RETURNS + end)]
    assert lines(run + end, enter=True) == expected
    telnet = Telnet(server=True)
    assert telnet.receive(run) + telnet.receive(end) == expected


@pytest.mark.parametrize(
    ("run", "returns"),
    [
        (b"a", b""),
        (b"a\r\r", b"\r\r"),
        (b"\r", b"\r"),
        (b"", b""),
        (b"\r" * 1000, b"\r" * MAX_RETURNS),
    ],
)
def test_trailing_returns_are_bounded(run, returns):
    assert trailing_returns(run) == returns
