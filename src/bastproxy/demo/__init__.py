"""Low Tolling, the small MUD that ships with bastproxy."""

from bastproxy.demo.server import DemoMud, serve

__all__ = ["DemoMud", "serve"]
