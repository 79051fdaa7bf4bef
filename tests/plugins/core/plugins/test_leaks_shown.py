"""A deliberate leak is reported with who holds it, to players and to plugins."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bastproxy.testing import ProxyHarness

OLD = "plugins.games.old"
HOARDER = "plugins.games.hoarder"
STILL = "still in memory: generation 1, "

SOURCE = """
from bastproxy.libs.api import AddAPI
from bastproxy.plugins._baseplugin import BasePlugin


class Thing:
    pass


class Plugin(BasePlugin):
    @AddAPI("thing", description="gives a thing")
    def _api_thing(self):
        return Thing()

    @AddAPI("method", description="gives a method")
    def _api_method(self):
        return self.tick

    def tick(self):
        pass
"""
HOARDS = """
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook
from bastproxy.plugins.games.hoarder.libs import cache


class Plugin(BasePlugin):
    @RegisterPluginHook("initialize")
    def _phook_initialize(self):
        self.kept = []
        what = "plugins.games.old"
        {keep}
"""
CACHE = """
from functools import lru_cache

CACHE = {}


@lru_cache
def remembered(value):
    return str(value)
"""

#: What keeps it, what of it is kept, and who holds it; ``X`` stands for the cache's module.
LEAKS = {
    "a bound method, kept by a plugin": (
        "self.kept.append(self.api(f'{what}:method')())",
        "its instance",
        f"the attribute kept of {HOARDER} > a list > the method Plugin.tick",
    ),
    "a bound method in a global cache": (
        "cache.CACHE['tick'] = self.api(f'{what}:method')()",
        "its instance",
        "the global CACHE of X > a dict at 'tick' > the method Plugin.tick",
    ),
    "an object in a global cache": (
        "cache.CACHE['thing'] = self.api(f'{what}:thing')()",
        f"bastproxy.{OLD}.plugin.Thing",
        "the global CACHE of X > a dict at 'thing' > a Thing",
    ),
    "a bound method in the cache of a function": (
        "cache.remembered(self.api(f'{what}:method')())",
        "its instance",
        "the global remembered of X > a _lru_cache_wrapper > a tuple > the method Plugin.tick",
    ),
}


@pytest.fixture
async def proxy(tmp_path: Path) -> AsyncIterator[ProxyHarness]:
    async with ProxyHarness(tmp_path / "home", mud=False) as proxy:
        yield proxy


@pytest.mark.parametrize("name", LEAKS)
async def test_who_holds_the_old_generation_is_told(proxy: Any, name: str) -> None:
    keep, what, holder = LEAKS[name]
    holder = holder.replace("X", f"bastproxy.{HOARDER}.libs.cache")
    proxy.write_plugin(OLD, SOURCE)
    proxy.write_plugin(HOARDER, HOARDS.format(keep=keep), files={"libs/cache.py": CACHE})
    proxy.load(OLD, HOARDER)
    left = proxy.api("libs.plugins.loader:get.unloaded.plugins.in.memory")
    shown = await proxy.command("#bp.plugins.show old")
    assert left() == []
    assert STILL not in "".join(shown)

    assert proxy.api("libs.plugins.loader:reload.plugin")(OLD)
    (entry,) = left()
    assert (entry["plugin_id"], entry["generation"]) == (OLD, 1)
    assert entry["instance"] is (what == "its instance")
    assert entry["holders"][0] == holder
    shown = await proxy.command("#bp.plugins.show old")
    assert f"{STILL}{what}" in shown
    assert f"  held by {holder}" in shown
    assert not any(
        "still in memory" in line for line in await proxy.command("#bp.plugins.show log")
    )

    assert proxy.api("libs.plugins.loader:unload.plugin")(HOARDER)
    assert left() == []
    assert not any(
        "still in memory" in line for line in await proxy.command("#bp.plugins.show old")
    )
