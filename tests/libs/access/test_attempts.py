from typing import Any

import pytest

from bastproxy.libs.access import Attempts
from bastproxy.libs.access.attempts import FORGET_AFTER, LONGEST_DELAY, MOST_ADDRESSES

HOST = "192.0.2.7"


def test_the_delay_doubles_up_to_a_minute(clock: Any) -> None:
    attempts = Attempts(clock, ban_after=0)
    assert attempts.wait(HOST) == 0
    delays = []
    for _ in range(9):
        attempts.failed(HOST)
        delays.append(attempts.wait(HOST))
        clock.now += delays[-1]
        assert attempts.wait(HOST) == 0
    assert delays == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_the_delay_runs_down(clock: Any) -> None:
    attempts = Attempts(clock)
    for _ in range(3):
        attempts.failed(HOST)
    clock.now += 1.5
    assert attempts.wait(HOST) == 2.5


def test_others_do_not_wait(clock: Any) -> None:
    attempts = Attempts(clock)
    attempts.failed(HOST)
    assert attempts.wait("192.0.2.8") == 0


def test_all_addresses_of_one_ipv6_customer_wait_together(clock: Any) -> None:
    attempts = Attempts(clock)
    attempts.failed("2001:db8:1:2::1")
    attempts.failed("2001:db8:1:2:ffff::2")
    assert attempts.wait("2001:db8:1:2:3:4:5:6") == 2
    assert attempts.wait("2001:db8:1:3::1") == 0


def test_the_right_password_makes_up_for_the_wrong_ones(clock: Any) -> None:
    attempts = Attempts(clock)
    for _ in range(5):
        attempts.failed(HOST)
    attempts.succeeded(HOST)
    assert (attempts.wait(HOST), attempts.count(HOST)) == (0, 0)
    attempts.failed(HOST)
    assert attempts.wait(HOST) == 1


def test_old_failures_are_forgotten(clock: Any) -> None:
    attempts = Attempts(clock)
    for _ in range(5):
        attempts.failed(HOST)
    clock.now += FORGET_AFTER + 1
    attempts.failed(HOST)
    assert attempts.count(HOST) == 1


def test_too_many_wrong_passwords_ban(clock: Any) -> None:
    attempts = Attempts(clock, ban_after=3, ban_seconds=100)
    assert attempts.failed(HOST) is None
    assert attempts.failed(HOST) is None
    ban = attempts.failed(HOST)
    assert ban is not None
    assert (ban.network, ban.reason) == (HOST, "3 wrong passwords")
    assert attempts.bans.of(HOST) == ban
    clock.now += 99
    assert attempts.bans.of(HOST) == ban
    clock.now += 2
    assert attempts.bans.of(HOST) is None
    assert attempts.wait(HOST) == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "", "a.sock"])
def test_this_machine_is_delayed_but_never_banned(host: str, clock: Any) -> None:
    attempts = Attempts(clock, ban_after=3)
    for _ in range(20):
        assert attempts.failed(host) is None
    assert attempts.bans.list() == []
    assert attempts.wait(host) == LONGEST_DELAY


def test_a_clock_that_is_set_back_makes_nobody_wait_longer(clock: Any) -> None:
    attempts = Attempts(clock)
    attempts.failed(HOST)
    clock.now -= 86400
    assert attempts.wait(HOST) == 1


def test_memory_is_bounded_and_the_newest_failures_are_kept(clock: Any) -> None:
    attempts = Attempts(clock)
    for number in range(MOST_ADDRESSES + 50):
        attempts.failed(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(attempts._failures) == MOST_ADDRESSES
    assert attempts.wait("10.0.0.0") == 0
    assert attempts.wait(f"10.0.{MOST_ADDRESSES >> 8}.49") == 1
