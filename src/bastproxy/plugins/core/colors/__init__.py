"""Colour codes for the text of plugins: ``@R`` is bright red."""

PLUGIN_NAME = "Colors"
PLUGIN_AUTHOR = "The bastproxy authors"
PLUGIN_VERSION = 1
PLUGIN_PURPOSE = "colour codes for the text of plugins"
REQUIRED = True
