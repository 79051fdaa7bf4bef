"""``bastproxy profiles``."""

from __future__ import annotations

from pathlib import Path

import click

from bastproxy.cli.common import failing, home_option
from bastproxy.config import Profile, read_config
from bastproxy.libs.access import Vault
from bastproxy.libs.tables import table


@click.command()
@home_option
def profiles(home: Path) -> None:
    """List the profiles of config.toml."""
    with failing():
        vault = Vault(home)
        rows = [
            (name, str(profile.address), profile.character or "-", _logs_in(profile, vault))
            for name, profile in read_config(home).profiles.items()
        ]
    if not rows:
        click.echo(f"{home / 'config.toml'} has no profiles; write one as [profiles.NAME]")
        return
    for line in table(("profile", "MUD", "character", "logs in"), rows):
        click.echo(line)


def _logs_in(profile: Profile, vault: Vault) -> str:
    if not profile.steps:
        return "by hand"
    if not profile.needs_password:
        return "without a password"
    where = vault.where(profile.name)
    return f"with the password in {where}" if where else "not: no password is stored"
