"""Compression on and off in any order, at any cut, with a peer of any speed: nothing is lost."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.net.client import ClientConnection
from bastproxy.libs.net.mud import MudConnection
from bastproxy.libs.net.telnet import LineEnd, Negotiated, Telnet, Text
from bastproxy.libs.net.telnet.constants import MCCP2, MCCP3


class Wire(asyncio.Transport):
    """Keeps what is written until the test delivers it."""

    def __init__(self):
        super().__init__()
        self.data = b""

    def write(self, data):
        self.data += data

    def get_write_buffer_size(self):
        return 0

    def is_closing(self):
        return False

    def pause_reading(self):
        pass

    def resume_reading(self):
        pass

    def abort(self):
        raise AssertionError("given up")

    def close(self):
        pass


class Quiet:
    """Stands in for the session."""

    def __getattr__(self, name):
        return lambda *_: None


class Pair:
    """A connection of ours, and a peer in pure telnet, with the bytes between them."""

    def __init__(self, client):
        self.option = MCCP2 if client else MCCP3
        if client:
            self.ours = ClientConnection("client-1", Quiet())
            self.peer = Telnet(server=False, remote=(MCCP2,))
        else:
            self.ours = MudConnection("mud.example", 4000, Quiet())
            self.peer = Telnet(server=True, local=(MCCP3,))
        self.client = client
        self.wire = Wire()
        self.ours.connection_made(self.wire)
        self.sent = []
        self.text = b""
        self.switched = 0

    def send(self):
        line = b"line %d" % len(self.sent)
        self.sent.append(line)
        if self.client:
            self.ours.send_line(line)
        else:
            self.ours.send_text(line + b"\r\n")

    def toggle(self, on):
        side = "remote" if self.client else "local"
        getattr(self.peer, f"{'enable' if on else 'disable'}_{side}")(self.option)
        self.answer()

    def pause(self, on):
        (self.ours.pause_writing if on else self.ours.resume_writing)()

    def deliver(self, size=None):
        data = self.wire.data[:size]
        self.wire.data = self.wire.data[len(data) :]
        for event in self.peer.receive(data):
            if isinstance(event, Text | LineEnd):
                self.text += event.data
            elif isinstance(event, Negotiated) and event.option == self.option:
                self.switched += 1
        self.answer()

    def answer(self):
        data = self.peer.outgoing()
        if data:
            self.ours.data_received(data)

    async def settle(self):
        self.pause(False)
        for _ in range(20):
            await asyncio.sleep(0)
            self.ours.flush()
            self.deliver()
        assert not self.wire.data


steps = st.one_of(
    st.just(("send",)),
    st.tuples(st.just("toggle"), st.booleans()),
    st.tuples(st.just("pause"), st.booleans()),
    st.tuples(st.just("deliver"), st.integers(1, 40)),
    st.just(("flush",)),
)


async def play(client, happenings):
    pair = Pair(client)
    for what, *arguments in happenings:
        if what == "flush":
            pair.ours.flush()
        else:
            getattr(pair, what)(*arguments)
    pair.send()
    await pair.settle()
    assert pair.text == b"".join(line + b"\r\n" for line in pair.sent)
    compressed = pair.peer.compressed
    assert pair.ours.compressed_out is compressed
    pair.ours.close("the test ends")
    return pair.switched, compressed


@pytest.mark.parametrize("client", [True, False])
@given(happenings=st.lists(steps, max_size=40))
def test_every_line_arrives(client, happenings):
    asyncio.run(play(client, happenings))


@pytest.mark.parametrize("client", [True, False])
@pytest.mark.parametrize("last", [True, False])
async def test_it_does_switch(client, last):
    happenings = []
    for on in (True, False, True, last):
        happenings += [("toggle", on), ("send",), ("flush",), ("deliver", 999), ("deliver", 999)]
    switched, compressed = await play(client, happenings)
    assert switched == (3 if last else 4)
    assert compressed is last
