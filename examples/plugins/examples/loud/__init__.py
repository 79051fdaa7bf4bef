"""The MUD shouts."""

PLUGIN_NAME = "Loud"
PLUGIN_AUTHOR = "The bastproxy authors"
PLUGIN_VERSION = 1
PLUGIN_PURPOSE = "show every line of the MUD in capitals"
REQUIRED = False
