"""``bastproxy password``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import click

from bastproxy.cli.common import Failure, failing, home_option, profile_named
from bastproxy.config import Options, read_config
from bastproxy.libs.access import Kind, Passwords, Vault

SHORTEST: Final = 8
"""Of a password with which other machines can log in."""

remove_option = click.option("--remove", is_flag=True, help="Forget the password.")


@click.group()
def password() -> None:
    """Set the passwords of clients, and store those of characters.

    A password is asked for, or read from a pipe.
    """


@password.command()
@home_option
@remove_option
def clients(home: Path, remove: bool) -> None:
    """Set the password with which clients may play."""
    passwords = _passwords(home)
    with failing():
        if remove and passwords.has("view"):
            raise Failure('remove the other first: "bastproxy password viewers --remove"', 2)
        _change(passwords, "play", remove, "may play")


@password.command()
@home_option
@remove_option
def viewers(home: Path, remove: bool) -> None:
    """Set the password with which clients may only watch."""
    passwords = _passwords(home)
    with failing():
        if not remove and not passwords.has("play"):
            raise Failure('set the players\' first: "bastproxy password clients"', 2)
        _change(passwords, "view", remove, "may only watch")


@password.command()
@home_option
@remove_option
@click.argument("name")
def profile(home: Path, remove: bool, name: str) -> None:
    """Store the password of a profile's character, in the system's keyring if there is one."""
    vault = Vault(home)
    with failing():
        if remove:
            click.echo("the password is removed" if vault.remove(name) else "none was stored")
            return
        profile_named(read_config(home), name)
        where = vault.set(name, _ask(shortest=1))
    click.echo(f"the password is stored in {where}")
    if where == str(vault.path):
        click.echo("there is no keyring here, so it is not encrypted; only you may read the file")


def _change(passwords: Passwords, kind: Kind, remove: bool, may: str) -> None:
    if remove:
        click.echo("the password is removed" if passwords.remove(kind) else "none was set")
        return
    try:
        passwords.set(kind, _ask(shortest=SHORTEST))
    except ValueError as error:
        raise Failure(str(error), 2) from error
    click.echo(f"clients that give this password {may}, from now on")


def _ask(*, shortest: int) -> str:
    if sys.stdin.isatty():
        given: str = click.prompt(
            "password", hide_input=True, confirmation_prompt="the same again", err=True
        )
    else:
        given = sys.stdin.readline().rstrip("\r\n")
    if len(given) < shortest:
        raise Failure(f"the password must have {shortest} letters or more", 2)
    if not given.isprintable():
        raise Failure("the password holds something that cannot be typed", 2)
    return given


def _passwords(home: Path) -> Passwords:
    return Passwords(Options(home=home).access_file)
