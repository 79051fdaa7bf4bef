"""The connections with peers that this project did not write."""

from __future__ import annotations

import asyncio

import pytest
import telnetlib3

from bastproxy.libs.net.address import MudAddress
from bastproxy.libs.net.telnet import Negotiated
from bastproxy.libs.net.telnet.constants import CHARSET, MCCP2, MCCP3, NAWS, TTYPE


async def test_a_client_with_everything_on(clients):
    host, port = await clients.listener.listen("127.0.0.1", 0)
    reader, writer = await telnetlib3.open_connection(
        host, port, encoding="utf-8", force_binary=True, connect_minwait=0.01, term="xterm"
    )
    client = clients.client
    await clients.wait_for(lambda: client.compressed_out and client.compressed_in)
    await clients.wait_for(lambda: client.charset_settled and client.environ and client.width)
    assert client.terminal_type == "xterm"
    assert client.environ["TERM"] == "xterm"
    assert client.gmcp
    for number in range(200):
        client.send_line(f"line {number} é".encode())
    async with asyncio.timeout(5):
        got = [await reader.readline() for _ in range(200)]
    assert got == [f"line {number} é\r\n" for number in range(200)]
    writer.write("look\r\n")
    await clients.wait_for(lambda: clients.lines == [b"look"])
    writer.close()
    await clients.wait_for(lambda: clients.ended)
    assert clients.ended == "the other end has closed the connection"


@pytest.mark.parametrize("compression", [True, False])
async def test_a_mud_with_everything_on(mud, compression):
    opened = asyncio.get_running_loop().create_future()

    async def shell(reader, writer):
        opened.set_result((reader, writer))
        await writer.wait_closed()

    server = await telnetlib3.create_server(
        host="127.0.0.1",
        port=0,
        shell=shell,
        compression=compression,
        encoding="utf-8",
        force_binary=True,
        connect_maxwait=0.2,
    )
    host, port = server.sockets[0].getsockname()[:2]
    await mud.open(MudAddress(host, port))
    mud.mud.set_window(132, 43)
    async with asyncio.timeout(5):
        reader, writer = await opened
    telnet = mud.mud.telnet
    assert telnet.is_local(TTYPE)
    assert telnet.is_local(NAWS)
    assert writer.get_extra_info("ttype1") == "BASTPROXY"
    assert writer.get_extra_info("TERM") == "ANSI"
    assert (writer.get_extra_info("cols"), writer.get_extra_info("rows")) == (132, 43)
    if compression:
        # It offers MCCP3 too, and takes that back when we have begun.
        await mud.wait_for(lambda: telnet.is_remote(MCCP2))
        await mud.wait_for(lambda: Negotiated(MCCP3, False, False) in mud.items)
    for number in range(200):
        writer.write(f"line {number} é\r\n")
    await mud.wait_for(lambda: b"line 199 \xc3\xa9" in mud.lines)
    assert mud.mud.compressed_in is compression
    assert not mud.mud.compressed_out
    mud.mud.send_text("look é\r\n".encode())
    async with asyncio.timeout(5):
        assert (await reader.readline()).strip() == "look é"
    assert telnet.is_local(CHARSET)
    assert mud.mud.encoding == "utf-8"
    writer.close()
    await mud.wait_for(lambda: mud.ended)
    server.close()
    await server.wait_closed()
