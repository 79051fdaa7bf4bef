"""A login on its way: the MUD's text goes to it without markup, and silence may end it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from bastproxy.libs.net.address import MudAddress
from bastproxy.libs.net.lines import Line, decode
from bastproxy.libs.session.login import Answer, Login, LoginPlan
from bastproxy.libs.session.plain import Plain

SILENCE_SECONDS: Final = 20.0
"""A MUD that was restarting may never ask; so long is waited for its next words."""


class LoginRun:
    """One login on one connection.

    :param plain: what takes the markup out for clients; its options count here.
    :param answer: sends to the MUD.
    :param give_up: called with the reason when the MUD says nothing more, the login is not
        finished and nobody has typed; None: it is waited for ever.
    """

    def __init__(
        self,
        login: Login,
        plain: Plain,
        answer: Callable[[Answer], object],
        give_up: Callable[[str], object] | None,
        seconds: float = SILENCE_SECONDS,
    ) -> None:
        self._login = login
        self._options = plain
        self._plain = Plain()
        self._answer = answer
        self._give_up = give_up
        self._seconds = seconds
        self._timer: asyncio.TimerHandle | None = None
        self._wait()

    @property
    def done(self) -> bool:
        """Whether nothing more will be said."""
        return self._login.done

    def line(self, line: Line, encoding: str) -> None:
        """Answer what the MUD asks."""
        login = self._login
        if login.done:
            return
        self._plain.follow(self._options)
        ends = not line.continues
        text = self._plain.forms(line.raw, ends=ends).bare
        for answer in login.line(decode(text, encoding), ends=ends):
            self._answer(answer)
        self._wait()

    def by_hand(self) -> None:
        """Somebody types: the connection is his."""
        self._give_up = None
        self._wait()

    def stop(self) -> None:
        """The connection is gone."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait(self) -> None:
        self.stop()
        if self._give_up is not None and not self._login.done:
            self._timer = asyncio.get_running_loop().call_later(self._seconds, self._silence)

    def _silence(self) -> None:
        self._timer = None
        if self._give_up is not None:
            self._give_up(
                f"it has said nothing for {self._seconds:.0f} s, and the login is not finished"
            )


class Logins:
    """The login of each connection, one after the other.

    :param plain: as for :class:`LoginRun`.
    :param answer: sends to the MUD.
    """

    def __init__(self, plain: Plain, answer: Callable[[Answer], object]) -> None:
        self._plain = plain
        self._answer = answer
        self._next: Login | None = None
        self.run: LoginRun | None = None

    async def prepare(self, plan: LoginPlan | None, address: MudAddress) -> None:
        """Make ready for a connection that is about to be made."""
        self._next = await plan.begin(address) if plan is not None else None

    def begin(self, give_up: Callable[[str], object] | None) -> None:
        """The connection stands; :class:`LoginRun` says what ``give_up`` is."""
        login, self._next = self._next, None
        if login is not None and not login.done:
            self.run = LoginRun(login, self._plain, self._answer, give_up)

    def line(self, line: Line, encoding: str) -> None:
        """Answer what the MUD asks."""
        if self.run is None:
            return
        self.run.line(line, encoding)
        if self.run.done:
            self.run = None

    def by_hand(self) -> None:
        """Somebody types."""
        if self.run is not None:
            self.run.by_hand()

    def stop(self) -> None:
        """The connection is gone."""
        if self.run is not None:
            self.run.stop()
            self.run = None
