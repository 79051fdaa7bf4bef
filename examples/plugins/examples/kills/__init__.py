"""Counting what you kill."""

PLUGIN_NAME = "Kills"
PLUGIN_AUTHOR = "The bastproxy authors"
PLUGIN_VERSION = 1
PLUGIN_PURPOSE = "count what you kill"
REQUIRED = False
