import pytest

from bastproxy.libs.net.telnet import Overflow, Subnegotiation
from bastproxy.libs.net.telnet.subnegotiation import Collector


def collected(*pieces, limit=4, complete=True):
    collector = Collector(limit)
    for piece in pieces:
        collector.add(piece)
    return collector.finish(complete=complete)


@pytest.mark.parametrize("pieces", [(b"\xc9abcd",), (b"", b"\xc9", b"", b"ab", b"cd")])
def test_the_first_byte_is_the_option(pieces):
    assert collected(*pieces) == Subnegotiation(201, b"abcd")


@pytest.mark.parametrize("pieces", [(b"\xc9abcde",), (b"\xc9abcd", b"e"), (b"\xc9", b"abcde")])
@pytest.mark.parametrize("complete", [True, False])
def test_one_byte_more_is_an_overflow(pieces, complete):
    assert collected(*pieces, complete=complete) == Overflow("subnegotiation", 201, 5)


def test_without_an_option_it_is_nothing():
    assert collected(b"") is None


def test_broken_off_it_is_nothing():
    assert collected(b"\xc9ab", complete=False) is None
