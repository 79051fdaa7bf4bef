"""Statistics: what went over the connection, and how long was played."""

PLUGIN_NAME = "Statistics"
PLUGIN_AUTHOR = "The bastproxy authors"
PLUGIN_VERSION = 1
PLUGIN_PURPOSE = "count lines, bytes, triggers and the time played, by day and profile"
REQUIRED = False
