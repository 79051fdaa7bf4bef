"""Reminders."""

PLUGIN_NAME = "Remind"
PLUGIN_AUTHOR = "The bastproxy authors"
PLUGIN_VERSION = 1
PLUGIN_PURPOSE = "remind you of something in a while"
REQUIRED = False
