"""The demo MUD floods numbered lines through the whole proxy while plugins reload."""

import asyncio
import os
import random
import re
import shutil
from pathlib import Path

import pytest

from bastproxy.app import App
from bastproxy.config import Address, Options
from bastproxy.demo import DemoMud
from bastproxy.testing import TestClient
from bastproxy.testing.harness import write_plugin

MINE = "plugins.games.mine"
LONG = os.environ.get("BASTPROXY_TEST_LONG") == "1"
RELOADS = 200
CORE_RELOADS = RELOADS if LONG else 20
FLOOD = 2000  # lines from the MUD, more than it sends at once
EVERY = 10  # reloads from one flood to the next
TYPED = 3  # lines to the MUD before each reload
BEHIND = 9  # after so many reloads a flood must have arrived

CHANGES = """
from bastproxy.libs.events import RegisterToEvent
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook

class Plugin(BasePlugin):
    @RegisterPluginHook("initialize")
    def _phook_initialize(self):
        self.api("plugins.core.events:register.to.event")("ev_to_mud_data_modify", self.to_mud)

    @RegisterToEvent(event_name="ev_to_client_data_modify")
    def _eventcb_line(self):
        self.change("flood")

    def to_mud(self):
        self.change("typed")

    def change(self, word):
        record = self.api("plugins.core.events:get.current.event.record")()
        record["line"] = record["line"].replace(word, "gen0")
"""

# What does not compile, import, come up or initialize; each behind a source that did.
FAULTS = [
    "def broken(:\n",
    "raise ValueError('broken')\n",
    "def _broken(self, *args):\n    raise ValueError('broken')\n\nPlugin.__init__ = _broken\n",
    "from bastproxy.plugins._baseplugin import RegisterPluginHook as _Hook\n\n"
    "class Plugin(Plugin):\n    @_Hook('initialize')\n"
    "    def _phook_zzz(self):\n        raise ValueError('broken')\n",
]


def edited(text: str, number: int) -> str:
    """Return the source of the n-th reload; every fifth is broken, in one way after the other."""
    text = f"{text.replace('gen0', f'gen{number}')}\n\nEDIT = {number}\n"
    return text if number % 5 else text + FAULTS[number // 5 % len(FAULTS)]


class Rounds:
    """One client of a proxy on the demo MUD, who makes it flood and answers it."""

    def __init__(self, app: App, client: TestClient) -> None:
        self.app = app
        self.client = client
        self.rounds = 0

    async def enter(self) -> None:
        await self.client.read_prompt()
        await self.client.send_line("Flooded")
        await self.client.wait_for(lambda: "hp" in "".join(self.client.prompts), "the game")

    def lines(self) -> list[tuple[str, int, bool]]:
        """Return of the numbered lines: what was changed, the number, whether of a flood."""
        found = (
            re.fullmatch(
                r"(?:\S+ )*?(?P<word>gen\d+|flood|typed) (?P<number>\d+)(?P<filler> \w+)?", line
            )
            for line in self.client.lines
        )
        return [
            (match["word"], int(match["number"]), bool(match["filler"])) for match in found if match
        ]

    def expected(self) -> list[int]:
        """Return the numbers in the order in which they must arrive."""
        numbers: list[int] = []
        for round_number in range(self.rounds):
            if round_number % EVERY == 0:
                numbers += range(1, FLOOD + 1)
            numbers += range(round_number * TYPED, (round_number + 1) * TYPED)
        return numbers

    async def reload(self, plugin_id: str) -> bool:
        """Reload a plugin while lines are on their way in both directions."""
        before = self.rounds * TYPED
        if self.rounds % EVERY == 0:
            await self.client.send_line(f"flood {FLOOD} 80")
        self.rounds += 1
        for number in range(before, before + TYPED):
            await self.client.send_line(f"echo typed {number:06}")
        for _ in range(self.rounds % 4):  # so that it falls between other ones each time
            await asyncio.sleep(0)
        done: bool = self.app.api("libs.plugins.loader:reload.plugin")(plugin_id)
        if self.rounds % EVERY == BEHIND:  # the next flood must not begin behind this one
            least = (self.rounds // EVERY + 1) * FLOOD
            await self.client.wait_for(lambda: len(self.client.lines) >= least, "the flood")
        return done

    async def end(self) -> tuple[list[str], list[str]]:
        """Check that every line arrived once and in order.

        :returns: what the lines of the floods were changed to, and those that were typed.
        """
        await self.client.wait_for(lambda: len(self.lines()) >= len(self.expected()), "the rest")
        await self.client.sync()
        lines = self.lines()
        assert [number for _, number, _ in lines] == self.expected()
        flood = [word for word, _, is_flood in lines if is_flood]
        return flood, [word for word, _, is_flood in lines if not is_flood]


@pytest.fixture
async def rounds(tmp_path):
    mud = DemoMud(rng=random.Random(1), tick=3600)
    host, port = await mud.start()
    home = tmp_path / "home"
    write_plugin(home / "plugins", MINE, CHANGES)
    options = Options(
        home=home,
        listen=Address("127.0.0.1", 0),
        mud=Address(host, port),
        console=False,
        connect="client",
        notices=False,
        installed=False,
        load=(MINE,),
    )
    client = TestClient(timeout=30)
    try:
        async with App(options) as app:
            loop = asyncio.get_running_loop()
            await loop.create_connection(lambda: client, app.address.host, app.address.port)
            rounds = Rounds(app, client)
            await rounds.enter()
            yield rounds
            client.close()
    finally:
        await mud.stop()


async def test_no_line_of_a_flooding_mud_is_lost_while_its_plugin_reloads_200_times(rounds):
    directory = rounds.app.options.home / "plugins"
    for number in range(1, RELOADS + 1):
        write_plugin(directory, MINE, edited(CHANGES, number))
        assert await rounds.reload(MINE) is (number % 5 != 0)
    flood, typed = await rounds.end()
    for words in (flood, typed):
        assert not {"flood", "typed"} & set(words), "changed by neither"
        generations = [int(word.removeprefix("gen")) for word in words]
        assert generations == sorted(generations), "an old generation came back"
        assert len(set(generations)) >= 20
        assert not {number for number in generations if number and number % 5 == 0}
    floods = [set(flood[first : first + FLOOD]) for first in range(0, len(flood), FLOOD)]
    assert sum(len(words) > 1 for words in floods) >= 3, "hardly any reload fell into a flood"


def core_plugins() -> list[str]:
    from bastproxy import plugins

    directory = Path(plugins.__file__).parent / "core"
    return [f"plugins.core.{path.parent.name}" for path in sorted(directory.glob("*/plugin"))]


@pytest.mark.parametrize("plugin_id", core_plugins())
async def test_no_line_of_a_flooding_mud_is_lost_while_a_core_plugin_reloads(
    rounds, tmp_path, plugin_id
):
    info = rounds.app.loader.plugins_info[plugin_id]
    copy = tmp_path / "checkout" / plugin_id.rpartition(".")[2]
    shutil.copytree(info.package_path, copy, ignore=shutil.ignore_patterns("__pycache__"))
    info.package_path = copy  # as if the proxy ran from somebody's own checkout
    path = copy / "plugin" / "__init__.py"
    text = path.read_text(encoding="utf-8")
    for number in range(1, CORE_RELOADS + 1):
        path.write_text(edited(text, number), encoding="utf-8")
        assert await rounds.reload(plugin_id) is (number % 5 != 0)
    flood, typed = await rounds.end()
    assert set(flood) == set(typed) == {"gen0"}
    path.write_text(text, encoding="utf-8")
    assert await rounds.reload(plugin_id)
    # and what is typed for the proxy is still for the proxy
    await rounds.client.send_line("#bp.plugins.list mine")
    await rounds.client.wait_for(
        lambda: any(MINE in line for line in rounds.client.lines), "the answer"
    )
