"""The manager of plugins."""

PLUGIN_NAME = "Plugins"
PLUGIN_AUTHOR = "The bastproxy authors"
PLUGIN_VERSION = 1
PLUGIN_PURPOSE = "load, unload, reload and inspect plugins"
REQUIRED = True
