"""MSDP for plugins and clients: who has which variables reported, last values, their events."""

from bastproxy.libs.msdp.msdp import EVENT, OFF, ON, OWNER_ID, Message, Msdp
from bastproxy.libs.msdp.reports import Reports

__all__ = ["EVENT", "OFF", "ON", "OWNER_ID", "Message", "Msdp", "Reports"]
