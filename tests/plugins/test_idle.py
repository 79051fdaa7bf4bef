"""Lines cost nothing while the player has defined nothing: nobody listens to them."""

from __future__ import annotations

import pytest

from bastproxy.libs.session import declared
from bastproxy.testing import ProxyHarness

DOWN = (declared.FROM_MUD, declared.TO_CLIENT_MODIFY, declared.TO_CLIENT_READ)
UP = (declared.FROM_CLIENT, declared.TO_MUD_MODIFY, declared.TO_MUD_READ)
#: What is typed may be a command, or short for something: these two must look at it.
TYPED = [("ev_from_client_event", "core.commands"), ("ev_from_client_event", "client.input")]

# How a player makes a plugin look at lines, and has it stop again.
LOOKS = {
    "triggers": ("#bp.triggers.add hungry -send eat -name t", "#bp.triggers.remove t"),
    "substitutes": ("#bp.substitutes.add foo bar", "#bp.substitutes.remove foo"),
    "highlights": ("#bp.highlights.add foo red", "#bp.highlights.off foo"),
    "gags": ("#bp.gags.add foo -group g", "#bp.gags.group g off"),
    "notify": ("#bp.notify.add foo -name n", "#bp.notify.remove n"),
    "sessionlog": ("#bp.sessionlog.on plain", "#bp.sessionlog.off"),
    "queue": ("#bp.queue.add look", "#bp.queue.skip"),
    "antispam": ("#bp.queue.set antispam space", "#bp.queue.set antispam off"),
}


def listeners(proxy: ProxyHarness, names: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return who listens to which of the events, in the order in which they are told."""
    found = []
    for name in names:
        event = proxy.app.kernel.dispatcher.event(name)
        assert event is not None
        found += [(name, one.owner_id.removeprefix("plugins.")) for one in event.callbacks]
    return found


async def test_the_lines_of_the_mud_pass_by_all_plugins(bastproxy):
    await bastproxy.connect()
    assert listeners(bastproxy, DOWN) == []
    assert bastproxy.app.session._down._path.idle


async def test_what_is_typed_passes_by_all_but_those_who_may_be_meant(bastproxy):
    await bastproxy.connect()
    assert listeners(bastproxy, UP) == TYPED


async def test_nobody_listens_after_all_has_been_reloaded(bastproxy):
    loader = "libs.plugins.loader"
    for plugin_id in bastproxy.api(f"{loader}:get.loaded.plugins.list")():
        assert bastproxy.api(f"{loader}:reload.plugin")(plugin_id), plugin_id
    assert listeners(bastproxy, DOWN) == []
    assert sorted(listeners(bastproxy, UP)) == sorted(TYPED)


@pytest.mark.parametrize("plugin", LOOKS)
async def test_a_plugin_looks_only_while_it_has_something_to_look_for(bastproxy, plugin):
    begin, end = LOOKS[plugin]
    await bastproxy.command(begin)
    assert listeners(bastproxy, DOWN + UP) != TYPED
    await bastproxy.command(end)
    assert listeners(bastproxy, DOWN + UP) == TYPED
