"""Lines that a player does not want to see."""

PLUGIN_NAME = "Gags"
PLUGIN_AUTHOR = "The bastproxy authors"
PLUGIN_VERSION = 1
PLUGIN_PURPOSE = "leave lines out"
