"""Lines through the triggers, beside a loop over ``re`` and one big alternation."""

from __future__ import annotations

import asyncio
import gc
import random
import re
import time
from collections.abc import Callable
from statistics import median
from timeit import Timer

from bastproxy.libs.plugins import Kernel
from bastproxy.libs.triggers import Triggers
from benchmarks._measure import Aim, Samples, compare, milliseconds_exactly, time_statements, titled

COUNTS = (10, 100, 1_000, 10_000)
OWNER_ID = "plugins.bench.triggers"
ADDED = 1_000
LINES_A_SECOND = 5_000
LONGEST_DELAY = 0.05

_SYLLABLES = re.findall("..", "kalomidrazentufalgorishavenulbothemarsilgrupanoektas")
_WORDS = re.findall(
    r"\w+",
    "you the sword shield room north south guard hits misses gives takes from with small large "
    "torch gold coins door opens closes arrives leaves looks tired hungry dark light river",
)
_COLOURS = ("\x1b[0;31m", "\x1b[1;32m", "\x1b[38;5;120m")


def patterns(count: int) -> list[str]:
    """Return patterns of the kinds that players write, each about somebody else."""
    names = _names(count)
    kinds: list[Callable[[str], str]] = [
        lambda name: rf"^{name} tells you '(?P<what>.*)'$",
        lambda name: rf"^(\w+) gives you (?:a|an|the) {name} (?P<what>\w+)\.$",
        lambda name: rf"(?i)\b{name}\b",
        lambda name: rf"^You (?:hit|miss|slash) {name} for (?P<damage>\d+) points?",
        lambda name: rf"^\[{name}\] (?P<who>\w+): (.+)",
        lambda name: rf"^{name} (?:arrives|leaves) (?:from|to) the (\w+)\.$",
        lambda name: rf"the corpse of (?:an? )?{name}\b.* (?:rots|crumbles)",
        lambda name: rf"^{name} .*looks (?:tired|hungry)",
    ]
    return [kinds[index % len(kinds)](name) for index, name in enumerate(names)]


def lines(count: int, names: int) -> list[str]:
    """Return lines of a game, coloured as they are, of which one in 30 matches a trigger."""
    chosen = random.Random(2)
    known = _names(names)
    found = []
    for index in range(count):
        words = chosen.choices(_WORDS, k=chosen.randint(5, 14))
        if index % 30 == 0:
            name = known[chosen.randrange(0, names, 8)]
            words = [f"{name} tells you '{' '.join(words)}'"]
        line = " ".join(words)
        found.append(f"{chosen.choice(_COLOURS)}{line}\x1b[0m" if index % 3 == 0 else line)
    return found


def run(*, quick: bool) -> list[str]:
    """Measure and return the tables."""
    return [*_cost(quick=quick), *_adding(quick=quick)]


def _cost(*, quick: bool) -> list[str]:
    """Return what a line costs by the number of triggers."""
    seconds, repeats = (0.002, 2) if quick else (0.05, 15)
    statements: dict[str, Timer] = {}
    counts = COUNTS[:2] if quick else COUNTS
    for count in counts:
        statements[_ours(count)] = _engine(count)
    for count in counts[:3]:
        statements[f"a loop over re, {count:,}"] = _loop(count)
        statements[f"one alternation, {count:,}"] = _alternation(count)
    results = {
        name: Samples([value / 300 for value in samples.values])
        for name, samples in time_statements(
            statements, sample_seconds=seconds, repeats=repeats
        ).items()
    }
    found = compare(
        "A line with so many triggers, one line in 30 matching",
        results,
        bases=[_ours(100)],
        aims={_ours(COUNTS[-1]): Aim(most=3)},
        unit=lambda value: f"{value * 1e6:,.2f} us",
    )
    loop = results.get(f"a loop over re, {1_000:,}")
    if loop is not None:
        ratio = loop.minimum / results[_ours(1_000)].minimum
        aim = Aim(least=30).judge(ratio)
        found.append(f"  1,000 triggers: the loop takes {ratio:.0f} times as long, {aim}")
    found.append("  the alternation only says which trigger is the first, and cannot tell of two")
    return found


def _ours(count: int) -> str:
    return f"the engine, {count:,}"


def _triggers(count: int) -> Triggers:
    kernel = Kernel()
    triggers = Triggers(kernel.ledger, kernel.dispatcher)
    for index, pattern in enumerate(patterns(count)):
        triggers.add(OWNER_ID, f"t{index}", pattern)
    for _ in range(1_100):
        triggers.match("once it has settled")
    return triggers


def _engine(count: int) -> Timer:
    return Timer(
        "for line in lines: match(line)",
        globals={"lines": lines(300, count), "match": _triggers(count).match},
    )


def _loop(count: int) -> Timer:
    return Timer(
        "for line in lines:\n"
        "    text = plain('', line) if esc in line else line\n"
        "    [match for search in searches if (match := search(text))]",
        globals={
            "lines": lines(300, count),
            "searches": [re.compile(pattern).search for pattern in patterns(count)],
            "plain": re.compile(r"\x1b\[[\d;]*m").sub,
            "esc": "\x1b",
        },
    )


def _alternation(count: int) -> Timer:
    parts = [re.sub(r"\?P<\w+>", "?:", pattern).replace("(?i)", "") for pattern in patterns(count)]
    return Timer(
        "for line in lines:\n    search(plain('', line) if esc in line else line)",
        globals={
            "lines": lines(300, count),
            "search": re.compile("|".join(f"(?:{part})" for part in parts)).search,
            "plain": re.compile(r"\x1b\[[\d;]*m").sub,
            "esc": "\x1b",
        },
    )


def _adding(*, quick: bool) -> list[str]:
    """Return how long lines wait while triggers are added."""
    rows = []
    for known in (0,) if quick else (0, 1_000, 10_000):
        waits, took = asyncio.run(_stream(known))
        aim = Aim(most=LONGEST_DELAY * 1000, unit="ms").judge(max(waits) * 1000)
        rows.append(
            (
                f"{known:,}",
                milliseconds_exactly(took / ADDED),
                milliseconds_exactly(median(waits)),
                milliseconds_exactly(max(waits)),
                aim,
            )
        )
    heads = ("triggers before", "an addition", "median delay", "longest delay", "aim")
    title = f"{ADDED:,} triggers added one by one while {LINES_A_SECOND:,} lines a second come"
    return titled(title, heads, rows)


async def _stream(known: int) -> tuple[list[float], float]:
    """Return how late each line was done, and how long the adding took, in seconds."""
    triggers = _triggers(known)
    fresh = iter(enumerate(patterns(known + ADDED)[known:]))
    stream = lines(1_000, 1_000)
    waits: list[float] = []
    took = 0.0
    gc.collect()
    begun = time.perf_counter()
    added = 0
    while added < ADDED:
        now = time.perf_counter()
        while (due := begun + len(waits) / LINES_A_SECOND) <= now:
            triggers.match(stream[len(waits) % len(stream)])
            now = time.perf_counter()
            waits.append(now - due)
        for index, pattern in fresh:
            triggers.add(OWNER_ID, f"new{index}", pattern)
            added += 1
            break
        took += time.perf_counter() - now
        await asyncio.sleep(0)
    return waits, took


def _names(count: int) -> list[str]:
    chosen = random.Random(1)
    names: dict[str, None] = {}
    while len(names) < count:
        names["".join(chosen.choices(_SYLLABLES, k=chosen.randint(2, 4))).title()] = None
    return list(names)
