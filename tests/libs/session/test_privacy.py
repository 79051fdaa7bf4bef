from __future__ import annotations

from bastproxy.libs.session.up import PASSWORD_LINES

FROM_CLIENT = "ev_from_client_event"
EVERY_EVENT = (FROM_CLIENT, "ev_to_mud_data_modify", "ev_to_mud_data_read")


async def test_a_password_is_seen_by_nobody_but_the_mud(world, caplog):
    caplog.set_level("DEBUG")
    found = world.collect(*EVERY_EVENT)
    client, other = await world.connect(), await world.connect()
    world.mud.echo(True)
    await world.mud.sync()
    await client.sync()
    await client.send_line("Sesame-Street-1")
    assert await world.mud.read_line() == "Sesame-Street-1"
    world.mud.echo(False)
    await world.mud.sync()
    await client.send_line("look")
    assert await world.mud.read_line() == "look"
    assert {one["line"] for one in found} == {"look"}
    late = await world.connect()
    for one in (other, late):
        await one.sync()
        assert b"Sesame" not in one.raw
    assert "Sesame" not in caplog.text


async def test_a_mud_that_always_echoes_is_found_out(world):
    found = world.collect(FROM_CLIENT)
    client = await world.connect()
    world.mud.echo(True)
    await world.mud.sync()
    await client.sync()
    for number in range(PASSWORD_LINES + 2):
        await client.send_line(f"line {number}")
        assert await world.mud.read_line() == f"line {number}"
    assert [one["line"] for one in found] == [
        f"line {PASSWORD_LINES}",
        f"line {PASSWORD_LINES + 1}",
    ]
    world.mud.echo(False)
    await world.mud.sync()
    world.mud.echo(True)
    await world.mud.sync()
    await client.send_line("a password after all")
    assert await world.mud.read_line() == "a password after all"
    assert len(found) == 2
