from __future__ import annotations

import struct

from bastproxy.libs.net.telnet import Subnegotiation
from bastproxy.libs.net.telnet.constants import (
    BINARY,
    CHARSET,
    DO,
    DONT,
    ECHO,
    EOR_OPTION,
    GMCP,
    IAC,
    MCCP1,
    MCCP2,
    NAWS,
    NEW_ENVIRON,
    SGA,
    TTYPE,
    WILL,
    WONT,
)
from bastproxy.testing.peer import Peer, TestClient

FROM_CLIENT = "ev_from_client_event"


class Teller(TestClient):
    """A client that tells its terminal and its window."""

    def __init__(self, names, size=None):
        super().__init__(options=[TTYPE, NAWS])
        self.names = list(names)
        self.size = size

    def _take(self, event):
        super()._take(event)
        if event == Subnegotiation(TTYPE, b"\1"):
            name = self.names.pop(0) if len(self.names) > 1 else self.names[0]
            self.send_raw(self.telnet.subnegotiation(TTYPE, b"\0" + name))

    def resize(self, width, height):
        self.send_raw(self.telnet.subnegotiation(NAWS, struct.pack(">HH", width, height)))


def subnegotiations(peer):
    """Collect what a peer is told in subnegotiations from now on."""
    found = []
    take = peer._take

    def taking(event):
        if isinstance(event, Subnegotiation):
            found.append((event.option, event.data))
        else:
            take(event)

    peer._take = taking
    return found


async def joined(world, client, size=None):
    await world.join(client)
    for _ in range(4):  # a round for each name
        await client.sync()
    if size:
        client.resize(*size)
    await client.sync()
    return client


async def test_a_client_is_greeted_with_what_every_proxy_can_do_and_no_more(world):
    raw = bytearray()

    class Raw(TestClient):
        def data_received(self, data):
            raw.extend(data)
            self._changed.set()

    client = Raw()
    await world.join(client)
    world.session.send_to_clients("end")
    await client.wait_for(lambda: b"end\r\n" in raw)
    greeting = bytes(raw).removesuffix(b"end\r\n")
    offers = [bytes(greeting[at : at + 3]) for at in range(0, len(greeting), 3)]
    assert sorted(offers) == sorted(
        [bytes((IAC, WILL, option)) for option in (EOR_OPTION, GMCP, CHARSET, MCCP2)]
        + [bytes((IAC, DO, option)) for option in (TTYPE, NAWS, NEW_ENVIRON)]
    )


async def test_terminal_and_window_of_a_client_are_known(world):
    client = await joined(world, Teller([b"TINTIN++", b"xterm", b"MTTS 271"]), (255, 50))
    known = world.session.clients["client-1"]
    assert known.terminal.names == ["TINTIN++", "xterm", "MTTS 271"]
    assert known.terminal_type == "TINTIN++"
    assert (known.width, known.height) == (255, 50)
    client.resize(0, 0)
    await client.sync()
    assert (known.width, known.height) == (0, 0)


async def test_the_mud_is_told_who_we_are(world):
    await joined(world, Teller([b"TINTIN++", b"xterm", b"MTTS 271"]))
    found = subnegotiations(world.mud.peer)
    peer = world.mud.peer
    peer.telnet.enable_remote(TTYPE)
    for _ in range(4):
        peer.send_raw(peer.telnet.outgoing() + peer.telnet.subnegotiation(TTYPE, b"\1"))
    await peer.sync()
    assert [data for _, data in found] == [
        b"\0BASTPROXY",
        b"\0XTERM",
        b"\0MTTS 911",
        b"\0MTTS 911",
    ]


async def test_the_mud_is_told_the_window_of_who_plays(world):
    peer = world.mud.peer
    found = subnegotiations(peer)
    one = await joined(world, Teller([b"one"]), (80, 24))
    two = await joined(world, Teller([b"two"]), (255, 50))
    peer.telnet.enable_remote(NAWS)
    await peer.sync()
    await one.send_line("it plays")
    await peer.read_line()
    two.resize(100, 30)
    await two.sync()
    one.resize(81, 24)
    await one.sync()
    await two.send_line("now it plays")
    await peer.read_line()
    await peer.sync()
    assert [struct.unpack(">HH", data) for option, data in found if option == NAWS] == [
        (255, 50),
        (80, 24),
        (81, 24),
        (100, 30),
    ]


async def test_what_is_not_agreed_is_refused(world):
    peer = world.mud.peer
    client = await world.connect()
    for end, verb in ((peer, WILL), (client, DO)):
        answers = bytearray()
        receive = end.data_received
        end.data_received = lambda data, answers=answers, receive=receive: (
            answers.extend(data),
            receive(data),
        )
        options = (BINARY, MCCP1, 99)
        end.send_raw(b"".join(bytes((IAC, verb, option)) for option in options))
        await end.sync()
        refusal = DONT if verb == WILL else WONT
        for option in options:
            assert bytes((IAC, refusal, option)) in answers


async def test_echo_is_passed_on_while_the_mud_does_it(world):
    early = await world.connect()
    world.mud.echo(True)
    await world.mud.sync()
    late = await world.connect()
    await early.sync()
    assert early.telnet.is_remote(ECHO)
    assert late.telnet.is_remote(ECHO)
    assert not early.telnet.is_remote(SGA)
    world.mud.echo(False)
    await world.mud.sync()
    await early.sync()
    await late.sync()
    assert not early.telnet.is_remote(ECHO)
    assert not late.telnet.is_remote(ECHO)


async def test_echo_ends_with_the_mud(world):
    client = await world.connect()
    world.mud.echo(True)
    await world.mud.sync()
    await world.lose_mud()
    await client.sync()
    assert not client.telnet.is_remote(ECHO)


async def test_a_password_goes_straight_to_the_mud(world, caplog):
    client = await world.connect()
    found = world.collect(FROM_CLIENT, "ev_to_mud_data_modify", "ev_to_mud_data_read")
    world.session.hold_prefixes.add(b"#bp")
    world.mud.echo(True)
    await world.mud.sync()
    caplog.set_level(0, "bastproxy")
    await client.send_line("s3cret")
    assert await world.mud.read_line() == "s3cret"
    await client.send(b"#b")
    await world.mud.read_until("#b")
    await client.send(b"\r\n")
    world.mud.echo(False)
    await world.mud.sync()
    await client.sync()
    await client.send_line("look")
    assert [await world.mud.read_line(), await world.mud.read_line()] == ["#b", "look"]
    assert {one["line"] for one in found} == {"look"}
    assert "s3cret" not in caplog.text


async def gmcp_on(peer: Peer) -> None:
    peer.telnet.enable_local(GMCP)
    await peer.sync()


async def test_gmcp_goes_both_ways_byte_for_byte_in_its_place(world):
    await gmcp_on(world.mud.peer)
    client, plain = await world.connect(gmcp=True), await world.connect()
    told, heard = subnegotiations(client), subnegotiations(world.mud.peer)
    order = []
    client_take = client._take
    client._take = lambda event: (order.append(event), client_take(event))
    message = b'Char.Vitals { "hp": 1,"x":"\xff\xf0" }'
    telnet = world.mud.peer.telnet
    world.mud.peer.send_raw(b"one\r\n" + telnet.subnegotiation(GMCP, message) + b"two\r\n")
    await client.read_lines(2)
    assert told == [(GMCP, message)]
    kinds = [type(event).__name__ for event in order]
    assert kinds == ["Text", "LineEnd", "Subnegotiation", "Text", "LineEnd"]
    client.send_raw(client.telnet.subnegotiation(GMCP, message))
    await client.sync()
    await world.mud.peer.wait_for(lambda: heard)
    assert heard == [(GMCP, message)]
    assert await plain.read_lines(2) == ["one", "two"]
    assert plain.gmcp == []


async def test_what_a_client_said_of_itself_is_repeated_to_a_mud_that_has_not_heard_it(world):
    client = await world.connect(gmcp=True)
    for message in (
        ("Core.Hello", {"client": "a"}),
        ("Core.Supports.Set", ["Old 1"]),
        ("Char.Login", {"name": "not again"}),
        ("Core.Supports.Set", ["Char 1"]),
        ("Core.Supports.Add", ["Room 1"]),
    ):
        await client.send_gmcp(*message)
    await client.sync()
    said = [
        ("Core.Hello", {"client": "a"}),
        ("Core.Supports.Set", ["Char 1", "Room 1"]),
    ]
    await gmcp_on(world.mud.peer)
    assert [await world.mud.peer.read_gmcp() for _ in said] == said
    assert await world.session.reconnect()
    await world.mud.wait_connected(2)
    await gmcp_on(world.mud.peer)
    assert [await world.mud.peer.read_gmcp() for _ in said] == said


async def test_who_only_watches_has_no_say_in_gmcp(world):
    await gmcp_on(world.mud.peer)
    watcher, player = await world.connect(gmcp=True), await world.connect(gmcp=True)
    world.session.set_view_only("client-1", True)
    await watcher.send_gmcp("Core.Ping")
    await watcher.sync()
    await player.send_gmcp("Core.Hello", {})
    assert await world.mud.peer.read_gmcp() == ("Core.Hello", {})


async def test_a_message_that_is_too_long_is_reported(world, caplog):
    client = await world.connect(gmcp=True)
    client.send_raw(client.telnet.subnegotiation(GMCP, b"x" * 70_000))
    await client.sync()
    assert "client-1 has sent a GMCP message of 70000 bytes" in caplog.text
