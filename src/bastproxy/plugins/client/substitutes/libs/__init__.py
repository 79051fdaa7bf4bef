"""What a substitute is."""

from bastproxy.plugins.client.substitutes.libs.substitute import Substitute, substituted

__all__ = ["Substitute", "substituted"]
