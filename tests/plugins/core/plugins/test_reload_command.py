from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bastproxy.testing import ProxyHarness

BASE = "plugins.games.base"
USER = "plugins.games.user"
HOLDER = "plugins.games.holder"

PLAIN = """
from bastproxy.plugins._baseplugin import BasePlugin


class Plugin(BasePlugin):
    pass
"""
SUBCLASS = """
from bastproxy.plugins._baseplugin import BasePlugin
from bastproxy.plugins.games.base.libs.thing import Thing


class Plugin(BasePlugin):
    thing = Thing
"""


@pytest.fixture
async def proxy(tmp_path: Path) -> AsyncIterator[ProxyHarness]:
    async with ProxyHarness(tmp_path / "home", mud=False) as proxy:
        thing = {"libs/thing.py": "class Thing:\n    pass\n"}
        proxy.write_plugin(BASE, PLAIN, files=thing)
        proxy.write_plugin(USER, PLAIN, dependencies=[BASE])
        proxy.write_plugin(HOLDER, SUBCLASS, dependencies=[BASE])
        proxy.load(USER, HOLDER)
        yield proxy


def generations(proxy: ProxyHarness) -> list[int]:
    info = proxy.api("libs.plugins.loader:get.plugin.info")
    return [info(name).runtime_info.generation for name in (BASE, USER, HOLDER)]


async def test_the_plan_names_members_order_and_reasons_and_does_nothing(proxy):
    first, *rest = await proxy.command("#bp.plugins.reload base --plan")
    assert first == "in this order, all or nothing:"
    text = "\n".join(rest)
    assert text.index(BASE) < text.index(HOLDER)
    assert "it was asked for" in text
    assert f"its Thing comes from {BASE}" in text
    assert USER not in text
    assert generations(proxy) == [1, 1, 1]


async def test_dependents_go_along_when_they_are_asked_for(proxy):
    plan = "\n".join(await proxy.command("#bp.plugins.reload base -d --plan"))
    assert f"it depends on {BASE}" in plan
    assert await proxy.command("#bp.plugins.reload base") == [f"reloaded {BASE}, {HOLDER}"]
    assert generations(proxy) == [2, 1, 2]
    (line,) = await proxy.command("#bp.plugins.reload base -d")
    assert line.startswith(f"reloaded {BASE}, ")
    assert generations(proxy) == [3, 2, 3]


async def test_a_plan_for_what_is_not_loaded_says_why_not(proxy):
    (line,) = await proxy.command("#bp.plugins.reload bse --plan")
    assert "there is no plugin 'bse'" in line


async def test_a_failed_reload_says_whose_fault_it_is(proxy):
    path = proxy.home / "plugins" / "games" / "holder" / "plugin" / "__init__.py"
    path.write_text("raise ValueError('no luck')\n")
    (line,) = await proxy.command("#bp.plugins.reload base")
    assert line == f"{HOLDER}: import ({path}, line 1): ValueError: no luck"
    assert generations(proxy) == [1, 1, 1]


async def test_several_reload_as_one(proxy):
    reload = proxy.api("libs.plugins.loader:reload.plugins")
    result = reload([USER, HOLDER])
    assert sorted(result.members) == [HOLDER, USER]
    assert result.error is None
    failed = proxy.events("ev_plugin_reload_failed")
    path = proxy.home / "plugins" / "games" / "holder" / "plugin" / "__init__.py"
    path.write_text("class")
    result = reload([USER, HOLDER])
    assert (result.members, result.error.plugin_id) == ([], HOLDER)
    assert result.error.__traceback__ is None
    assert [record["plugin_id"] for record in await failed.wait(2)] == [USER, HOLDER]
    assert generations(proxy) == [1, 2, 2]


async def test_show_names_who_holds_what_is_left(proxy):
    instance = proxy.api("libs.plugins.loader:get.plugin.instance")
    instance(USER).kept = [instance(BASE).run_hooks]
    await proxy.command("#bp.plugins.reload base")
    shown = await proxy.command("#bp.plugins.show base")
    assert shown[-2:] == [
        "still in memory: generation 1, its instance",
        f"  held by the attribute kept of {USER} > a list > the method Plugin.run_hooks",
    ]
    instance(USER).kept.clear()
    assert not any("still" in line for line in await proxy.command("#bp.plugins.show base"))
