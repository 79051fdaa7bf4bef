"""A MUD and many clients, in one thread of a process that is not measured.

The clients read all that comes and, where they agreed to MCCP2, inflate it.
"""

from __future__ import annotations

import random
import selectors
import socket
import zlib
from collections.abc import Callable, Iterator
from itertools import count, cycle, islice
from time import perf_counter, perf_counter_ns

from benchmarks._traffic import HOST, LostError

TIMEOUT = 20.0
LINE_SIZE = 80
LINES_A_CHUNK = 100
CHUNK_SIZE = LINE_SIZE * LINES_A_CHUNK
IN_FLIGHT = 1 << 19
"""Bytes that the slowest client may be behind: the proxy leaves lines out where it is more."""

RECEIVE = 1 << 18
STAMP = 20

WILL_MCCP2 = b"\xff\xfb\x56"
DO_MCCP2 = b"\xff\xfd\x56"
BEGIN_MCCP2 = b"\xff\xfa\x56\xff\xf0"
HELLO = b"say here I am\r\n"

WORDS = (
    "a the you it large small dark orc troll guard sword shield hits misses looks leaves "
    "arrives north south east west falls dead gold coins potion scroll casts spell at with "
    "your his slashes pierces barely massacres wounds says hello tells group is here sleeping"
)


def chunks_of_text(number: int, seed: int = 1) -> list[bytes]:
    """Return texts of 100 lines each, all different, which compress as those of a MUD do."""
    choose = random.Random(seed)
    words = WORDS.split()

    def line() -> bytes:
        text = " ".join(choose.choices(words, k=20))
        colour = choose.choice(("", "", "\x1b[1;31m", "\x1b[0;32m"))
        return f"{colour}{text}"[: LINE_SIZE - 2].encode().ljust(LINE_SIZE - 2, b".") + b"\r\n"

    return [b"".join(line() for _ in range(LINES_A_CHUNK)) for _ in range(number)]


TEXT = chunks_of_text(50)


class CrowdClient:
    """One client.

    :param compress: agree to MCCP2, and wait until it has begun.
    :ivar size: bytes of text that have come.
    :ivar checksum: their CRC.
    """

    def __init__(self, port: int, compress: bool) -> None:
        self.socket = socket.create_connection((HOST, port), TIMEOUT)
        self.size = self.checksum = 0
        self._inflater: zlib._Decompress | None = None
        if compress:
            self._agree()

    def receive(self) -> bytes:
        """Return the text that has come.

        :raises LostError: the connection was closed.
        """
        data = self.socket.recv(RECEIVE)
        if not data:
            raise LostError("the connection of a client was closed")
        if self._inflater is not None:
            return self._inflater.decompress(data)
        return data

    def count(self, data: bytes) -> None:
        self.size += len(data)
        self.checksum = zlib.crc32(data, self.checksum)

    def _agree(self) -> None:
        _read_until(self.socket, lambda data: WILL_MCCP2 in data)
        self.socket.sendall(DO_MCCP2)
        data = _read_until(self.socket, lambda data: BEGIN_MCCP2 in data)
        self._inflater = zlib.decompressobj()
        self._inflater.decompress(data.partition(BEGIN_MCCP2)[2])


class Crowd:
    """A MUD on one side of what is measured, and clients on the other.

    :param server: takes the one connection to the MUD.
    :param port: where the clients connect.
    :param mud_mccp: compress what the MUD says.
    :param client_mccp: agree to MCCP2 as clients.
    """

    def __init__(
        self, server: socket.socket, port: int, *, mud_mccp: bool = False, client_mccp: bool = False
    ) -> None:
        self.clients: list[CrowdClient] = []
        self._server = server
        self._port = port
        self._mud_mccp = mud_mccp
        self._client_mccp = client_mccp
        self._mud: socket.socket | None = None
        self._deflater: zlib._Compress | None = None
        self._selector = selectors.DefaultSelector()
        self._marks = count(1)

    @property
    def mud(self) -> socket.socket:
        assert self._mud is not None, "no client has connected yet"
        return self._mud

    def grow(self, clients: int) -> None:
        """Connect clients until there are so many, and wait until all of them take part."""
        new = clients - len(self.clients)
        for _ in range(new):
            client = CrowdClient(self._port, self._client_mccp)
            self._selector.register(client.socket, selectors.EVENT_READ, client)
            self.clients.append(client)
            if self._mud is None:
                self._connect_mud()
                self._mark()  # what a client types before the MUD is there goes nowhere
        for client in self.clients[-new:]:
            client.socket.sendall(HELLO)
        _read_until(self.mud, lambda data: data.count(HELLO) == new)
        self._mark()

    def close(self) -> None:
        for client in self.clients:
            client.socket.close()
        if self._mud is not None:
            self._mud.close()
        self._selector.close()

    def seconds_for(self, lines: int) -> float:
        """Send lines as fast as all clients take them; return the seconds until all are there.

        :raises LostError: something else arrived.
        """
        if lines % LINES_A_CHUNK:
            raise ValueError(f"send a multiple of {LINES_A_CHUNK} lines")
        texts = list(islice(cycle(TEXT), lines // LINES_A_CHUNK))
        checksum = zlib.crc32(b"".join(texts))
        total = lines * LINE_SIZE
        for client in self.clients:
            client.size = client.checksum = 0
        chunks = [self._encoded(text) for text in texts]
        started = perf_counter()
        behind, sent = 0, 0
        while behind < total:
            while sent < len(chunks) and sent * CHUNK_SIZE - behind < IN_FLIGHT:
                self.mud.sendall(chunks[sent])
                sent += 1
            for client in self._readable(TIMEOUT):
                client.count(client.receive())
            behind = min(client.size for client in self.clients)
        seconds = perf_counter() - started
        if any((one.size, one.checksum) != (total, checksum) for one in self.clients):
            raise LostError("other bytes arrived than were sent")
        return seconds

    def delays(self, seconds: float, a_second: int) -> list[float]:
        """Send stamped lines at a steady pace; return what each was under way to each client."""
        number = int(seconds * a_second)
        expected = number * len(self.clients)
        text = b"".join(TEXT).splitlines()
        pending: dict[CrowdClient, bytes] = {}
        found: list[float] = []
        sent, begin = 0, perf_counter()
        while len(found) < expected:
            wait = begin + sent / a_second - perf_counter()
            if sent < number and wait <= 0:
                stamp = b"%0*d" % (STAMP, perf_counter_ns())
                self.mud.sendall(self._encoded(stamp + text[sent % len(text)][STAMP:] + b"\r\n"))
                sent += 1
                continue
            for client in self._readable(wait if sent < number else TIMEOUT):
                data = client.receive()
                now = perf_counter_ns()
                *lines, pending[client] = (pending.get(client, b"") + data).split(b"\r\n")
                found += [(now - int(line[:STAMP])) / 1e9 for line in lines]
        return found

    def _readable(self, timeout: float) -> Iterator[CrowdClient]:
        ready = self._selector.select(timeout)
        if not ready and timeout >= TIMEOUT:
            raise LostError("nothing arrives any more")
        return (key.data for key, _ in ready)

    def _connect_mud(self) -> None:
        mud, _ = self._server.accept()
        mud.settimeout(TIMEOUT)
        mud.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._mud = mud
        if self._mud_mccp:
            mud.sendall(WILL_MCCP2)
            _read_until(mud, lambda data: DO_MCCP2 in data)
            mud.sendall(BEGIN_MCCP2)
            self._deflater = zlib.compressobj()

    def _encoded(self, text: bytes) -> bytes:
        if self._deflater is None:
            return text
        return self._deflater.compress(text) + self._deflater.flush(zlib.Z_SYNC_FLUSH)

    def _mark(self) -> None:
        """Send a line and wait until every client has it; what a proxy says comes before."""
        mark = b"this is mark %d\r\n" % next(self._marks)
        self.mud.sendall(self._encoded(mark))
        tails = dict.fromkeys(self.clients, b"")
        while not all(tail.endswith(mark) for tail in tails.values()):
            for client in self._readable(TIMEOUT):
                tails[client] = (tails[client] + client.receive())[-len(mark) :]


def _read_until(source: socket.socket, enough: Callable[[bytes], bool]) -> bytes:
    data = b""
    while not enough(data):
        more = source.recv(RECEIVE)
        if not more:
            raise LostError("a connection was closed")
        data += more
    return data
