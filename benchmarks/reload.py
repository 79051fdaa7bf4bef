"""Reload: beside ``importlib.reload``, its swap by numbers, and from a save to new code."""

from __future__ import annotations

import asyncio
import gc
import importlib
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from bastproxy.libs.plugins import Kernel, PluginLoader, ReloadResult
from bastproxy.testing import ProxyHarness
from bastproxy.testing.harness import write_plugin
from benchmarks._generated import edit, source
from benchmarks._measure import (
    Aim,
    Samples,
    compare,
    interleave,
    milliseconds,
    milliseconds_exactly,
    titled,
)

CATEGORY = "bench"
MINE = f"plugins.{CATEGORY}.mine"
PAIR = [MINE, f"plugins.{CATEGORY}.other"]

IMPORTLIB = "importlib.reload"
LOADER = "the loader"
APP = "the loader in a whole proxy"
SIZES = {"small (two files, 40 lines)": 0, "two files, 400 lines": 400}
AIM = Aim(most=2)
SWAP_AIM = Aim(most=5, unit="ms")
EACH_AIM = Aim(most=5, unit="µs")
FLAT_AIM = Aim(most=1.5)
SAVE_AIM = Aim(most=300, unit="ms")


def run(*, quick: bool) -> list[str]:
    """Measure and return the tables."""
    with _bytecode_written():
        lines: list[str] = []
        for name, size in SIZES.items():
            lines += compare(
                f"Reload of one plugin, {name}, edited each time",
                asyncio.run(_beside_importlib(size, 3 if quick else 200)),
                bases=[IMPORTLIB],
                aims={LOADER: AIM, APP: AIM},
                unit=milliseconds_exactly,
            )
        lines += _swaps_by_registrations((10,) if quick else (10, 100, 1_000), quick=quick)
        lines += _swaps_by_plugins((1, 20) if quick else (1, 100, 1_000), quick=quick)
        lines += asyncio.run(_saves(3 if quick else 100))
    return lines


@contextmanager
def _bytecode_written() -> Iterator[None]:
    """Have both sides write caches, as they do in a proxy that is run."""
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, False
    try:
        yield
    finally:
        sys.dont_write_bytecode = before


@contextmanager
def _loader(directory: Path) -> Iterator[PluginLoader]:
    with Kernel() as kernel:
        loader = PluginLoader(
            kernel,
            search_paths=[{"path": directory, "prefix": "plugins.", "strip": ""}],
            data_root=directory / "data",
            installed=False,
        )
        loader.start()
        try:
            yield loader
        finally:
            loader.stop()


async def _beside_importlib(size: int, repeats: int) -> dict[str, Samples]:
    """Reload the same sources by importlib and by the loader in turn."""
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        return {
            **_interleaved(root, size, repeats),
            APP: await _in_a_proxy(root / "home", size, repeats),
        }


def _interleaved(root: Path, size: int, repeats: int) -> dict[str, Samples]:
    plain, ours = root / "plain", root / "ours"
    for directory in (plain, ours):
        edit(directory, MINE, lines=size)
    sys.path.insert(0, str(plain))
    try:
        names = [f"{CATEGORY}.mine", f"{CATEGORY}.mine.plugin"]
        modules = [importlib.import_module(name) for name in names]

        def plainly() -> float:
            number = edit(plain, MINE, lines=size)
            started = perf_counter()
            for module in modules:
                importlib.reload(module)
            seconds = perf_counter() - started
            assert vars(modules[-1])["EDIT"] == number
            return seconds

        with _loader(ours) as loader:
            _load(loader, [MINE])
            results = interleave(
                {IMPORTLIB: plainly, LOADER: lambda: _reload(loader, ours, [MINE], lines=size)[0]},
                repeats,
            )
    finally:
        sys.path.remove(str(plain))
        for name in [name for name in sys.modules if f"{name}.".startswith(f"{CATEGORY}.")]:
            del sys.modules[name]
    return results


async def _in_a_proxy(home: Path, size: int, repeats: int) -> Samples:
    edit(home / "plugins", MINE, lines=size)
    async with ProxyHarness(home, [MINE], mud=False) as proxy:
        values = []
        for _ in range(repeats):
            loader = proxy.app.loader
            values.append(_reload(loader, home / "plugins", [MINE], lines=size)[0])
            await asyncio.sleep(0)
        return Samples(values)


def _load(loader: PluginLoader, plugin_ids: Sequence[str]) -> None:
    bad = loader.load_plugins(plugin_ids)["bad_plugins"]
    assert not bad, loader.errors


def _reload(
    loader: PluginLoader, root: Path, plugin_ids: Sequence[str], *, lines: int = 0, apis: int = 0
) -> tuple[float, float]:
    """Edit and reload plugins, and return the seconds of the reload and of its swap."""
    numbers = [edit(root, plugin_id, lines=lines, apis=apis) for plugin_id in plugin_ids]
    started = perf_counter()
    result: ReloadResult = loader.reload_plugins(plugin_ids)
    seconds = perf_counter() - started
    assert result.error is None, result.error
    assert [loader.api(f"{name}:edit")() for name in plugin_ids] == numbers
    return seconds, result.swap_milliseconds / 1e3


def _swaps_by_registrations(counts: Sequence[int], *, quick: bool) -> list[str]:
    rows = []
    for count in counts:
        with tempfile.TemporaryDirectory() as temporary, _loader(Path(temporary)) as loader:
            root = Path(temporary)
            for name in PAIR:
                edit(root, name, apis=count)
            _load(loader, PAIR)
            rows.append((f"{count:,} more APIs each", *_repeat(loader, root, count, quick=quick)))
    table = _swap_table("Two plugins reloaded as one, by their registrations", rows, SWAP_AIM)
    if len(rows) > 1:
        more = len(PAIR) * (counts[-1] - counts[0])
        each = (rows[-1][2].median - rows[0][2].median) * 1e6 / more
        table.append(f"  swap, one more registration: {each:.1f} µs ({EACH_AIM.judge(each)})")
    return table


def _swaps_by_plugins(counts: Sequence[int], *, quick: bool) -> list[str]:
    rows = []
    for count in counts:
        with tempfile.TemporaryDirectory() as temporary, _loader(Path(temporary)) as loader:
            root = Path(temporary)
            for name in PAIR:
                edit(root, name)
            others = [f"plugins.{CATEGORY}.p{number:04}" for number in range(count)]
            for name in others:
                write_plugin(root, name, source(0))
            _load(loader, [*others, *PAIR])
            rows.append((f"{count:,} others loaded", *_repeat(loader, root, 0, quick=quick)))
    table = _swap_table("Two plugins reloaded as one, by the plugins loaded", rows, SWAP_AIM)
    ratio = rows[-1][2].median / rows[0][2].median
    return [*table, f"  swap, most to fewest plugins: {ratio:.2f} x ({FLAT_AIM.judge(ratio)})"]


def _repeat(loader: PluginLoader, root: Path, apis: int, *, quick: bool) -> tuple[Samples, Samples]:
    gc.collect()
    times = [_reload(loader, root, PAIR, apis=apis) for _ in range(3 if quick else 50)]
    return Samples([time[0] for time in times]), Samples([time[1] for time in times])


def _swap_table(title: str, rows: Sequence[tuple[str, Samples, Samples]], aim: Aim) -> list[str]:
    columns = ("", "swap: min", "median", "most", "reload: min", "median", "aim for the swap")
    return titled(
        title,
        columns,
        [
            (
                name,
                milliseconds_exactly(swap.minimum),
                milliseconds_exactly(swap.median),
                milliseconds_exactly(max(swap.values)),
                milliseconds(reload.minimum),
                milliseconds(reload.median),
                aim.judge(swap.median * 1e3),
            )
            for name, reload, swap in rows
        ],
    )


async def _saves(repeats: int) -> list[str]:
    """Save a file and wait for the new code, through the watcher as it is."""
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        edit(home / "plugins", MINE)
        async with ProxyHarness(home, [MINE], mud=False, dev=True) as proxy:
            live = Samples()
            swaps = Samples()
            log = proxy.events("ev_plugin_reloaded")
            for number in range(repeats + 1):  # the first one waits for the watcher to start
                started = perf_counter()
                edit(home / "plugins", MINE)
                (*_, raised) = await log.wait(number + 1)
                live.values.append(perf_counter() - started)
                swaps.values.append(raised["swap_milliseconds"] / 1e3)
            live.values.pop(0)
    row = (
        "one plugin",
        milliseconds(live.minimum),
        milliseconds(live.median),
        milliseconds(max(live.values)),
        milliseconds_exactly(swaps.median),
        SAVE_AIM.judge(live.median * 1e3),
    )
    columns = ("", "min", "median", "most", "of it the swap", "aim for the median")
    return titled("From a saved file to new code, in a whole proxy that watches", columns, [row])
