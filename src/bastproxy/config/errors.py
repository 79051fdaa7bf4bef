"""What is wrong with how the proxy was started."""

from __future__ import annotations


class ConfigError(Exception):
    """An option, an address or ``config.toml`` cannot be used."""
