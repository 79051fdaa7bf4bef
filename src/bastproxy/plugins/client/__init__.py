"""Plugins for players."""
