"""Telling the world."""

PLUGIN_NAME = "Announce"
PLUGIN_AUTHOR = "The bastproxy authors"
PLUGIN_VERSION = 1
PLUGIN_PURPOSE = "say in the game what you have killed"
REQUIRED = False
PLUGIN_DEPENDENCIES = ["plugins.examples.kills >= 1"]
