"""Home, paths and options."""

from bastproxy.config.address import DEFAULT_LISTEN, Address, parse_address, parse_mud
from bastproxy.config.errors import ConfigError
from bastproxy.config.file import FileOptions, read_config
from bastproxy.config.home import HOME_VARIABLE, default_home, prepare_home
from bastproxy.config.options import LEVELS, Options
from bastproxy.config.profiles import LoginStep, Profile

__all__ = [
    "DEFAULT_LISTEN",
    "HOME_VARIABLE",
    "LEVELS",
    "Address",
    "ConfigError",
    "FileOptions",
    "LoginStep",
    "Options",
    "Profile",
    "default_home",
    "parse_address",
    "parse_mud",
    "prepare_home",
    "read_config",
]
