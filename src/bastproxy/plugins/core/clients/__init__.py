"""Who is connected to the proxy."""

PLUGIN_NAME = "Clients"
PLUGIN_AUTHOR = "The bastproxy authors"
PLUGIN_VERSION = 1
PLUGIN_PURPOSE = "who is connected to the proxy"
REQUIRED = True
