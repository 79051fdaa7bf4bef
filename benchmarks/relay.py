"""Lines through the whole proxy, beside a relay that does nothing else."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from operator import truediv
from pathlib import Path
from statistics import median, quantiles

from bastproxy.testing.harness import write_plugin
from benchmarks._children import listening
from benchmarks._measure import Aim, Samples, interleave, titled
from benchmarks._process import resident
from benchmarks._traffic import HOST, LINE, Link, delays, link, listen, seconds_for

DIRECT = "direct connection"
BARE = "bare readline relay"
PROXY = "proxy, core plugins"
READS = "proxy, a plugin reads lines"
CHANGES = "proxy, a plugin changes lines"

SPEED = Aim(least=0.2)
ADDED = Aim(most=1, unit="ms")
GROWTH = Aim(most=1, unit="MiB")

PLUGIN = """
from bastproxy.libs.events import RegisterToEvent
from bastproxy.plugins._baseplugin import BasePlugin


class Plugin(BasePlugin):
    @RegisterToEvent(event_name="ev_to_client_data_modify")
    def _eventcb_line(self):
        record = self.api("plugins.core.events:get.current.event.record")()
        {action}
"""
ACTIONS = {
    READS: ("reads", "self.size = len(record['line'])"),
    CHANGES: ("changes", "record['line'] = record['line'].upper()"),
}
EXPECTED: dict[str, Callable[[bytes], bytes]] = {CHANGES: bytes.upper}


def run(*, quick: bool) -> list[str]:
    """Measure and return the tables."""
    lines, repeats = (5_000, 2) if quick else (200_000, 5)
    seconds, rounds = (0.3, 2) if quick else (2.0, 7)
    marks = (1_000, 5_000, 10_000) if quick else (100_000, 500_000, 1_000_000)
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        root = Path(name)
        server = stack.enter_context(listen())
        links = {DIRECT: link(server, server.getsockname()[1])}
        links[BARE] = stack.enter_context(_bare(root))
        for target in (PROXY, READS, CHANGES):
            links[target] = stack.enter_context(_proxy(root, target))[1]
        return [
            *_throughput(links, lines, repeats),
            *_latency(links, seconds, rounds),
            *_memory(root, marks),
        ]


def _throughput(links: Mapping[str, Link], lines: int, repeats: int) -> list[str]:
    cases = {name: partial(seconds_for, ends, lines) for name, ends in links.items()}
    results = interleave(cases, repeats)
    rows = []
    for name, samples in results.items():
        ratio = results[BARE].minimum / samples.minimum
        in_rounds = median(map(truediv, results[BARE].values, samples.values))
        rows.append(
            (
                name,
                f"{lines / samples.minimum:,.0f}",
                f"{lines / samples.median:,.0f}",
                f"{ratio:.2f} x ({in_rounds:.2f})",
                SPEED.judge(ratio) if name == PROXY else "",
            )
        )
    return titled(
        f"Lines a second, {lines:,} lines of {len(LINE)} bytes, MUD to client",
        ("", "best", "median", "of the bare relay", "aim"),
        rows,
    )


def _latency(links: Mapping[str, Link], seconds: float, rounds: int) -> list[str]:
    half, late = ({name: Samples() for name in links} for _ in range(2))
    for _ in range(rounds):
        for name, ends in links.items():
            percentiles = quantiles(delays(ends, seconds), n=100)
            half[name].values.append(percentiles[49])
            late[name].values.append(percentiles[98])
    rows = []
    for name in links:
        added = _added(late, name, DIRECT)
        rows.append(
            (
                name,
                _ms(half[name].median),
                _ms(late[name].median),
                _ms(late[name].minimum),
                _ms(_added(half, name, DIRECT)),
                f"{_ms(added)} ({_ms(_added(late, name, BARE))})",
                ADDED.judge(added * 1e3) if name == PROXY else "",
            )
        )
    return titled(
        f"Milliseconds under way at 1,000 lines a second, {rounds} rounds of {seconds:g} s; "
        "added: to direct (to bare)",
        ("", "p50", "p99", "least p99", "added p50", "added p99", "aim"),
        rows,
    )


def _added(results: Mapping[str, Samples], name: str, base: str) -> float:
    """Return the median over the rounds, each compared with the same round of ``base``."""
    pairs = zip(results[name].values, results[base].values, strict=True)
    return median(value - other for value, other in pairs)


def _memory(root: Path, marks: tuple[int, ...]) -> list[str]:
    rows = []
    for target in (PROXY, CHANGES):
        with _proxy(root, target) as (process, ends):
            sizes, sent = [], 0
            for mark in marks:
                seconds_for(ends, mark - sent)
                sent = mark
                sizes.append(resident(process.pid))
        rows.append((target, *map(_mebibytes, sizes), _growth(sizes)))
    columns = ("", *(f"{mark:,} lines" for mark in marks), "aim: growth")
    return titled("Memory of the proxy (resident)", columns, rows)


def _growth(sizes: list[int | None]) -> str:
    first, last = sizes[0], sizes[-1]
    if first is None or last is None:
        return ""
    grown = (last - first) / 1024
    return f"{grown:+.1f}, {GROWTH.judge(grown)}"


def _mebibytes(kibibytes: int | None) -> str:
    return "not measured here" if kibibytes is None else f"{kibibytes / 1024:.1f} MiB"


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:.3f}"


@contextmanager
def _bare(root: Path) -> Iterator[Link]:
    with listen() as server:
        arguments = ["-m", "benchmarks._relay_bare", str(server.getsockname()[1])]
        with listening(arguments, root / "bare.log") as (_, port):
            ends = link(server, port)
            yield ends
            ends.close()


@contextmanager
def _proxy(root: Path, target: str) -> Iterator[tuple[subprocess.Popen[str], Link]]:
    home = Path(tempfile.mkdtemp(dir=root))
    arguments = ["-m", "bastproxy", "run", "--home", str(home), "--listen", f"{HOST}:0"]
    if target in ACTIONS:
        name, action = ACTIONS[target]
        write_plugin(home / "plugins", f"plugins.bench.{name}", PLUGIN.format(action=action))
        arguments += ["--load", f"plugins.bench.{name}"]
    with listen() as server:
        arguments += ["--mud", f"{HOST}:{server.getsockname()[1]}"]
        with listening(arguments, root / f"{home.name}.log") as (process, port):
            ends = link(server, port, EXPECTED.get(target, bytes))
            yield process, ends
            ends.close()
