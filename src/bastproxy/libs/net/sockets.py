"""What the kernel does for a TCP connection, and what it knows of it."""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
from typing import Final, NamedTuple, Protocol

# The head of Linux's struct tcp_info (include/uapi/linux/tcp.h): 8 bytes, then 32-bit words.
_HEAD: Final = struct.Struct("=8B16I")
_RETRANSMITS: Final = 2
_PROBES: Final = 3
_LAST_ACK_RECEIVED: Final = 20
_RTT: Final = 23


class Socket(Protocol):
    """A socket as a transport shows it."""

    def setsockopt(self, level: int, option: int, value: int, /) -> None:
        """Set an option."""

    def getsockopt(self, level: int, option: int, size: int, /) -> bytes:
        """Return an option."""


class KeepAlive(NamedTuple):
    """When a peer that says nothing is asked whether it is still there, in whole seconds.

    It is given up after ``idle + probes * interval``.
    """

    idle: int = 60
    interval: int = 15
    probes: int = 4

    @property
    def seconds(self) -> int:
        """How long a peer may be gone before that is known."""
        return self.idle + self.probes * self.interval


KEEP_ALIVE: Final = KeepAlive()


def keep_alive(sock: Socket, times: KeepAlive = KEEP_ALIVE, *, impatient: bool) -> None:
    """Have the kernel notice a peer that vanished without a word.

    :param impatient: give up also on a peer that lives and takes nothing (TCP_USER_TIMEOUT,
        RFC 5482, which cannot tell the one from the other).
    """
    _set(sock, socket.SOL_SOCKET, "SO_KEEPALIVE", 1)
    # macOS has another name for the idle time; Windows has them all since 10.
    idle = "TCP_KEEPIDLE" if hasattr(socket, "TCP_KEEPIDLE") else "TCP_KEEPALIVE"
    _set(sock, socket.IPPROTO_TCP, idle, times.idle)
    _set(sock, socket.IPPROTO_TCP, "TCP_KEEPINTVL", times.interval)
    _set(sock, socket.IPPROTO_TCP, "TCP_KEEPCNT", times.probes)
    if impatient:
        _set(sock, socket.IPPROTO_TCP, "TCP_USER_TIMEOUT", times.seconds * 1000)


class TcpInfo(NamedTuple):
    """What the kernel knows of a connection.

    :ivar rtt: smoothed round-trip time, seconds.
    :ivar unanswered: how often it has sent the oldest bytes, or probed a closed window, in
        vain since it heard of the peer.
    :ivar last_ack: seconds since the peer acknowledged anything.
    """

    rtt: float
    unanswered: int
    last_ack: float

    def vanished(self, seconds: float) -> bool:
        """Return whether what is sent goes nowhere, for so long already.

        A peer that lives and does not read still acknowledges the probes of its window.
        """
        return self.unanswered > 1 and self.last_ack >= seconds


def tcp_info(sock: Socket) -> TcpInfo | None:
    """Ask the kernel; None where it does not say (elsewhere than on Linux, or not TCP)."""
    if sys.platform != "linux":
        return None
    try:
        data = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _HEAD.size)
    except OSError:
        return None
    if len(data) < _HEAD.size:
        return None
    fields = _HEAD.unpack(data)
    unanswered = max(fields[_RETRANSMITS], fields[_PROBES])
    return TcpInfo(fields[_RTT] / 1e6, unanswered, fields[_LAST_ACK_RECEIVED] / 1e3)


def _set(sock: Socket, level: int, name: str, value: int) -> None:
    option = getattr(socket, name, None)
    if option is not None:
        with contextlib.suppress(OSError):
            sock.setsockopt(level, option, value)
