"""The session log: what is on the screen, in files."""

PLUGIN_NAME = "Session log"
PLUGIN_AUTHOR = "The bastproxy authors"
PLUGIN_VERSION = 1
PLUGIN_PURPOSE = "log what is on the screen, as text, with colours, or as HTML"
REQUIRED = False
