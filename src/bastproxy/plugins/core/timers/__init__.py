"""Named timers, for plugins and for players."""

PLUGIN_NAME = "Timers"
PLUGIN_AUTHOR = "The bastproxy authors"
PLUGIN_VERSION = 1
PLUGIN_PURPOSE = "do something every so often, or at a time of day"
REQUIRED = True
