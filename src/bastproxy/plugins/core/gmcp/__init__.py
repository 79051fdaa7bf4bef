"""GMCP: what the MUD tells beside its text, for plugins and for the curious player."""

PLUGIN_NAME = "GMCP"
PLUGIN_AUTHOR = "The bastproxy authors"
PLUGIN_VERSION = 1
PLUGIN_PURPOSE = "GMCP messages of the MUD"
REQUIRED = True
