"""The gate: a client that must log in waits here, and whatever it sends waits with it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Final

from bastproxy.libs.access import AccessError, Attempts, Ban, Kind, Passwords
from bastproxy.libs.access.addresses import host_of, person_of
from bastproxy.libs.net.client import CRLF, ClientConnection
from bastproxy.libs.net.lines import Item, Line
from bastproxy.libs.session.declared import OWNER_ID, log
from bastproxy.libs.session.waiting import Waiting
from bastproxy.libs.tasks import Tasks

LOGIN_SECONDS: Final = 60.0
MOST_WAITING: Final = 20
PATIENCE: Final = 10.0
"""Seconds of delay that a client may wait out; who would wait longer is sent away."""

MAX_BYTES: Final = 32768
"""So much may a client say before it has logged in; GMCP introductions are among it."""

MAX_PASSWORD: Final = 1024

BROKEN: Final = "nobody can log in now; the log of the proxy says why"
PROMPT: Final = b"[bastproxy] password: "


class Gate:
    """Asks clients for the password before the session hears of them.

    Nobody who has not logged in sees anything of the session, or causes anything in it.

    :param admit: takes a client in; the second argument says that it may only watch.
    :param deliver: takes what the client had sent meanwhile.
    :param sleep: waits some seconds.
    :ivar exposed: other machines can connect, so without any password nobody gets in.
    :ivar seconds: in which a client must have logged in.
    :ivar most_waiting: so many clients may wait at once, a quarter of them from one address, or
        one /64 of IPv6.
    """

    def __init__(
        self,
        passwords: Passwords,
        attempts: Attempts,
        tasks: Tasks,
        admit: Callable[[ClientConnection, bool], object],
        deliver: Callable[[ClientConnection, list[Item]], object],
        *,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self.exposed = False
        self.seconds = LOGIN_SECONDS
        self.most_waiting = MOST_WAITING
        self.attempts = attempts
        self.passwords = passwords
        self._tasks = tasks
        self._admit = admit
        self._deliver = deliver
        self._sleep = sleep
        self._waiting: dict[str, Waiting] = {}
        self._one_at_a_time = asyncio.Lock()
        self._told_full = False

    @property
    def waiting(self) -> list[ClientConnection]:
        """The clients that have not logged in."""
        return [waiting.client for waiting in self._waiting.values()]

    def opened(self, client: ClientConnection) -> bool:
        """Stop a new client, or refuse it; False when it may pass at once."""
        try:
            locked = self.passwords.any
        except AccessError as error:
            log(f"nobody can log in: {error}", "error")
            _refuse(client, BROKEN)
            return True
        reason = self._objection(client, locked)
        if reason:
            _refuse(client, reason)
            return True
        if locked:
            self._hold(client)
        return locked

    def received(self, client: ClientConnection, items: list[Item]) -> None:
        """Hold what a client that waits has sent; anything else of a stranger is forgotten."""
        waiting = self._waiting.get(client.client_id)
        if waiting is None:
            return
        for item in items:
            waiting.take(item)
        if waiting.size > MAX_BYTES or len(waiting.partial) > MAX_PASSWORD:
            self._turn_away(waiting, "that is too much before the password")

    def closed(self, client: ClientConnection) -> None:
        """Forget a client that is gone."""
        waiting = self._waiting.get(client.client_id)
        if waiting is not None:
            self._forget(waiting)

    def close(self, reason: str) -> None:
        """Disconnect all who wait."""
        for waiting in list(self._waiting.values()):
            self._forget(waiting)
            waiting.client.close(reason)

    def turn_away_banned(self) -> None:
        """Disconnect those who wait and are banned by now."""
        for waiting in list(self._waiting.values()):
            ban = self.attempts.bans.of(waiting.host)
            if ban is not None:
                self._turn_away(waiting, self._banned(ban))

    def _hold(self, client: ClientConnection) -> None:
        waiting = Waiting(client, host_of(client.peer_name))
        self._waiting[client.client_id] = waiting
        loop = asyncio.get_running_loop()
        waiting.timer = loop.call_later(self.seconds, self._too_late, waiting)
        client.set_echo(True)
        waiting.task = self._tasks.spawn(OWNER_ID, self._log_in(waiting), "log in")

    def _objection(self, client: ClientConnection, locked: bool) -> str:
        """Return why a client may not even try; nothing when it may."""
        host = host_of(client.peer_name)
        ban = self.attempts.bans.of(host)
        if ban is not None:
            return self._banned(ban)
        if not locked:
            return "nobody can log in, for no password is set" if self.exposed else ""
        return self._full(host)

    def _full(self, host: str) -> str:
        person = person_of(host)
        of_person = sum(person_of(one.host) == person for one in self._waiting.values())
        full = len(self._waiting) >= self.most_waiting
        if full and not self._told_full:
            log(f"{len(self._waiting)} clients wait to log in; more are refused", "warning")
        self._told_full = full
        if full or of_person >= max(1, self.most_waiting // 4):
            return "too many wait to log in; try again in a minute"
        return ""

    async def _log_in(self, waiting: Waiting) -> None:
        try:
            kind = await self._ask(waiting)
        except AccessError as error:
            log(f"nobody can log in: {error}", "error")
            self._turn_away(waiting, BROKEN)
            return
        if kind is not None and self._waiting.get(waiting.client.client_id) is waiting:
            self._let_in(waiting, kind)

    async def _ask(self, waiting: Waiting) -> Kind | None:
        """Return what the client may do, or None when it was sent away."""
        while await self._wait_out(waiting):
            line = await self._prompted(waiting)
            password = _text_of(line.raw, waiting.client.encoding)
            while await self._wait_out(waiting):
                async with self._one_at_a_time:
                    if self.attempts.wait(waiting.host) > 0:
                        continue  # somebody else at this address was wrong meanwhile
                    kind = await self._verify(waiting, password)
                if kind is not None:
                    return kind
                break
        return None

    async def _prompted(self, waiting: Waiting) -> Line:
        waiting.client.send_text(PROMPT, prompt=True)
        waiting.prompted = True
        line = await waiting.line()
        waiting.prompted = False
        waiting.client.send_text(CRLF)  # we have the echo, so the line end is ours as well
        return line

    async def _wait_out(self, waiting: Waiting) -> bool:
        """Wait until the client may try; False when it was sent away instead."""
        while (wait := self.attempts.wait(waiting.host)) > 0:
            if wait > PATIENCE:
                self._turn_away(waiting, _come_back(wait))
                return False
            await self._sleep(wait)
        return waiting.client.client_id in self._waiting

    async def _verify(self, waiting: Waiting, password: str) -> Kind | None:
        # Cancelled, it would leave its thread behind, and the next would start beside it.
        waiting.verifying = True
        try:
            kind = await self.passwords.verify(password)
        finally:
            waiting.verifying = False
        if kind is None:
            self._wrong(waiting)
        elif kind == "play":
            # Who knows only the password of viewers must not clear his guesses at the other.
            self.attempts.succeeded(waiting.host)
        return kind

    def _wrong(self, waiting: Waiting) -> None:
        ban = self.attempts.failed(waiting.host)
        if ban is None:
            count = self.attempts.count(waiting.host)
            log(f"{waiting.host} has given a wrong password ({count} in a row)", "warning")
            if waiting.client.client_id in self._waiting:
                waiting.client.send_line(b"[bastproxy] that is not the password")
            return
        log(f"{ban.network} is banned: {ban.reason}", "warning")
        self.turn_away_banned()

    def _let_in(self, waiting: Waiting, kind: Kind) -> None:
        client = waiting.client
        self._forget(waiting)
        client.set_echo(False)
        self._admit(client, kind == "view")
        items = waiting.all()
        if items and not client.closing:
            self._deliver(client, items)

    def _too_late(self, waiting: Waiting) -> None:
        self._turn_away(waiting, f"you have not logged in within {self.seconds:.0f} seconds")

    def _turn_away(self, waiting: Waiting, reason: str) -> None:
        if self._waiting.get(waiting.client.client_id) is waiting:
            self._forget(waiting)
            if waiting.prompted:
                waiting.client.send_text(CRLF)
            _refuse(waiting.client, reason)

    def _forget(self, waiting: Waiting) -> None:
        self._waiting.pop(waiting.client.client_id, None)
        if waiting.timer is not None:
            waiting.timer.cancel()
        task = waiting.task
        if task is not None and not waiting.verifying and task is not asyncio.current_task():
            task.cancel()

    def _banned(self, ban: Ban) -> str:
        left = self.attempts.bans.seconds_left(ban)
        return "you are banned" if left is None else f"you are banned; {_come_back(left)}"


def _refuse(client: ClientConnection, reason: str) -> None:
    client.send_line(f"[bastproxy] {reason}".encode())
    client.close(reason)


def _come_back(seconds: float) -> str:
    if seconds <= 120:
        return f"try again in {math.ceil(seconds)} seconds"
    return f"try again in {math.ceil(seconds / 60)} minutes"


def _text_of(raw: bytes, encoding: str) -> str:
    raw = raw.strip(b"\r\0")
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:  # what the client says of its encoding may be yet to come
        return raw.decode("latin-1")
