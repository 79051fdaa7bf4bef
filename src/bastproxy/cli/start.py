"""``bastproxy run`` and ``bastproxy demo``."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path

import click

from bastproxy.app import App, StartError
from bastproxy.cli.common import AddressType, Failure, MudType, failing, home_option, profile_named
from bastproxy.config import (
    LEVELS,
    Address,
    ConfigError,
    Options,
    parse_address,
    parse_mud,
    read_config,
)
from bastproxy.config.exposure import check_access
from bastproxy.libs.access import Passwords
from bastproxy.libs.net.address import MudAddress

#: Seconds after an unload or a reload until the log warns of what is left of the old code.
LEAK_CHECK_AFTER = 5.0


@click.command()
@home_option
@click.option(
    "--listen", type=AddressType(), help="Where clients connect.  [default: 127.0.0.1:9999]"
)
@click.option("--mud", type=MudType(), help="The MUD to play; with tls:// before it, over TLS.")
@click.option("--profile", metavar="NAME", help="Play this profile of config.toml.")
@click.option("--demo", is_flag=True, help="Play the MUD that ships with the proxy.")
@click.option("--load", multiple=True, metavar="PLUGIN_ID", help="Load this plugin too.")
@click.option("--dev", is_flag=True, help="Reload a plugin when its files are saved.")
@click.option("--log-level", type=click.Choice(LEVELS, case_sensitive=False))
def run(
    home: Path,
    listen: Address | None,
    mud: MudAddress | None,
    profile: str | None,
    demo: bool,
    load: tuple[str, ...],
    dev: bool,
    log_level: str | None,
) -> None:
    """Run the proxy until Ctrl-C."""
    if sum((mud is not None, demo, profile is not None)) > 1:
        raise Failure("--mud, --demo and --profile exclude each other", 2)
    with failing():
        config = read_config(home)
        listen_tls = parse_address(config.listen_tls) if config.listen_tls else None
        options = Options(
            home=home,
            listen=listen or parse_address(config.listen),
            listen_tls=listen_tls,
            tls_cert=_path(config.tls_cert, home),
            tls_key=_path(config.tls_key, home),
            mud=mud or (parse_mud(config.mud) if config.mud and not demo else None),
            profile=profile_named(config, profile) if profile is not None else None,
            load=(*config.load, *load),
            log_level=log_level or config.log_level,
            plugin_paths=tuple(Path(path).expanduser() for path in config.plugin_paths),
            dev=dev,
            leak_check_after=LEAK_CHECK_AFTER,
        )
        _check_access(options)
        try:
            asyncio.run(_run(options, demo))
        except StartError as error:
            raise Failure(str(error), error.exit_code) from error


@click.command()
@click.option("--listen", type=AddressType(), default="127.0.0.1:4000", show_default=True)
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
            if app.tls_address is not None:
                click.echo(f"listening on {app.tls_address} (TLS)")
            await app.run()
    finally:
        if mud is not None:
            await mud.stop()


def _check_access(options: Options) -> None:
    try:
        check_access(options, Passwords(options.access_file))
    except ConfigError as error:
        raise Failure(str(error), 2) from error


def _path(text: str, home: Path) -> Path | None:
    return home / Path(text).expanduser() if text else None


def _say_listening(host: str, port: int) -> None:
    click.echo(f"listening on {Address(host, port)}")


def _on_signals(action: Callable[[], object]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, action)
        except NotImplementedError:  # Windows: the handler runs between two bytecodes
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(action))
