from __future__ import annotations

import asyncio
import socket

import pytest

from bastproxy.libs.net import reaching
from bastproxy.libs.net.reaching import reach
from bastproxy.testing.peer import ScriptedMud, TestClient


@pytest.fixture
async def addresses(monkeypatch):
    """Have the name of the MUD mean these addresses."""
    found = []

    async def getaddrinfo(host, port, **_):
        if host == "mud.example":
            return [(socket.AF_INET, 1, 6, "", (one, port)) for one in found]
        return [(socket.AF_INET, 1, 6, "", (host, port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
    return found


@pytest.fixture
async def mud():
    mud = ScriptedMud()
    await mud.start()
    yield mud
    await mud.stop()


async def test_the_next_address_is_tried_when_one_refuses(addresses, mud):
    addresses += ["127.0.0.2", "127.0.0.1"]
    client = TestClient()
    await reach(lambda: client, "mud.example", mud.port, None)
    await mud.wait_connected()
    client.close()


async def test_the_next_address_is_tried_when_one_does_not_answer(addresses, mud, monkeypatch):
    addresses += ["192.0.2.1", "127.0.0.1"]
    monkeypatch.setattr(reaching, "ADDRESS_SECONDS", 0.05)
    client = TestClient()
    await reach(lambda: client, "mud.example", mud.port, None)
    await mud.wait_connected()
    client.close()


async def test_the_last_address_has_the_word(addresses, mud):
    addresses += ["127.0.0.2", "127.0.0.3"]
    with pytest.raises(OSError, match=r"127\.0\.0\.3"):
        await reach(TestClient, "mud.example", mud.port, None)


def test_a_link_local_address_keeps_its_interface():
    assert reaching._host_and_port(("fe80::1", 4000, 0, 2)) == ("fe80::1%2", 4000)
    assert reaching._host_and_port(("2001:db8::1", 4000, 0, 0)) == ("2001:db8::1", 4000)
    assert reaching._host_and_port(("192.0.2.1", 4000)) == ("192.0.2.1", 4000)
