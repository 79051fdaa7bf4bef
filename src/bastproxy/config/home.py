"""The home: the directory of a user's plugins, data, logs and ``config.toml``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import platformdirs

from bastproxy.config.errors import ConfigError

HOME_VARIABLE: Final = "BASTPROXY_HOME"


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
