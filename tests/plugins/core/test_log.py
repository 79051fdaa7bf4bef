import json

import pytest

from bastproxy.libs.records import LogRecord
from bastproxy.testing import ProxyHarness

LOG = "plugins.core.log"


def written(proxy):
    return (proxy.home / "logs" / "bastproxy.log").read_text()


async def test_a_level_holds_for_a_source_and_all_below_it(tmp_path):
    async with ProxyHarness(tmp_path) as proxy:
        level = proxy.api(f"{LOG}:get.level")
        assert level() == level("plugins.core.events") == "info"
        assert proxy.api(f"{LOG}:set.level")("plugins.core", "debug")
        LogRecord("a whisper", level="debug", sources=["plugins.core.events"])()
        LogRecord("unheard", level="debug", sources=["plugins.games.mine"])()
        assert level("plugins.core.events") == "debug"
        assert proxy.api(f"{LOG}:set.level")("plugins.core")
        LogRecord("unheard", level="debug", sources=["plugins.core.events"])()
        assert "a whisper" in written(proxy)
        assert "unheard" not in written(proxy)
        assert not proxy.api(f"{LOG}:set.level")("plugins.core", "loud")


async def test_players_set_levels_by_short_names(tmp_path):
    async with ProxyHarness(tmp_path) as proxy:
        assert await proxy.command("#bp.log.level events debug") == ["plugins.core.events: debug"]
        assert await proxy.command("#bp.log.level libs.session error") == ["libs.session: error"]
        assert await proxy.command("#bp.log.level all warning") == ["all: warning"]
        assert await proxy.command("#bp.log.level proxy") == ["plugins.core.proxy: warning"]
        assert await proxy.command("#bp.log.level") == [
            "source               level",
            "all                  warning",
            "libs.session         error",
            "plugins.core.events  debug",
        ]
        assert await proxy.command("#bp.log.level events default") == [
            "plugins.core.events: warning"
        ]
        assert await proxy.command("#bp.log.level all default") == ["all: info"]


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("evetns debug", "nothing is logged by 'evetns' (did you mean"),
        ("events loud", "error: argument level: invalid choice: 'loud'"),
        ("events debug now", "error: unrecognized arguments: now"),
    ],
)
async def test_a_wrong_level_or_source_is_told(tmp_path, typed, answer):
    async with ProxyHarness(tmp_path) as proxy:
        lines = await proxy.command(f"#bp.log.level {typed}")
        assert any(line.startswith(answer) for line in lines), lines


async def test_the_form_of_the_files_is_a_setting_that_is_remembered(tmp_path):
    async with ProxyHarness(tmp_path) as proxy:
        LogRecord("as text", sources=["plugins.games.mine"])()
        await proxy.command("#bp.log.set form json")
        LogRecord("as json", level="warning", sources=["plugins.games.mine"])()
        text, record = written(proxy).splitlines()[-2:]
        assert text.endswith("INFO     bastproxy.plugins.games.mine: as text")
        said = json.loads(record)
        assert (said["level"], said["message"]) == ("WARNING", "as json")
        assert said["source"].endswith("plugins.games.mine")
    async with ProxyHarness(tmp_path) as proxy:
        LogRecord("still json", sources=["plugins.games.mine"])()
        assert json.loads(written(proxy).splitlines()[-1])["message"] == "still json"


async def test_the_end_of_the_log_is_shown(tmp_path):
    async with ProxyHarness(tmp_path) as proxy:
        for number in range(30):
            LogRecord(f"message {number}", sources=["plugins.games.mine"])()
        shown = await proxy.command("#bp.log.show 2")
        assert [line.rpartition(": ")[2] for line in shown[:2]] == ["message 28", "message 29"]
        assert shown[2:] == [f"(from {tmp_path / 'logs' / 'bastproxy.log'})"]
        assert len(await proxy.command("#bp.log.show")) == 21
        assert len(await proxy.command("#bp.log.show -- -5")) == 2
        (tmp_path / "logs" / "bastproxy.log").unlink()
        (answer,) = await proxy.command("#bp.log.show")
        assert answer.endswith("bastproxy.log cannot be read: No such file or directory")


async def test_levels_survive_a_reload(tmp_path):
    async with ProxyHarness(tmp_path) as proxy:
        await proxy.command("#bp.log.level events debug")
        assert proxy.api("libs.plugins.loader:reload.plugin")(LOG)
        assert "plugins.core.events  debug" in await proxy.command("#bp.log.level")
        assert proxy.api(f"{LOG}:get.level")("plugins.core.events") == "debug"
