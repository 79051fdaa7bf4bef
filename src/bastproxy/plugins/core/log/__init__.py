"""What is logged."""

PLUGIN_NAME = "Log"
PLUGIN_AUTHOR = "The bastproxy authors"
PLUGIN_VERSION = 1
PLUGIN_PURPOSE = "what is logged, and how much of it"
REQUIRED = True
