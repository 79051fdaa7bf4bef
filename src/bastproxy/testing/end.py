"""One end of a telnet connection, for a test to read and write."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Callable, Sequence
from typing import Any

from bastproxy.libs.net.telnet import (
    Broken,
    Deflater,
    LineEnd,
    Negotiated,
    Prompt,
    Subnegotiation,
    Telnet,
    TelnetEvent,
    Text,
)
from bastproxy.libs.net.telnet.constants import (
    CHARSET,
    GMCP,
    MCCP2,
    MSDP,
    MSSP,
    NAWS,
    NEW_ENVIRON,
    TM,
    TTYPE,
)
from bastproxy.libs.net.telnet.options import charset as charsets
from bastproxy.libs.net.telnet.options import environ, mssp
from bastproxy.libs.net.telnet.options import msdp as msdp_values
from bastproxy.libs.net.telnet.options.naws import unpack_size
from bastproxy.libs.net.telnet.options.ttype import IS, SEND

TIMEOUT = 5.0


class Peer(asyncio.Protocol):
    """One end of a telnet connection, for a test to read and write.

    :param timeout: seconds that reading waits before it fails.
    :ivar raw: all text bytes received, telnet decoded.
    :ivar lines: the complete lines received so far, without their ends.
    :ivar prompts: what came before each GA or EOR.
    :ivar gmcp: the GMCP messages received: package, and data or None.
    :ivar messages: all subnegotiations received: option and body.
    :ivar msdp: the MSDP variables received: name and value.
    :ivar mssp: the MSSP variables received last.
    :ivar environ: the NEW-ENVIRON variables received.
    :ivar window: the window size received last.
    :ivar terminals: the terminal types received, in order.
    :ivar charset: the encoding agreed on by CHARSET, as it was named; empty before.
    :ivar broken: why what came cannot be understood any further; empty while it can.
    :ivar encoding: of the lines, as Python names it.
    :ivar wire_bytes: how many bytes have come over the wire.
    :ivar closed: set when the connection has ended.
    """

    def __init__(
        self,
        telnet: Telnet,
        timeout: float = TIMEOUT,
        *,
        compresses: int | None = None,
        charset: Sequence[str] = (),
        encoding: str = "utf-8",
    ) -> None:
        self.telnet = telnet
        self.timeout = timeout
        self.encoding = encoding
        self.messages: list[tuple[int, bytes]] = []
        self.msdp: list[tuple[str, msdp_values.Value]] = []
        self.mssp: dict[str, list[str]] = {}
        self.environ: dict[str, str] = {}
        self.window: tuple[int, int] | None = None
        self.terminals: list[str] = []
        self.charset = ""
        self.broken = ""
        self.wire_bytes = 0
        self._compresses = compresses
        self._deflater: Deflater | None = None
        self._charset = list(charset)
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
        self.wire_bytes += len(data)
        while True:
            for event in self.telnet.receive(data):
                self._take(event)
            self._flush()
            if not self.telnet.more:
                break
            data = b""
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
        await self.send(line.encode(self.encoding, "surrogateescape") + b"\r\n")

    async def send_gmcp(self, package: str, data: Any = None) -> None:
        """Send a GMCP message; ``data`` becomes JSON, None is left out."""
        text = package if data is None else f"{package} {json.dumps(data)}"
        self.send_raw(self.telnet.subnegotiation(GMCP, text.encode()))

    def send_raw(self, data: bytes) -> None:
        """Write bytes to the connection, telnet commands included."""
        assert self._transport is not None, "not connected"
        self._transport.write(self._deflater.compress(data) if self._deflater else data)

    def send_message(self, option: int, body: bytes) -> None:
        """Send a subnegotiation."""
        self.send_raw(self.telnet.subnegotiation(option, body))

    def send_msdp(self, name: str, value: msdp_values.Value) -> None:
        """Send an MSDP variable."""
        self.send_message(MSDP, msdp_values.pack(name, value))

    @property
    def compressed(self) -> tuple[bool, bool]:
        """Whether what comes is compressed, and whether what is sent is."""
        return self.telnet.compressed, self._deflater is not None

    async def offer(self, option: int, on: bool = True) -> bool:
        """Offer to do an option (WILL), or stop it; wait for the answer and return it."""
        (self.telnet.enable_local if on else self.telnet.disable_local)(option)
        self._flush()
        await self.sync()
        return self.telnet.is_local(option)

    async def ask(self, option: int, on: bool = True) -> bool:
        """Ask the other end to do an option (DO), or to stop; wait for the answer, return it."""
        (self.telnet.enable_remote if on else self.telnet.disable_remote)(option)
        self._flush()
        await self.sync()
        return self.telnet.is_remote(option)

    async def ask_terminal(self) -> list[str]:
        """Ask for the terminal types until one is repeated, and return them."""
        if not await self.ask(TTYPE):
            return []
        while True:
            known = len(self.terminals)
            self.send_message(TTYPE, SEND)
            await self.wait_for(lambda known=known: len(self.terminals) > known, "a terminal type")  # type: ignore[misc]
            if self.terminals[-1] in self.terminals[:-1]:
                return self.terminals

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
                self._negotiated(event)
            case Broken(reason):
                self.broken = reason

    def _take_line(self) -> str:
        line = self._line.decode(self.encoding, "surrogateescape")
        self._line.clear()
        return line

    def _negotiated(self, event: Negotiated) -> None:
        if event.option == self._compresses and event.local == (event.option == MCCP2):
            self._compress(event.enabled)
        elif event == Negotiated(CHARSET, True, True) and self._charset:
            self._say(CHARSET, charsets.request(self._charset))

    def _compress(self, on: bool) -> None:
        assert self._compresses is not None
        assert self._transport is not None
        self._flush()
        if on:
            self._say(self._compresses, b"")
            self._deflater = Deflater()
        elif self._deflater is not None:
            self._transport.write(self._deflater.finish())
            self._deflater = None

    def _say(self, option: int, body: bytes) -> None:
        """Send a subnegotiation after what it rests on."""
        self._flush()
        self.send_message(option, body)

    def _subnegotiation(self, option: int, data: bytes) -> None:
        self.messages.append((option, data))
        if option == GMCP:
            package, _, text = data.decode().partition(" ")
            self.gmcp.append((package, json.loads(text) if text else None))
        elif option == MSDP:
            self.msdp += msdp_values.unpack(data)
        elif option == MSSP:
            self.mssp = mssp.unpack(data)
        elif option == TTYPE and data[:1] == IS:
            self.terminals.append(data[1:].decode("ascii", "replace"))
        elif option == NAWS:
            self.window = unpack_size(data)
        elif option == NEW_ENVIRON and (told := environ.parse(data)) and told.kind != "send":
            self.environ |= told.values
        elif option == CHARSET:
            self._talk_charset(data)

    def _talk_charset(self, data: bytes) -> None:
        match charsets.parse(data):
            case charsets.Request(names):
                known = [name for name in names if name.upper() in map(str.upper, self._charset)]
                self.charset = known[0] if known else ""
                body = charsets.accepted(known[0]) if known else charsets.rejected()
                self._say(CHARSET, body)
            case charsets.Accepted(name):
                self.charset = name

    def _flush(self) -> None:
        if self._transport is not None and (data := self.telnet.outgoing()):
            self.send_raw(data)

    def _last(self) -> str:
        return f"the last lines were {self.lines[-5:]}, then {bytes(self._line[-200:])!r}"
