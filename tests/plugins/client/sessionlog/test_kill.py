"""A kill of the whole proxy: the log is whole lines, and the next start goes on in it."""

import asyncio
import os
import re
import subprocess
import sys
from time import monotonic

import pytest

from bastproxy.testing import ProxyHarness

PROXY = """
import asyncio, sys
from pathlib import Path
from bastproxy.testing import ProxyHarness

async def main():
    async with ProxyHarness(home=Path(sys.argv[1])) as proxy:
        await proxy.command("#bp.sessionlog.on html")
        number = 0
        while True:
            for _ in range(200):
                number += 1
                await proxy.mud.send_line(f"\\x1b[31mline\\x1b[0m {number} <end>")
            await proxy.mud.sync()
            get = proxy.api("libs.plugins.loader:get.plugin.instance")
            print(get("plugins.client.sessionlog").writer.lines, flush=True)

asyncio.run(main())
"""
LINE = re.compile(r'<span style="color: #cd0000">line</span> (\d+) &lt;end&gt;')


def numbers(path):
    head, _, body = path.read_text("utf-8").partition("<pre>\n")
    assert head.startswith("<!DOCTYPE html>")
    assert body.endswith("\n")
    lines = [line for line in body.splitlines() if not line.startswith("---")]
    matches = [LINE.fullmatch(line) for line in lines]
    assert all(matches)  # no line is there by half
    return [int(match[1]) for match in matches]


def run_and_kill(home):
    """Run the proxy until lines are in its log, kill it, and return how many were for sure."""
    command = [sys.executable, "-c", PROXY, str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            written, until = 0, monotonic() + 30
            while written < 1000:
                assert monotonic() < until, "nothing is written"
                line = process.stdout.readline()
                assert line, "the proxy has ended"
                written = int(line)
        finally:
            process.kill()
    return written


@pytest.mark.skipif(os.name != "posix", reason="there is no kill -9")
async def test_a_kill_leaves_whole_lines_and_the_next_start_goes_on(tmp_path):
    written = await asyncio.to_thread(run_and_kill, tmp_path)
    (path,) = (tmp_path / "logs" / "sessions").glob("*/*.html")
    found = numbers(path)
    assert len(found) >= written
    assert found == list(range(1, len(found) + 1))  # and none is missing before the last
    async with ProxyHarness(home=tmp_path) as proxy:
        for number in (-1, -2):
            await proxy.mud.send_line(f"\x1b[31mline\x1b[0m {abs(number)} <end>")
        await proxy.mud.sync()
    assert numbers(path) == [*found, 1, 2]
