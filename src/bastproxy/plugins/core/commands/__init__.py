"""Commands of players, and the decorators that declare them."""

from bastproxy.libs.commands import AddArgument, AddCommand, AddParser

PLUGIN_NAME = "Commands"
PLUGIN_AUTHOR = "The bastproxy authors"
PLUGIN_VERSION = 1
PLUGIN_PURPOSE = "commands that players type"
REQUIRED = True

__all__ = ["AddArgument", "AddCommand", "AddParser"]
