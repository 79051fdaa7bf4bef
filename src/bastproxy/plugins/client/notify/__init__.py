"""Lines that matter to a player: marked, and shown to every client."""

PLUGIN_NAME = "Notify"
PLUGIN_AUTHOR = "The bastproxy authors"
PLUGIN_VERSION = 1
PLUGIN_PURPOSE = "lines that matter are marked, and reach all clients"
