import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.plugins.client.queue.libs.commandqueue import (
    MOST_LINES,
    MOST_WAITING,
    CommandQueue,
    FullError,
)


@pytest.fixture
def queue() -> CommandQueue:
    return CommandQueue()


def test_one_is_out_at_a_time(queue):
    first, second = queue.add("one"), queue.add("two")
    assert queue.begin(0, 10) is first
    assert queue.begin(1, 10) is None
    assert queue.deadline == 10
    assert queue.hear("hello") == ""
    assert queue.hear("hp>", prompt=True) == "prompt"
    assert queue.finish() == (first, ["hello", "hp>"])
    assert queue.begin(5, 10) is second
    assert queue.deadline == 15
    assert queue.finish() == (second, [])
    assert queue.finish() is None
    assert queue.idle


def test_a_pattern_waits_for_its_line_and_not_for_a_prompt(queue):
    queue.add("cast armor", answer="^You feel (protected|nothing)", timeout=3)
    queue.begin(0, 10)
    assert queue.deadline == 3
    assert queue.hear("hp>", prompt=True) == ""
    assert queue.hear("The rat says: You feel nothing") == ""
    assert queue.hear("You feel nothing.") == "answer"


def test_a_prompt_may_match_a_pattern(queue):
    queue.add("who", answer="^hp>")
    queue.begin(0, 10)
    assert queue.hear("hp>", prompt=True) == "answer"


def test_a_line_in_pieces_is_matched_as_a_whole(queue):
    item = queue.add("cast", answer="^You are done$")
    queue.begin(0, 10)
    assert queue.hear("You are ", continues=True) == ""
    assert queue.hear("done") == "answer"
    assert queue.finish() == (item, ["You are done"])


def test_what_was_said_before_is_not_part_of_the_answer(queue):
    assert queue.hear("hp>", prompt=True) == ""
    queue.add("one")
    queue.begin(0, 10)
    assert queue.lines == []


def test_only_the_last_lines_are_kept(queue):
    queue.add("help")
    queue.begin(0, 10)
    for number in range(MOST_LINES + 5):
        queue.hear(str(number))
    assert queue.lines == [str(number) for number in range(5, MOST_LINES + 5)]


def test_paused_it_sends_nothing(queue):
    queue.add("one")
    queue.paused = True
    assert queue.begin(0, 10) is None
    queue.paused = False
    assert queue.begin(0, 10) is not None


def test_what_waits_is_taken_out(queue):
    queue.add("one", owner_id="me")
    two = queue.add("two", owner_id="you")
    queue.add("three", owner_id="me")
    assert queue.remove(two.number) is two
    assert queue.remove(two.number) is None
    queue.add("four", owner_id="you")
    assert queue.clear("me") == 2
    assert [item.text for item in queue.waiting] == ["four"]
    assert queue.clear() == 1
    assert queue.clear() == 0


def test_it_is_bounded(queue):
    for _ in range(MOST_WAITING):
        queue.add("x")
    with pytest.raises(FullError, match="1000 commands wait already"):
        queue.add("x")


@given(st.lists(st.one_of(st.integers(0, 3), st.none()), max_size=40))
def test_the_lowest_priority_and_then_the_oldest_is_next(steps):
    queue, model = CommandQueue(), []
    for number, priority in enumerate(steps, 1):
        if priority is not None:
            queue.add(str(number), priority=priority)
            model.append((priority, number))
        elif model:
            model.sort()
            item = queue.begin(0, 1)
            assert (item.priority, int(item.text)) == model.pop(0)
            queue.finish()
    assert [(item.priority, int(item.text)) for item in queue.waiting] == sorted(model)
