"""The connection to the MUD."""

PLUGIN_NAME = "Proxy"
PLUGIN_AUTHOR = "The bastproxy authors"
PLUGIN_VERSION = 1
PLUGIN_PURPOSE = "the connection to the MUD"
REQUIRED = True
