"""Named occurrences, for plugins and for the curious player."""

PLUGIN_NAME = "Events"
PLUGIN_AUTHOR = "The bastproxy authors"
PLUGIN_VERSION = 1
PLUGIN_PURPOSE = "raise events and listen to them"
REQUIRED = True
