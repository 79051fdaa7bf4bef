"""Logging in to the MUD: what to say to which of its lines."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple

from bastproxy.libs.net.address import MudAddress
from bastproxy.libs.session.declared import log

SECONDS: Final = 60.0
KEYRING_SECONDS: Final = 30.0
"""How long the player may take to unlock the keyring; then the MUD is connected without it."""

MAX_TEXT: Final = 4096
"""So much of a line that has not ended is kept, to find the step's words in it."""

CHARACTER: Final = "character"
PASSWORD: Final = "password"
FIELDS: Final = (CHARACTER, PASSWORD)

_FIELD: Final = re.compile(r"\{(\w*)\}")
_COLOUR: Final = re.compile(r"\x1b\[[0-9;:?]*[ -/]*[@-~]")


class Step(NamedTuple):
    """One thing to say.

    :ivar send: what, with ``{character}`` and ``{password}`` filled in.
    :ivar when: is found in what the MUD has said; without it anything will do.
    """

    send: str
    when: re.Pattern[str] | None = None


class Answer(NamedTuple):
    """A line for the MUD.

    :ivar secret: it holds the password: nobody but the MUD may see it.
    """

    text: str
    secret: bool


def fields_of(send: str) -> list[str]:
    """Return the names in braces of what a step sends."""
    return _FIELD.findall(send)


class Login:
    """One login, for one connection to the MUD.

    Each step is done once and in order, in the first minute.

    :param password: None when none is stored; the login ends before the step that needs it.
    :param clock: seconds.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        character: str = "",
        password: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._steps = list(steps)
        self._values = {CHARACTER: character, PASSWORD: password or ""}
        self._clock = clock
        self._until: float | None = None
        self._text = ""
        if password is None:
            needing = (i for i, step in enumerate(steps) if PASSWORD in fields_of(step.send))
            del self._steps[next(needing, len(steps)) :]

    @property
    def done(self) -> bool:
        """Whether nothing more will be said."""
        return not self._steps

    def line(self, text: str, *, ends: bool = True) -> list[Answer]:
        """Return what to send now that the MUD has said this; colours do not matter.

        :param ends: it ends a line; otherwise it is a prompt, or the line goes on.
        """
        if not self._steps:
            return []
        if self._is_over():
            self._steps.clear()
            return []
        self._text = (self._text + text)[-MAX_TEXT:]
        plain = _COLOUR.sub("", self._text)
        step = self._steps[0]
        answers = []
        if step.when.search(plain) if step.when is not None else plain.strip():
            # One step a line: the next question is yet to be asked.
            self._text = ""
            answers = [self._answer(self._steps.pop(0))]
        if ends:
            self._text = ""
        return answers

    def _is_over(self) -> bool:
        now = self._clock()
        if self._until is None:
            self._until = now + SECONDS
        return now > self._until

    def _answer(self, step: Step) -> Answer:
        # In one pass, so that a password with braces in it stays what it is.
        text = _FIELD.sub(lambda found: self._values[found[1]], step.send)
        return Answer(text, PASSWORD in fields_of(step.send))


class LoginPlan:
    """How a profile logs in; it makes a :class:`Login` for each connection to its MUD.

    :param name: the profile's.
    :param address: the MUD to which the password may go, and no other.
    :param password: reads the password from where it is stored, which may take its time.
    """

    def __init__(
        self,
        name: str,
        address: MudAddress,
        steps: Sequence[Step],
        character: str,
        password: Callable[[], Awaitable[str | None]],
    ) -> None:
        self.name = name
        self.address = address
        self._steps = tuple(steps)
        self._character = character
        self._password = password

    async def begin(self, address: MudAddress) -> Login | None:
        """Return the login for a connection that is about to be made; None to another MUD."""
        if address[:2] != self.address[:2] or self.objection(address):
            return None
        password = None
        if any(PASSWORD in fields_of(step.send) for step in self._steps):
            password = await self._read_password()
        return Login(self._steps, self._character, password)

    def objection(self, address: MudAddress) -> str:
        """Say why it does not log in over such a connection to its MUD; empty when it does."""
        wanted = self.address
        if address[:2] != wanted[:2]:
            return ""  # another MUD: nobody expects it
        if address.tls != wanted.tls:
            why = "the profile says that the MUD " + (
                "speaks TLS, and this connection does not" if wanted.tls else "does not speak TLS"
            )
        elif address.tls and wanted.verify and not address.verify:
            why = (
                "the MUD's certificate is not verified, as the profile wants; "
                "to do without, write tls_verify = false into the profile"
            )
        else:
            return ""
        return f"the profile {self.name} does not log in: {why}"

    async def _read_password(self) -> str | None:
        try:
            async with asyncio.timeout(KEYRING_SECONDS):
                password = await self._password()
            reason = f'none is stored; store it with "bastproxy password profile {self.name}"'
        except TimeoutError:
            password, reason = None, "the keyring does not answer; is it locked?"
        except Exception as error:  # a file or a keyring that cannot be read: play all the same
            password, reason = None, str(error)
        if not password:
            log(f"the password of the profile {self.name} is not sent: {reason}", "warning")
        return password or None
