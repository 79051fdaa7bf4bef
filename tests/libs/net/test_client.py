from __future__ import annotations

import pytest

from bastproxy.libs.net.telnet import Negotiated, Subnegotiation
from bastproxy.libs.net.telnet.constants import (
    CHARSET,
    DO,
    DONT,
    ECHO,
    EOR_OPTION,
    GMCP,
    IAC,
    MCCP2,
    MSDP,
    MXP,
    NAWS,
    NEW_ENVIRON,
    SB,
    SE,
    SGA,
    TTYPE,
    WILL,
)
from bastproxy.libs.net.telnet.options.ttype import Mtts
from bastproxy.testing.peer import TestClient

OFFERS = {(WILL, EOR_OPTION), (WILL, GMCP), (WILL, CHARSET)}
QUESTIONS = {(DO, TTYPE), (DO, NAWS), (DO, NEW_ENVIRON)}


class Raw(TestClient):
    """Keeps the bytes, and answers nothing."""

    def __init__(self):
        super().__init__()
        self.bytes = bytearray()

    def data_received(self, data):
        self.bytes += data
        self._changed.set()


@pytest.mark.parametrize("compress", [True, False])
async def test_a_client_is_greeted_with_offers_and_questions_and_nothing_else(clients, compress):
    clients.options["compress"] = compress
    compression = {(WILL, MCCP2)} if compress else set()
    client = Raw()
    clients.address = await clients.listener.listen("127.0.0.1", 0)
    await client.connect(*clients.address)
    await clients.wait_for(lambda: clients.connections)
    clients.client.send_line(b"end")
    await client.wait_for(lambda: client.bytes.endswith(b"end\r\n"))
    greeting = bytes(client.bytes.removesuffix(b"end\r\n"))
    said = {(greeting[at + 1], greeting[at + 2]) for at in range(0, len(greeting), 3)}
    assert said == OFFERS | QUESTIONS | compression
    assert len(greeting) == 3 * len(said)
    client.close()


async def test_a_client_that_refuses_everything_is_served(clients):
    peer = await clients.connect()
    client = clients.client
    assert (client.terminal_type, client.mtts, client.width, client.environ) == ("", None, 0, {})
    assert (client.gmcp, client.charset_settled, client.encoding) == (False, False, "utf-8")
    assert not any(peer.compressed)
    assert client.options() == ["EOR (ours)"]
    client.send_line(b"welcome")
    assert await peer.read_line() == "welcome"


async def test_its_terminal_is_asked_for(clients):
    await clients.connect(terminals=["TINTIN++", "xterm-256color", "MTTS 271"])
    client = clients.client
    assert client.terminal.names == ["TINTIN++", "xterm-256color", "MTTS 271"]
    assert client.terminal_type == "TINTIN++"
    assert client.mtts == Mtts.ANSI | Mtts.VT100 | Mtts.UTF8 | Mtts.COLORS_256 | Mtts.TRUECOLOR
    assert "TTYPE (theirs)" in client.options()


async def test_its_window_is_asked_for_and_followed(clients):
    peer = await clients.connect(window=(255, 50))
    client = clients.client
    assert (client.width, client.height) == (255, 50)
    peer.resize(0, 0)
    await peer.sync()
    assert (client.width, client.height, clients.resized) == (0, 0, 2)


async def test_its_environment_is_asked_for_and_followed(clients):
    variables = {"CLIENT_NAME": "telix", "MTTS": "1807", "odd": "\0\1\2\3\xff"}
    peer = await clients.connect(variables=variables)
    client = clients.client
    assert client.environ == variables
    assert client.mtts is not None
    assert Mtts.SCREEN_READER not in client.mtts
    assert Mtts.MNES in client.mtts
    peer.send_message(NEW_ENVIRON, b"\2\0CLIENT_NAME\1tin\0MORE\1x")
    await peer.sync()
    assert client.environ == {**variables, "CLIENT_NAME": "tin", "MORE": "x"}


async def test_its_variables_are_asked_for_by_name_and_empty_ones_dropped(clients):
    peer = await clients.connect(variables={"CLIENT_NAME": "tin", "TERMINAL_TYPE": ""})
    (question,) = [data for option, data in peer.messages if option == NEW_ENVIRON]
    assert question == (b"\1\0CLIENT_NAME\0CLIENT_VERSION\0TERMINAL_TYPE\0MTTS\0CHARSET\0TERM\3")
    assert clients.client.environ == {"CLIENT_NAME": "tin"}
    peer.send_message(NEW_ENVIRON, b"\2\0CLIENT_NAME\1")
    await peer.sync()
    assert clients.client.environ == {}


@pytest.mark.parametrize(
    ("variables", "encoding"),
    [
        ({"CHARSET": "ISO-8859-1", "MTTS": "4"}, "iso8859-1"),
        ({"CHARSET": "UTF-8"}, "utf-8"),
        ({"CHARSET": "KLINGON", "MTTS": "4"}, "utf-8"),
    ],
)
async def test_its_encoding_may_be_a_variable(clients, variables, encoding):
    await clients.connect(variables=variables)
    assert clients.client.charset_settled
    assert clients.client.encoding == encoding


async def test_variables_without_end_are_bounded(clients):
    peer = await clients.connect(variables={"a": "b"})
    for number in range(600):
        peer.send_message(NEW_ENVIRON, b"\2\0N%d\1x" % number)
    await peer.sync()
    assert len(clients.client.environ) == 256
    assert "N599" in clients.client.environ


@pytest.mark.parametrize(
    ("knows", "encoding"),
    [
        (["UTF-8"], "utf-8"),
        (["iso-8859-1"], "iso8859-1"),
        (["US-ASCII", "BIG5"], "big5"),
        (["US-ASCII"], "ascii"),
    ],
)
async def test_an_encoding_is_agreed_on(clients, knows, encoding):
    peer = await clients.connect(charset=knows)
    assert clients.client.encoding == encoding
    assert clients.client.charset_settled
    assert peer.charset.upper() in [name.upper() for name in knows]


async def test_a_client_that_knows_no_encoding_of_ours_keeps_the_usual_one(clients):
    await clients.connect(charset=["EBCDIC"])
    assert (clients.client.encoding, clients.client.charset_settled) == ("utf-8", False)


async def test_a_client_may_offer_encodings_itself(clients):
    peer = await clients.connect()
    peer.telnet = type(peer.telnet)(server=False, local=(CHARSET,))
    assert await peer.offer(CHARSET)
    peer._charset = ["KOI8-R"]
    peer.send_message(CHARSET, b"\1;KOI8-R")
    await peer.sync()
    assert clients.client.encoding == "koi8-r"
    assert peer.charset == "KOI8-R"


async def test_who_says_utf8_in_mtts_gets_it(clients):
    await clients.connect(terminals=["PYMUD", "XTERM", "MTTS 4"])
    assert clients.client.charset_settled


async def test_messages_and_negotiation_are_passed_on(clients):
    peer = await clients.connect(gmcp=True)
    await peer.send_gmcp("Core.Ping")
    await peer.sync()
    assert Negotiated(GMCP, True, True) in clients.items
    assert Subnegotiation(GMCP, b"Core.Ping") in clients.items
    assert clients.client.gmcp


async def test_options_of_the_mud_are_offered_and_withdrawn(clients):
    peer = await clients.connect(accept=[MXP])
    client = clients.client
    client.offer(MXP)
    client.offer(MSDP)
    await clients.wait_for(lambda: Negotiated(MSDP, True, False) in clients.items)
    assert Negotiated(MXP, True, True) in clients.items
    assert (client.telnet.is_local(MXP), client.telnet.is_local(MSDP)) == (True, False)
    client.withdraw(MXP)
    await clients.wait_for(lambda: Negotiated(MXP, True, False) in clients.items)
    assert not peer.telnet.is_remote(MXP)


async def test_what_was_not_offered_is_refused(clients):
    peer = await clients.connect()
    assert not await peer.ask(MXP)
    assert not await peer.offer(99)
    assert not clients.client.telnet.is_local(MXP)


async def test_echo_is_offered_alone(clients):
    peer = await clients.connect()
    clients.client.set_echo(True)
    await peer.sync()
    assert (peer.telnet.is_remote(ECHO), peer.telnet.is_remote(SGA)) == (True, False)
    clients.client.set_echo(False)
    await peer.sync()
    assert not peer.telnet.is_remote(ECHO)


@pytest.mark.parametrize(
    "flood",
    [
        bytes((IAC, DO, 99, IAC, DONT, EOR_OPTION, IAC, DO, EOR_OPTION)),
        bytes((IAC, SB, CHARSET, 1)) + b";UTF-8" + bytes((IAC, SE)),
        bytes((IAC, DO, MCCP2, IAC, DONT, MCCP2)),
    ],
)
async def test_who_asks_and_does_not_read_the_answers_is_cut_off(clients, flood):
    peer = await clients.connect(charset=["UTF-8"], options=[CHARSET])
    await peer.offer(CHARSET)
    clients.client._writing_paused = True
    peer.send_raw(flood * 20_000)
    await peer.wait_closed()
    assert clients.ended == "it asks, and does not read the answers"


async def test_counters_and_times(clients):
    peer = await clients.connect()
    client = clients.client
    before = client.bytes_received
    await peer.send_line("look")
    await clients.wait_for(lambda: clients.lines)
    assert client.bytes_received == before + 6
    assert 0 <= client.idle_for() < 5
    assert 0 <= client.silent_for() < 5
    assert (client.ratio_in, client.ratio_out, client.tls) == (None, None, "")
