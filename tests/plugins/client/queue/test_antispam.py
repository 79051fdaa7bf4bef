import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.plugins.client.queue.libs.antispam import MOST_HELD, AntiSpam, Mode, Verdict


@pytest.fixture
def spam() -> AntiSpam:
    spam = AntiSpam()
    spam.count = 3
    return spam


def offer(spam: AntiSpam, *lines: str, now: float = 0.0) -> list[str]:
    return [spam.offer(line, now).value for line in lines]


def test_switched_off_everything_is_sent(spam):
    assert offer(spam, *["kill rat"] * 50) == ["send"] * 50


def test_an_excuse_comes_before_the_line_goes_once_too_often(spam):
    spam.mode = Mode.EXCUSE
    assert offer(spam, *["n"] * 7) == [
        *["send"] * 3,
        "excuse first",
        *["send"] * 2,
        "excuse first",
    ]


def test_another_line_begins_the_count_anew(spam):
    spam.mode = Mode.EXCUSE
    assert offer(spam, "n", "n", "n", "e", "n", "n", "n", "n")[-1] == "excuse first"
    assert offer(spam, "e", "n", "", "n", " ", "n", "n")[-2:] == ["send", "excuse first"]


def test_the_excuse_itself_is_spaced(spam):
    spam.mode = Mode.EXCUSE
    assert offer(spam, *["look"] * 4) == [*["send"] * 3, "hold"]


def test_the_same_line_is_spaced_and_no_other_passes_it(spam):
    spam.mode = Mode.SPACE
    assert offer(spam, "n", "n", "n", "n", "n", "e", now=10) == [*["send"] * 3, *["hold"] * 3]
    assert spam.due(10.25) == 0.75
    assert spam.take(10.5) is None
    assert spam.take(11) == ("n", "")
    assert spam.take(11) is None
    assert spam.take(12) == ("n", "")
    assert spam.take(12) == ("e", "")
    assert spam.take(12) is None
    assert spam.due(12) is None
    assert offer(spam, "n", now=12) == ["send"]


def test_who_pauses_by_himself_does_not_wait(spam):
    spam.mode = Mode.SPACE
    assert offer(spam, *["n"] * 3) == ["send"] * 3
    assert offer(spam, "n", now=1) == ["send"]
    assert offer(spam, "n", now=1.5) == ["hold"]


def test_what_is_held_goes_when_it_is_switched_off(spam):
    spam.mode = Mode.SPACE
    offer(spam, *["n"] * 5)
    spam.mode = Mode.OFF
    assert spam.due(0) == 0
    assert [spam.take(0) for _ in range(3)] == [("n", ""), ("n", ""), None]


def test_too_many_are_dropped(spam):
    spam.mode = Mode.SPACE
    verdicts = offer(spam, *["n"] * (MOST_HELD + 4))
    assert verdicts[-2:] == ["hold", "drop"]
    assert spam.clear() == MOST_HELD
    assert offer(spam, "n") == ["send"]


@given(
    st.lists(st.tuples(st.sampled_from("nes"), st.sampled_from([0.0, 0.3, 1.0, 5.0])), max_size=60)
)
def test_spaced_lines_keep_their_order_and_their_distance(steps):
    spam, now, sent = AntiSpam(), 0.0, []
    spam.mode, spam.count = Mode.SPACE, 2

    def release() -> None:
        while (held := spam.take(now)) is not None:
            sent.append((held[0], now))

    for line, pause in steps:
        now += pause
        release()
        if spam.offer(line, now) is Verdict.SEND:
            sent.append((line, now))
    while (wait := spam.due(now)) is not None:
        now += wait
        release()
    assert [line for line, _ in sent] == [line for line, _ in steps]
    for one, two, three in zip(sent, sent[1:], sent[2:], strict=False):
        if one[0] == two[0] == three[0]:
            assert three[1] - two[1] >= 1 - 1e-6
