"""The watcher and what is no plugin: the base class of all plugins, and faults of the proxy."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bastproxy.testing import ProxyHarness

LOG = "plugins.core.log"
UPDATED = "the base class of all plugins is updated"
RELOADED = "reloaded plugins.games.mine"

PLAIN = """\
from bastproxy.plugins._baseplugin import BasePlugin


class Plugin(BasePlugin):
    pass
"""


async def told(client: Any, count: int) -> list[str]:
    """Wait until the client has been told so many things; return them, without the times."""

    def notices() -> list[str]:
        lines = [line for line in client.lines if line.startswith("[bastproxy] ")]
        said = [line.removeprefix("[bastproxy] ").partition(" in ")[0] for line in lines]
        return [line for line in said if not line.startswith("no MUD")]

    await client.wait_for(lambda: len(notices()) >= count, f"{count} notices")
    return notices()


def path_of(proxy: ProxyHarness) -> Path:
    return proxy.home / "plugins" / "games" / "mine" / "plugin" / "__init__.py"


@pytest.fixture
async def proxy(tmp_path: Path) -> AsyncIterator[ProxyHarness]:
    async with ProxyHarness(tmp_path / "home", mud=False, notices=True, dev=True) as proxy:
        proxy.write_plugin("plugins.games.mine", PLAIN)
        proxy.load("plugins.games.mine")
        yield proxy


@pytest.fixture
async def client(proxy: ProxyHarness) -> Any:
    return await proxy.connect()


@pytest.fixture
def base(proxy: ProxyHarness) -> Any:
    """Files of the base class, to be edited; at the end the class gets its own ones back."""
    update = proxy.api("plugins._baseplugin:get.update")()
    own = update.directory
    update.directory = proxy.home / "plugins" / "_baseplugin"  # where somebody watches
    shutil.copytree(own, update.directory, ignore=shutil.ignore_patterns("__pycache__"))
    yield update.directory / "_base.py"
    update.directory = own
    assert update.update()


async def test_an_edit_of_the_base_class_reaches_all_plugins(proxy, client, base):
    text = base.read_text()
    directory = proxy.api(f"{LOG}:get.data.directory")()
    patched = proxy.events("ev_baseplugin_patched")
    base.write_text(text.replace("return directory", 'return directory / "changed"'))
    assert await told(client, 1) == [UPDATED]
    assert proxy.api(f"{LOG}:get.data.directory")() == directory / "changed"
    assert len(patched) == 1
    base.write_text(text)
    assert await told(client, 2) == [UPDATED] * 2
    assert proxy.api(f"{LOG}:get.data.directory")() == directory


async def test_a_broken_base_class_is_told_once_and_the_old_one_goes_on(proxy, client, base):
    text = base.read_text()
    base.write_text(f"nonsense(\n{text}")
    (said,) = await told(client, 1)
    assert said.startswith("plugins._baseplugin: update, _base.py line 1: SyntaxError: ")
    assert said.endswith("; the old version goes on")
    assert proxy.api(f"{LOG}:get.data.directory")().is_dir()
    base.touch()
    path_of(proxy).write_text(f"{PLAIN}    x = 1\n")
    assert (await told(client, 2))[1:] == [RELOADED]
    base.write_text(text.replace("return directory", "return directory  # mended"))
    assert (await told(client, 3))[2:] == [UPDATED]


async def test_the_base_class_and_a_plugin_that_needs_its_new_method_are_saved_at_once(
    proxy, client, base
):
    text = base.read_text()
    shout = "    def shout(self):\n        return self.plugin_id.upper()\n\n"
    path_of(proxy).write_text(PLAIN.replace("    pass", "    loud = BasePlugin.shout"))
    base.write_text(text.replace('    @AddAPI("save.state"', f'{shout}    @AddAPI("save.state"'))
    assert await told(client, 2) == [UPDATED, RELOADED]
    instance = proxy.api("libs.plugins.loader:get.plugin.instance")("plugins.games.mine")
    assert instance.loud() == "PLUGINS.GAMES.MINE"


async def test_what_was_edited_before_the_watching_began_counts(tmp_path):
    async with ProxyHarness(tmp_path / "home", mud=False, notices=True) as proxy:
        client = await proxy.connect()
        update = proxy.api("plugins._baseplugin:get.update")()
        assert not update.is_changed()
        own, update.directory = update.directory, tmp_path / "base"
        shutil.copytree(own, update.directory)
        assert update.is_changed()
        await proxy.command("#bp.watch.set auto_reload on")
        assert await told(client, 1) == [UPDATED]
        assert not update.is_changed()
        update.directory = own
        assert update.update()


async def test_a_fault_of_the_proxy_itself_is_told_and_ends_nothing(proxy, client, monkeypatch):
    saves = proxy.api("libs.plugins.loader:get.plugin.instance")("plugins.core.watch").saves

    def fail(changed: object) -> None:
        raise KeyError("no luck")

    monkeypatch.setattr(saves, "take", fail)
    path_of(proxy).write_text(f"{PLAIN}    x = 1\n")
    (said,) = await told(client, 1)
    fault = "saved files could not be dealt with: KeyError: 'no luck'"
    assert said == f"{fault}; the log has the details"
    assert any(fault in line for line in proxy.log)
    monkeypatch.undo()
    path_of(proxy).write_text(f"{PLAIN}    x = 2\n")
    assert (await told(client, 2))[1:] == [RELOADED]
