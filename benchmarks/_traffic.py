"""Lines from a MUD to a client, through whatever stands between the two."""

from __future__ import annotations

import socket
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from threading import Thread
from time import perf_counter, perf_counter_ns, sleep

HOST = "127.0.0.1"
TIMEOUT = 60.0
LINE = b"You hit a large orc with your sword; it looks at you and does not like you....\r\n"
LINES_A_CHUNK = 100
CHUNK = LINE * LINES_A_CHUNK
END = b"THE END OF THIS RUN\r\n"
START = b"THE START OF THIS RUN\r\n"
RECEIVE = 1 << 16


class LostError(Exception):
    """What was sent did not arrive as it should."""


@dataclass(frozen=True, slots=True)
class Link:
    """The two ends: what the MUD writes to, and what the client reads from.

    :ivar expected: what is to become of the bytes on their way.
    """

    mud: socket.socket
    client: socket.socket
    expected: Callable[[bytes], bytes] = bytes

    def close(self) -> None:
        self.client.close()
        self.mud.close()


def listen() -> socket.socket:
    """Return a socket that waits for the MUD's one connection."""
    server = socket.create_server((HOST, 0))
    server.settimeout(TIMEOUT)
    return server


def link(server: socket.socket, port: int, expected: Callable[[bytes], bytes] = bytes) -> Link:
    """Connect a client to ``port``, and take the connection that this makes to the MUD."""
    client = socket.create_connection((HOST, port), TIMEOUT)
    mud, _ = server.accept()
    mud.settimeout(TIMEOUT)
    mud.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    made = Link(mud, client, expected)
    made.mud.sendall(START)
    _read_until(made, START)  # whatever a proxy says to a new client comes before
    return made


def seconds_for(ends: Link, lines: int) -> float:
    """Send lines as fast as they are taken, and return the seconds until all are there.

    :raises LostError: something else arrived.
    """
    chunks, rest = divmod(lines, LINES_A_CHUNK)
    if rest:
        raise ValueError(f"send a multiple of {LINES_A_CHUNK} lines")

    def send() -> None:
        for _ in range(chunks):
            ends.mud.sendall(CHUNK)
        ends.mud.sendall(END)

    sender = Thread(target=send)
    started = perf_counter()
    sender.start()
    size, checksum = _read_until(ends, END)
    seconds = perf_counter() - started
    sender.join()
    right_size, right_checksum = lines * len(LINE) + len(END), 0
    for _ in range(chunks):
        right_checksum = zlib.crc32(ends.expected(CHUNK), right_checksum)
    if (size, checksum) != (right_size, zlib.crc32(END, right_checksum)):
        raise LostError(f"{size:,} bytes arrived, or others than the {right_size:,} that were sent")
    return seconds


def delays(ends: Link, seconds: float, a_second: int = 1_000) -> list[float]:
    """Send stamped lines at a steady pace, and return the seconds that each was under way."""
    count = int(seconds * a_second)
    padding = b" " * (len(LINE) - 22)

    def send() -> None:
        started = perf_counter()
        for number in range(count):
            wait = started + number / a_second - perf_counter()
            if wait > 0:
                sleep(wait)
            ends.mud.sendall(b"%020d%b\r\n" % (perf_counter_ns(), padding))

    sender = Thread(target=send)
    sender.start()
    found: list[float] = []
    pending = b""
    while len(found) < count:
        data = ends.client.recv(RECEIVE)
        now = perf_counter_ns()
        if not data:
            raise LostError("the connection was closed")
        *lines, pending = (pending + data).split(b"\r\n")
        found += [(now - int(line)) / 1e9 for line in lines]
    sender.join()
    return found


def _read_until(ends: Link, end: bytes) -> tuple[int, int]:
    size = checksum = 0
    tail = b""
    while not tail.endswith(end):
        data = ends.client.recv(RECEIVE)
        if not data:
            raise LostError("the connection was closed")
        size += len(data)
        checksum = zlib.crc32(data, checksum)
        tail = (tail + data)[-len(end) :]
    return size, checksum
