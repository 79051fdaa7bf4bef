from __future__ import annotations

import asyncio

import pytest

from bastproxy.libs.net.listener import Listener, ListenError
from bastproxy.testing.peer import TestClient


async def test_port_0_takes_a_free_port():
    listener = Listener(asyncio.Protocol)
    host, port = await listener.listen("127.0.0.1", 0)
    assert host == "127.0.0.1"
    assert port > 0
    listener.close()


async def test_all_addresses_of_a_host_share_one_port():
    listener = Listener(asyncio.Protocol)
    _, port = await listener.listen("localhost", 0)
    transport, _ = await asyncio.get_running_loop().create_connection(
        asyncio.Protocol, "127.0.0.1", port
    )
    transport.close()
    listener.close()


@pytest.mark.parametrize(
    ("host", "port", "reason"),
    [
        ("no-such-host.invalid", 0, "there is no such host"),
        ("127.0.0.1", 70000, "that is no address"),
        ("203.0.113.1", 0, "cannot assign requested address"),
    ],
)
async def test_an_address_that_cannot_be_had_says_why(host, port, reason):
    with pytest.raises(ListenError) as caught:
        await Listener(asyncio.Protocol).listen(host, port)
    assert reason in caught.value.strerror


async def test_a_port_in_use_says_so():
    first, second = Listener(asyncio.Protocol), Listener(asyncio.Protocol)
    _, port = await first.listen("127.0.0.1", 0)
    with pytest.raises(ListenError) as caught:
        await second.listen("127.0.0.1", port)
    assert caught.value.strerror == "the port is in use"
    first.close()


async def test_several_addresses_are_listened_on_and_one_that_fails_leaves_the_others():
    listener = Listener(asyncio.Protocol)
    first = await listener.listen("127.0.0.1", 0)
    second = await listener.listen("127.0.0.1", 0)
    with pytest.raises(ListenError):
        await listener.listen(*first)
    for address in (first, second):
        transport, _ = await asyncio.get_running_loop().create_connection(
            asyncio.Protocol, *address
        )
        transport.close()
    listener.close()
    with pytest.raises(OSError, match=r"refused|Connect call failed"):
        await asyncio.get_running_loop().create_connection(asyncio.Protocol, *second)


async def test_a_client_over_ipv6(clients, ipv6_host):
    address = await clients.listener.listen(ipv6_host, 0)
    peer = TestClient()
    await peer.connect(*address)
    await peer.send_line("look")
    await clients.wait_for(lambda: clients.lines == [b"look"])
    assert clients.client.peer_name.startswith("[::1]:")
    peer.close()
