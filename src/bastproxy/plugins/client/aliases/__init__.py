"""Short words of players for what they send often."""

PLUGIN_NAME = "Aliases"
PLUGIN_AUTHOR = "The bastproxy authors"
PLUGIN_VERSION = 1
PLUGIN_PURPOSE = "short words for what you send often"
PLUGIN_DEPENDENCIES = ["plugins.client.input"]
