from pathlib import Path

import pytest

from bastproxy.testing import ProxyHarness

MYPLUGIN = "plugins.core.myplugin"
OTHER = "plugins.core.otherplugin"

SOURCE = """
from bastproxy.plugins._baseplugin import BasePlugin

class Plugin(BasePlugin):
    def __init__(self, plugin_id, plugin_info):
        super().__init__(plugin_id, plugin_info)
        self.data['users'] = {}
        self.data['settings'] = {}

    def get(self):
        users = self.api("plugins.core.myplugin:data.get")('users')
        return users

    def update(self, new_users):
        self.api("plugins.core.myplugin:data.update")('users', new_users)

    def other(self):
        other_data = self.api(f"{self.plugin_id}:data.get")(
            'some_type',
            plugin_id='plugins.core.otherplugin'
        )
        return other_data

    def directory(self):
        data_dir = self.api(f"{self.plugin_id}:get.data.directory")()
        return data_dir
"""


@pytest.mark.conforms("Plugin data", "the examples of data work as they stand")
@pytest.mark.conforms("Plugin data", "data is a dictionary that __init__ may fill")
@pytest.mark.conforms("Plugin data", "data.get answers what is kept under a key")
@pytest.mark.conforms("Plugin data", "data.update sets what is kept under a key")
@pytest.mark.conforms("Plugin instance APIs", "data.get answers what the plugin keeps under a key")
@pytest.mark.conforms("Plugin instance APIs", "data.update sets what the plugin keeps under a key")
async def test_the_examples_of_data(proxy, loader):
    proxy.write_plugin(MYPLUGIN, SOURCE)
    proxy.load(MYPLUGIN)
    mine = loader("get.plugin.instance", MYPLUGIN)
    assert mine.data == {"users": {}, "settings": {}}
    assert mine.get() is mine.data["users"]
    mine.update({"Bob": 1})
    assert mine.data == {"users": {"Bob": 1}, "settings": {}}
    assert proxy.api(f"{MYPLUGIN}:data.get")("users") == {"Bob": 1}
    assert proxy.api(f"{MYPLUGIN}:data.get")("nothing") is None
    assert proxy.api(f"{MYPLUGIN}:data.update")("nothing", 0) is True
    assert proxy.api(f"{MYPLUGIN}:data.get")("nothing") == 0


@pytest.mark.conforms("Plugin data", "with plugin_id, data.get answers what another plugin keeps")
async def test_data_of_another_plugin(proxy, loader):
    proxy.write_plugin(MYPLUGIN, SOURCE)
    proxy.load(MYPLUGIN)
    mine = loader("get.plugin.instance", MYPLUGIN)
    assert mine.other() is None
    proxy.write_plugin(OTHER, SOURCE)
    proxy.load(OTHER)
    assert mine.other() is None
    proxy.api(f"{MYPLUGIN}:data.update")("some_type", [1, 2], plugin_id=OTHER)
    assert mine.other() == [1, 2]
    assert "some_type" not in mine.data


@pytest.mark.conforms("Plugin data", "get.data.directory answers data/<plugin_id>/, which is there")
@pytest.mark.conforms(
    "Plugin instance APIs", "get.data.directory answers the directory for the plugin's files"
)
@pytest.mark.conforms("Best practices", "files in the data directory are there at the next start")
async def test_the_data_directory(tmp_path):
    async with ProxyHarness(tmp_path, mud=False) as proxy:
        proxy.write_plugin(MYPLUGIN, SOURCE)
        proxy.load(MYPLUGIN)
        directory = proxy.api("libs.plugins.loader:get.plugin.instance")(MYPLUGIN).directory()
        assert isinstance(directory, Path)
        assert directory == tmp_path / "data" / MYPLUGIN
        assert directory.is_dir()
        (directory / "kept").write_text("kept")
    async with ProxyHarness(tmp_path, mud=False) as proxy:
        directory = proxy.api(f"{MYPLUGIN}:get.data.directory")()
        assert (directory / "kept").read_text() == "kept"
