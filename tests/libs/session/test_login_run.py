from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from bastproxy.libs.net.lines import Line
from bastproxy.libs.net.telnet.constants import MSP, MXP
from bastproxy.libs.session import login_run as module
from bastproxy.libs.session.login import Answer, Login, LoginPlan, Step
from bastproxy.libs.session.login_run import LoginRun
from bastproxy.libs.session.plain import Plain

NAME = Step("{character}", re.compile("By what name"))
MUSH = Step("connect Osric", re.compile("connect <username>"))


def lines(*raw: bytes) -> list[Line]:
    return [Line(one, b"\r\n") for one in raw]


def run(
    *steps: Step, plain: Plain | None = None, **options: Any
) -> tuple[LoginRun, list[Answer], list[str]]:
    answers: list[Answer] = []
    reasons: list[str] = []
    login = Login(steps, "Osric", "sesame")
    made = LoginRun(
        login,
        plain or Plain(),
        answers.append,
        reasons.append if options.pop("impatient", False) else None,
        **options,
    )
    return made, answers, reasons


async def test_it_looks_at_the_text_without_markup() -> None:
    plain = Plain()
    made, answers, _ = run(MUSH, plain=plain)
    said = b"!!SOUND(x)\x1b[1z<b>type connect &lt;username&gt;</b>"
    made.line(Line(said, b"\r\n"), "utf-8")
    assert answers == []
    plain.use([MXP, MSP])
    made.line(Line(b"\x1b[6z<send>a door"), "utf-8")
    made.line(Line(said, b"\r\n"), "utf-8")
    assert answers == [Answer("connect Osric", False)]


async def test_modes_that_last_are_kept_in_mind() -> None:
    plain = Plain()
    plain.use([MXP])
    made, answers, _ = run(Step("x", re.compile("^a door$")), plain=plain)
    for line in lines(b"\x1b[6z", b"<send>a door</send>"):
        made.line(line, "utf-8")
    assert answers == [Answer("x", False)]


async def test_silence_ends_it_when_it_may() -> None:
    reason: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    answers: list[Answer] = []
    made = LoginRun(Login([NAME]), Plain(), answers.append, reason.set_result, seconds=0.01)
    made.line(Line(b"The MUD is starting", b"\r\n"), "utf-8")
    assert "the login is not finished" in await asyncio.wait_for(reason, 5)
    assert answers == []


@pytest.mark.parametrize("how", ["typed", "done", "stopped", "patient"])
async def test_silence_ends_nothing_else(how: str) -> None:
    loop = asyncio.get_running_loop()
    made, _, reasons = run(NAME, impatient=how != "patient", seconds=0.01)
    if how == "typed":
        made.by_hand()
    elif how == "done":
        made.line(Line(b"By what name"), "utf-8")
    elif how == "stopped":
        made.stop()
    over = asyncio.Event()
    loop.call_later(0.03, over.set)
    await over.wait()
    assert reasons == []


async def test_a_mud_that_asks_nothing_after_a_reconnect_is_connected_again(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module.LoginRun.__init__, "__defaults__", (0.2,))

    async def password() -> str | None:
        return None

    session = world.session
    session.notices = True
    session.reconnector.backoff.first = session.reconnector.backoff.longest = 0.01
    session.reconnector.backoff.reset()
    assert session.mud_address is not None
    session.login_plan = LoginPlan("osric", session.mud_address, [NAME], "Osric", password)
    client = await world.connect()
    world.mud.peer.reset()
    await world.mud.wait_connected(2)
    await world.mud.send_line("The MUD is starting.")
    await client.read_until("is disconnected: it has said nothing for")
    await world.mud.wait_connected(3)
    await world.mud.send_prompt("By what name? ")
    assert await world.mud.read_line() == "Osric"
    assert world.mud.connections == 3


async def test_the_first_connection_waits_for_its_login(world: Any) -> None:
    async def password() -> str | None:
        return None

    session = world.session
    assert session.mud_address is not None
    session.login_plan = LoginPlan("osric", session.mud_address, [NAME], "Osric", password)
    assert await session.reconnect()
    assert session._logins.run is not None
    assert session._logins.run._give_up is None


async def test_players_are_told_why_the_profile_does_not_log_in(
    world: Any, caplog: pytest.LogCaptureFixture
) -> None:
    session = world.session
    session.notices = True
    assert session.mud_address is not None
    wanted = session.mud_address._replace(tls=True)
    session.login_plan = LoginPlan(
        "osric", wanted, [NAME], "Osric", lambda: pytest.fail("it was read")
    )
    client = await world.connect()
    assert await session.reconnect()
    line = "the profile osric does not log in: the profile says that the MUD speaks TLS"
    await client.read_until(f"[bastproxy] {line}, and this connection does not\r\n")
    assert line in caplog.text
    assert session._logins.run is None
