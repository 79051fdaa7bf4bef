"""GMCP for plugins and clients: who asks for which packages, their last values, their events."""

from bastproxy.libs.gmcp.gmcp import EVENT, OFF, ON, OWNER_ID, Gmcp
from bastproxy.libs.gmcp.packages import covers, is_state
from bastproxy.libs.gmcp.supports import Supports

__all__ = ["EVENT", "OFF", "ON", "OWNER_ID", "Gmcp", "Supports", "covers", "is_state"]
