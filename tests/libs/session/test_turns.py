from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.session import turns
from bastproxy.libs.session.turns import Turns


async def test_nobody_writes_into_a_line_that_another_has_begun():
    sent = []
    order = Turns(sent.append)
    order.put("a", b"sa", ends=False)
    order.put("b", b"north\n", ends=True)
    order.put("", b"look\n", ends=True)
    order.put("a", b"y hi\n", ends=True)
    order.put("b", b"south\n", ends=True)
    assert sent == [b"sa", b"y hi\n", b"north\n", b"look\n", b"south\n"]


async def test_a_client_that_is_gone_is_not_waited_for():
    sent = []
    order = Turns(sent.append)
    order.put("a", b"sa", ends=False)
    order.put("b", b"north\n", ends=True)
    order.leave("c")
    assert sent == [b"sa"]
    order.leave("a")
    assert sent == [b"sa", b"north\n"]


async def test_an_open_line_holds_nobody_up_for_long(monkeypatch, world):
    monkeypatch.setattr(turns, "WAIT_SECONDS", 0.01)
    one, two = await world.connect(), await world.connect()
    await one.send(b"y")
    await world.mud.read_until("y")
    await two.send_line("north")
    await world.mud.read_until("ynorth\r\n")


async def test_what_is_held_is_bounded(monkeypatch):
    monkeypatch.setattr(turns, "MAX_HELD", 10)
    sent = []
    order = Turns(sent.append)
    order.put("a", b"sa", ends=False)
    for _ in range(3):
        order.put("b", b"east\n", ends=True)
    assert sent == [b"sa", b"east\n", b"east\n", b"east\n"]


async def test_another_mud_gets_nothing_of_the_last():
    sent = []
    order = Turns(sent.append)
    order.put("a", b"sa", ends=False)
    order.put("b", b"north\n", ends=True)
    order.clear()
    order.put("b", b"south\n", ends=True)
    assert sent == [b"sa", b"south\n"]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans())))
async def test_each_one_s_bytes_keep_their_order_and_lines_stay_whole(pieces):
    sent = []
    order = Turns(sent.append)
    for number, (owner, ends) in enumerate(pieces):
        order.put(owner, f"{owner}{number}{'!' if ends else ''} ".encode(), ends=ends)
    for owner in "abc":
        order.put(owner, f"{owner}!".encode(), ends=True)
    writer = ""
    for data in sent:
        assert writer in ("", chr(data[0]))
        writer = "" if b"!" in data else chr(data[0])
    for owner in "abc":
        own = [data[1:] for data in sent if data[:1] == owner.encode() and data[1:] != b"!"]
        numbers = [int(data.strip(b"! ")) for data in own]
        assert numbers == [number for number, (one, _) in enumerate(pieces) if one == owner]
    order.clear()
