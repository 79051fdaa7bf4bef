"""The command line."""

from __future__ import annotations

import click

from bastproxy import __version__
from bastproxy.cli.passwords import password
from bastproxy.cli.profile import profiles
from bastproxy.cli.start import demo, run


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Run a MUD proxy in which every feature is a plugin that can be edited while you play."""


for command in (run, demo, profiles, password):
    main.add_command(command)
