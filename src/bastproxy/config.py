"""Home, paths and options."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import platformdirs

HOME_VARIABLE = "BASTPROXY_HOME"
DEFAULT_LISTEN = "127.0.0.1:9999"
LEVELS = ("debug", "info", "warning", "error", "critical")


class ConfigError(Exception):
    """An option, an address or ``config.toml`` cannot be used."""


@dataclass(frozen=True, slots=True)
class Address:
    """A host and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def parse_address(text: str) -> Address:
    """Read ``HOST:PORT``, ``[IPv6]:PORT`` or ``:PORT`` (this machine).

    :raises ConfigError: it is none of these.
    """
    host, colon, port = text.rpartition(":")
    host = host.strip()
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ConfigError(f"{text!r} is no address: write an IPv6 address as [ADDRESS]:PORT")
    if not colon or not re.fullmatch("[0-9]{1,5}", port) or int(port) > 65535:
        raise ConfigError(f"{text!r} is no address: write HOST:PORT, with a port up to 65535")
    return Address(host or "127.0.0.1", int(port))


class FileOptions(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What ``config.toml`` may say; the command line comes first.

    :ivar listen: where clients connect, ``HOST:PORT``.
    :ivar mud: the MUD, ``HOST:PORT``.
    :ivar plugin_paths: more directories that hold ``<category>/<plugin>``.
    :ivar load: plugins to load at every start.
    :ivar log_level: ``debug``, ``info``, ``warning``, ``error`` or ``critical``.
    """

    listen: str = DEFAULT_LISTEN
    mud: str = ""
    plugin_paths: list[str] = []
    load: list[str] = []
    log_level: str = "info"


@dataclass(slots=True)
class Options:
    """How one run of the proxy is to be.

    :ivar home: the user's directory.
    :ivar listen: where clients connect; port 0 takes a free one.
    :ivar mud: the MUD to connect to; None for the one remembered, if any.
    :ivar load: plugins to load beside those that every start loads.
    :ivar connect: ``client``: the MUD is connected when the first client comes;
        ``start``: at once; ``never``: by command only.
    :ivar notices: whether clients are told of what the proxy does.
    :ivar quiet_time: seconds after which a line without an end is passed on.
    :ivar installed: whether plugins of installed distributions are looked for.
    :ivar dev: whether a plugin is reloaded when its files are saved, in this run.
    :ivar leak_check_after: seconds after an unload or a reload in which what is left of the
        old code is looked for, when it is quiet; None for never.
    """

    home: Path
    listen: Address = field(default_factory=lambda: parse_address(DEFAULT_LISTEN))
    mud: Address | None = None
    load: tuple[str, ...] = ()
    log_level: str = "info"
    console: bool = True
    connect: str = "client"
    notices: bool = True
    quiet_time: float = 0.1
    plugin_paths: tuple[Path, ...] = ()
    installed: bool = True
    dev: bool = False
    leak_check_after: float | None = None

    @property
    def plugins_directory(self) -> Path:
        """Where the user's plugins are."""
        return self.home / "plugins"

    @property
    def data_directory(self) -> Path:
        """Where the plugins' data directories are."""
        return self.home / "data"

    @property
    def logs_directory(self) -> Path:
        """Where the log files are."""
        return self.home / "logs"


def default_home() -> Path:
    """Return ``BASTPROXY_HOME``, or the platform's place for a program's data."""
    variable = os.environ.get(HOME_VARIABLE)
    if variable:
        return Path(variable).expanduser()
    return Path(platformdirs.user_data_dir("bastproxy", appauthor=False))


def prepare_home(home: Path) -> None:
    """Make the directories of a home.

    :raises ConfigError: they cannot be made, or not be written.
    """
    try:
        for directory in (home, home / "plugins", home / "data", home / "logs"):
            directory.mkdir(parents=True, exist_ok=True)
            if not os.access(directory, os.W_OK | os.X_OK):
                raise ConfigError(f"the home {home} cannot be used: {directory} is not writable")
    except OSError as error:
        reason = error.strerror or error
        raise ConfigError(f"the home {home} cannot be used: {error.filename}: {reason}") from error


def read_config(home: Path) -> FileOptions:
    """Read ``config.toml``, when there is one.

    :raises ConfigError: it is no TOML, or says what it may not.
    """
    path = home / "config.toml"
    try:
        text = path.read_text(encoding="utf-8-sig")  # Notepad writes a byte order mark
    except (FileNotFoundError, NotADirectoryError):
        return FileOptions()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    try:
        options = msgspec.convert(tomllib.loads(text), FileOptions)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ConfigError(f"{path}: {error}") from error
    if options.log_level not in LEVELS:
        raise ConfigError(f"{path}: log_level must be one of {', '.join(LEVELS)}")
    for key, address in (("listen", options.listen), ("mud", options.mud or DEFAULT_LISTEN)):
        try:
            parse_address(address)
        except ConfigError as error:
            raise ConfigError(f"{path}: {key}: {error}") from error
    return options
