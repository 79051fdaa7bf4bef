"""What a highlight is."""

from bastproxy.plugins.client.highlights.libs.highlight import Highlight, spans

__all__ = ["Highlight", "spans"]
