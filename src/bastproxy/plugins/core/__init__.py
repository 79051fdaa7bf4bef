"""Plugins that every proxy runs."""
