"""Triggers: what is to happen when a line matches, for plugins and for players."""

from bastproxy.libs.triggers import PatternError, RegisterToTrigger

PLUGIN_NAME = "Triggers"
PLUGIN_AUTHOR = "The bastproxy authors"
PLUGIN_VERSION = 1
PLUGIN_PURPOSE = "do something when a line of the MUD matches a pattern"
REQUIRED = True

__all__ = ["PatternError", "RegisterToTrigger"]
