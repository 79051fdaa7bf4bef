"""The two ends that a test plays: a MUD, and a client."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Callable, Sequence
from typing import Any

from bastproxy.libs.net.telnet import (
    LineEnd,
    Negotiated,
    Prompt,
    Subnegotiation,
    Telnet,
    TelnetEvent,
    Text,
)
from bastproxy.libs.net.telnet.constants import ECHO, EOR_OPTION, GMCP, SGA, TM

TIMEOUT = 5.0


class Peer(asyncio.Protocol):
    """One end of a telnet connection, for a test to read and write.

    :param timeout: seconds that reading waits before it fails.
    :ivar raw: all text bytes received, telnet decoded.
    :ivar lines: the complete lines received so far, without their ends.
    :ivar prompts: what came before each GA or EOR.
    :ivar gmcp: the GMCP messages received: package, and data or None.
    :ivar closed: set when the connection has ended.
    """

    def __init__(self, telnet: Telnet, timeout: float = TIMEOUT) -> None:
        self.telnet = telnet
        self.timeout = timeout
        self.raw = bytearray()
        self.lines: list[str] = []
        self.prompts: list[str] = []
        self.gmcp: list[tuple[str, Any]] = []
        self.closed = asyncio.Event()
        self._transport: asyncio.Transport | None = None
        self._line = bytearray()
        self._read = {"lines": 0, "prompts": 0, "gmcp": 0}
        self._changed = asyncio.Event()
        self._answered: set[int] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._flush()
        self._changed.set()

    def data_received(self, data: bytes) -> None:
        """Decode what came, and answer negotiation."""
        for event in self.telnet.receive(data):
            self._take(event)
        self._flush()
        self._changed.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wake everybody who waits."""
        self.closed.set()
        self._changed.set()

    async def send(self, data: bytes) -> None:
        """Send text bytes as they are; 0xFF is doubled, as telnet wants."""
        self.send_raw(self.telnet.text(data))

    async def send_line(self, line: str) -> None:
        """Send a line and its end."""
        await self.send(line.encode("utf-8", "surrogateescape") + b"\r\n")

    async def send_gmcp(self, package: str, data: Any = None) -> None:
        """Send a GMCP message; ``data`` becomes JSON, None is left out."""
        text = package if data is None else f"{package} {json.dumps(data)}"
        self.send_raw(self.telnet.subnegotiation(GMCP, text.encode()))

    def send_raw(self, data: bytes) -> None:
        """Write bytes to the connection, telnet commands included."""
        assert self._transport is not None, "not connected"
        self._transport.write(data)

    async def read_line(self) -> str:
        """Return the next complete line.

        :raises TimeoutError: none came in time.
        :raises ConnectionError: the connection ended first.
        """
        line: str = await self._next("lines", self.lines)
        return line

    async def read_lines(self, count: int) -> list[str]:
        """Return the next ``count`` lines."""
        return [await self.read_line() for _ in range(count)]

    async def read_prompt(self) -> str:
        """Return the text of the next prompt that ends in GA or EOR."""
        prompt: str = await self._next("prompts", self.prompts)
        return prompt

    async def read_gmcp(self) -> tuple[str, Any]:
        """Return package and data of the next GMCP message."""
        message: tuple[str, Any] = await self._next("gmcp", self.gmcp)
        return message

    async def read_until(self, data: bytes | str) -> bytes:
        """Wait until the text received contains ``data``; return all of the text so far."""
        wanted = data.encode() if isinstance(data, str) else data
        await self.wait_for(lambda: wanted in self.raw, f"{wanted!r}")
        return bytes(self.raw)

    async def wait_for(self, condition: Callable[[], object], what: str = "it") -> None:
        """Wait until a condition on what was received holds.

        :raises TimeoutError: it did not in time.
        :raises ConnectionError: the connection ended first.
        """
        try:
            async with asyncio.timeout(self.timeout):
                while not condition():
                    if self.closed.is_set():
                        raise ConnectionError(f"closed before {what} came; {self._last()}")
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise TimeoutError(f"{what} did not come; {self._last()}") from None

    async def sync(self) -> None:
        """Wait until the other end has answered what was sent before, by a telnet TM."""
        self._answered.discard(TM)
        self.telnet.enable_remote(TM)
        self._flush()
        await self.wait_for(lambda: TM in self._answered, "the answer to a timing mark")

    def close(self) -> None:
        """Close the connection in good order."""
        if self._transport is not None:
            self._transport.close()

    def reset(self) -> None:
        """Break the connection off with a TCP reset."""
        if self._transport is not None:
            sock = self._transport.get_extra_info("socket")
            linger = struct.pack("ii", 1, 0)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self._transport.abort()

    def pause_reading(self) -> None:
        """Take nothing more from the connection, as a hanging program does."""
        assert self._transport is not None
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Take what comes again."""
        assert self._transport is not None
        self._transport.resume_reading()

    async def wait_closed(self) -> None:
        """Wait until the connection has ended."""
        try:
            async with asyncio.timeout(self.timeout):
                await self.closed.wait()
        except TimeoutError:
            raise TimeoutError(f"the connection did not end; {self._last()}") from None

    async def _next(self, kind: str, items: Sequence[Any]) -> Any:
        index = self._read[kind]
        await self.wait_for(lambda: len(items) > index, f"another of the {kind}")
        self._read[kind] += 1
        return items[index]

    def _take(self, event: TelnetEvent) -> None:
        match event:
            case Text(data):
                self.raw += data
                self._line += data
            case LineEnd(data):
                self.raw += data
                self.lines.append(self._take_line())
            case Prompt():
                self.prompts.append(self._take_line())
            case Subnegotiation(option, data):
                self._subnegotiation(option, data)
            case Negotiated(option):
                self._answered.add(option)

    def _take_line(self) -> str:
        line = self._line.decode("utf-8", "surrogateescape")
        self._line.clear()
        return line

    def _subnegotiation(self, option: int, data: bytes) -> None:
        if option == GMCP:
            package, _, text = data.decode().partition(" ")
            self.gmcp.append((package, json.loads(text) if text else None))

    def _flush(self) -> None:
        if (data := self.telnet.outgoing()) and self._transport is not None:
            self._transport.write(data)

    def _last(self) -> str:
        return f"the last lines were {self.lines[-5:]}, then {bytes(self._line[-200:])!r}"


class TestClient(Peer):
    """A client of the proxy.

    :param gmcp: agree to GMCP.
    :param options: more telnet options to agree to on our side.
    """

    __test__ = False  # it is no test, whatever pytest makes of its name

    def __init__(
        self, *, gmcp: bool = False, options: Sequence[int] = (), timeout: float = TIMEOUT
    ) -> None:
        remote = [ECHO, SGA, EOR_OPTION, *([GMCP] if gmcp else [])]
        super().__init__(Telnet(server=False, local=options, remote=remote), timeout)


class ScriptedMud:
    """A MUD that says what the test has it say.

    It serves one connection after another; what is read and written is that of the
    newest.  ``gmcp`` and ``eor`` say what it offers.
    """

    def __init__(self, *, gmcp: bool = False, timeout: float = TIMEOUT) -> None:
        self._gmcp = gmcp
        self._timeout = timeout
        self._server: asyncio.Server | None = None
        self._peers: list[Peer] = []
        self._connected = asyncio.Event()
        self.host, self.port = "127.0.0.1", 0

    async def start(self) -> tuple[str, int]:
        """Listen; on the same port as before, when it listened before."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._accept, self.host, self.port)
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
        return self.peer

    async def send(self, data: bytes) -> None:
        """Send text bytes as they are."""
        await self.peer.send(data)

    async def send_line(self, line: str) -> None:
        """Send a line and its end."""
        await self.peer.send_line(line)

    async def send_prompt(self, prompt: str) -> None:
        """Send a prompt that ends in GA, or EOR where that is agreed."""
        await self.peer.send(prompt.encode("utf-8", "surrogateescape"))
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
        telnet = Telnet(server=True, local=[EOR_OPTION, SGA, GMCP])
        peer = Peer(telnet, self._timeout)
        if self._gmcp:
            telnet.enable_local(GMCP)
        self._peers.append(peer)
        asyncio.get_running_loop().call_soon(self._connected.set)
        return peer
