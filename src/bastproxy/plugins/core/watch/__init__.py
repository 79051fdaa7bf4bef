"""Reloading plugins when their files are saved."""

PLUGIN_NAME = "Watch"
PLUGIN_AUTHOR = "The bastproxy authors"
PLUGIN_VERSION = 1
PLUGIN_PURPOSE = "reload a plugin when its files are saved"
