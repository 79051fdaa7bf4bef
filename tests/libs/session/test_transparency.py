from __future__ import annotations

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

END = b"\n<the end>\n"

PARTS = st.one_of(
    st.binary(max_size=20),
    st.sampled_from(
        [
            b"\r\n",
            b"\n\r",
            b"\r",
            b"\n",
            b"\r\0",
            b"\r\r\n",
            b"\xff",
            b"\xff\xff",
            b"\xff\xfb\x01",
            b"\x1b[1;31m",
            "é€😀".encode(),
            b"\xc3",
            b"\0",
            b"x" * 70_000,
        ]
    ),
)
STREAMS = st.lists(PARTS, max_size=12)


async def pieces_sent(peer, chunks):
    for chunk in chunks:
        await peer.send(chunk)
        await asyncio.sleep(0)  # let it go out as a segment of its own


@pytest.mark.parametrize("listening", [False, True])
@pytest.mark.parametrize("down", [True, False])
def test_every_byte_comes_out_as_it_went_in(make_world, down, listening):
    with asyncio.Runner() as runner:
        world = runner.run(make_world())
        client = runner.run(world.connect())
        if listening:
            for event in ("ev_from_mud_event", "ev_from_client_event"):
                world.on(event, lambda record: record["line"])

        @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(STREAMS)
        def passes(chunks):
            async def example():
                sender, receiver = (world.mud.peer, client) if down else (client, world.mud.peer)
                receiver.raw.clear()
                await pieces_sent(sender, [*chunks, END])
                await receiver.wait_for(lambda: receiver.raw.endswith(END))
                assert bytes(receiver.raw) == b"".join(chunks) + END

            runner.run(example())

        try:
            passes()
        finally:
            runner.run(world.stop())


@pytest.mark.parametrize("down", [True, False])
@pytest.mark.parametrize("rest", [b"half a line", b"\r\r", b"text\r", b"\xff\xc3"])
async def test_a_rest_without_an_end_comes_out_too(world, down, rest):
    client = await world.connect()
    sender, receiver = (world.mud.peer, client) if down else (client, world.mud.peer)
    await sender.send(b"line\n" + rest)

    def arrived():
        held = receiver.telnet._held  # its own codec waits for what follows a return
        return bytes(receiver.raw) + held == b"line\n" + rest

    await receiver.wait_for(arrived)
