import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.net.address import MudAddress
from bastproxy.libs.session import login as module
from bastproxy.libs.session.login import MAX_TEXT, SECONDS, Answer, Login, LoginPlan, Step

NAME = Step("{character}", re.compile("By what name"))
PASSWORD = Step("{password}", re.compile("(?i)password:"))
MUD = MudAddress("mud.example.org", 4000, tls=True)
STEPS = (NAME, PASSWORD, Step("look", re.compile("Welcome")))


def test_each_step_is_done_once_in_order() -> None:
    login = Login(STEPS, "Osric", "sesame")
    assert login.line("The Long Road") == []
    assert login.line("Password:") == []
    assert login.line("By what name are you known? ", ends=False) == [Answer("Osric", False)]
    assert login.line("By what name") == []
    assert login.line("Password: ", ends=False) == [Answer("sesame", True)]
    assert not login.done
    assert login.line("Welcome, Osric.") == [Answer("look", False)]
    assert login.done
    assert login.line("Welcome, Osric. Password: By what name") == []


def test_a_prompt_may_come_in_pieces_and_in_colour() -> None:
    login = Login([PASSWORD], "", "sesame")
    assert login.line("\x1b[1;3", ends=False) == []
    assert login.line("1mPass\x1b[0", ends=False) == []
    assert login.line("mword", ends=False) == []
    assert login.line(": ", ends=False) == [Answer("sesame", True)]


def test_a_line_that_has_ended_is_not_looked_at_again() -> None:
    login = Login([PASSWORD], "", "sesame")
    assert login.line("pass") == []
    assert login.line("word:") == []
    assert not login.done


def test_without_words_to_wait_for_anything_with_text_will_do() -> None:
    login = Login([Step('connect "{character}" {password}')], "Os Ric", "se{character}same")
    assert login.line("") == []
    assert login.line("\x1b[0m \r") == []
    assert login.line("Welcome") == [Answer('connect "Os Ric" se{character}same', True)]
    assert login.done


def test_it_ends_after_a_minute() -> None:
    now = [5.0]
    login = Login([PASSWORD], "", "sesame", clock=lambda: now[0])
    assert login.line("hello") == []
    now[0] += SECONDS
    assert login.line("Pass", ends=False) == []
    now[0] += 1
    assert login.line("word:") == []
    assert login.done


def test_without_a_password_it_stops_before_the_step_that_needs_it() -> None:
    login = Login(STEPS, "Osric", None)
    assert login.line("By what name") == [Answer("Osric", False)]
    assert login.done
    assert login.line("Password:") == []
    assert Login([PASSWORD], "Osric", None).done


def test_a_line_without_end_is_kept_in_bounds() -> None:
    login = Login([PASSWORD], "", "sesame")
    for _ in range(100):
        login.line("x" * 1000, ends=False)
    assert len(login._text) == MAX_TEXT
    assert login.line("Password:", ends=False) == [Answer("sesame", True)]


@given(st.lists(st.tuples(st.text(), st.booleans())))
def test_nothing_that_a_mud_says_breaks_it_or_makes_it_talk_too_much(said: Any) -> None:
    login = Login(STEPS, "Osric", "sesame")
    answers = [answer for text, ends in said for answer in login.line(text, ends=ends)]
    assert len(answers) <= len(STEPS)


def stored(*passwords: str | None) -> Callable[[], Awaitable[str | None]]:
    """Return what reads one of these after the other."""
    left = list(passwords)

    async def read() -> str | None:
        return left.pop(0)

    return read


async def test_a_plan_reads_the_password_anew_for_each_connection() -> None:
    plan = LoginPlan("osric", MUD, STEPS, "Osric", stored("first", "second"))
    for password in ("first", "second"):
        login = await plan.begin(MUD)
        assert login is not None
        assert login.line("By what name") == [Answer("Osric", False)]
        assert login.line("Password:") == [Answer(password, True)]


async def test_a_plan_that_needs_no_password_reads_none() -> None:
    plan = LoginPlan("osric", MUD, [NAME], "Osric", lambda: pytest.fail("it was read"))
    login = await plan.begin(MUD)
    assert login is not None
    assert login.line("By what name") == [Answer("Osric", False)]


@pytest.mark.parametrize(
    "other",
    [
        MudAddress("mud.example.com", 4000, tls=True),
        MudAddress("mud.example.org", 4001, tls=True),
        MudAddress("mud.example.org", 4000, tls=False),
        MudAddress("mud.example.org", 4000, tls=True, verify=False),
    ],
)
async def test_no_other_mud_hears_the_password(other: MudAddress) -> None:
    plan = LoginPlan("osric", MUD, STEPS, "Osric", lambda: pytest.fail("it was read"))
    assert await plan.begin(other) is None


async def test_a_password_that_is_not_stored_is_told_without_stopping_anything(
    caplog: pytest.LogCaptureFixture,
) -> None:
    login = await LoginPlan("osric", MUD, STEPS, "Osric", stored(None)).begin(MUD)
    assert login is not None
    assert 'store it with "bastproxy password profile osric"' in caplog.text
    assert login.line("By what name") == [Answer("Osric", False)]
    assert login.done


async def test_a_password_that_cannot_be_read_is_told_without_stopping_anything(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken() -> str:
        raise OSError("no bus")

    login = await LoginPlan("osric", MUD, STEPS, "Osric", broken).begin(MUD)
    assert login is not None
    assert "the password of the profile osric is not sent: no bus" in caplog.text
    assert login.line("By what name") == [Answer("Osric", False)]


async def test_a_keyring_that_does_not_answer_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def locked() -> str:
        await asyncio.Event().wait()
        return ""

    monkeypatch.setattr(module, "KEYRING_SECONDS", 0.01)
    login = await LoginPlan("osric", MUD, STEPS, "Osric", locked).begin(MUD)
    assert login is not None
    assert "the keyring does not answer; is it locked?" in caplog.text
    assert login.line("By what name") == [Answer("Osric", False)]


PLAIN = MudAddress("mud.example.org", 4000)
UNVERIFIED = MUD._replace(verify=False)


@pytest.mark.parametrize(
    ("wanted", "address", "why"),
    [
        (MUD, UNVERIFIED, "not verified"),
        (MUD, PLAIN, "speaks TLS, and this connection does not"),
        (PLAIN, MUD, "does not speak TLS"),
    ],
)
async def test_it_is_said_why_a_connection_to_the_mud_itself_hears_no_password(
    wanted: MudAddress, address: MudAddress, why: str
) -> None:
    plan = LoginPlan("osric", wanted, STEPS, "Osric", lambda: pytest.fail("it was read"))
    assert await plan.begin(address) is None
    assert plan.objection(address).startswith("the profile osric does not log in: ")
    assert why in plan.objection(address)


@pytest.mark.parametrize(
    ("wanted", "address"),
    [
        (MUD, MUD),
        (UNVERIFIED, MUD),
        (UNVERIFIED, UNVERIFIED),
        (PLAIN, PLAIN._replace(verify=False)),
    ],
)
async def test_a_connection_as_good_as_the_profile_wants_it_is_logged_in(
    wanted: MudAddress, address: MudAddress
) -> None:
    plan = LoginPlan("osric", wanted, STEPS, "Osric", stored("sesame"))
    assert await plan.begin(address) is not None
    assert plan.objection(address) == ""


def test_nothing_is_said_at_another_mud() -> None:
    plan = LoginPlan("osric", MUD, STEPS, "Osric", stored())
    assert plan.objection(MudAddress("mud.example.com", 4000)) == ""
