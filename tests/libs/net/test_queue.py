from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.net.queue import Kind, OutputQueue

NOTICE = b"[bastproxy] %b left out, because this client was reading too slowly.\r\n"
NEVER_DROPPED = (Kind.CONTROL, Kind.COMPRESS, Kind.PLAIN)


def filled(limit, *entries):
    queue = OutputQueue(limit)
    for data, kind in entries:
        queue.add(data, kind)
        queue.trim()
    return queue


def drained(queue):
    data = b""
    while queue:
        data += queue.take(1)
    return data


def test_within_the_limit_everything_comes_out_in_order():
    queue = filled(9, (b"a\n", Kind.LINE), (b"b", Kind.PART), (b"c\n", Kind.LINE))
    assert drained(queue) == b"a\nbc\n"
    assert queue.size == 0


def test_beyond_the_limit_the_oldest_lines_go_and_the_gap_is_told():
    queue = filled(5, *[(b"%d\n" % n, Kind.LINE) for n in range(5)])
    assert queue.size == 4
    assert drained(queue) == (NOTICE % b"3 lines were") + b"3\n4\n"


def test_a_line_in_parts_goes_as_a_whole_also_what_is_yet_to_come():
    queue = filled(3, (b"aaaa", Kind.PART), (b"bb", Kind.PART), (b"c\n", Kind.LINE))
    queue.add(b"d\n", Kind.LINE)
    assert drained(queue) == (NOTICE % b"1 line was") + b"d\n"


def test_a_gap_inside_a_line_ends_the_line():
    queue = OutputQueue(3)
    queue.add(b"begin", Kind.PART)
    assert queue.take(100) == b"begin"
    queue.add(b" end\n", Kind.LINE)
    queue.trim()
    assert drained(queue) == b"\r\n" + (NOTICE % b"1 line was")


def test_control_is_never_dropped():
    queue = filled(3, (b"<1>", Kind.CONTROL), (b"aaaa\n", Kind.LINE), (b"<2>", Kind.CONTROL))
    assert drained(queue) == (NOTICE % b"1 line was") + b"<1><2>"
    assert queue.control_size == 0


def test_messages_are_dropped_but_are_no_lines():
    queue = filled(3, (b"mmmm", Kind.MESSAGE), (b"a\n", Kind.LINE))
    assert drained(queue) == b"a\n"


def test_the_notice_is_given_once():
    queue = filled(1, (b"aa\n", Kind.LINE))
    assert queue.take(100) == NOTICE % b"1 line was"
    assert not queue
    assert queue.dropped == 1


def test_what_is_taken_ends_at_a_switch():
    queue = filled(99, (b"a\n", Kind.LINE), (b"<c>", Kind.COMPRESS), (b"b\n", Kind.LINE))
    queue.add(b"", Kind.PLAIN)
    queue.add(b"c\n", Kind.LINE)
    taken = []
    while queue:
        taken.append((queue.take(99), queue.switch))
    assert taken == [(b"a\n<c>", Kind.COMPRESS), (b"b\n", Kind.PLAIN), (b"c\n", None)]
    assert queue.control_size == 0


def test_switches_keep_their_order_among_what_is_dropped():
    queue = filled(
        4,
        (b"<1>", Kind.CONTROL),
        (b"lost\n", Kind.LINE),
        (b"<2>", Kind.CONTROL),
        (b"<c>", Kind.COMPRESS),
        (b"lost\n", Kind.LINE),
        (b"", Kind.PLAIN),
        (b"<3>", Kind.CONTROL),
    )
    assert queue.take(99) == (NOTICE % b"2 lines were") + b"<1><2><c>"
    assert queue.switch is Kind.COMPRESS
    assert queue.take(99) == b""
    assert queue.switch is Kind.PLAIN
    assert queue.take(99) == b"<3>"
    assert queue.switch is None


@given(st.lists(st.tuples(st.integers(0, 20), st.sampled_from(list(Kind)))), st.integers(0, 50))
def test_the_queue_keeps_its_limit_and_its_books(entries, limit):
    queue = OutputQueue(limit)
    control = 0
    for size, kind in entries:
        queue.add(b"x" * size, kind)
        queue.trim()
        control += size if kind in NEVER_DROPPED else 0
        assert queue.size <= max(limit, queue.control_size)
        assert queue.control_size == control
    left_out = queue.left_out
    size = queue.size
    data = drained(queue)
    assert len(data.replace(b"\r\n", b"").partition(b"slowly.")[2] if left_out else data) == size


def test_empty_lines_count_too() -> None:
    queue = OutputQueue(1600)
    for _ in range(150):
        queue.add(b"\r\n", Kind.LINE)
    assert queue.is_full
    queue.trim()
    assert not queue.is_full
    assert queue.dropped == 50
