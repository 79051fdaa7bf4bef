"""What the commands share: options, their types, and how they fail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from bastproxy.config import (
    HOME_VARIABLE,
    Address,
    ConfigError,
    FileOptions,
    Profile,
    default_home,
    parse_address,
    parse_mud,
)
from bastproxy.libs.access import AccessError, VaultError
from bastproxy.libs.nearest import did_you_mean
from bastproxy.libs.net.address import MudAddress


class Failure(click.ClickException):
    """Ends the program with one line on standard error."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code  # type: ignore[misc]  # click reads it from the instance too

    def show(self, file: Any = None) -> None:
        """Print the line."""
        click.echo(f"bastproxy: {self.format_message()}", err=True, file=file)


@contextmanager
def failing() -> Iterator[None]:
    """End with exit code 3 where a file of the home cannot be used."""
    try:
        yield
    except (ConfigError, AccessError, VaultError) as error:
        raise Failure(str(error), 3) from error


class AddressType(click.ParamType[Address]):
    """``HOST:PORT``."""

    name = "HOST:PORT"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Address:
        """Read an address, or end with exit code 2."""
        try:
            return value if isinstance(value, Address) else parse_address(value)
        except ConfigError as error:
            raise Failure(str(error), 2) from error


class MudType(click.ParamType[MudAddress]):
    """``HOST:PORT`` or ``tls://HOST:PORT``."""

    name = "HOST:PORT"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> MudAddress:
        """Read an address, or end with exit code 2."""
        try:
            return value if isinstance(value, MudAddress) else parse_mud(value)
        except ConfigError as error:
            raise Failure(str(error), 2) from error


def _absolute(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path:
    return (value or default_home()).absolute()


home_option = click.option(
    "--home",
    type=click.Path(path_type=Path),
    callback=_absolute,
    help=f"The directory of plugins, data and logs.  [default: {HOME_VARIABLE}, or the "
    "platform's data directory]",
)


def profile_named(config: FileOptions, name: str) -> Profile:
    """Return a profile of ``config.toml``, or end with exit code 2."""
    if name in config.profiles:
        return config.profiles[name]
    there_is = f"there is {', '.join(config.profiles)}" if config.profiles else "it has none"
    raise Failure(
        f"config.toml has no profile {name!r}{did_you_mean(name, config.profiles)}; {there_is}", 2
    )
