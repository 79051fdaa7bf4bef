"""Processes of their own for what is measured."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).parents[1]
START_SECONDS = 30.0


def environment() -> dict[str, str]:
    """Return the environment of a child: this one's, with the caches of Python on."""
    unwanted = ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX")
    return {name: value for name, value in os.environ.items() if name not in unwanted}


def seconds_said_by(arguments: Sequence[str]) -> float:
    """Run Python with ``arguments``, and return the number that it prints.

    :raises RuntimeError: it failed; its last words are the message.
    """
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment(),
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(done.stderr.strip().rpartition("\n")[2])
    return float(done.stdout)


def seconds_of(arguments: Sequence[str]) -> float:
    """Run Python with ``arguments`` to its end, and return how long that took."""
    started = perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment(), check=True)
    return perf_counter() - started


@contextmanager
def listening(arguments: Sequence[str], log: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run Python with ``arguments`` until the end of the block.

    :param log: takes what it says on standard error.
    :yields: the process, and the port that it says it is listening on.
    :raises RuntimeError: it ends without saying so.
    """
    with (
        log.open("w", encoding="utf-8") as errors,
        subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line.startswith("listening on "):
                raise RuntimeError(f"{' '.join(arguments)}: {line or log.read_text('utf-8')}")
            yield process, int(line.rpartition(":")[2])
        finally:
            process.terminate()
            process.wait(START_SECONDS)
