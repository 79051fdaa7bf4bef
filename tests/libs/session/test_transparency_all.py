"""With everything switched on, an independent decoder hears through the proxy what it hears direct.

telnetlib3 takes the stream apart on both ends, and Python's zlib inflates it; nothing of ours does.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import zlib
from bisect import bisect_left

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bastproxy.libs.net.telnet.constants import (
    AARDWOLF,
    ATCP,
    CHARSET,
    DO,
    DONT,
    ECHO,
    EOR,
    EOR_OPTION,
    GA,
    GMCP,
    IAC,
    MCCP2,
    MCCP3,
    MSDP,
    MSP,
    MSSP,
    MXP,
    NAWS,
    NEW_ENVIRON,
    SB,
    SE,
    SGA,
    TM,
    TTYPE,
    WILL,
    WONT,
    ZMP,
)

pytest.importorskip("telnetlib3.mud", reason="telnetlib3 2 has no MUD protocols")
from telnetlib3.stream_writer import TelnetWriter

SIDE = (GMCP, MSDP, MXP, MSP, ZMP, ATCP, AARDWOLF)
"""Messages of these go both ways."""

DOWN, UP = (*SIDE, MSSP), SIDE
END = b"\n<the end>\n"
MARKS = {MCCP2: bytes((IAC, SB, MCCP2, IAC, SE)), MCCP3: bytes((IAC, SB, MCCP3, IAC, SE))}
SECONDS = 5


def said(verb, *options):
    return b"".join(bytes((IAC, verb, option)) for option in options)


def message(option, body):
    body = (bytes((option,)) + body).replace(b"\xff", b"\xff\xff")
    return bytes((IAC, SB)) + body + bytes((IAC, SE))


PLAIN_OFFERS = said(WILL, EOR_OPTION, MCCP2, MCCP3, GMCP, MSDP, MSSP) + said(DO, TTYPE, NAWS)
OFFERS = PLAIN_OFFERS + b"".join(
    (
        said(WILL, CHARSET, *DOWN),
        said(DO, NEW_ENVIRON, CHARSET),
        message(MSSP, b"\1NAME\2A Game"),
    )
)


class Decoder(TelnetWriter):
    """telnetlib3's, one byte after another; it notes what it hears, and where.

    :ivar text: all of it.
    :ivar prompts: how much text came before each.
    :ivar messages: how much text and how many prompts came before each, its option, its body.
    """

    def __init__(self, wire, *, server, agrees, begins_mccp3=True):
        super().__init__(wire, None, **({"server": True} if server else {"client": True}))
        self.text = bytearray()
        self.prompts = []
        self.messages = []
        self._inflater = None
        self._begins_mccp3 = begins_mccp3
        self.compression = None if agrees else False
        self.always_will = self.passive_do = {bytes((option,)) for option in agrees}
        self.set_ext_send_callback(bytes((CHARSET,)), lambda _: "UTF-8")
        if not server:
            for code in (GA, EOR):
                self.set_iac_callback(bytes((code,)), self._prompt)

    def feed(self, data):
        while data:
            inflater = self._inflater
            if inflater is None:
                data = self._plain(data)
                continue
            assert self._plain(inflater.decompress(data)) == b""
            data = inflater.unused_data
            if inflater.eof:
                self._inflater = None

    def _plain(self, data):
        """Take bytes, up to where compression begins; return the rest."""
        for at, byte in enumerate(data, 1):
            with contextlib.suppress(ValueError):  # its word for what it does not know
                if self.feed_byte(bytes((byte,))):
                    self.text.append(byte)
            if self._mccp2_activated or (self.server and self.mccp3_active):
                self._mccp2_activated = self.mccp3_active = False
                self._inflater = zlib.decompressobj()
                return data[at:]
        return b""

    def handle_subnegotiation(self, buf):
        option = buf[0][0]
        if option in DOWN:
            place = len(self.text), len(self.prompts)
            self.messages.append((place, option, b"".join([*buf][1:])))
        else:
            super().handle_subnegotiation(buf)

    def handle_will(self, opt):
        if opt == bytes((MCCP3,)) and self.compression is None and not self._begins_mccp3:
            self.iac(bytes((DO,)), opt)
        else:
            super().handle_will(opt)

    def _prompt(self, _):
        self.prompts.append(len(self.text))


async def until(condition, seconds=10):
    """Wait until something holds that nobody announces."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - there is no event of it
            await asyncio.sleep(0)


class End(asyncio.Protocol):
    """One end of a connection: telnetlib3 hears what comes, and a client's answers."""

    def __init__(self, *, server, **options):
        self.decoder = Decoder(self, server=server, **options)
        self.mute = server
        self._deflater = None
        self._changed = asyncio.Event()
        self.transport = None

    def connection_made(self, transport):
        self.transport = transport

    def connection_lost(self, exc):
        self._changed.set()

    def data_received(self, data):
        self.decoder.feed(data)
        self._changed.set()

    def write(self, data):
        """Take what telnetlib3 answers."""
        if self.mute:
            return
        begins = data == MARKS[MCCP3]
        if self._deflater is not None:
            data = self._deflater.compress(data) + self._deflater.flush(zlib.Z_SYNC_FLUSH)
        self.transport.write(data)
        if begins:
            self._deflater = zlib.compressobj()

    def is_closing(self):
        return self.transport is None or self.transport.is_closing()

    def get_extra_info(self, name, default=None):
        return default

    async def say(self, chunks):
        for chunk in chunks:
            self.transport.write(chunk)
            for _ in range(2):
                await asyncio.sleep(0)  # let it go out as a segment of its own

    async def hear(self):
        """Wait for the end of the stream; return text, prompts and messages."""
        async with asyncio.timeout(SECONDS):
            while not self.decoder.text.endswith(END):
                assert not self.is_closing()
                self._changed.clear()
                await self._changed.wait()
        heard = self.decoder
        found = bytes(heard.text), [*heard.prompts], [*heard.messages]
        for kept in (heard.text, heard.prompts, heard.messages):
            kept.clear()
        return found


class Stage:
    """A MUD and a client that talk through the proxy, and the same two without it.

    :param begins_mccp3: the client compresses what it says, from the beginning on.
    """

    def __init__(self, world, *, agrees, offers=OFFERS, begins_mccp3=True):
        self.world = world
        self.muds = []
        self.clients = []
        self._agrees = agrees
        self._offers = offers
        self._begins_mccp3 = begins_mccp3

    async def start(self):
        loop = asyncio.get_running_loop()
        session = self.world.session
        session.disconnect("it gives way to the other")
        self.server = await loop.create_server(self._mud, "127.0.0.1", 0)
        address = self.server.sockets[0].getsockname()
        assert await session.connect(*address)
        await self._connect(session.address)
        await self._connect(address)
        await until(lambda: [bool(mud.transport) for mud in self.muds] == [True, True])
        for mud in self.muds:
            mud.transport.write(self._offers)
        await until(lambda: session.clients and self._settled(session.mud, session.clients))
        await self.pass_on(True, [END])  # with it went all that settled it
        return self

    async def stop(self):
        for end in (*self.clients, *self.muds):
            end.transport.close()
        self.server.close()
        await self.world.stop()

    async def pass_on(self, down, chunks):
        """Send a stream through the proxy and without it; return what came out of each."""
        near, far = (self.muds, self.clients) if down else (self.clients, self.muds)
        for end in self.clients:
            end.mute = not down
        for end in near:
            await end.say(chunks)
        return [await end.hear() for end in far]

    def _settled(self, mud, clients):
        client = clients[next(iter(clients))]
        if not self._agrees:
            return mud.compressed_out
        options = all(client.telnet.is_local(one) and mud.telnet.is_remote(one) for one in DOWN)
        compressed = client.compressed_out and mud.compressed_out
        return options and compressed and client.compressed_in == self._begins_mccp3

    async def _connect(self, address):
        end = End(server=False, agrees=self._agrees, begins_mccp3=self._begins_mccp3)
        await asyncio.get_running_loop().create_connection(lambda: end, *address)
        self.clients.append(end)

    def _mud(self):
        self.muds.append(End(server=True, agrees=UP))
        return self.muds[-1]


def check(through, direct):
    """Text, prompts and messages are the same; a message comes at its place.

    A message that comes inside a line goes before that line, so it may be earlier by so much.
    """
    text, prompts, messages = through
    assert text == direct[0]
    assert prompts == direct[1]
    assert [one[1:] for one in messages] == [one[1:] for one in direct[2]]
    for (place, *_), (theirs, *_) in zip(messages, direct[2], strict=True):
        assert line_start(text, prompts, theirs) <= place <= theirs


def line_start(text, prompts, place):
    """Return the place where the line begins in which a place is."""
    size, count = place
    at = text.rfind(b"\n", 0, size) + 1
    return max((at, bisect_left(prompts, at)), (prompts[count - 1] if count else 0, count))


# Neither we nor telnetlib3 know these.
UNKNOWN = [4, 7, 11, 77, 120, 199, 250, 254]
# What telnetlib3 takes for a command; of other numbers it makes text.
COMMANDS = [236, 237, 238, EOR, 241, 242, 243, 244, 245, 246, 247, 248, GA]

texts = st.lists(
    st.one_of(
        st.binary(max_size=12),
        st.sampled_from(
            [b"\r\n", b"\n\r", b"\r", b"\n", b"\r\0", b"\xff", b"\xff\xff", b"\xc3", b"\0"]
        ),
        st.sampled_from([b"\x1b[1;31m", b"\x1b[1z<b>", b"&lt;", b"!!SOUND(x)", "é€😀".encode()]),
        st.just(b"x" * 700),
    )
).map(lambda pieces: b"".join(pieces).replace(b"\xff", b"\xff\xff"))
bodies = st.one_of(
    st.binary(max_size=12),
    st.sampled_from([b'Char.Vitals {"hp": 1}', b"\1HP\2\3\1a\2\4", b"Bad.Json {", b"y" * 5000]),
    st.sampled_from([b"\xff", b"\xff\xf0", b"a \xff\xff", b"\xff\xfa\xc9", b"", b"\0", b"\r\n"]),
)
verbs = st.sampled_from([WILL, WONT, DO, DONT])
noise = st.builds(
    said, verbs, st.sampled_from([*UNKNOWN, ECHO, SGA, EOR_OPTION, TTYPE, NAWS, NEW_ENVIRON, TM])
)
broken = st.tuples(st.binary(max_size=5), noise).map(  # broken off by a negotiation
    lambda part: bytes((IAC, SB, 77)) + part[0].replace(b"\xff", b"") + part[1]
)
unknown = st.builds(message, st.sampled_from([*UNKNOWN, 255]), st.binary(max_size=12))
commands = st.sampled_from(COMMANDS).map(lambda code: bytes((IAC, code)))
compressed = st.tuples(st.integers(0, 300), st.integers(0, 9))


def parts(options):
    known = st.builds(message, st.sampled_from(options), bodies)
    plain = st.one_of(texts, texts, known, known, noise, commands, unknown, broken)
    return st.lists(st.one_of(plain, plain, plain, compressed), max_size=20)


cuts = st.lists(st.integers(0, 10_000), max_size=8)


def stream_of(stream_parts, option):
    """Make a stream of parts; a pair has the next so many bytes compressed, at a level."""
    out = bytearray()
    deflater, left = None, 0
    for part in [*stream_parts, END]:
        if isinstance(part, tuple):
            if deflater is None:
                out += MARKS[option]
                left, deflater = part[0], zlib.compressobj(part[1])
            part = b""
        if deflater is not None:
            inside, part = part[:left], part[left:]
            left -= len(inside)
            out += deflater.compress(inside)
            out += deflater.flush(zlib.Z_SYNC_FLUSH if left else zlib.Z_FINISH)
            deflater = deflater if left else None
        out += part
    return bytes(out)


def pieces(stream, places):
    edges = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    return [stream[a:b] for a, b in itertools.pairwise(edges)]


def listen(world):
    """Have plugins look at everything."""
    for event in ("ev_from_mud_event", "ev_to_client_data_modify", "ev_to_client_data_read"):
        world.on(event, lambda record: record["line"])
    for event in ("ev_from_client_event", "ev_to_mud_data_modify", "ev_to_mud_data_read"):
        world.on(event, lambda record: record["line"])
    for event in ("ev_gmcp", "ev_msdp", "ev_gmcp_char.vitals", "ev_msdp_hp"):
        world.on(event, lambda record: record.get("data"))


def passes(make_world, down, stream_parts, places, listening, **options):
    async def example():
        stage = await Stage(await make_world(max_line=512), **options).start()
        try:
            if listening:
                listen(stage.world)
            stream = stream_of(stream_parts, MCCP2 if down else MCCP3)
            heard = await stage.pass_on(down, pieces(stream, places))
        finally:
            await stage.stop()
        return heard

    return asyncio.run(example())


generated = settings(max_examples=60, deadline=None, suppress_health_check=[*HealthCheck])


@generated
@given(stream_parts=parts(DOWN), places=cuts, listening=st.booleans())
def test_what_the_mud_says_comes_out_the_same(make_world, stream_parts, places, listening):
    check(*passes(make_world, True, stream_parts, places, listening, agrees=DOWN))


@generated
@given(stream_parts=parts([GMCP, MSDP]), places=cuts, listening=st.booleans())
def test_a_client_that_does_nothing_gets_the_text(make_world, stream_parts, places, listening):
    options = {"agrees": (), "offers": PLAIN_OFFERS}
    through, direct = passes(make_world, True, stream_parts, places, listening, **options)
    assert through == (*direct[:2], [])


@generated
@given(stream_parts=parts(UP), places=cuts, listening=st.booleans())
def test_what_a_client_says_comes_out_the_same(make_world, stream_parts, places, listening):
    options = {"agrees": DOWN, "begins_mccp3": False}
    check(*passes(make_world, False, stream_parts, places, listening, **options))


BUSY = [
    *(b"hi\r\r\n", message(GMCP, b"Char.Vitals {}"), b"a\xff\xffb\n\r\r\0<hp>", said(DO, 77)),
    *(bytes((IAC, GA)), message(MSDP, b"\1HP\2\xff\xf0\xf9"), (60, 6), b"in\r\n"),
    *(message(GMCP, b"Room.Info []\xff"), message(77, b"x"), said(WILL, SGA), b"<hp2>\xff\xff"),
    *(bytes((IAC, EOR)), b"\r", message(MXP, b""), b"\n", (20, 0), b"again\r", (9, 9), b"\n\xc3"),
]


@pytest.mark.parametrize("down", [True, False])
async def test_a_busy_stream_may_be_cut_at_every_place(make_world, down):
    stream = stream_of(BUSY, MCCP2 if down else MCCP3)
    world = await make_world(quiet_time=60)  # so that it is always cut into lines alike
    stage = await Stage(world, agrees=DOWN, begins_mccp3=down).start()
    try:
        whole = await stage.pass_on(down, [stream])
        check(*whole)
        assert len(whole[0][2]) == 4
        for place in range(len(stream) + 1):
            assert await stage.pass_on(down, [stream[:place], stream[place:]]) == whole, place
        assert await stage.pass_on(down, [bytes((byte,)) for byte in stream]) == whole
    finally:
        await stage.stop()
