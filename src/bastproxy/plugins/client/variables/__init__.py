"""Variables: names for texts and numbers, in what triggers and others send."""

PLUGIN_NAME = "Variables"
PLUGIN_AUTHOR = "The bastproxy authors"
PLUGIN_VERSION = 1
PLUGIN_PURPOSE = "names for texts, such as ${target}, in what triggers and others send"
REQUIRED = False
