"""What is to be watched, and what a burst of saved files means."""

from bastproxy.plugins.core.watch.libs.directories import Directories
from bastproxy.plugins.core.watch.libs.places import Places
from bastproxy.plugins.core.watch.libs.saves import Content, Failure, Report, Saves

__all__ = ["Content", "Directories", "Failure", "Places", "Report", "Saves"]
