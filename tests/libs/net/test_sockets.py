from __future__ import annotations

import socket
import sys

import pytest

from bastproxy.libs.net.sockets import KEEP_ALIVE, KeepAlive, TcpInfo, keep_alive, tcp_info

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of a connection")
QUICK = KeepAlive(idle=1, interval=1, probes=1)


def pair():
    with socket.create_server(("127.0.0.1", 0)) as server:
        near = socket.create_connection(server.getsockname())
        far, _ = server.accept()
    return near, far


def test_a_vanished_peer_is_noticed_within_two_minutes():
    assert KEEP_ALIVE.seconds == 120


@pytest.mark.parametrize("impatient", [True, False])
def test_the_kernel_is_told(impatient):
    near, far = pair()
    with near, far:
        keep_alive(near, KeepAlive(7, 3, 2), impatient=impatient)
        assert near.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        for name, value in (("TCP_KEEPIDLE", 7), ("TCP_KEEPINTVL", 3), ("TCP_KEEPCNT", 2)):
            if hasattr(socket, name):
                assert near.getsockopt(socket.IPPROTO_TCP, getattr(socket, name)) == value
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            timeout = near.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
            assert timeout == (13_000 if impatient else 0)


@linux
def test_the_round_trip_time_is_known():
    near, far = pair()
    with near, far:
        near.send(b"x")
        info = tcp_info(near)
        assert info is not None
        assert 0 < info.rtt < 1
        assert not info.vanished(0)


def test_nothing_is_known_of_what_is_no_tcp_connection():
    near, far = socket.socketpair()
    with near, far:
        assert tcp_info(near) is None


@pytest.mark.parametrize(
    ("unanswered", "last_ack", "vanished"),
    [(5, 130.0, True), (5, 100.0, False), (1, 130.0, False), (0, 9999.0, False)],
)
def test_who_has_vanished(unanswered, last_ack, vanished):
    assert TcpInfo(0.1, unanswered, last_ack).vanished(120) is vanished


@linux
async def test_rtt_of_a_connection(clients):
    peer = await clients.connect()
    client = clients.client
    assert 0 < client.rtt() < 1
    peer.close()
    await clients.wait_for(lambda: clients.ended)
    assert client.rtt() is None


@linux
async def test_who_vanished_is_noticed_and_who_is_slow_is_not_taken_for_it(
    clients, mud, make_vanish
):
    # All at once, since each takes the kernel two seconds and more.
    clients.options["times"] = QUICK
    peers = {}
    ours = {}
    for name in ("idle", "sent to", "slow"):
        peers[name] = await clients.connect()
        ours[name] = clients.client
    peers["mud"] = await mud.connect(times=QUICK)
    for name in ("idle", "sent to", "mud"):
        make_vanish(peers[name]._transport.get_extra_info("socket"))
    ours["sent to"].send_line(b"is anybody there?")
    mud.mud.send_text(b"look\r\n")
    slow = ours["slow"]
    peers["slow"].pause_reading()
    while not slow._writing_paused:
        slow.send_line(b"x" * 60_000)
        slow.flush()
    await clients.wait_for(lambda: len(clients.reasons) == 2)
    await mud.wait_for(lambda: mud.ended)
    assert clients.reasons == {
        ours["idle"]: "it does not answer",
        ours["sent to"]: "it does not answer any more",
    }
    assert mud.ended in ("it does not answer", "it does not answer any more")
    peers["slow"].resume_reading()
    slow.send_line(b"still here")
    await peers["slow"].wait_for(lambda: "still here" in peers["slow"].lines)
    for peer in peers.values():
        peer._transport.abort()
