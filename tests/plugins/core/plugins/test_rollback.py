"""Probation as player and author meet it: the command, the notice, and the watcher."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bastproxy.testing import ProxyHarness

MINE = "plugins.games.mine"
OTHER = "plugins.games.other"

PLAIN = """
from bastproxy.libs.api import AddAPI
from bastproxy.libs.events import RegisterToEvent
from bastproxy.plugins._baseplugin import BasePlugin


class Plugin(BasePlugin):
    @AddAPI("answer", description="answers")
    def _api_answer(self):
        return {answer!r}

    @RegisterToEvent("ev_test")
    def _eventcb_test(self):
        {body}
"""
GOOD = PLAIN.format(answer=1, body="return")
BAD = PLAIN.format(answer=2, body="raise ValueError('no\\nluck')")
BETTER = PLAIN.format(answer=3, body="return")


@pytest.fixture
async def proxy(tmp_path: Path) -> AsyncIterator[ProxyHarness]:
    async with ProxyHarness(tmp_path / "home", mud=False, notices=True, dev=True) as proxy:
        proxy.write_plugin(MINE, GOOD)
        proxy.write_plugin(OTHER, GOOD)
        proxy.load(MINE, OTHER)
        yield proxy


def save(proxy: ProxyHarness, text: str, plugin_id: str = MINE) -> None:
    path = proxy.home.joinpath("plugins", *plugin_id.split(".")[1:], "plugin", "__init__.py")
    beside = path.with_name(".new")
    beside.write_text(text)
    beside.replace(path)


async def reloads(client: Any, count: int) -> None:
    """Wait for so many notices of a reload."""
    told = "[bastproxy] reloaded"
    await client.wait_for(
        lambda: sum(line.startswith(told) for line in client.lines) >= count, f"{count} reloads"
    )


def answer(proxy: ProxyHarness) -> int:
    found: int = proxy.api(f"{MINE}:answer")()
    return found


async def test_the_watcher_waits_for_another_save_of_what_went_back(proxy):
    client = await proxy.connect()
    back = proxy.events("ev_plugin_rolled_back")
    save(proxy, BAD)
    await reloads(client, 1)
    for _ in range(5):
        proxy.app.kernel.dispatcher.raise_event("ev_test")
    await back.wait()
    assert answer(proxy) == 1
    save(proxy, BAD)  # the same content
    save(proxy, BETTER, OTHER)
    await reloads(client, 2)
    assert answer(proxy) == 1
    await proxy.command("#bp.watch.set auto_reload on")  # looks at everything again
    save(proxy, GOOD, OTHER)
    await reloads(client, 3)
    assert answer(proxy) == 1
    save(proxy, BETTER)
    await reloads(client, 4)
    assert answer(proxy) == 3
    (notice,) = [line for line in client.lines if "went back" in line]
    assert notice == (
        f"[bastproxy] {MINE} went back to the version before: 5 errors since its reload, the "
        "last one: _eventcb_test failed in the event ev_test: ValueError: no luck"
    )


async def test_the_watcher_leaves_alone_what_went_back_by_hand(proxy):
    client = await proxy.connect()
    save(proxy, BAD)
    await reloads(client, 1)
    assert "is what it was" in (await proxy.command("#bp.plugins.rollback mine"))[0]
    save(proxy, BETTER, OTHER)
    await reloads(client, 2)
    assert answer(proxy) == 1
    assert not any("went back" in line for line in client.lines)
    shown = await proxy.command("#bp.plugins.list mine")
    assert "changed" in shown[-1]


async def test_there_is_no_way_back_without_a_reload(proxy):
    (line,) = await proxy.command("#bp.plugins.rollback mine")
    assert line.startswith(f"{MINE}: rollback: it was not reloaded within")


@pytest.mark.parametrize("plugin_id", ["plugins.core.plugins", "plugins.core.watch"])
async def test_the_plugins_that_take_part_in_it_go_back_too(proxy, plugin_id):
    assert proxy.api("libs.plugins.loader:reload.plugin")(plugin_id)
    lines = await proxy.command(f"#bp.plugins.rollback {plugin_id}")
    assert lines[0].startswith(f"{plugin_id} is what it was")
    client = await proxy.connect()
    save(proxy, BETTER)
    await reloads(client, 1)
    assert answer(proxy) == 3
    assert await proxy.command("#bp.plugins.rollback mine") != []
    assert answer(proxy) == 1
