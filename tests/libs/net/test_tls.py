from __future__ import annotations

import asyncio
import datetime
import os
import ssl
import stat
import sys

import pytest
import trustme
from cryptography import x509

from bastproxy.libs.net import tls as tls_module
from bastproxy.libs.net.address import MudAddress
from bastproxy.libs.net.mud import ConnectError
from bastproxy.libs.net.tls import client_context, explain_tls, self_signed, server_context
from bastproxy.testing.peer import ScriptedMud, TestClient

HOST = "127.0.0.1"


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def trusted(authority, tmp_path, monkeypatch):
    """Have the system trust the authority."""
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))


def server_side(certificate):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(context)
    return context


async def dial(mud, context, **address):
    mud.scripted = ScriptedMud(tls=context)
    host, port = await mud.scripted.start()
    await mud.open(MudAddress(address.pop("host", host), port, tls=True, **address))
    return await mud.scripted.wait_connected()


# to the MUD


async def test_a_good_certificate_is_accepted(mud, authority, trusted):
    peer = await dial(mud, server_side(authority.issue_cert(HOST, "localhost")))
    await peer.send_line("hello")
    await mud.wait_for(lambda: mud.lines == [b"hello"])
    mud.mud.send_text(b"look\r\n")
    assert await peer.read_line() == "look"
    assert mud.mud.tls.startswith("TLSv1.")
    assert " " in mud.mud.tls
    assert str(mud.mud.address).startswith("tls://127.0.0.1:")


async def test_a_certificate_is_for_a_name(mud, authority, trusted):
    await dial(mud, server_side(authority.issue_cert("localhost")), host="localhost")
    assert mud.mud.tls


async def test_who_is_not_trusted_is_refused(mud, authority):
    context = server_side(authority.issue_cert(HOST))
    with pytest.raises(ConnectError, match=r"signed by somebody who is not trusted.*tls_verify"):
        await dial(mud, context)
    assert mud.connections == []


async def test_a_self_signed_certificate_is_refused(mud, tmp_path):
    with pytest.raises(ConnectError, match=r"is self-signed.*set tls_verify to false"):
        await dial(mud, server_context(*self_signed(tmp_path)))


async def test_a_self_signed_certificate_is_accepted_where_the_player_says_so(mud, tmp_path):
    peer = await dial(mud, server_context(*self_signed(tmp_path)), verify=False)
    mud.mud.send_text(b"look\r\n")
    assert await peer.read_line() == "look"


async def test_an_expired_certificate_is_refused(mud, authority, trusted):
    yesterday = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    context = server_side(authority.issue_cert(HOST, not_after=yesterday))
    with pytest.raises(ConnectError, match=r"has expired.*tls_verify"):
        await dial(mud, context)


async def test_a_certificate_for_another_host_is_refused(mud, authority, trusted):
    context = server_side(authority.issue_cert("mud.example"))
    with pytest.raises(ConnectError, match=r"is for another address.*tls_verify"):
        await dial(mud, context)


async def test_a_certificate_for_another_name_is_refused(mud, authority, trusted):
    context = server_side(authority.issue_cert("mud.example"))
    with pytest.raises(ConnectError, match="is for another name"):
        await dial(mud, context, host="localhost")


class Greets(asyncio.Protocol):
    def connection_made(self, transport):
        transport.write(b"Welcome to the MUD!\r\n")


async def test_a_mud_that_does_not_speak_tls_says_so(mud):
    server = await asyncio.get_running_loop().create_server(Greets, HOST, 0)
    with pytest.raises(ConnectError, match="does not speak TLS on that port"):
        await mud.open(MudAddress(HOST, server.sockets[0].getsockname()[1], tls=True))
    server.close()


async def test_a_mud_that_waits_instead_of_speaking_tls_says_so(mud):
    server = await asyncio.get_running_loop().create_server(asyncio.Protocol, HOST, 0)
    with pytest.raises(ConnectError, match=r"within 0.1 seconds; does it speak TLS"):
        await mud.open(MudAddress(HOST, server.sockets[0].getsockname()[1], tls=True), timeout=0.1)
    server.close()


@pytest.mark.parametrize("abort", [True, False])
async def test_a_mud_that_hangs_up_on_tls_says_so(mud, abort):
    class Hangs(asyncio.Protocol):
        def connection_made(self, transport):
            self.transport = transport

        def data_received(self, data):
            (self.transport.abort if abort else self.transport.close)()

    server = await asyncio.get_running_loop().create_server(Hangs, HOST, 0)
    with pytest.raises(ConnectError, match="instead of speaking TLS"):
        await mud.open(MudAddress(HOST, server.sockets[0].getsockname()[1], tls=True))
    server.close()


async def test_compression_inside_tls(mud, authority, trusted):
    context = server_side(authority.issue_cert(HOST))
    mud.scripted = ScriptedMud(tls=context, mccp2=True, mccp3=True)
    host, port = await mud.scripted.start()
    await mud.open(MudAddress(host, port, tls=True))
    peer = await mud.scripted.wait_connected()
    await peer.sync()
    await peer.sync()
    assert peer.compressed == (True, True)
    for number in range(1000):
        await peer.send_line(f"line {number}")
    await mud.wait_for(lambda: len(mud.lines) == 1000)


# from clients


async def test_clients_may_speak_tls(clients, tmp_path):
    context = server_context(*self_signed(tmp_path))
    address = await clients.listener.listen(HOST, 0, context)
    plain = await clients.listener.listen(HOST, 0)
    peer = TestClient(gmcp=True, mccp2=True)
    await peer.connect(*address, tls=client_context(verify=False))
    await peer.sync()
    assert clients.client.tls.startswith("TLSv1.")
    clients.client.send_line(b"hello")
    assert await peer.read_line() == "hello"
    other = TestClient()
    await other.connect(*plain)
    await other.sync()
    assert clients.client.tls == ""
    for one in (peer, other):
        one.close()


async def test_who_speaks_no_tls_where_it_is_wanted_disturbs_nobody(clients, tmp_path):
    address = await clients.listener.listen(HOST, 0, server_context(*self_signed(tmp_path)))
    peer = TestClient()
    await peer.connect(*address)
    await peer.send_line("look")
    await peer.wait_closed()
    assert clients.connections == []


async def test_who_never_begins_the_handshake_is_let_go(clients, tmp_path, monkeypatch):
    monkeypatch.setattr("bastproxy.libs.net.listener.HANDSHAKE_SECONDS", 0.05)
    address = await clients.listener.listen(HOST, 0, server_context(*self_signed(tmp_path)))
    peer = TestClient()
    await peer.connect(*address)
    await peer.wait_closed()
    assert clients.connections == []


# our own certificate


def test_our_certificate_is_made_once(tmp_path):
    certificate, key = self_signed(tmp_path / "tls")
    before = certificate.read_bytes(), key.read_bytes()
    assert self_signed(tmp_path / "tls") == (certificate, key)
    assert (certificate.read_bytes(), key.read_bytes()) == before
    found = x509.load_pem_x509_certificate(before[0])
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "localhost" in names.get_values_for_type(x509.DNSName)
    server_context(certificate, key)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_nobody_else_can_read_our_key(tmp_path):
    _, key = self_signed(tmp_path)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


@pytest.mark.parametrize("fault", ["expired", "broken", "no key"])
def test_a_certificate_that_is_no_good_is_replaced(tmp_path, monkeypatch, fault):
    if fault == "expired":
        monkeypatch.setattr(tls_module, "_DAYS", 0)
    certificate, key = self_signed(tmp_path)
    monkeypatch.undo()
    before = certificate.read_bytes()
    if fault == "broken":
        certificate.write_bytes(b"no certificate")
    elif fault == "no key":
        key.unlink()
    self_signed(tmp_path)
    assert certificate.read_bytes() != before
    server_context(certificate, key)


def test_a_key_that_is_encrypted_is_refused_and_not_asked_for(tmp_path):
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    certificate, key = self_signed(tmp_path)
    key.write_bytes(
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(os.urandom(8).hex().encode()),
        )
    )
    with pytest.raises(ssl.SSLError, match="encrypted"):
        server_context(certificate, key)


def test_what_is_unknown_is_told_as_it_is():
    assert explain_tls(ssl.SSLError(1, "odd")) == "TLS with it failed: odd"
