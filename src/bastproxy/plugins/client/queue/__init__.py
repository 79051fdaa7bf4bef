"""Commands that wait for one another, and lines that are not to look like spam."""

PLUGIN_NAME = "Queue"
PLUGIN_AUTHOR = "The bastproxy authors"
PLUGIN_VERSION = 1
PLUGIN_PURPOSE = "send commands one after another, each when the last is answered"
