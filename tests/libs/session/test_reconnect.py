import asyncio

from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.ledger import Ledger
from bastproxy.libs.session.reconnect import JITTER, Backoff, Intent, Reconnector
from bastproxy.libs.tasks import Tasks


def test_each_delay_is_twice_the_one_before_up_to_the_longest() -> None:
    backoff = Backoff(1, 10, chance=lambda: 0.5)
    assert [backoff.next() for _ in range(6)] == [1, 2, 4, 8, 10, 10]
    backoff.reset()
    assert backoff.next() == 1


@given(st.floats(0, 1, exclude_max=True), st.integers(1, 30))
def test_jitter_stays_within_its_part(chance: float, steps: int) -> None:
    plain, shaken = Backoff(1, 300, chance=lambda: 0.5), Backoff(1, 300, chance=lambda: chance)
    for _ in range(steps):
        wanted, got = plain.next(), shaken.next()
        assert wanted * (1 - JITTER) <= got <= wanted * (1 + JITTER)


async def test_it_tries_until_it_succeeds() -> None:
    results = iter([False, False, True])
    done = asyncio.Event()
    announced: list[float] = []

    async def attempt() -> bool:
        success = next(results)
        if success:
            done.set()
        return success

    backoff = Backoff(0.001, 0.01, chance=lambda: 0.5)
    reconnector = Reconnector(Tasks(Ledger()), attempt, announced.append, backoff)
    reconnector.lost(0)
    assert reconnector.waiting
    await asyncio.wait_for(done.wait(), 5)
    assert announced == [0.001, 0.002, 0.004]


async def test_a_steady_connection_begins_the_delays_anew_and_a_short_one_does_not() -> None:
    announced: list[float] = []
    connected = asyncio.Event()

    async def attempt() -> bool:
        connected.set()
        return True

    backoff = Backoff(0.001, 1, chance=lambda: 0.5)
    reconnector = Reconnector(Tasks(Ledger()), attempt, announced.append, backoff)
    for lasted in (0.0, 5.0, 61.0):
        connected.clear()
        reconnector.lost(lasted)
        await reconnector.wait()
        assert connected.is_set()
    assert announced == [0.001, 0.002, 0.001]


async def test_cancel_ends_the_trying() -> None:
    async def attempt() -> bool:
        raise AssertionError("it must not be tried")

    reconnector = Reconnector(Tasks(Ledger()), attempt, lambda _: None, Backoff(60, 60))
    reconnector.lost(0)
    reconnector.cancel()
    await asyncio.wait_for(reconnector.wait(), 5)
    assert not reconnector.waiting


def test_a_player_who_quits_does_not_want_to_come_back() -> None:
    intent = Intent()
    intent.begin()
    intent.typed("look")
    assert intent.wants_back(orderly=True)
    intent.typed("Quit")
    assert not intent.wants_back(orderly=True)
    intent.typed("y")
    assert not intent.wants_back(orderly=False)


def test_a_quit_long_ago_was_not_meant() -> None:
    intent = Intent()
    for text in ("quit", "look", "north", "kill rat"):
        intent.typed(text)
    assert intent.wants_back(orderly=True)


def test_a_mud_that_closes_on_one_who_never_typed_is_left_alone() -> None:
    intent = Intent()
    intent.begin()
    assert not intent.wants_back(orderly=True)
    assert intent.wants_back(orderly=False)
    intent.typed("   ")
    assert not intent.wants_back(orderly=True)
