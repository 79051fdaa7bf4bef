from __future__ import annotations

import asyncio
import json
import random
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from bastproxy.demo import DemoMud
from bastproxy.libs.net.telnet import LineEnd, Prompt, Subnegotiation, Telnet, Text
from bastproxy.libs.net.telnet.constants import ECHO, GMCP, NAWS, TTYPE

PROMPT = "\x1e"
PATIENCE = 10.0
_SGR = re.compile(r"\x1b\[[0-9;]*m")


class Client:
    """A MUD client for tests: what it has read is text, with a mark at each GA or EOR."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *options: int
    ) -> None:
        self.reader, self.writer = reader, writer
        self.telnet = Telnet(server=False, local=(NAWS, TTYPE), remote=(*options, ECHO))
        self.text = ""
        self.marks: list[int] = []
        self.messages: list[tuple[str, Any]] = []
        self.subnegotiations: list[Subnegotiation] = []
        self.ended = False
        self.silent = False

    async def read(self) -> None:
        data = await asyncio.wait_for(self.reader.read(65536), PATIENCE)
        self.ended = not data
        parts = [self.text]
        for event in self.telnet.receive(data):
            if isinstance(event, Text | LineEnd):
                parts.append(event.data.decode("utf-8", "surrogateescape"))
            elif isinstance(event, Prompt):
                parts.append(PROMPT)
                self.marks.append(event.code)
            elif isinstance(event, Subnegotiation) and event.option == GMCP:
                name, _, body = event.data.decode().partition(" ")
                self.messages.append((name, json.loads(body) if body else None))
            elif isinstance(event, Subnegotiation):
                self.subnegotiations.append(event)
        self.text = "".join(parts)
        if not self.silent:
            self.writer.write(self.telnet.outgoing())

    async def when(self, condition: Callable[[], object]) -> None:
        while not condition():
            assert not self.ended, f"the connection ended after {self.text!r}"
            await self.read()

    async def until(self, mark: str) -> str:
        """Return the text up to a mark, without its colours, and forget it and the mark."""
        await self.when(lambda: mark in self.text)
        text, _, self.text = self.text.partition(mark)
        return _SGR.sub("", text)

    async def prompt(self) -> str:
        return await self.until(PROMPT)

    async def end(self) -> str:
        while not self.ended:
            await self.read()
        return _SGR.sub("", self.text)

    def send(self, *lines: str) -> None:
        for line in lines:
            self.writer.write(self.telnet.text(line.encode("utf-8", "surrogateescape")) + b"\r\n")

    async def do(self, line: str) -> str:
        self.send(line)
        return await self.prompt()

    def gmcp(self, name: str, data: object = None) -> None:
        body = name if data is None else f"{name} {json.dumps(data)}"
        self.writer.write(self.telnet.subnegotiation(GMCP, body.encode()))

    def end_writing(self) -> None:
        self.silent = True
        self.writer.write_eof()

    def close(self) -> None:
        self.writer.transport.abort()


Connect = Callable[..., Awaitable[Client]]


@pytest.fixture
async def mud() -> AsyncIterator[DemoMud]:
    # Time stands still unless a test lets it pass.
    mud = DemoMud(rng=random.Random(1), tick=3600)
    await mud.start()
    yield mud
    await mud.stop()


@pytest.fixture
async def connect(mud: DemoMud) -> AsyncIterator[Connect]:
    clients: list[Client] = []

    async def connect(name: str = "", *options: int) -> Client:
        client = Client(*await asyncio.open_connection(*mud.address), *options)
        clients.append(client)
        if name:
            await client.prompt()
            await client.do(name)
        return client

    yield connect
    for client in clients:
        client.close()
