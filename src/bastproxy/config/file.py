"""``config.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from bastproxy.config.address import DEFAULT_LISTEN, parse_address, parse_mud
from bastproxy.config.errors import ConfigError
from bastproxy.config.options import LEVELS
from bastproxy.config.profiles import Profile, read_profiles


class FileOptions(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What ``config.toml`` may say; the command line comes first.

    :ivar listen: where clients connect, ``HOST:PORT``.
    :ivar listen_tls: where clients connect that speak TLS; empty for nowhere.
    :ivar tls_cert: the certificate that they are shown, a PEM file; without it the proxy makes
        one.
    :ivar tls_key: its key, a PEM file.
    :ivar mud: the MUD, ``HOST:PORT`` or ``tls://HOST:PORT``.
    :ivar plugin_paths: more directories that hold ``<category>/<plugin>``.
    :ivar load: plugins to load at every start.
    :ivar log_level: ``debug``, ``info``, ``warning``, ``error`` or ``critical``.
    :ivar profiles: the MUDs and characters that one plays, by name.
    """

    listen: str = DEFAULT_LISTEN
    listen_tls: str = ""
    tls_cert: str = ""
    tls_key: str = ""
    mud: str = ""
    plugin_paths: list[str] = []
    load: list[str] = []
    log_level: str = "info"
    profiles: dict[str, Profile] = {}


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
        return _read(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, ConfigError) as error:
        raise ConfigError(f"{path}: {error}") from error


def _read(content: dict[str, Any]) -> FileOptions:
    profiles = read_profiles(content.pop("profiles", {}))
    options = msgspec.convert(content, FileOptions)
    options.profiles = profiles
    if options.log_level not in LEVELS:
        raise ConfigError(f"log_level must be one of {', '.join(LEVELS)}")
    if bool(options.tls_cert) != bool(options.tls_key):
        raise ConfigError("tls_cert and tls_key go together: a certificate, and its key")
    _check("listen", options.listen, parse_address)
    if options.listen_tls:
        _check("listen_tls", options.listen_tls, parse_address)
    if options.mud:
        _check("mud", options.mud, parse_mud)
    return options


def _check(key: str, value: str, parse: Callable[[str], object]) -> None:
    try:
        parse(value)
    except ConfigError as error:
        raise ConfigError(f"{key}: {error}") from error
