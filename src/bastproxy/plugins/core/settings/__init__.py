"""Settings of plugins."""

PLUGIN_NAME = "Settings"
PLUGIN_AUTHOR = "The bastproxy authors"
PLUGIN_VERSION = 1
PLUGIN_PURPOSE = "settings of plugins, kept between runs"
REQUIRED = True
