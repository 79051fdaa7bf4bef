import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bastproxy.plugins import _baseplugin
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook, _base, _pluginhooks
from bastproxy.plugins._baseplugin._update import BaseUpdate
from bastproxy.testing import ProxyHarness

SOURCE = """
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook
class Plugin(BasePlugin):
    saved = 0
    @RegisterPluginHook("save")
    def _phook_save(self):
        self.saved += 1
"""

NEW_API = '''
    @AddAPI("shout", description="new")
    def _api_shout(self) -> str:
        """Shout."""
        return self.plugin_id.upper()

    @AddAPI("save.state"'''


class Copy:
    """The base class's files, to be edited, and the update that reads them."""

    def __init__(self, proxy: ProxyHarness, directory: Path) -> None:
        self.proxy = proxy
        self.directory = directory
        shutil.copytree(Path(_base.__file__).parent, directory)
        app = proxy.app
        self.update = BaseUpdate(
            app.kernel, app.patches, app._instances, directory=directory
        ).update

    def replace(self, old: str, new: str, file: str = "_base.py") -> None:
        path = self.directory / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    def call(self, name: str) -> object:
        return self.proxy.api(f"plugins.games.mine:{name}")()


@pytest.fixture
async def copy(tmp_path: Path) -> AsyncIterator[Copy]:
    async with ProxyHarness(tmp_path / "home") as proxy:
        proxy.write_plugin("plugins.games.mine", SOURCE)
        proxy.load("plugins.games.mine")
        copy = Copy(proxy, tmp_path / "base")
        yield copy
        # The class outlives the proxy: put it back as its real files have it.
        shutil.rmtree(copy.directory)
        shutil.copytree(Path(_base.__file__).parent, copy.directory)
        assert copy.update()
    assert not hasattr(BasePlugin, "_api_shout")


async def test_loaded_plugins_get_a_new_method_and_its_api(copy: Copy) -> None:
    copy.replace('\n    @AddAPI("save.state"', NEW_API)
    assert copy.update()
    assert copy.call("shout") == "PLUGINS.GAMES.MINE"
    assert copy.proxy.api("plugins.core.log:shout")() == "PLUGINS.CORE.LOG"


async def test_a_changed_method_is_the_one_that_answers(copy: Copy) -> None:
    copy.replace("return directory", 'return directory / "changed"')
    assert copy.update()
    assert str(copy.call("get.data.directory")).endswith("changed")


async def test_a_method_that_is_gone_answers_no_more(copy: Copy) -> None:
    copy.replace('\n    @AddAPI("save.state"', NEW_API)
    assert copy.update()
    copy.replace(NEW_API, '\n    @AddAPI("save.state"')
    assert copy.update()
    assert not copy.proxy.api.has("plugins.games.mine:shout")


async def test_classes_and_modules_stay_the_same_objects(copy: Copy) -> None:
    before = (_baseplugin.BasePlugin, _base.Plugin, _pluginhooks.RegisterPluginHook, _base)
    copy.replace("return directory", "return directory  # changed")
    assert copy.update()
    after = (_baseplugin.BasePlugin, _base.Plugin, _pluginhooks.RegisterPluginHook, _base)
    assert all(old is new for old, new in zip(before, after, strict=True))
    instance = copy.proxy.api("libs.plugins.loader:get.plugin.instance")("plugins.games.mine")
    assert isinstance(instance, BasePlugin)


async def test_hooks_of_old_and_new_plugins_still_run(copy: Copy) -> None:
    copy.replace("return directory", "return directory  # changed")
    assert copy.update()
    copy.call("save.state")
    instance = copy.proxy.api("libs.plugins.loader:get.plugin.instance")("plugins.games.mine")
    assert instance.saved == 1
    copy.proxy.write_plugin("plugins.games.later", SOURCE)
    copy.proxy.load("plugins.games.later")
    copy.proxy.api("plugins.games.later:save.state")()
    later = copy.proxy.api("libs.plugins.loader:get.plugin.instance")("plugins.games.later")
    assert later.saved == 1


async def test_a_new_hook_of_the_base_class_runs(copy: Copy) -> None:
    copy.replace(
        '\n    @AddAPI("save.state"',
        """
    @_pluginhooks.RegisterPluginHook("save", priority=5)
    def _phook_base_save(self) -> None:
        self.base_saved = True

    @AddAPI("save.state\"""",
    )
    assert copy.update()
    copy.call("save.state")
    instance = copy.proxy.api("libs.plugins.loader:get.plugin.instance")("plugins.games.mine")
    assert instance.base_saved
    del instance.base_saved


async def test_it_is_announced(copy: Copy) -> None:
    patched = copy.proxy.events("ev_baseplugin_patched")
    copy.replace("return directory", "return directory  # changed")
    assert copy.update()
    assert "_api_get_data_directory" in patched[0]["names"]


@pytest.mark.parametrize("wrong", ["def (:", "raise RuntimeError('no')", "import sys; sys.exit(3)"])
async def test_files_that_do_not_run_change_nothing(copy: Copy, wrong: str) -> None:
    before = dict(vars(BasePlugin))
    copy.replace("T = TypeVar", f"{wrong}\nT = TypeVar")
    assert not copy.update()
    assert dict(vars(BasePlugin)) == before
    assert copy.call("save.state")
    assert any("the base class is as it was" in message for message in copy.proxy.log)
    assert any("_base.py" in message for message in copy.proxy.log)


async def test_patches_of_plugins_stay_on(copy: Copy) -> None:
    copy.proxy.write_plugin(
        "plugins.games.patcher",
        SOURCE,
        files={"_patch_base.py": "def whisper(self):\n    return self.plugin_id.lower()\n"},
    )
    copy.proxy.load("plugins.games.patcher")
    copy.replace("return directory", "return directory  # changed")
    assert copy.update()
    instance = copy.proxy.api("libs.plugins.loader:get.plugin.instance")("plugins.games.mine")
    assert instance.whisper() == "plugins.games.mine"
    assert copy.proxy.api("libs.plugins.loader:unload.plugin")("plugins.games.patcher")
    assert not hasattr(instance, "whisper")


def test_the_decorator_is_still_the_one_that_plugins_import() -> None:
    assert RegisterPluginHook is _pluginhooks.RegisterPluginHook
