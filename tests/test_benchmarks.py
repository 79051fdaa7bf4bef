from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("subject", "rows"),
    [
        ("api", ["bare obj.m(x)", "api(name)(x), 10,000 APIs"]),
        ("events", ["Event with 10 callbacks", "raise_event", "pluggy", "blinker"]),
        ("reload", ["importlib.reload", "more APIs each", "others loaded", "one plugin"]),
        ("clients", ["bare relay, plain", "proxy, MCCP on both sides", "Memory for each of 10"]),
        ("triggers", ["the engine, 100", "a loop over re, 100", "triggers before"]),
        ("evening", ["nothing set up", "all of it, the log too", "CPU a line"]),
        ("load", ["plain imports", "the loader", "until it listens"]),
    ],
)
def test_a_subject_prints_its_tables(subject: str, rows: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", subject, "--quick"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for row in rows:
        assert row in done.stdout
