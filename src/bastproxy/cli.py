"""The command line."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from bastproxy import __version__
from bastproxy.app import App, StartError, check_loopback
from bastproxy.config import (
    HOME_VARIABLE,
    LEVELS,
    Address,
    ConfigError,
    Options,
    default_home,
    parse_address,
    read_config,
)

#: Seconds after an unload or a reload until the log warns of what is left of the old code.
LEAK_CHECK_AFTER = 5.0


class Failure(click.ClickException):
    """Ends the program with one line on standard error."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code  # type: ignore[misc]  # click reads it from the instance too

    def show(self, file: Any = None) -> None:
        """Print the line."""
        click.echo(f"bastproxy: {self.format_message()}", err=True, file=file)


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


ADDRESS = AddressType()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Run a MUD proxy in which every feature is a plugin that can be edited while you play."""


@main.command()
@click.option(
    "--home",
    type=click.Path(path_type=Path),
    help=f"The directory of plugins, data and logs.  [default: {HOME_VARIABLE}, or the "
    "platform's data directory]",
)
@click.option("--listen", type=ADDRESS, help="Where clients connect.  [default: 127.0.0.1:9999]")
@click.option("--mud", type=ADDRESS, help="The MUD to play.")
@click.option("--demo", is_flag=True, help="Play the MUD that ships with the proxy.")
@click.option("--load", multiple=True, metavar="PLUGIN_ID", help="Load this plugin too.")
@click.option("--dev", is_flag=True, help="Reload a plugin when its files are saved.")
@click.option("--log-level", type=click.Choice(LEVELS, case_sensitive=False))
def run(
    home: Path | None,
    listen: Address | None,
    mud: Address | None,
    demo: bool,
    load: tuple[str, ...],
    dev: bool,
    log_level: str | None,
) -> None:
    """Run the proxy until Ctrl-C."""
    if demo and mud is not None:
        raise Failure("--mud and --demo exclude each other", 2)
    home = (home or default_home()).absolute()
    try:
        config = read_config(home)
        options = Options(
            home=home,
            listen=_loopback(listen or parse_address(config.listen)),
            mud=mud or (parse_address(config.mud) if config.mud and not demo else None),
            load=(*config.load, *load),
            log_level=log_level or config.log_level,
            plugin_paths=tuple(Path(path).expanduser() for path in config.plugin_paths),
            dev=dev,
            leak_check_after=LEAK_CHECK_AFTER,
        )
        asyncio.run(_run(options, demo))
    except ConfigError as error:
        raise Failure(str(error), 3) from error
    except StartError as error:
        raise Failure(str(error), error.exit_code) from error


@main.command()
@click.option("--listen", type=ADDRESS, default="127.0.0.1:4000", show_default=True)
def demo(listen: Address) -> None:
    """Run the MUD that ships with the proxy, alone."""

    from bastproxy.demo import serve

    async def until_signal() -> None:
        server = asyncio.current_task()
        assert server is not None
        _on_signals(server.cancel)
        await serve(listen.host, listen.port, _say_listening)

    try:
        asyncio.run(until_signal())
    except asyncio.CancelledError:
        pass
    except OSError as error:
        raise Failure(f"cannot listen on {listen}: {error.strerror or error}", 4) from error


async def _run(options: Options, demo: bool) -> None:
    mud = None
    if demo:
        from bastproxy.demo import DemoMud  # a start without it need not import it

        mud = DemoMud()
    try:
        if mud is not None:
            options.mud = Address(*await mud.start())
        app = App(options)
        _on_signals(app.stopping.set)
        async with app:
            _say_listening(app.address.host, app.address.port)
            await app.run()
    finally:
        if mud is not None:
            await mud.stop()


def _loopback(listen: Address) -> Address:
    try:
        check_loopback(listen)
    except ConfigError as error:
        raise Failure(str(error), 2) from error
    return listen


def _say_listening(host: str, port: int) -> None:
    click.echo(f"listening on {Address(host, port)}")


def _on_signals(action: Callable[[], object]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, action)
        except NotImplementedError:  # Windows: the handler runs between two bytecodes
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(action))
