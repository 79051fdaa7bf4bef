"""The databases of plugins, for players."""

PLUGIN_NAME = "Databases"
PLUGIN_AUTHOR = "The bastproxy authors"
PLUGIN_VERSION = 1
PLUGIN_PURPOSE = "list and back up the databases of plugins"
REQUIRED = False
