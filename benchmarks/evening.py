"""An evening in the demo MUD through the whole proxy: what a line costs with what is set up."""

from __future__ import annotations

import asyncio
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from subprocess import Popen
from threading import Thread
from time import perf_counter, sleep

from benchmarks._children import listening
from benchmarks._evening import HIGHLIGHTS, TIMERS, TRIGGERS, play, prepare, stream
from benchmarks._measure import titled
from benchmarks._process import cpu_seconds
from benchmarks._traffic import HOST, TIMEOUT, LostError, listen

LINES = 20_000
END = b"NIGHT FALLS\r\n"
RECEIVE = 1 << 16
LOG = "log"

NOTHING = "nothing set up"
ALL = "all of it, the log too"
#: What a player has set up, by the name of the row.
CASES: dict[str, tuple[str, ...]] = {
    NOTHING: (),
    f"{TRIGGERS} triggers": ("triggers",),
    f"{HIGHLIGHTS} highlights": ("highlights",),
    "substitutes, gags, notify": ("substitutes", "gags", "notify"),
    f"{TIMERS} timers": ("timers",),
    "the session log": (LOG,),
    ALL: ("triggers", "highlights", "substitutes", "gags", "notify", "timers", "aliases", LOG),
}
QUICK = (NOTHING, ALL)


def run(*, quick: bool) -> list[str]:
    """Measure and return the table."""
    lines, repeats = (1_000, 1) if quick else (LINES, 3)
    entries = asyncio.run(play(lines))
    played = stream(entries)
    count = len(entries)
    rows: list[tuple[object, ...]] = []
    base = 0.0
    with tempfile.TemporaryDirectory() as name:
        for case in QUICK if quick else CASES:
            taken = [_replay(Path(name), CASES[case], played) for _ in range(repeats)]
            seconds = min(each[0] for each in taken)
            used = [each[1] for each in taken if each[1] is not None]
            cost = min(used) / count if used else 0.0
            base = base or cost
            rows.append(
                (
                    case,
                    f"{count / seconds:,.0f}",
                    _us(cost) if used else "not measured here",
                    _us(median(used) / count) if used else "",
                    _us(cost - base) if used and case != NOTHING else "",
                )
            )
    title = (
        f"An evening of {lines:,} lines and {count - lines:,} prompts in the demo MUD, "
        "as fast as they are taken; a prompt counts as a line"
    )
    heads = ("", "lines a second", "CPU a line", "median", "more than with nothing")
    return titled(title, heads, rows)


def _us(seconds: float) -> str:
    return f"{seconds * 1e6:,.1f} us"


def _replay(root: Path, kinds: tuple[str, ...], played: bytes) -> tuple[float, float | None]:
    """Return the seconds, and those of the CPU, that the proxy takes for what was played."""
    home = Path(tempfile.mkdtemp(dir=root))
    with _proxy(home, kinds) as (process, mud, client):
        before = cpu_seconds(process.pid)
        started = perf_counter()
        sender = Thread(target=mud.sendall, args=(played + END,))
        answers = Thread(target=_drain, args=(mud,), daemon=True)
        sender.start()
        answers.start()
        _read_until(client, END)
        seconds = perf_counter() - started
        sender.join()
        if LOG in kinds:
            _wait_for_log(home)
        after = cpu_seconds(process.pid)
        used = None if before is None or after is None else after - before
        return seconds, used


@contextmanager
def _proxy(
    home: Path, kinds: tuple[str, ...]
) -> Iterator[tuple[Popen[str], socket.socket, socket.socket]]:
    if kinds:
        prepare(home, *kinds)
    arguments = ["-m", "bastproxy", "run", "--home", str(home), "--listen", f"{HOST}:0"]
    with listen() as server:
        arguments += ["--mud", f"{HOST}:{server.getsockname()[1]}"]
        with (
            listening(arguments, home.with_suffix(".log")) as (process, port),
            socket.create_connection((HOST, port), TIMEOUT) as client,
        ):
            mud, _ = server.accept()
            with mud:
                if LOG in kinds:
                    client.sendall(b"#bp.sessionlog.on plain\r\n")
                    _read_until(client, b"is logged")
                yield process, mud, client


def _wait_for_log(home: Path) -> None:
    """Wait until the thread of the session log has written all."""
    (path,) = home.glob("logs/sessions/*/*.log")
    until = perf_counter() + TIMEOUT
    while END.strip() not in path.read_bytes()[-1000:]:
        if perf_counter() > until:
            raise LostError(f"the last line is not in {path}")
        sleep(0.02)


def _drain(mud: socket.socket) -> None:
    """Read what the triggers send, so that it does not hold the proxy up."""
    try:
        while mud.recv(RECEIVE):
            pass
    except OSError:
        return


def _read_until(client: socket.socket, wanted: bytes) -> None:
    tail = b""
    while wanted not in tail:
        data = client.recv(RECEIVE)
        if not data:
            raise LostError("the connection was closed")
        tail = tail[-len(wanted) :] + data
