"""A MUD proxy in which every feature is a plugin that can be edited while you play."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("bastproxy")
except PackageNotFoundError:  # run from a source tree that was never installed
    __version__ = "0+unknown"
