"""The two ends that a test plays: a MUD, and a client."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from typing import Any

from bastproxy.libs.net.telnet import (
    Negotiated,
    Telnet,
)
from bastproxy.libs.net.telnet.constants import (
    CHARSET,
    ECHO,
    EOR_OPTION,
    GMCP,
    MCCP2,
    MCCP3,
    NAWS,
    NEW_ENVIRON,
    SGA,
    TTYPE,
)
from bastproxy.libs.net.telnet.options import environ
from bastproxy.libs.net.telnet.options.naws import pack_size
from bastproxy.libs.net.telnet.options.ttype import IS, SEND
from bastproxy.testing.end import TIMEOUT, Peer

__all__ = ["TIMEOUT", "Peer", "ScriptedMud", "TestClient"]


class TestClient(Peer):
    """A client of the proxy.

    :param gmcp: agree to GMCP.
    :param mccp2: agree that what the proxy sends is compressed.
    :param mccp3: compress what is sent, when the proxy offers it.
    :param options: more telnet options to agree to on our side.
    :param accept: more telnet options that the proxy may do, such as MXP.
    :param charset: names of encodings to agree to (CHARSET).
    :param terminals: what to answer who asks for the terminal type, one name after another.
    :param window: columns and rows, to tell who asks (NAWS).
    :param variables: what to tell who asks for the environment (NEW-ENVIRON).
    :param encoding: of the lines, as Python names it.
    """

    __test__ = False  # it is no test, whatever pytest makes of its name

    def __init__(
        self,
        *,
        gmcp: bool = False,
        mccp2: bool = False,
        mccp3: bool = False,
        options: Sequence[int] = (),
        accept: Sequence[int] = (),
        charset: Sequence[str] = (),
        terminals: Sequence[str] = (),
        window: tuple[int, int] | None = None,
        variables: Mapping[str, str] | None = None,
        encoding: str = "utf-8",
        timeout: float = TIMEOUT,
    ) -> None:
        ours = ((TTYPE, terminals), (NAWS, window), (NEW_ENVIRON, variables))
        theirs = ((GMCP, gmcp), (MCCP2, mccp2), (MCCP3, mccp3), (CHARSET, charset))
        local = [*options, *(option for option, wanted in ours if wanted)]
        remote = [ECHO, SGA, EOR_OPTION, *accept, *(option for option, on in theirs if on)]
        super().__init__(
            Telnet(server=False, local=local, remote=remote),
            timeout,
            compresses=MCCP3 if mccp3 else None,
            charset=charset,
            encoding=encoding,
        )
        self._names = list(terminals)
        self._size = window
        self._variables = variables or {}

    async def connect(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        """Connect to the proxy."""
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self, host, port, ssl=tls)

    def resize(self, width: int, height: int) -> None:
        """Tell another size of the window."""
        self._size = width, height
        self.send_message(NAWS, pack_size(width, height))

    def _negotiated(self, event: Negotiated) -> None:
        super()._negotiated(event)
        if event == Negotiated(NAWS, True, True) and self._size:
            self._say(NAWS, pack_size(*self._size))

    def _subnegotiation(self, option: int, data: bytes) -> None:
        super()._subnegotiation(option, data)
        if option == TTYPE and data == SEND and self._names:
            name = self._names.pop(0) if len(self._names) > 1 else self._names[0]
            self._say(TTYPE, IS + name.encode())
        elif option == NEW_ENVIRON and (asked := environ.parse(data)) and asked.kind == "send":
            names = asked.values or self._variables
            told = {name: self._variables[name] for name in names if name in self._variables}
            self._say(NEW_ENVIRON, environ.pack_is(told))


class ScriptedMud:
    """A MUD that says what the test has it say.

    It serves one connection after another; what is read and written is that of the
    newest.

    :param gmcp: offer GMCP.
    :param mccp2: offer to compress what it sends, and do it when the proxy agrees.
    :param mccp3: offer to take what is compressed.
    :param offers: more options that it offers to do, such as MSDP or MXP.
    :param asks: options that it asks the proxy to do, such as TTYPE or NAWS.
    :param charset: names of encodings that it offers (CHARSET).
    :param encoding: of the lines, as Python names it.
    :param tls: the context, for a MUD that speaks TLS.
    """

    def __init__(
        self,
        *,
        gmcp: bool = False,
        mccp2: bool = False,
        mccp3: bool = False,
        offers: Sequence[int] = (),
        asks: Sequence[int] = (),
        charset: Sequence[str] = (),
        encoding: str = "utf-8",
        tls: ssl.SSLContext | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        wanted = ((GMCP, gmcp), (MCCP2, mccp2), (MCCP3, mccp3), (CHARSET, charset))
        self._offers = [*offers, *(option for option, on in wanted if on)]
        self._asks = list(asks)
        self._charset = list(charset)
        self._encoding = encoding
        self._tls = tls
        self._timeout = timeout
        self._server: asyncio.Server | None = None
        self._peers: list[Peer] = []
        self._connected = asyncio.Event()
        self.host, self.port = "127.0.0.1", 0

    async def start(self) -> tuple[str, int]:
        """Listen; on the same port as before, when it listened before."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._accept, self.host, self.port, ssl=self._tls)
        self.host, self.port = self._server.sockets[0].getsockname()[:2]
        return self.host, self.port

    async def stop(self) -> None:
        """Close the connections and listen no more."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for peer in self._peers:
            peer.close()
        for peer in self._peers:
            if peer._transport is not None:
                await peer.wait_closed()

    @property
    def peer(self) -> Peer:
        """The newest connection.

        :raises RuntimeError: nobody has connected yet.
        """
        if not self._peers:
            raise RuntimeError("nobody has connected to the scripted MUD yet")
        return self._peers[-1]

    @property
    def connections(self) -> int:
        """How many connections there have been."""
        return len(self._peers)

    async def wait_connected(self, connections: int = 1) -> Peer:
        """Wait until that many connections have been made, and return the newest."""
        try:
            async with asyncio.timeout(self._timeout):
                while len(self._peers) < connections:
                    self._connected.clear()
                    await self._connected.wait()
        except TimeoutError:
            raise TimeoutError(
                f"the proxy has connected {len(self._peers)} times, not {connections}"
            ) from None
        peer = self.peer
        await peer.wait_for(lambda: peer._transport is not None, "the handshake of TLS")
        return peer

    async def send(self, data: bytes) -> None:
        """Send text bytes as they are."""
        await self.peer.send(data)

    async def send_line(self, line: str) -> None:
        """Send a line and its end."""
        await self.peer.send_line(line)

    async def send_prompt(self, prompt: str) -> None:
        """Send a prompt that ends in GA, or EOR where that is agreed."""
        await self.peer.send(prompt.encode(self._encoding, "surrogateescape"))
        self.peer.send_raw(self.peer.telnet.prompt())

    async def send_gmcp(self, package: str, data: Any = None) -> None:
        """Send a GMCP message."""
        await self.peer.send_gmcp(package, data)

    async def read_line(self) -> str:
        """Return the next line that the proxy sends."""
        return await self.peer.read_line()

    async def read_until(self, data: bytes | str) -> bytes:
        """Wait for text from the proxy."""
        return await self.peer.read_until(data)

    async def sync(self) -> None:
        """Wait until the proxy has dealt with what was sent before."""
        await self.peer.sync()

    def echo(self, on: bool) -> None:
        """Take over the echo, as a MUD does while a password is typed, or give it back."""
        telnet = self.peer.telnet
        (telnet.enable_local if on else telnet.disable_local)(ECHO)
        self.peer._flush()

    def disconnect(self) -> None:
        """Close the connection."""
        self.peer.close()

    def _accept(self) -> Peer:
        telnet = Telnet(
            server=True,
            local=[EOR_OPTION, SGA, GMCP, MCCP2, *self._offers],
            remote=[CHARSET, *self._asks],
        )
        peer = Peer(
            telnet,
            self._timeout,
            compresses=MCCP2,
            charset=self._charset,
            encoding=self._encoding,
        )
        for option in self._offers:
            telnet.enable_local(option)
        for option in self._asks:
            telnet.enable_remote(option)
        self._peers.append(peer)
        asyncio.get_running_loop().call_soon(self._connected.set)
        return peer
