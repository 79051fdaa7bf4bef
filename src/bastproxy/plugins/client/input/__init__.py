"""What a player types, made more of: several commands in a line, walks, repeats, the history."""

PLUGIN_NAME = "Input"
PLUGIN_AUTHOR = "The bastproxy authors"
PLUGIN_VERSION = 1
PLUGIN_PURPOSE = "several commands in a line, repeats, speedwalks, and what was typed before"
