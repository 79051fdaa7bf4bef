import json
from pathlib import Path

from bastproxy.testing import ProxyHarness

EXAMPLES = Path(__file__).parents[1] / "examples" / "plugins"


def harness(home: Path, *names: str) -> ProxyHarness:
    return ProxyHarness(
        home, [f"plugins.examples.{name}" for name in names], plugin_paths=[EXAMPLES]
    )


async def test_loud_makes_the_mud_shout(tmp_path):
    async with harness(tmp_path, "loud") as proxy:
        client = await proxy.connect()
        await proxy.mud.send_line("a \x1b[1;33mrat\x1b[0m is here")
        assert await client.read_line() == "A \x1b[1;33mRAT\x1b[0m IS HERE"


async def test_quiet_leaves_out_what_its_setting_matches(tmp_path):
    async with harness(tmp_path, "quiet") as proxy:
        client = await proxy.connect()
        await client.send_line("#bp.quiet.set pattern ^Someone")
        await proxy.command("#bp.quiet.set")
        await client.read_until("pattern")
        await proxy.mud.send_line("Someone shouts")
        await proxy.mud.send_line("a rat is here")
        await client.read_until("a rat is here")
        assert b"Someone shouts" not in client.raw


async def test_quiet_reports_a_bad_pattern_and_lets_everything_pass(tmp_path):
    async with harness(tmp_path, "quiet") as proxy:
        client = await proxy.connect()
        await proxy.command("#bp.quiet.set pattern (")
        assert any("is no pattern" in message for message in proxy.log)
        await proxy.mud.send_line("( is here")
        assert await client.read_line() == "( is here"


async def test_kills_counts_over_a_reload_and_a_restart(tmp_path):
    async with harness(tmp_path, "kills") as proxy:
        killed = proxy.events("ev_examples_killed")
        await proxy.mud.send_line("You have killed the rat!")
        await killed.wait(1)
        assert proxy.api("libs.plugins.loader:reload.plugin")("plugins.examples.kills")
        await proxy.mud.send_line("You have killed the rat!")
        await killed.wait(2)
        assert killed[1] == {"name": "the rat", "count": 2}
        assert await proxy.command("#bp.kills.show") == ["     2  the rat"]
    async with harness(tmp_path, "kills") as proxy:
        assert proxy.api("plugins.examples.kills:count")("the rat") == 2
    kept = tmp_path / "data" / "plugins.examples.kills" / "kills.json"
    assert json.loads(kept.read_text()) == {"the rat": 2}


async def test_announce_brings_kills_along_and_speaks_after_ten(tmp_path):
    async with harness(tmp_path, "announce") as proxy:
        assert proxy.api("libs.plugins.loader:is.plugin.loaded")("plugins.examples.kills")
        for _ in range(10):
            await proxy.mud.send_line("You kill a bat.")
        assert await proxy.mud.read_line() == "say 10 kills, the last was a bat!"


async def test_remind_tells_later_and_forgets_when_it_is_unloaded(tmp_path):
    async with harness(tmp_path, "remind") as proxy:
        client = await proxy.connect()
        await client.send_line("#bp.remind.me 0 the boat leaves")
        await client.read_until("Remember: the boat leaves")
        await client.send_line("#bp.remind.me 1h tea")
        await client.read_until("I will tell you in 1h")
        assert len(proxy.app.kernel.tasks.of("plugins.examples.remind")) == 1
        assert proxy.api("libs.plugins.loader:unload.plugin")("plugins.examples.remind")
        assert proxy.app.kernel.tasks.of("plugins.examples.remind") == []


async def test_remind_refuses_a_time_that_is_none(tmp_path):
    async with harness(tmp_path, "remind") as proxy:
        (answer,) = await proxy.command("#bp.remind.me soon tea")
        assert "soon" in answer
