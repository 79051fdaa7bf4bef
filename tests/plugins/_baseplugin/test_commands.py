from bastproxy.testing import ProxyHarness

SOURCE = """
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook
class Plugin(BasePlugin):
    @RegisterPluginHook("initialize")
    def _phook_initialize(self):
        self.full = False
        self.api("plugins.core.settings:add")(self.plugin_id, "limit", 5, int, "how many")
    @RegisterPluginHook("save")
    def _phook_save(self):
        if self.full:
            raise OSError(28, "No space left on device")
"""

MINE = "plugins.games.mine"


async def test_save_says_whether_it_has_saved(tmp_path):
    async with ProxyHarness(tmp_path) as proxy:
        proxy.write_plugin(MINE, SOURCE)
        proxy.load(MINE)
        assert await proxy.command("#bp.mine.save") == [f"{MINE} has saved its state"]
        proxy.api("libs.plugins.loader:get.plugin.instance")(MINE).full = True
        assert await proxy.command("#bp.mine.save") == [
            f"{MINE} could not save its state; the log has the reason"
        ]
        assert any("No space left on device" in message for message in proxy.log)


async def test_set_shows_and_changes_settings_and_reset_puts_them_back(tmp_path):
    async with ProxyHarness(tmp_path) as proxy:
        proxy.write_plugin(MINE, SOURCE)
        proxy.load(MINE)
        get = proxy.api("plugins.core.settings:get")
        assert "limit" in (await proxy.command("#bp.mine.set"))[1]
        await proxy.command("#bp.mine.set limit 7")
        assert get(MINE, "limit") == 7
        (refusal,) = await proxy.command("#bp.mine.set limit many")
        assert "many" in refusal
        assert get(MINE, "limit") == 7
        assert await proxy.command("#bp.mine.reset") == [f"{MINE} is reset"]
        assert get(MINE, "limit") == 5


async def test_reset_is_refused_where_the_plugin_does_not_allow_it(tmp_path):
    async with ProxyHarness(tmp_path) as proxy:
        proxy.write_plugin(MINE, SOURCE)
        proxy.load(MINE)
        proxy.api("libs.plugins.loader:get.plugin.instance")(MINE).can_reset_f = False
        assert await proxy.command("#bp.mine.reset") == [f"{MINE} cannot be reset"]


async def test_dump_shows_one_attribute_or_says_that_there_is_none(tmp_path):
    async with ProxyHarness(tmp_path) as proxy:
        proxy.write_plugin(MINE, SOURCE)
        proxy.load(MINE)
        assert await proxy.command("#bp.mine.dump full") == ["False"]
        assert await proxy.command("#bp.mine.dump nothing") == [
            f"{MINE} has no attribute 'nothing'"
        ]
