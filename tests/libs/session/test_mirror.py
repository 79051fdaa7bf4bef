from __future__ import annotations

import pytest

from bastproxy.libs.net.telnet.constants import (
    AARDWOLF,
    ATCP,
    CHARSET,
    DO,
    IAC,
    MSP,
    MXP,
    SGA,
    WILL,
    ZMP,
)

OPTIONS = [MXP, MSP, ZMP, ATCP, AARDWOLF]


def heard(peer):
    """Collect the bytes that an end gets from now on."""
    found = bytearray()
    receive = peer.data_received
    peer.data_received = lambda data: (found.extend(data), receive(data))[1]
    return found


async def leave(client):
    client.close()
    await client.wait_closed()


async def settle(world, *clients):
    for client in clients:
        await client.sync()
    await world.mud.peer.sync()


@pytest.mark.parametrize("option", OPTIONS)
async def test_the_mud_hears_yes_when_a_client_says_yes(world, option):
    peer = world.mud.peer
    client, other = await world.connect(accept=[option]), await world.connect()
    await peer.offer(option)
    await settle(world, other, client)
    assert peer.telnet.is_local(option)
    assert client.telnet.is_remote(option)
    assert not other.telnet.is_remote(option)
    body = bytes(range(256))
    peer.send_message(option, body)
    client.send_message(option, body[::-1])
    other.send_message(option, b"it never agreed")
    await settle(world, client, other)
    await settle(world, client, other)
    assert client.messages == [(option, body)]
    assert other.messages == []
    assert (option, body[::-1]) in peer.messages


@pytest.mark.parametrize("option", [MXP, AARDWOLF])
async def test_what_the_mud_asks_us_to_do_clients_are_asked_to_do(world, option):
    peer = world.mud.peer
    client = await world.connect(options=[option])
    await peer.ask(option)
    await settle(world, client)
    assert peer.telnet.is_remote(option)
    assert client.telnet.is_local(option)
    assert not client.telnet.is_remote(option)


async def test_the_mud_hears_no_only_when_all_have_refused(world):
    peer = world.mud.peer
    answers = heard(peer)
    yes, no = bytes((IAC, DO, MXP)), bytes((IAC, DO + 1, MXP))
    one = await world.connect()
    silent = await world.connect()
    silent.data_received = lambda data: None  # it answers nothing, as netcat does
    await peer.offer(MXP)
    await settle(world, one)
    assert yes not in answers
    assert no not in answers
    await leave(silent)
    await peer.wait_for(lambda: no in answers, "the refusal")
    assert yes not in answers


async def test_while_nobody_is_connected_the_mud_waits(world):
    peer = world.mud.peer
    answers = heard(peer)
    await peer.offer(MXP)
    await peer.sync()
    assert bytes((IAC, DO + 1, MXP)) not in answers
    client = await world.connect(accept=[MXP])
    await settle(world, client)
    assert peer.telnet.is_local(MXP)


async def test_one_that_comes_later_and_wants_it_makes_us_ask(world):
    peer = world.mud.peer
    await world.connect()
    assert not await peer.offer(MSP)
    await peer.sync()
    peer.telnet = type(peer.telnet)(server=True, local=[MSP])  # it agrees when it is asked
    late = await world.connect(accept=[MSP])
    await settle(world, late)
    await settle(world, late)
    assert peer.telnet.is_local(MSP)
    peer.send_message(MSP, b"x")
    await late.wait_for(lambda: late.messages)


async def test_who_only_watches_gets_it_but_does_not_decide(world):
    peer = world.mud.peer
    answers = heard(peer)
    watcher = await world.connect(accept=[MXP])
    world.session.set_view_only("client-1", True)
    await peer.offer(MXP)
    await settle(world, watcher)
    assert not answers.count(bytes((IAC, DO, MXP)))
    player = await world.connect(accept=[MXP])
    await settle(world, player, watcher)
    assert peer.telnet.is_local(MXP)
    peer.send_message(MXP, b"down")
    watcher.send_message(MXP, b"up")
    await settle(world, watcher, player)
    assert [data for _, data in watcher.messages] == [b"down"]
    assert peer.messages == []


async def test_one_that_may_play_now_decides(world):
    peer = world.mud.peer
    watcher = await world.connect(accept=[MXP])
    world.session.set_view_only("client-1", True)
    await peer.offer(MXP)
    await settle(world, watcher)
    assert not peer.telnet.is_local(MXP)
    world.session.set_view_only("client-1", False)
    await settle(world, watcher)
    assert peer.telnet.is_local(MXP)


async def test_what_the_mud_takes_back_is_taken_back_from_the_clients(world):
    peer = world.mud.peer
    client = await world.connect(accept=[MXP])
    await peer.offer(MXP)
    await settle(world, client)
    assert client.telnet.is_remote(MXP)
    await peer.offer(MXP, on=False)
    await settle(world, client)
    assert not client.telnet.is_remote(MXP)
    late = await world.connect(accept=[MXP])
    assert not late.telnet.is_remote(MXP)


async def test_it_ends_with_the_mud_and_the_next_one_is_asked_anew(world):
    client = await world.connect(accept=OPTIONS)
    for option in OPTIONS:
        await world.mud.peer.offer(option)
    await settle(world, client)
    assert all(client.telnet.is_remote(option) for option in OPTIONS)
    assert await world.session.reconnect()
    peer = await world.mud.wait_connected(2)
    await peer.offer(MXP)
    await settle(world, client)
    await settle(world, client)
    assert [option for option in OPTIONS if client.telnet.is_remote(option)] == [MXP]
    assert peer.telnet.is_local(MXP)


async def test_who_has_refused_is_not_asked_again(world):
    peer = world.mud.peer
    client = await world.connect()
    asked, answers = heard(client), heard(peer)
    for count in range(1, 4):
        peer.send_raw(bytes((IAC, WILL, MXP)))
        await settle(world, client)
        await settle(world, client)
        assert answers.count(bytes((IAC, DO + 1, MXP))) == count
    assert asked.count(bytes((IAC, WILL, MXP))) == 1


async def test_other_options_are_not_mirrored(world):
    client = await world.connect()
    asked = heard(client)
    assert await world.mud.peer.offer(SGA)
    late = await world.connect()
    late_asked = heard(late)
    await settle(world, client, late)
    for found in (asked, late_asked):
        assert bytes((IAC, WILL, SGA)) not in found
    assert world.session.beside.mirror._offers == {}


async def test_a_mud_that_offers_again_and_again_makes_no_loop(world):
    peer = world.mud.peer
    client = await world.connect()
    asked = heard(client)
    peer.send_raw(bytes((IAC, WILL, MXP)) * 500)
    await settle(world, client)
    await settle(world, client)
    assert asked.count(bytes((IAC, WILL, MXP))) <= 2


async def test_markup_is_taken_out_for_clients_that_do_not_do_it(world):
    peer = world.mud.peer
    full = await world.connect(accept=[MXP, MSP])
    plain, sounds = await world.connect(), await world.connect(accept=[MSP])
    clients = (full, plain, sounds)
    await peer.offer(MXP)
    await peer.offer(MSP)
    await settle(world, *clients)
    lines = [
        "\x1b[1z<send href='n'>north</send> &lt;here&gt;",
        "!!SOUND(bell.wav V=100)it rings",
        "it says !!SOUND(no) here",
    ]
    for line in lines:
        await peer.send_line(line)
    rest = ["it says !!SOUND(no) here"]
    assert await full.read_lines(3) == lines
    assert await plain.read_lines(3) == ["north <here>", "it rings", *rest]
    assert await sounds.read_lines(3) == ["north <here>", lines[1], *rest]


async def test_markup_is_left_alone_while_the_mud_does_not_do_it(world):
    client = await world.connect()
    assert not world.session.beside.mirror.plain.needed
    await world.mud.send_line("<b>bold</b> &amp; !!SOUND(x)")
    assert await client.read_line() == "<b>bold</b> &amp; !!SOUND(x)"


async def test_an_entity_is_in_the_encoding_that_was_agreed_on_after_the_option(world):
    peer = world.mud.peer
    full, plain = await world.connect(accept=[MXP]), await world.connect()
    await peer.offer(MXP)
    await settle(world, full, plain)
    await peer.send_line("\x1b[1zcaf&eacute;")
    assert await plain.read_line() == "café"
    await peer.ask(CHARSET)
    peer.send_message(CHARSET, b"\1;ISO-8859-1")
    await peer.send_line("\x1b[1zcaf&eacute;")
    assert await plain.read_line() == "café"
    assert world.session.mud.encoding == "iso8859-1"
