"""An evening in the demo MUD with everything on at once: no line is lost, all is as asked.

What the proxy should make of the lines is worked out beside it, with a plain loop over ``re``.
"""

from __future__ import annotations

import importlib
import os
import re
from functools import lru_cache
from pathlib import Path

import pyte
import pytest

from bastproxy.testing import ProxyHarness

ROOT = Path(__file__).parents[3]
LINES = 20_000 if os.environ.get("BASTPROXY_TEST_LONG") else 4_000
LOADER = "libs.plugins.loader"
END = "NIGHT FALLS"
TYPED = 40

_SGR = re.compile(r"\x1b\[[\d;]*m")


@pytest.fixture
def evening(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    return importlib.import_module("benchmarks._evening")


@lru_cache(None)
def look(text):
    """Return what a terminal shows of a line: each character, its colour, whether it is bold."""
    screen = pyte.Screen(250, 1)
    pyte.Stream(screen).feed(text)
    cells = [screen.buffer[0][x] for x in range(screen.cursor.x)]
    return [(cell.data, cell.fg, cell.bold) for cell in cells]


def plain(text):
    return _SGR.sub("", text)


class Oracle:
    """What is to come of each line."""

    def __init__(self, evening):
        self.mark = evening.MARK
        self.notified = re.compile(evening.NOTIFIED)
        self.gags = [re.compile(pattern) for pattern in evening.GAGGED]
        self.substitutes = [(re.compile(p), new) for p, _, new in evening.SUBSTITUTES]
        self.paints = [(re.compile(p), colour) for p, colour in evening.highlights()]
        self.triggers = [(re.compile(p), answer) for p, answer in evening.triggers()]

    @lru_cache(None)  # noqa: B019 - it lives as long as the test
    def shown(self, line, is_prompt):
        """Return the text that the player sees, None where there is none."""
        text = plain(line)
        for regex, new in self.substitutes:
            text = regex.sub(new, text)
        if any(regex.search(text) for regex in self.gags):
            return None
        return self.mark + text if self.notified.search(text) and not is_prompt else text

    @lru_cache(None)  # noqa: B019
    def colours(self, line, text):
        """Return colour and boldness of each character, None where the text was changed."""
        text = text.removeprefix(self.mark)
        cells = [(colour, bold) for _, colour, bold in look(line)]
        if text != plain(line):
            cells = [None] * len(text)
        for regex, colour in self.paints:
            for match in regex.finditer(text):
                for index in range(*match.span()):
                    cells[index] = (pyte_colour(colour), cells[index] and cells[index][1])
        return cells

    @lru_cache(None)  # noqa: B019
    def answers(self, line):
        """Return what the triggers send."""
        text, found = plain(line), []
        for regex, answer in self.triggers:
            if match := regex.search(text):
                filled = re.sub(r"\$(\w+)", lambda name, m=match: group(m, name[1]), answer)
                found.append(filled)
        return found


def group(match, name):
    return match[int(name) if name.isdigit() else name]


def pyte_colour(colour):
    return {"yellow": "brown"}.get(colour, colour)


@pytest.mark.parametrize("reloads", [False, True], ids=["in peace", "while plugins are reloaded"])
async def test_an_evening_with_everything_on(tmp_path, evening, reloads):
    played = await evening.play(LINES)
    oracle = Oracle(evening)
    lines = [(text.decode(), is_prompt) for text, is_prompt in played]
    evening.prepare(tmp_path)
    async with ProxyHarness(tmp_path, quiet_time=5, timeout=120) as proxy:
        for command in ("notify.set limit 1000000", "sessionlog.set commands none"):
            await proxy.command(f"#bp.{command}")
        await proxy.command("#bp.sessionlog.on plain")
        client = await evening.Recorder.connect(proxy.app.address.host, proxy.app.address.port)
        await client.sync()
        stream = evening.stream(played)
        size = len(stream) // TYPED + 1 if reloads else len(stream)
        plugin_ids = proxy.api(f"{LOADER}:get.loaded.plugins.list")() if reloads else []
        for number in range(TYPED):
            proxy.mud.peer.send_raw(stream[number * size :][:size])  # it cuts lines, too
            client.send(f"a{number % 30} rat")
            await client.sync()
            for plugin_id in plugin_ids[number : number + 1]:
                assert proxy.api(f"{LOADER}:reload.plugin")(plugin_id), plugin_id
        await proxy.mud.send_line(END)
        await client.wait_for(END.encode())
        await proxy.mud.peer.wait_for(
            lambda: all(one["calls"] for one in timers(proxy)), "all timers"
        )
        await proxy.mud.sync()
        await proxy.command("#bp.sessionlog.off")
        client.close()
        sent = list(proxy.mud.peer.lines)
        logged = tmp_path.glob("logs/sessions/*/*.log")
        assert [line for line in proxy.log if not line.startswith("INFO")] == []

    expected = [
        (line, text, is_prompt)
        for line, is_prompt in lines
        if (text := oracle.shown(line, is_prompt)) is not None
    ]
    assert len(expected) < len(lines), "nothing was gagged"
    assert client.entries.pop() == (END.encode(), False)
    assert [(plain(text.decode()), is_prompt) for text, is_prompt in client.entries] == [
        (text, is_prompt) for _, text, is_prompt in expected
    ]
    for (line, text, _), (got, _) in zip(expected, client.entries, strict=True):
        check_colours(oracle, line, text, got.decode())
    check_sent(oracle, lines, sent)
    (log,) = logged
    said = [line for line in log.read_text().splitlines() if not line.startswith("---")]
    assert said == [text.replace("\a", "") for _, text, _ in expected] + [END]


def timers(proxy):
    api = proxy.api("plugins.core.timers:list")
    found = api("plugins.core.timers")
    assert len(found) == 20
    return found


def check_colours(oracle, line, text, got):
    """Check that what is painted is, and all else has the colour that the MUD gave it."""
    wanted = oracle.colours(line, text)
    cells = look(got)
    cells = cells[len(cells) - len(wanted) :]  # the mark of what was notified has its own
    for (_, colour, bold), cell in zip(cells, wanted, strict=True):
        if cell is not None:
            assert colour == cell[0], (line, got)
            assert cell[1] in (None, bold), (line, got)


def check_sent(oracle, lines, sent):
    """Check that the MUD has got what triggers, timers and aliases send, each in its order."""
    answers = [answer for line, _ in lines for answer in oracle.answers(line)]
    typed = [part for n in range(TYPED) for part in (f"kill {n % 30}.rat", "loot")]
    rung = [line for line in sent if line.startswith("timer ")]
    assert {*rung} == {f"timer {n}" for n in range(20)}
    others = [line for line in sent if not line.startswith("timer ")]
    ours = [line for line in others if line == "loot" or re.fullmatch(r"kill \d+\.rat", line)]
    assert ours == typed
    assert [line for line in others if line not in {*typed}] == answers
