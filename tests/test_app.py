import asyncio
import gc
import logging
import sys
import threading
import weakref
from pathlib import Path
from typing import Any

import pytest

from bastproxy.app import App, ListenError, RequiredPluginError
from bastproxy.config import Address, Options
from bastproxy.libs.api import API
from bastproxy.libs.plugins.kernel import running_kernel
from bastproxy.testing.harness import write_plugin

LISTEN = Address("127.0.0.1", 0)

QUIET = """
from bastproxy.plugins._baseplugin import BasePlugin


class Plugin(BasePlugin):
    pass
"""

SLOW = """
import asyncio

from bastproxy.libs.api import AddAPI
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook


class Plugin(BasePlugin):
    @RegisterPluginHook("initialize")
    def _phook_initialize(self):
        self.spawn(asyncio.sleep(3600), "sleeper")

    @AddAPI("ask", description="answer")
    def _api_ask(self):
        return 42
"""


def make_options(home: Path, **more: Any) -> Options:
    return Options(home=home, listen=LISTEN, console=False, installed=False, **more)


def loaded(app: App) -> list[str]:
    return [name for name, info in app.loader.plugins_info.items() if info.is_loaded]


def owned_by_plugins(app: App) -> list[str]:
    return [
        str(line)
        for owner_id in app.kernel.ledger.owners()
        for line in app.kernel.ledger.lines(owner_id)
        if owner_id in app.loader.plugins_info or line.kind == "task"
    ]


class Traces:
    """What a proxy could leave behind in its process."""

    def __init__(self) -> None:
        self.modules = {
            name for name in sys.modules if name.startswith(("bastproxy.plugins.", "plugins"))
        }
        self.finders = list(sys.meta_path)
        self.path = list(sys.path)
        root = logging.getLogger("bastproxy")
        self.handlers = list(root.handlers)
        self.level = root.level
        self.threads = set(threading.enumerate())
        self.tasks = asyncio.all_tasks()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Traces) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]


async def test_two_apps_follow_each_other_without_a_trace(tmp_path: Path) -> None:
    write_plugin(tmp_path / "plugins", "plugins.client.slow", SLOW)
    async with App(make_options(tmp_path)):
        pass  # what is imported once and for all is imported now
    before = Traces()
    for _ in range(2):
        async with App(make_options(tmp_path)) as app:
            assert app.address.port != 0
            assert API(owner_id="a test")("plugins.client.slow:ask")() == 42
            assert "bastproxy.plugins.client.slow.plugin" in sys.modules
            assert Traces() != before
        assert vars(Traces()) == vars(before)
        with pytest.raises(RuntimeError):
            running_kernel()
        assert owned_by_plugins(app) == []


async def test_the_second_app_knows_nothing_of_the_first(tmp_path: Path) -> None:
    write_plugin(tmp_path / "one" / "plugins", "plugins.games.only", QUIET)
    async with App(make_options(tmp_path / "one", load=("plugins.games.only",))) as app:
        assert "plugins.games.only" in loaded(app)
        app.api("plugins.core.events:add.event")("ev_of_the_first", "plugins.games.only")
        app.api("plugins.core.log:set.level")("plugins.games.only", "debug")
    async with App(make_options(tmp_path / "two")) as app:
        assert "plugins.games.only" not in app.loader.plugins_info
        assert app.api("plugins.core.events:get.event.detail")("ev_of_the_first") is None
        assert app.api("plugins.core.log:get.level")("plugins.games.only") == "info"
        assert not app.api.has("plugins.games.only:dump")


async def test_a_second_app_beside_a_running_one_is_refused(tmp_path: Path) -> None:
    async with App(make_options(tmp_path / "one")) as first:
        with pytest.raises(RuntimeError):
            await App(make_options(tmp_path / "two")).start()
        assert API(owner_id="a test").has("plugins.core.events:raise.event")
        assert "plugins.core.events" in loaded(first)


async def test_core_comes_first_and_home_plugins_of_client_start_by_themselves(
    tmp_path: Path,
) -> None:
    write_plugin(tmp_path / "plugins", "plugins.client.mine", QUIET)
    write_plugin(tmp_path / "plugins", "plugins.games.other", QUIET)
    async with App(make_options(tmp_path)) as app:
        order = list(app.loader.load_order)
        assert "plugins.client.mine" in order
        categories = [name.split(".")[1] for name in order]
        assert categories == sorted(categories, key=["core", "client"].index)
        assert "plugins.games.other" not in order


async def test_plugins_of_more_directories_and_of_the_options_are_loaded(tmp_path: Path) -> None:
    write_plugin(tmp_path / "elsewhere", "plugins.games.mine", QUIET)
    options = make_options(
        tmp_path / "home", plugin_paths=(tmp_path / "elsewhere",), load=("plugins.games.mine",)
    )
    async with App(options) as app:
        assert loaded(app)[-1] == "plugins.games.mine"


@pytest.mark.parametrize(
    "source",
    [
        "def broken(:\n",
        "import nowhere_at_all\n",
        "import sys\nsys.exit(3)\n",
        "Plugin = None\n",
        QUIET + "    def __init__(self, *args):\n        super().__init__(*args)\n        1 / 0\n",
    ],
)
async def test_a_plugin_that_fails_stops_nobody_else(
    tmp_path: Path, source: str, caplog: pytest.LogCaptureFixture
) -> None:
    write_plugin(tmp_path / "plugins", "plugins.client.bad", source)
    write_plugin(tmp_path / "plugins", "plugins.client.good", QUIET)
    async with App(make_options(tmp_path, load=("plugins.games.unknown",))) as app:
        assert "plugins.client.good" in loaded(app)
        assert "plugins.client.bad" not in loaded(app)
        assert "plugins.client.bad" in app.loader.errors
    assert "there is no plugin 'plugins.games.unknown'" in caplog.text


async def test_a_failed_start_leaves_nothing(tmp_path: Path) -> None:
    async with App(make_options(tmp_path / "first")):
        pass
    before = Traces()
    write_plugin(tmp_path / "plugins", "plugins.core.bad", "1 / 0\n", required=True)
    app = App(make_options(tmp_path))
    with pytest.raises(RequiredPluginError, match=r"the required plugin plugins\.core\.bad: "):
        await app.start()
    assert vars(Traces()) == vars(before)
    await app.stop()  # once more does no harm
    async with App(make_options(tmp_path / "next")) as other:
        assert "plugins.core.events" in loaded(other)
    assert vars(Traces()) == vars(before)


async def test_a_port_in_use_unloads_everything_again(tmp_path: Path) -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    options = make_options(tmp_path)
    options.listen = Address(host, port)
    app = App(options)
    with pytest.raises(ListenError, match=f"cannot listen on {host}:{port}: .*in use"):
        await app.start()
    assert loaded(app) == []
    server.close()
    await server.wait_closed()


async def test_a_plugin_that_fails_at_the_end_does_not_stop_the_end(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = QUIET.replace("import BasePlugin", "import BasePlugin, RegisterPluginHook").replace(
        "    pass",
        '    @RegisterPluginHook("save")\n    def _phook_save(self):\n        1 / 0\n\n'
        '    @RegisterPluginHook("uninitialize")\n    def _phook_end(self):\n        1 / 0\n',
    )
    write_plugin(tmp_path / "plugins", "plugins.client.bad", source)
    async with App(make_options(tmp_path)) as app:
        assert "plugins.client.bad" in loaded(app)
    assert loaded(app) == []
    assert owned_by_plugins(app) == []
    assert "ZeroDivisionError" in caplog.text


async def test_run_ends_when_a_plugin_stops_the_proxy(tmp_path: Path) -> None:
    async with App(make_options(tmp_path)) as app:
        app.api("app:stop")()
        await asyncio.wait_for(app.run(), 5)


async def test_a_stopped_app_can_be_collected(tmp_path: Path) -> None:
    write_plugin(tmp_path / "plugins", "plugins.client.slow", SLOW)
    app = App(make_options(tmp_path))
    async with app:
        instance = weakref.ref(
            app.loader.plugins_info["plugins.client.slow"].runtime_info.plugin_instance
        )
        assert instance() is not None
    seen = weakref.ref(app)
    del app
    gc.collect()
    assert instance() is None
    assert seen() is None
