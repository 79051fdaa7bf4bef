"""What is to be watched, and what a burst of saved files means."""

from bastproxy.plugins.core.watch.libs.places import Places
from bastproxy.plugins.core.watch.libs.saves import Content, Failure, Report, Saves, touched

__all__ = ["Content", "Failure", "Places", "Report", "Saves", "touched"]
