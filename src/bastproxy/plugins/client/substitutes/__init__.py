"""Other words for what the MUD says."""

PLUGIN_NAME = "Substitutes"
PLUGIN_AUTHOR = "The bastproxy authors"
PLUGIN_VERSION = 1
PLUGIN_PURPOSE = "put other text in the place of parts of lines"
