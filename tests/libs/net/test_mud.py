from __future__ import annotations

import asyncio

import pytest

from bastproxy import __version__
from bastproxy.libs.net.address import MudAddress, MudOptions
from bastproxy.libs.net.mud import ConnectError
from bastproxy.libs.net.telnet import Negotiated, Offered, Subnegotiation
from bastproxy.libs.net.telnet.constants import (
    CHARSET,
    DO,
    DONT,
    ECHO,
    GMCP,
    IAC,
    MCCP1,
    MCCP2,
    MCCP3,
    MSDP,
    MSSP,
    MXP,
    NAWS,
    NEW_ENVIRON,
    NOP,
    SB,
    SE,
    SGA,
    TTYPE,
    WILL,
    WONT,
)
from bastproxy.libs.net.telnet.options import environ, mssp
from bastproxy.libs.net.telnet.options.ttype import Mtts
from bastproxy.testing.peer import ScriptedMud

PROXY = Mtts.PROXY | Mtts.MNES


async def test_the_mud_is_told_who_we_are(mud):
    peer = await mud.connect(
        terminal=lambda: "xterm-256color", mtts=lambda: Mtts.ANSI | Mtts.TRUECOLOR
    )
    names = await peer.ask_terminal()
    assert names == ["BASTPROXY", "XTERM-256COLOR", "MTTS 897", "MTTS 897"]
    assert Mtts(897) == Mtts.ANSI | Mtts.TRUECOLOR | PROXY


async def test_the_usual_terminal_is_one_with_colours_and_utf8(mud):
    peer = await mud.connect()
    names = await peer.ask_terminal()
    assert names[1:3] == ["ANSI", f"MTTS {1 | 4 | 8 | 128 | 512}"]


async def test_the_mud_is_told_the_window_when_it_asks_and_when_it_changes(mud):
    peer = await mud.connect()
    assert await peer.ask(NAWS)
    assert peer.window is None
    mud.mud.set_window(255, 24)
    await peer.wait_for(lambda: peer.window == (255, 24))
    mud.mud.set_window(255, 24)
    await peer.ask(NAWS, False)
    mud.mud.set_window(80, 25)
    await peer.ask(NAWS)
    await peer.wait_for(lambda: peer.window == (80, 25))
    assert [option for option, _ in peer.messages] == [NAWS, NAWS]


async def test_an_option_is_agreed_to_before_it_is_used(mud):
    said = asyncio.get_running_loop().create_future()

    async def serve(reader, writer):
        writer.write(bytes((IAC, WILL, GMCP)))
        said.set_result(await reader.readuntil(bytes((IAC, SE))))
        writer.close()

    def received(connection, items):
        for item in items:
            if isinstance(item, Negotiated):
                connection.send_message(GMCP, b"Core.Hello")

    mud.mud_received = received
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        await mud.open(MudAddress(*server.sockets[0].getsockname()))
        agreement = bytes((IAC, DO, GMCP))
        message = bytes((IAC, SB, GMCP, *b"Core.Hello", IAC, SE))
        assert await asyncio.wait_for(said, 5) == agreement + message


async def environment(peer, body=environ.SEND_ALL):
    await peer.ask(NEW_ENVIRON)
    peer.send_message(NEW_ENVIRON, body)
    await peer.wait_for(lambda: any(option == NEW_ENVIRON for option, _ in peer.messages))
    return peer.environ


async def test_the_mud_is_told_the_environment(mud):
    peer = await mud.connect(terminal=lambda: "xterm", ip_address=lambda: "203.0.113.7")
    assert await environment(peer) == {
        "CLIENT_NAME": "BASTPROXY",
        "CLIENT_VERSION": __version__,
        "TERMINAL_TYPE": "XTERM",
        "MTTS": str(1 | 4 | 8 | 128 | 512),
        "CHARSET": "UTF-8",
    }


async def test_the_players_address_is_told_only_when_the_player_wants_it(mud):
    options = MudOptions(ip_address=True, encoding="latin-1")
    peer = await mud.connect(options=options, ip_address=lambda: "203.0.113.7")
    told = await environment(peer)
    assert (told["IPADDRESS"], told["CHARSET"]) == ("203.0.113.7", "LATIN-1")


async def test_only_what_is_asked_for_is_told(mud):
    peer = await mud.connect()
    body = environ.pack_send(["MTTS", "USER"])
    assert [*await environment(peer, body)] == ["MTTS"]


@pytest.mark.parametrize(
    ("wanted", "offered", "encoding"),
    [
        ("", ["UTF-8"], "utf-8"),
        ("", ["ISO-8859-1", "UTF-8"], "utf-8"),
        ("", ["ISO-8859-1"], "iso8859-1"),
        ("latin-1", ["UTF-8", "ISO-8859-1"], "iso8859-1"),
        ("koi8-r", ["UTF-8"], "utf-8"),
        ("koi8-r", ["EBCDIC-US"], "koi8-r"),
    ],
)
async def test_the_mud_offers_encodings(mud, wanted, offered, encoding):
    peer = await mud.connect(ScriptedMud(charset=offered), options=MudOptions(encoding=wanted))
    assert mud.mud.encoding == encoding
    assert (peer.charset != "") == (offered != ["EBCDIC-US"])


@pytest.mark.parametrize(
    ("wanted", "knows", "encoding"),
    [("", "utf-8", "utf-8"), ("cp1251", "cp1251", "cp1251"), ("latin-1", "utf-8", "utf-8")],
)
async def test_the_mud_asks_for_our_encodings(mud, wanted, knows, encoding):
    peer = await mud.connect(ScriptedMud(), options=MudOptions(encoding=wanted))
    peer._charset = [knows]
    assert await peer.ask(CHARSET)
    await peer.sync()
    assert peer.charset.lower() == knows
    assert mud.mud.encoding == encoding


async def test_an_encoding_that_nobody_knows_is_not_taken(mud):
    peer = await mud.connect(options=MudOptions(encoding="no-such"))
    assert mud.mud.encoding == "utf-8"
    await mud.scripted.send_line("x")
    await mud.wait_for(lambda: mud.lines == [b"x"])
    peer.close()


@pytest.mark.parametrize("option", [GMCP, MSDP, MSSP, ECHO, SGA])
async def test_what_the_mud_offers_is_taken_and_passed_on(mud, option):
    peer = await mud.connect()
    assert await peer.offer(option)
    peer.send_message(option, b"\1NAME\2value")
    await peer.sync()
    assert mud.items[:2] == [
        Negotiated(option, False, True),
        Subnegotiation(option, b"\1NAME\2value"),
    ]
    assert not await peer.offer(option, False)
    assert Negotiated(option, False, False) in mud.items


@pytest.mark.parametrize("option", [MCCP1, 99])
async def test_what_nobody_knows_is_refused(mud, option):
    peer = await mud.connect()
    wire = bytearray()
    receive = peer.data_received
    peer.data_received = lambda data: (wire.extend(data), receive(data))
    peer.send_raw(bytes((IAC, WILL, option, IAC, DO, option)))
    await peer.sync()
    assert wire.startswith(bytes((IAC, DONT, option, IAC, WONT, option)))
    assert mud.items == []


@pytest.mark.parametrize("local", [True, False])
@pytest.mark.parametrize("agree", [True, False])
async def test_what_only_clients_can_do_waits_for_an_answer(mud, local, agree):
    peer = await mud.connect()
    (peer.telnet.enable_remote if local else peer.telnet.enable_local)(MXP)
    peer._flush()
    await peer.sync()
    assert mud.items == [Offered(MXP, local)]
    assert MXP not in peer._answered
    assert mud.mud.decide(MXP, local=local, agree=agree) == Negotiated(MXP, local, agree)
    await peer.sync()
    assert (peer.telnet.is_remote if local else peer.telnet.is_local)(MXP) is agree


async def test_we_may_change_our_mind(mud):
    peer = await mud.connect(ScriptedMud(offers=[MXP]))
    mud.mud.decide(MXP, local=False, agree=False)
    await peer.sync()
    assert not peer.telnet.is_local(MXP)
    mud.mud.request(MXP, local=False, on=True)
    await peer.sync()
    assert peer.telnet.is_local(MXP)


@pytest.mark.parametrize("compress", [True, False])
async def test_compression_is_the_players_choice(mud, compress):
    peer = await mud.connect(
        ScriptedMud(mccp2=True, mccp3=True), options=MudOptions(compress=compress)
    )
    assert peer.telnet.is_local(MCCP2) is compress
    assert peer.telnet.is_local(MCCP3) is compress
    assert (mud.mud.compressed_in, mud.mud.compressed_out) == (compress, compress)


async def test_mssp_is_understood(mud):
    peer = await mud.connect(ScriptedMud(offers=[MSSP]))
    peer.send_message(MSSP, mssp.pack({"PLAYERS": "3"}))
    await peer.sync()
    (message,) = mud.others(Subnegotiation)
    assert mssp.unpack(message.data) == {"PLAYERS": ["3"]}


async def test_a_connection_that_is_idle_is_kept_awake(mud):
    peer = await mud.connect(options=MudOptions(keep_alive=0.02))
    wire = bytearray()
    receive = peer.data_received
    peer.data_received = lambda data: (wire.extend(data), receive(data))
    await peer.wait_for(lambda: wire.count(bytes((IAC, NOP))) >= 2)


async def test_a_connection_that_is_used_is_not(mud):
    await mud.connect(options=MudOptions(keep_alive=60))
    timer = mud.mud._nop
    assert timer is not None
    mud.mud.close("enough")
    assert timer.cancelled()


async def test_the_options_that_are_on_can_be_told(mud):
    await mud.connect(ScriptedMud(gmcp=True, asks=[TTYPE], mccp2=True))
    assert mud.mud.options() == ["TTYPE (ours)", "MCCP2 (theirs)", "GMCP (theirs)"]


async def test_a_mud_that_is_not_there_says_so(mud):
    server = await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    server.close()
    await server.wait_closed()
    with pytest.raises(ConnectError, match="refuses the connection"):
        await mud.open(MudAddress(host, port))


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b"])
async def test_a_host_that_is_none_says_so(mud, host):
    with pytest.raises(ConnectError, match=r"no such host|no address"):
        await mud.open(MudAddress(host, 4000))


async def test_a_mud_over_ipv6(mud, ipv6_host):
    mud.scripted = ScriptedMud()
    mud.scripted.host = ipv6_host
    await mud.scripted.start()
    await mud.open(MudAddress(ipv6_host, mud.scripted.port))
    await mud.scripted.wait_connected()
    await mud.scripted.send_line("hello")
    await mud.wait_for(lambda: mud.lines == [b"hello"])
    assert mud.mud.peer_name == f"[::1]:{mud.scripted.port}"
