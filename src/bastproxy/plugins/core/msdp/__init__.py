"""MSDP: the variables that the MUD reports, for plugins and for the curious player."""

PLUGIN_NAME = "MSDP"
PLUGIN_AUTHOR = "The bastproxy authors"
PLUGIN_VERSION = 1
PLUGIN_PURPOSE = "MSDP variables of the MUD"
REQUIRED = True
