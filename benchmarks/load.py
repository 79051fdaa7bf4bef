"""Start-up, and the loading of many small plugins, beside plain imports of the same files."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter

from bastproxy.testing.harness import write_plugin
from benchmarks._children import listening, seconds_of, seconds_said_by
from benchmarks._load_child import CATEGORY, names
from benchmarks._measure import Aim, Samples, compare, interleave, milliseconds

IMPORTS = "plain imports"
LOADER = "the loader"
APP = "the loader in a whole proxy"
PYTHON = "python -c pass"
START = "bastproxy run, until it listens"
AIM = Aim(most=2)

SOURCE = """
from bastproxy.libs.api import AddAPI
from bastproxy.libs.events import RegisterToEvent
from bastproxy.plugins._baseplugin import BasePlugin, RegisterPluginHook


class Plugin(BasePlugin):
    @RegisterPluginHook("initialize")
    def _phook_initialize(self):
        self.seen = 0

    @AddAPI("seen", description="how often the event was seen")
    def _api_seen(self):
        return self.seen

    @AddAPI("double", description="twice a number")
    def _api_double(self, number):
        return 2 * number

    @RegisterToEvent(event_name="ev_bench")
    def _eventcb_bench(self):
        self.seen += 1
"""


def run(*, quick: bool) -> list[str]:
    """Measure and return the tables."""
    counts, repeats = ((20,), 1) if quick else ((100, 1_000), 9)
    lines: list[str] = []
    with tempfile.TemporaryDirectory() as directory:
        for count in counts:
            results = _loading(Path(directory), count, repeats)
            lines += compare(
                f"Loading {count:,} small plugins of two files, caches warm",
                results,
                bases=[IMPORTS],
                aims={LOADER: AIM},
                unit=milliseconds,
            )
        lines += compare(
            "Start-up with the core plugins",
            _starting(Path(directory), repeats),
            bases=[PYTHON],
            unit=milliseconds,
        )
    return lines


def _loading(root: Path, count: int, repeats: int) -> dict[str, Samples]:
    # One copy for each: both keep their caches beside the sources, under the same names.
    ways = {IMPORTS: "import", LOADER: "loader", APP: "app"}
    cases: dict[str, Callable[[], float]] = {}
    for name, way in ways.items():
        directory = root / f"{way}-{count}"
        for plugin in names(count):
            write_plugin(directory, f"plugins.{CATEGORY}.{plugin}", SOURCE)
        arguments = ["-m", "benchmarks._load_child", way, str(directory), str(count)]
        cases[name] = partial(seconds_said_by, arguments)
        cases[name]()  # writes the caches
    return interleave(cases, repeats)


def _starting(root: Path, repeats: int) -> dict[str, Samples]:
    def start() -> float:
        arguments = ["-m", "bastproxy", "run", "--home", str(root / "home")]
        started = perf_counter()
        with listening([*arguments, "--listen", "127.0.0.1:0"], root / "start.log"):
            return perf_counter() - started

    return interleave({PYTHON: partial(seconds_of, ["-c", "pass"]), START: start}, repeats)
