from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from bastproxy.libs.access import AccessError, Attempts
from bastproxy.libs.access.passwords import Kind
from bastproxy.libs.ledger import Ledger
from bastproxy.libs.net.client import ClientConnection
from bastproxy.libs.net.lines import Item, Line
from bastproxy.libs.net.listener import Listener
from bastproxy.libs.net.telnet import Subnegotiation
from bastproxy.libs.net.telnet.constants import ECHO, GMCP
from bastproxy.libs.session import gate as module
from bastproxy.libs.session.gate import MAX_BYTES, Gate
from bastproxy.libs.tasks import Tasks
from bastproxy.testing.peer import TestClient

PROMPT = "[bastproxy] password: "
WRONG = "[bastproxy] that is not the password"


class FakePasswords:
    """Passwords that cost nothing, and that can be held up."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.tried_at: list[float] = []
        self.known: dict[str, Kind] = {"sesame": "play", "look": "view"}
        self.tried: list[str] = []
        self.open = asyncio.Event()
        self.open.set()
        self.asked = asyncio.Event()
        self.at_once = 0
        self.most_at_once = 0
        self.error: AccessError | None = None

    @property
    def any(self) -> bool:
        if self.error is not None:
            raise self.error
        return bool(self.known)

    async def verify(self, text: str) -> Kind | None:
        self.tried.append(text)
        self.tried_at.append(self.clock())
        self.asked.set()
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        await self.open.wait()
        self.at_once -= 1
        if self.error is not None:
            raise self.error
        return self.known.get(text)


class Door:
    """A gate with real connections before it, and a session behind it that only takes notes."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.slept: list[float] = []
        self.passwords = FakePasswords(lambda: self.now)
        self.ledger = Ledger()
        self.tasks = Tasks(self.ledger)
        self.attempts = Attempts(lambda: self.now)
        self.admitted: list[tuple[str, bool]] = []
        self.delivered: list[Item] = []
        self.closed: list[tuple[str, str]] = []
        self.connections: list[ClientConnection] = []
        self.peers: list[TestClient] = []
        self.changed = asyncio.Event()
        self.gate = Gate(
            self.passwords,  # type: ignore[arg-type]
            self.attempts,
            self.tasks,
            self.admit,
            self.deliver,
            sleep=self.sleep,
        )
        self.listener = Listener(self.make)
        self.address = ("", 0)

    def make(self) -> ClientConnection:
        client = ClientConnection(f"client-{len(self.connections) + 1}", self, quiet_time=0.02)
        self.connections.append(client)
        return client

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)

    def admit(self, client: ClientConnection, view_only: bool) -> None:
        self.admitted.append((client.client_id, view_only))
        client.send_line(b"welcome")
        self.changed.set()

    def deliver(self, client: ClientConnection, items: list[Item]) -> None:
        self.delivered += items
        self.changed.set()

    def client_opened(self, client: ClientConnection) -> None:
        if not self.gate.opened(client):
            self.admit(client, False)

    def client_received(self, client: ClientConnection, items: list[Item]) -> None:
        if (client.client_id, False) in self.admitted or (client.client_id, True) in self.admitted:
            self.deliver(client, items)
        else:
            self.gate.received(client, items)

    def client_resized(self, client: ClientConnection) -> None:
        pass

    def client_closed(self, client: ClientConnection, reason: str) -> None:
        self.gate.closed(client)
        self.closed.append((client.client_id, reason))
        self.changed.set()

    @property
    def lines(self) -> list[bytes]:
        return [item.raw for item in self.delivered if isinstance(item, Line)]

    async def until(self, condition: Any) -> None:
        async with asyncio.timeout(5):
            while not condition():
                self.changed.clear()
                await self.changed.wait()

    async def connect(self, **options: Any) -> TestClient:
        peer = TestClient(**options)
        self.peers.append(peer)
        await asyncio.get_running_loop().create_connection(lambda: peer, *self.address)
        return peer

    async def refused(self) -> str:
        """Connect once more, and return why that is refused."""
        peer = await self.connect()
        await peer.wait_closed()
        return peer.lines[-1]

    async def stop(self) -> None:
        self.listener.close()
        self.gate.close("the test ends")
        for peer in self.peers:
            peer.close()
            await peer.wait_closed()
        for connection in self.connections:
            connection.close("the test ends")
            await connection.wait_closed()
        for owner in self.ledger.owners():
            self.ledger.release(owner, kind="task")
        assert await self.tasks.settle() == []


@pytest_asyncio.fixture
async def door() -> AsyncIterator[Door]:
    door = Door()
    door.address = await door.listener.listen("127.0.0.1", 0)
    try:
        yield door
    finally:
        await door.stop()


def as_from(door: Door, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the clients that come from now on come from another address."""
    monkeypatch.setattr(module, "host_of", lambda _: host)


async def test_without_a_password_everybody_passes_at_once(door: Door) -> None:
    door.passwords.known.clear()
    peer = await door.connect()
    assert await peer.read_line() == "welcome"
    assert door.admitted == [("client-1", False)]
    assert peer.prompts == []
    assert door.gate.waiting == []


@pytest.mark.parametrize(("password", "view_only"), [("sesame", False), ("look", True)])
async def test_the_password_says_who_may_play(door: Door, password: str, view_only: bool) -> None:
    peer = await door.connect()
    assert await peer.read_prompt() == PROMPT
    assert peer.telnet.is_remote(ECHO)
    assert [client.client_id for client in door.gate.waiting] == ["client-1"]
    await peer.send_line(password)
    await peer.read_until("welcome")
    await peer.sync()
    assert not peer.telnet.is_remote(ECHO)
    assert peer.lines == ["", "welcome"]  # the first is the end of the prompt's line
    assert door.admitted == [("client-1", view_only)]
    assert door.lines == []
    assert door.gate.waiting == []


async def test_who_has_not_logged_in_causes_nothing(door: Door) -> None:
    peer = await door.connect(gmcp=True)
    await peer.read_prompt()
    await peer.send_gmcp("Core.Hello", {"client": "evil"})
    await peer.send(b"half a line")
    await peer.sync()
    peer.close()
    await door.until(lambda: door.closed)
    assert (door.admitted, door.delivered, door.passwords.tried) == ([], [], [])


async def test_what_was_sent_meanwhile_arrives_after_the_login_in_order(door: Door) -> None:
    peer = await door.connect(gmcp=True)
    await peer.read_prompt()
    await peer.sync()
    await peer.send_gmcp("Core.Hello", {"client": "good"})
    await peer.send(b"ses")
    await peer.send_gmcp("Core.Supports.Set", ["Char 1"])
    await peer.send(b"ame\r\nlook\r\n\r\nnorth\r\nsou")
    await door.until(lambda: b"sou" in door.lines)
    messages = [item for item in door.delivered if isinstance(item, Subnegotiation)]
    assert [message.option for message in messages] == [GMCP, GMCP]
    assert [message.data.split()[0] for message in messages] == [
        b"Core.Hello",
        b"Core.Supports.Set",
    ]
    assert door.lines == [b"look", b"", b"north", b"sou"]
    assert door.delivered[-1] == Line(b"sou", continues=True)
    said = [item for item in door.delivered if isinstance(item, Line | Subnegotiation)]
    assert said[:2] == messages


async def test_a_password_may_come_in_pieces(door: Door) -> None:
    peer = await door.connect()
    await peer.read_prompt()
    (client,) = door.gate.waiting
    door.gate.received(client, [Line(b"ses", continues=True), Line(b"am", continues=True)])
    door.gate.received(client, [Line(b"e", b"\r\n")])
    await peer.read_until("welcome")
    assert door.passwords.tried == ["sesame"]


async def test_a_wrong_password_waits_longer_each_time(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    peer = await door.connect()
    for _ in range(3):
        assert await peer.read_prompt() == PROMPT
        await peer.send_line("open says me")
    assert await peer.read_prompt() == PROMPT
    assert door.slept == [1, 2, 4]
    assert peer.lines == ["", WRONG] * 3
    await peer.send_line("sesame")
    await peer.read_until("welcome")
    assert door.attempts.wait("127.0.0.1") == 0
    assert "127.0.0.1 has given a wrong password (3 in a row)" in caplog.text
    assert "open says me" not in caplog.text
    assert "sesame" not in caplog.text


async def test_wrong_passwords_typed_ahead_are_tried_no_faster(door: Door) -> None:
    peer = await door.connect()
    await peer.send_line("\r\n".join(f"guess {number}" for number in range(100)))
    await peer.wait_closed()
    # After the fifth the delay is longer than anybody is kept waiting.
    assert door.passwords.tried == [f"guess {number}" for number in range(5)]
    assert door.slept == [1, 2, 4, 8]
    assert peer.lines[-1] == "[bastproxy] try again in 16 seconds"
    assert await door.refused() == "[bastproxy] try again in 16 seconds"
    assert door.admitted == []


async def test_wrong_passwords_at_speed_from_many_connections_are_tried_no_faster(
    door: Door,
) -> None:
    door.passwords.open.clear()
    peers = [await door.connect() for _ in range(5)]
    for peer in peers:
        await peer.read_prompt()
        await peer.send_line("\r\n".join(["guess"] * 20))
        await peer.sync()
    door.passwords.open.set()
    for peer in peers:
        await peer.wait_closed()
    assert door.passwords.most_at_once == 1
    assert len(door.passwords.tried) == 5
    at = door.passwords.tried_at
    assert all(later - at[i] >= 2**i for i, later in enumerate(at[1:]))


async def test_the_eleventh_wrong_password_finds_the_door_shut(
    door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    as_from(door, "192.0.2.7", monkeypatch)
    bystander = await door.connect()
    await bystander.read_prompt()
    tries = 0
    while not door.attempts.bans.list():
        peer = await door.connect()
        await peer.send_line("guess")
        tries += 1
        await peer.read_until("\n")
        peer.close()
        await peer.wait_closed()
        door.now += door.attempts.wait("192.0.2.7")
    assert (tries, len(door.passwords.tried)) == (10, 10)
    await bystander.wait_closed()
    assert bystander.lines[-1] == "[bastproxy] you are banned; try again in 60 minutes"
    assert await door.refused() == "[bastproxy] you are banned; try again in 60 minutes"
    assert "192.0.2.7 is banned: 10 wrong passwords" in caplog.text
    as_from(door, "192.0.2.8", monkeypatch)
    assert await (await door.connect()).read_prompt() == PROMPT
    as_from(door, "192.0.2.7", monkeypatch)
    door.now += 3600
    assert await (await door.connect()).read_prompt() == PROMPT


async def test_the_viewers_password_does_not_clear_guesses_at_the_players(door: Door) -> None:
    for _ in range(2):
        peer = await door.connect()
        await peer.read_prompt()
        await peer.send_line("guess")
        await peer.read_prompt()
        peer.close()
    viewer = await door.connect()
    await viewer.send_line("look")
    await viewer.read_until("welcome")
    assert door.attempts.count("127.0.0.1") == 2


async def test_empty_lines_are_no_guesses(door: Door) -> None:
    peer = await door.connect()
    await peer.send(b"\r\n\r\n\r\0\nsesame\r\n")
    await peer.read_until("welcome")
    assert door.passwords.tried == ["sesame"]


@pytest.mark.parametrize("raw", ["café".encode(), "café".encode("latin-1")])
async def test_the_encoding_of_the_client_makes_no_difference(door: Door, raw: bytes) -> None:
    door.passwords.known = {"café": "play"}
    peer = await door.connect()
    await peer.send(raw + b"\r\n")
    await peer.read_until("welcome")


async def test_a_banned_address_is_refused_even_without_a_password(door: Door) -> None:
    door.attempts.bans.add("127.0.0.0/8")
    door.passwords.known.clear()
    assert await door.refused() == "[bastproxy] you are banned"
    assert door.admitted == []


async def test_a_ban_turns_those_away_who_wait(door: Door) -> None:
    peer = await door.connect()
    await peer.read_prompt()
    door.attempts.bans.add("127.0.0.1", 60)
    door.gate.turn_away_banned()
    await peer.wait_closed()
    assert peer.lines == ["", "[bastproxy] you are banned; try again in 60 seconds"]


async def test_where_others_can_connect_no_password_means_nobody(door: Door) -> None:
    door.passwords.known.clear()
    door.gate.exposed = True
    assert await door.refused() == "[bastproxy] nobody can log in, for no password is set"
    assert door.admitted == []


async def test_when_the_hashes_cannot_be_read_nobody_passes(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    peer = await door.connect()
    await peer.read_prompt()
    door.passwords.error = AccessError("access.toml is broken")
    await peer.send_line("sesame")
    await peer.wait_closed()
    for said in (peer.lines[-1], await door.refused()):
        assert said == "[bastproxy] nobody can log in now; the log of the proxy says why"
    assert caplog.text.count("access.toml is broken") == 2
    assert door.admitted == []


async def test_who_does_not_log_in_in_time_is_disconnected(door: Door) -> None:
    door.gate.seconds = 0.05
    peer = await door.connect()
    await peer.wait_closed()
    assert peer.prompts == [PROMPT]
    assert peer.lines == ["", "[bastproxy] you have not logged in within 0 seconds"]
    assert door.gate.waiting == []


async def test_only_so_many_wait_and_no_address_takes_all_places(
    door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    door.gate.most_waiting = 8
    for number in range(4):
        as_from(door, f"192.0.2.{number}", monkeypatch)
        for _ in range(2):
            await (await door.connect()).read_prompt()
        if number < 3:
            assert "too many wait" in await door.refused()
    as_from(door, "192.0.2.9", monkeypatch)
    for _ in range(3):
        assert "too many wait" in await door.refused()
    assert caplog.text.count("8 clients wait to log in; more are refused") == 1
    door.peers[0].close()
    await door.until(lambda: len(door.gate.waiting) == 7)
    assert await (await door.connect()).read_prompt() == PROMPT


async def test_the_addresses_of_one_customer_count_as_one(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    door.gate.most_waiting = 8
    for number in (1, 2):
        as_from(door, f"2001:db8:1:2::{number}", monkeypatch)
        await (await door.connect()).read_prompt()
    as_from(door, "2001:db8:1:2::3", monkeypatch)
    assert "too many wait" in await door.refused()
    as_from(door, "2001:db8:1:3::1", monkeypatch)
    assert await (await door.connect()).read_prompt() == PROMPT


async def test_two_hundred_who_connect_and_hang_leave_room_for_nobody_else_to_suffer(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = [await door.connect() for _ in range(200)]
    as_from(door, "192.0.2.7", monkeypatch)
    player = await door.connect()
    await player.read_prompt()
    await player.send_line("sesame")
    await player.read_until("welcome")
    assert len(door.gate.waiting) == 5
    assert sum(not peer.closed.is_set() for peer in hanging) <= 5


@pytest.mark.parametrize("what", ["line", "lines", "messages", "fragments"])
async def test_who_says_too_much_before_the_password_is_disconnected(door: Door, what: str) -> None:
    door.passwords.open.clear()
    peer = await door.connect(gmcp=True)
    await peer.read_prompt()
    await peer.sync()
    if what == "line":
        await peer.send(b"x" * MAX_BYTES + b"\r\n")
    elif what == "lines":
        await peer.send(b"x\r\n" * (MAX_BYTES // 32))
    elif what == "messages":
        for _ in range(MAX_BYTES // 1024):
            peer.send_raw(peer.telnet.subnegotiation(GMCP, b"Core.Supports.Set " + b"x" * 1024))
    else:
        await peer.send(b"x" * 2048)
    await peer.wait_closed()
    assert peer.lines[-1] == "[bastproxy] that is too much before the password"
    door.passwords.open.set()
    assert door.admitted == []


async def test_who_leaves_while_his_password_is_tried_is_not_let_in_and_still_counted(
    door: Door,
) -> None:
    for password in ("sesame", "guess"):
        door.passwords.open.clear()
        door.passwords.asked.clear()
        peer = await door.connect()
        await peer.send_line(password)
        await door.passwords.asked.wait()
        left = len(door.closed)
        peer.reset()
        await door.until(lambda left=left: len(door.closed) > left)
        door.passwords.open.set()
    # The next in the line is tried only after them.
    peer = await door.connect()
    await peer.send_line("sesame")
    await peer.read_until("welcome")
    assert door.slept == [1]
    assert [name for name, _ in door.admitted] == ["client-3"]
    assert door.passwords.most_at_once == 1


async def test_the_end_of_the_proxy_disconnects_those_who_wait(door: Door) -> None:
    peer = await door.connect()
    await peer.read_prompt()
    door.gate.close("the proxy ends")
    await peer.wait_closed()
    assert door.closed == [("client-1", "the proxy ends")]
    assert door.gate.waiting == []
