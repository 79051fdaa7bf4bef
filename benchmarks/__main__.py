"""``python -m benchmarks [--quick] [SUBJECT ...]``."""

from __future__ import annotations

import importlib
import platform
import sys
from collections.abc import Sequence

import click

SUBJECTS = ("api", "events", "load", "relay", "clients", "reload", "triggers", "evening")


@click.command()
@click.argument("subjects", nargs=-1, type=click.Choice(SUBJECTS), metavar="[SUBJECT]...")
@click.option("--quick", is_flag=True, help="Few and short repeats: does it run at all?")
def main(subjects: Sequence[str], quick: bool) -> None:
    """Measure all subjects, or those named: api, events, load, relay, clients, reload, triggers,
    evening."""
    print(f"{platform.python_implementation()} {platform.python_version()} on {sys.platform}")
    for subject in subjects or SUBJECTS:
        module = importlib.import_module(f"benchmarks.{subject}")
        for line in module.run(quick=quick):
            print(line, flush=True)


if __name__ == "__main__":
    main()
