import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.net.telnet import compression
from bastproxy.libs.net.telnet.compression import Deflater, Inflater

ROOM = 1 << 20


def inflated(inflater, data, room=ROOM):
    """All that comes of the data, in steps, and what of it is left after the end."""
    made = b""
    while data or inflater.more:
        text, taken = inflater.inflate(data, room)
        assert len(text) <= room
        made, data = made + text, data[taken:]
        if not inflater.active:
            break
    return made, data


@pytest.fixture
def inflater():
    inflater = Inflater()
    inflater.start()
    return inflater


@given(st.lists(st.binary(max_size=300)), st.integers(1, 9))
def test_what_is_deflated_can_be_inflated_at_once(texts, level):
    deflater, inflater = Deflater(level), Inflater()
    inflater.start()
    for text in texts:
        assert inflated(inflater, deflater.compress(text)) == (text, b"")
    assert inflated(inflater, deflater.finish()) == (b"", b"")
    assert not inflater.active
    assert deflater.bytes_in == inflater.bytes_out == sum(map(len, texts))
    assert deflater.bytes_out == inflater.bytes_in


def test_nothing_deflated_is_nothing():
    assert Deflater().compress(b"") == b""


def test_a_finished_stream_takes_no_more():
    deflater = Deflater()
    deflater.finish()
    with pytest.raises(zlib.error):
        deflater.compress(b"more")


def test_a_higher_level_is_smaller():
    rng = random.Random(1)
    text = b" ".join(rng.choices([b"north", b"south", b"a troll", b"hits", b"you"], k=2000))
    assert len(Deflater(9).compress(text)) < len(Deflater(1).compress(text)) < len(text)


def test_what_comes_after_the_end_is_left(inflater):
    assert inflated(inflater, zlib.compress(b"text") + b"plain") == (b"text", b"plain")
    assert not inflater.active
    assert inflater.bytes_in == len(zlib.compress(b"text"))


@pytest.mark.parametrize("room", [1, 2, 99, 100, 101])
def test_what_has_no_room_waits(inflater, room):
    data = zlib.compress(b"x" * 100) + b"plain"
    assert inflated(inflater, data, room) == (b"x" * 100, b"plain")
    assert not inflater.more


def test_a_full_buffer_with_nothing_behind_it_is_no_end(inflater):
    deflater = Deflater()
    assert inflater.inflate(deflater.compress(b"x" * 100), 100)[0] == b"x" * 100
    assert inflated(inflater, b"") == (b"", b"")
    assert inflated(inflater, deflater.compress(b"y")) == (b"y", b"")


def test_streams_follow_one_another_and_are_counted_together(inflater):
    first, second = zlib.compress(b"one"), zlib.compress(b"two")
    assert inflated(inflater, first)[0] == b"one"
    inflater.start()
    assert inflater.active
    assert inflated(inflater, second)[0] == b"two"
    assert (inflater.bytes_in, inflater.bytes_out) == (len(first + second), 6)


def test_before_a_stream_nothing_is_inflated():
    assert Inflater().inflate(zlib.compress(b"text"), ROOM) == (b"", 0)


@pytest.mark.parametrize("garbage", [b"plain text\r\n", b"\x78\x9c\xff\xff\xff", b"\0" * 20])
def test_what_is_no_zlib_stream_is_broken(inflater, garbage):
    assert inflated(inflater, garbage)[0] == b""
    assert inflater.broken.startswith("the compressed data is corrupt (Error -3")
    assert not inflater.active
    assert not inflater.more


def test_a_wrong_checksum_is_broken_and_all_of_the_text_is_kept(inflater):
    data = zlib.compress(b"text")
    assert inflated(inflater, data[:-1] + b"\0")[0] == b"text"
    assert "incorrect data check" in inflater.broken


def test_what_comes_before_a_corrupt_block_is_kept_wherever_it_was_cut():
    deflater = Deflater()
    good = deflater.compress(b"a good line\r\n" * 50)
    data = good + b"\x07" + b"more of it"  # a block of the reserved type
    outcomes = set()
    for cut in range(len(data)):
        inflater = Inflater()
        inflater.start()
        text = inflated(inflater, data[:cut])[0]
        text += inflated(inflater, data[cut:])[0] if inflater.active else b""
        outcomes.add((text, inflater.broken))
    assert len(outcomes) == 1
    assert outcomes.pop()[0] == b"a good line\r\n" * 50


def bomb(size):
    return zlib.compress(bytes(size), 9)


def test_a_bomb_is_found_out(inflater):
    data = bomb(compression.BOMB_BYTES + 4 * ROOM)
    made = 0
    while inflater.active and (data or inflater.more):
        text, taken = inflater.inflate(data[: 1 << 14], ROOM)
        made, data = made + len(text), data[taken:]
    assert inflater.broken.startswith("a decompression bomb: ")
    assert compression.BOMB_BYTES < made <= compression.BOMB_BYTES + ROOM
    assert not inflater.more


@pytest.fixture
def small_bombs(monkeypatch):
    monkeypatch.setattr(compression, "BOMB_BYTES", 1 << 20)


@pytest.mark.usefixtures("small_bombs")
def test_hours_of_text_earn_nobody_the_right_to_a_bomb(inflater):
    rng = random.Random(2)
    deflater = Deflater(1)
    for _ in range(400):
        inflated(inflater, deflater.compress(rng.randbytes(1 << 14)))
    assert not inflater.broken
    inflated(inflater, deflater.compress(bytes(3 << 20)))
    assert "bomb" in inflater.broken


@pytest.mark.usefixtures("small_bombs")
def test_a_bomb_in_many_streams_is_one(inflater):
    for _ in range(40):
        if not inflater.broken:
            inflater.start()
            inflated(inflater, bomb(1 << 15))
    assert "bomb" in inflater.broken


@pytest.mark.usefixtures("small_bombs")
def test_text_that_repeats_itself_is_no_bomb(inflater):
    line = b"You hit the training dummy very hard.\r\n"
    deflater = Deflater(9)
    for _ in range(300):  # as a MUD sends it: some lines at a time
        inflated(inflater, deflater.compress(line * 50))
    assert not inflater.broken
    assert inflater.bytes_out > 10 * inflater.bytes_in


@given(st.binary(max_size=100), st.binary(max_size=100))
def test_nothing_raises(start, rest):
    inflater = Inflater()
    inflater.start()
    inflated(inflater, zlib.compress(start)[: len(rest)] + rest, 7)
    assert len(inflater.broken) < 200
