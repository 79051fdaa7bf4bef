"""Less noise."""

PLUGIN_NAME = "Quiet"
PLUGIN_AUTHOR = "The bastproxy authors"
PLUGIN_VERSION = 1
PLUGIN_PURPOSE = "leave out lines that match a pattern"
REQUIRED = False
