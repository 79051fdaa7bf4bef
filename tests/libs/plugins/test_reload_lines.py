"""No line is lost, doubled, moved or left unchanged while plugins reload under a flood."""

import asyncio

import pytest

from bastproxy.testing import ProxyHarness

MINE = "plugins.games.mine"
LINES = 20_000
CHUNK = 50
CLIENT_LINES = 2_000

CHANGES = """
from bastproxy.libs.events import RegisterToEvent
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook

class Plugin(BasePlugin):
    def __init__(self, plugin_id, plugin_info):
        super().__init__(plugin_id, plugin_info)
        self.attributes_to_save_on_reload = ["seen"]
        self.seen = 0

    @RegisterPluginHook("initialize")
    def _phook_initialize(self):
        register = self.api("plugins.core.events:register.to.event")
        register("ev_to_mud_data_modify", self.to_mud)
        #fault

    @RegisterToEvent(event_name="ev_to_client_data_modify")
    def _eventcb_line(self):
        record = self.api("plugins.core.events:get.current.event.record")()
        self.seen += 1
        record["line"] = record["line"].replace("rat", "{word}")

    def to_mud(self):
        record = self.api("plugins.core.events:get.current.event.record")()
        record["line"] = record["line"].replace("say", "{word}")
"""
FAULTS = ["1 / 0", "import sys; sys.exit()", "self.nothing", "raise KeyError"]


def source(number):
    """Return the plugin of the n-th reload: every fifth is broken, in one way or another."""
    text = CHANGES.replace("{word}", f"gen{number}")
    if number % 5:
        return text
    if number % 10:
        return text.replace("#fault", FAULTS[number // 10 % 4])
    return text + "def broken(:\n"


async def flood(proxy, client, reload, reloads):
    """Send lines both ways, in many small pieces, with a reload between any two."""
    sent = 0
    client_sent = 0
    per_reload = LINES // reloads
    for number in range(1, reloads + 1):
        for _ in range(per_reload // CHUNK or 1):
            data = b"".join(
                b"%d a rat\r\n" % line for line in range(sent, min(sent + CHUNK, LINES))
            )
            sent = min(sent + CHUNK, LINES)
            # not at the end of a line, so that half of it waits in the proxy
            await proxy.mud.send(data[:-5])
            client.send_raw(
                b"".join(
                    b"%d say\r\n" % line
                    for line in range(client_sent, client_sent + CLIENT_LINES // 400)
                )
            )
            client_sent += CLIENT_LINES // 400
            await asyncio.sleep(0)
            await proxy.mud.send(data[-5:])
        reload(number)
        await asyncio.sleep(0)
    while sent < LINES:
        await proxy.mud.send(b"%d a rat\r\n" % sent)
        sent += 1
    return sent, client_sent


def check(lines, count, tail):
    numbers = [line.partition(" ")[0] for line in lines]
    assert numbers == [str(number) for number in range(count)]
    generations = []
    for line in lines:
        word = line.split()[-1]
        assert word.startswith("gen"), f"changed by neither: {line!r}"
        assert line == f"{line.partition(' ')[0]} {tail.format(word)}".replace("  ", " ")
        generations.append(int(word.removeprefix("gen")))
    assert generations == sorted(generations), "an old generation came back"
    return set(generations)


@pytest.fixture
async def proxy(tmp_path):
    async with ProxyHarness(home=tmp_path, timeout=30) as harness:
        harness.write_plugin(MINE, source(1))
        harness.load(MINE)
        yield harness


async def test_no_line_is_lost_while_the_plugin_that_changes_them_reloads_200_times(proxy):
    client = await proxy.connect()
    reload = proxy.api("libs.plugins.loader:reload.plugin")
    results = []

    def edit_and_reload(number):
        proxy.write_plugin(MINE, source(number))
        results.append(reload(MINE))

    sent, client_sent = await flood(proxy, client, edit_and_reload, 200)
    await client.wait_for(lambda: len(client.lines) >= sent, "the last line")
    await proxy.mud.peer.wait_for(
        lambda: len(proxy.mud.peer.lines) >= client_sent, "the last command"
    )
    await client.sync()
    await proxy.mud.sync()
    assert results == [number % 5 != 0 for number in range(1, 201)]
    seen = check(client.lines, sent, "a {}")
    assert len(seen) > 50
    assert not {number for number in seen if number % 5 == 0}
    check(proxy.mud.peer.lines, client_sent, "{}")
    instance = proxy.api("libs.plugins.loader:get.plugin.instance")(MINE)
    assert instance.seen >= sent


async def test_no_line_is_lost_while_each_core_plugin_reloads_20_times(proxy):
    client = await proxy.connect()
    reload = proxy.api("libs.plugins.loader:reload.plugin")
    loaded = proxy.api("libs.plugins.loader:get.loaded.plugins.list")()
    core = [name for name in loaded if name.startswith("plugins.core.")]
    assert len(core) > 6

    def reload_core(number):
        assert reload(core[number % len(core)])

    sent, client_sent = await flood(proxy, client, reload_core, 20 * len(core))
    await client.wait_for(lambda: len(client.lines) >= sent, "the last line")
    await proxy.mud.peer.wait_for(
        lambda: len(proxy.mud.peer.lines) >= client_sent, "the last command"
    )
    await client.sync()
    await proxy.mud.sync()
    assert check(client.lines, sent, "a {}") == {1}
    assert check(proxy.mud.peer.lines, client_sent, "{}") == {1}
    # and what is typed for the proxy is still for the proxy
    await client.send_line("#bp.plugins.list mine")
    await client.wait_for(lambda: any(MINE in line for line in client.lines), "the answer")


@pytest.mark.parametrize("good", [True, False])
@pytest.mark.parametrize("end", ["unterminated", "GA"])
async def test_a_prompt_crosses_a_reload_in_its_place(proxy, good, end):
    client = await proxy.connect()
    await proxy.mud.send(b"before the rat\r\n<rat> ")
    await proxy.mud.sync()
    proxy.write_plugin(MINE, source(2 if good else 5))
    assert proxy.api("libs.plugins.loader:reload.plugin")(MINE) is good
    if end == "GA":
        proxy.mud.peer.send_raw(b"\xff\xf9")
        await client.wait_for(lambda: b"<gen" in client.raw or client.prompts, "the prompt")
    else:
        await client.wait_for(lambda: b"<gen" in client.raw, "the prompt")
    await proxy.mud.send(b"\r\nafter the rat\r\n")
    await client.wait_for(lambda: b"after the" in client.raw and client.lines, "the line after")
    await client.sync()
    text = bytes(client.raw).decode()
    assert "rat" not in text
    words = [word.strip("<>") for word in text.split() if "gen" in word]
    generation = f"gen{2 if good else 1}"
    assert words == ["gen1", generation, generation] or words == ["gen1", "gen1", generation]
    assert text.index("before") < text.index("<gen") < text.index("after")


async def test_a_command_that_reloads_its_own_plugin_is_answered(proxy):
    for name in ("plugins", "commands", "settings", "clients"):
        (line,) = await proxy.command(f"#bp.plugins.reload plugins.core.{name}")
        assert line.startswith(f"reloaded plugins.core.{name}"), line
    client = await proxy.connect()
    await client.send_line("#bp.plugins.reload plugins.core.commands")
    await client.wait_for(lambda: any("reloaded" in line for line in client.lines), "the answer")
    await client.send_line("say x")
    assert await proxy.mud.read_line() == "gen1 x"
