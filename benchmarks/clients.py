"""Lines through the whole proxy to many clients, compressed or not, beside a bare relay."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from operator import truediv
from pathlib import Path
from statistics import median, quantiles

from benchmarks._children import listening
from benchmarks._crowd import LINE_SIZE, Crowd
from benchmarks._measure import Aim, Samples, titled
from benchmarks._process import cpu_seconds, resident
from benchmarks._traffic import HOST, listen

BARE = "bare relay, plain"
PLAIN = "proxy, plain"
FROM_MUD = "proxy, MCCP from the MUD"
TO_CLIENTS = "proxy, MCCP to the clients"
BOTH = "proxy, MCCP on both sides"

COMPRESSED = {
    BARE: (False, False),
    PLAIN: (False, False),
    FROM_MUD: (True, False),
    TO_CLIENTS: (False, True),
    BOTH: (True, True),
}
"""Whether the MUD compresses, and whether the clients agree to it."""

SPEED = Aim(least=0.2)
ADDED = Aim(most=1, unit="ms")
A_SECOND = 200
"""The pace at which latency is measured: 20,000 deliveries a second to 100 clients."""
WINDOW_LINES = 500
"""More than a window of zlib, so that all of its memory is in use."""

Row = tuple[object, ...]


@dataclass(slots=True)
class Target:
    """A process that is measured, and its MUD and clients.

    :ivar seconds: for each line, at full speed.
    :ivar cpu: seconds that it computed for each of these lines.
    :ivar half: seconds under way at a steady pace, the 50th percentile.
    :ivar late: the 99th.
    :ivar load: the part of a core that it used meanwhile.
    """

    pid: int
    crowd: Crowd
    seconds: Samples = field(default_factory=Samples)
    cpu: Samples = field(default_factory=Samples)
    half: Samples = field(default_factory=Samples)
    late: Samples = field(default_factory=Samples)
    load: Samples = field(default_factory=Samples)

    def grow(self, clients: int) -> None:
        """Connect more clients, and forget what was measured with fewer."""
        for samples in (self.seconds, self.cpu, self.half, self.late, self.load):
            samples.values.clear()
        self.crowd.grow(clients)

    def measure_speed(self, lines: int) -> None:
        before = cpu_seconds(self.pid)
        self.seconds.values.append(self.crowd.seconds_for(lines) / lines)
        after = cpu_seconds(self.pid)
        if before is not None and after is not None:
            self.cpu.values.append((after - before) / lines)

    def measure_latency(self, seconds: float) -> None:
        before = cpu_seconds(self.pid)
        percentiles = quantiles(self.crowd.delays(seconds, A_SECOND), n=100)
        after = cpu_seconds(self.pid)
        self.half.values.append(percentiles[49])
        self.late.values.append(percentiles[98])
        if before is not None and after is not None:
            self.load.values.append((after - before) / seconds)


def run(*, quick: bool) -> list[str]:
    """Measure and return the tables."""
    names = (BARE, BOTH) if quick else tuple(COMPRESSED)
    lines = {1: 1_000, 10: 200} if quick else {1: 20_000, 10: 10_000, 100: 2_000}
    repeats, seconds = (1, 0.1) if quick else (5, 1.0)
    speed: list[Row] = []
    latency: list[Row] = []
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        with ExitStack() as stack:
            targets = {name: stack.enter_context(_target(root, name)) for name in names}
            for size, number in lines.items():
                _measure(targets.values(), size, number, repeats, seconds)
                speed += _speed(targets, size)
                latency += _latency(targets, size)
        return [
            *_speed_table(speed, repeats),
            *_latency_table(latency, seconds, repeats),
            *(_memory(root, (BOTH,), 10) if quick else _memory(root, names, 100)),
        ]


def _measure(
    targets: Collection[Target], size: int, lines: int, repeats: int, seconds: float
) -> None:
    for target in targets:
        target.grow(size)
    for _ in range(repeats):
        for target in targets:
            target.measure_speed(lines)
    for _ in range(repeats):
        for target in targets:
            target.measure_latency(seconds)


def _speed(targets: Mapping[str, Target], size: int) -> list[Row]:
    bare = targets[BARE]
    rows: list[Row] = []
    for name, target in targets.items():
        ratio = bare.seconds.minimum / target.seconds.minimum
        in_rounds = median(map(truediv, bare.seconds.values, target.seconds.values))
        rows.append(
            (
                size,
                name,
                f"{1 / target.seconds.minimum:,.0f}",
                f"{1 / target.seconds.median:,.0f}",
                f"{ratio:.2f} x ({in_rounds:.2f})",
                _microseconds(target.cpu),
                _times(target.cpu, bare.cpu),
                SPEED.judge(ratio) if name == PLAIN else "",
            )
        )
    return rows


def _latency(targets: Mapping[str, Target], size: int) -> list[Row]:
    bare = targets[BARE]
    rows: list[Row] = []
    for name, target in targets.items():
        added = (target.late.minimum - bare.late.minimum) * 1e3
        rows.append(
            (
                size,
                name,
                f"{target.half.minimum * 1e3:.2f}",
                f"{target.late.minimum * 1e3:.2f} ({target.late.median * 1e3:.2f})",
                f"{target.half.minimum / bare.half.minimum:.2f} x",
                f"{target.late.minimum / bare.late.minimum:.2f} x",
                f"{added:+.2f}",
                f"{target.load.median:.0%}" if target.load.values else "?",
                ADDED.judge(added) if name == PLAIN else "",
            )
        )
    return rows


def _speed_table(rows: Sequence[Row], repeats: int) -> list[str]:
    columns = ("to", "", "best", "median", "of bare", "us CPU", "to bare", "aim")
    title = (
        f"Lines a second of {LINE_SIZE} bytes, MUD to all of 1 to {rows[-1][0]} clients, "
        f"best of {repeats}; the process's own microseconds for each line"
    )
    return titled(title, columns, rows)


def _latency_table(rows: Sequence[Row], seconds: float, rounds: int) -> list[str]:
    columns = ("to", "", "p50", "p99", "to bare", "to bare", "added", "CPU", "aim")
    title = (
        f"Milliseconds under way at {A_SECOND} lines a second: the least of {rounds} rounds of "
        f"{seconds:g} s (median); added: p99 to bare; CPU: of one core"
    )
    return titled(title, columns, rows)


def _memory(root: Path, names: Sequence[str], clients: int) -> list[str]:
    rows: list[Row] = []
    for name in names:
        with _target(root, name) as target:
            target.grow(1)
            target.crowd.seconds_for(WINDOW_LINES)
            before = resident(target.pid)
            target.grow(clients + 1)
            connected = resident(target.pid)
            target.crowd.seconds_for(WINDOW_LINES)
            after = resident(target.pid)
        rows.append((name, _each(before, connected, clients), _each(before, after, clients)))
    columns = ("", "connected", f"after {WINDOW_LINES} lines")
    return titled(f"Memory for each of {clients} more clients (resident, KiB)", columns, rows)


def _each(before: int | None, after: int | None, clients: int) -> str:
    if before is None or after is None:
        return "not measured here"
    return f"{(after - before) / clients:,.1f}"


def _microseconds(cpu: Samples) -> str:
    return f"{cpu.median * 1e6:,.1f}" if cpu.values else "?"


def _times(samples: Samples, base: Samples) -> str:
    if not samples.values or not base.values or base.median <= 0:
        return ""
    return f"{samples.median / base.median:.2f} x"


@contextmanager
def _target(root: Path, name: str) -> Iterator[Target]:
    home = Path(tempfile.mkdtemp(dir=root))
    mud_mccp, client_mccp = COMPRESSED[name]
    with listen() as server:
        mud_port = server.getsockname()[1]
        arguments = ["-m", "benchmarks._relay_fan", str(mud_port)]
        if name != BARE:
            arguments = ["-m", "bastproxy", "run", "--home", str(home)]
            arguments += ["--listen", f"{HOST}:0", "--mud", f"{HOST}:{mud_port}"]
        with listening(arguments, root / f"{home.name}.log") as (process, port):
            crowd = Crowd(server, port, mud_mccp=mud_mccp, client_mccp=client_mccp)
            try:
                yield Target(process.pid, crowd)
            finally:
                crowd.close()
