"""Colours for what a player wants to see at once."""

PLUGIN_NAME = "Highlights"
PLUGIN_AUTHOR = "The bastproxy authors"
PLUGIN_VERSION = 1
PLUGIN_PURPOSE = "colour parts of lines"
