"""Messages about what happens, over the standard :mod:`logging`."""

from bastproxy.libs.records.handlers import LogOutput
from bastproxy.libs.records.log import LogRecord, logger_for

__all__ = ["LogOutput", "LogRecord", "logger_for"]
