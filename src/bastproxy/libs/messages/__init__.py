"""What GMCP and MSDP have in common: who asks for what, the last values, and who gets a message."""

from bastproxy.libs.messages.asked import Asked, Want
from bastproxy.libs.messages.delivery import TO_ALL, Delivery, raise_events
from bastproxy.libs.messages.soon import Soon
from bastproxy.libs.messages.values import Values

__all__ = ["TO_ALL", "Asked", "Delivery", "Soon", "Values", "Want", "raise_events"]
