"""LogRecord: one message of a plugin or of the proxy, sent by calling it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from types import TracebackType

ROOT = "bastproxy"

ExcInfo = (
    bool
    | BaseException
    | tuple[type[BaseException], BaseException, TracebackType | None]
    | tuple[None, None, None]
    | None
)


def logger_for(source: str) -> logging.Logger:
    """Return the standard logger of a source such as ``plugins.core.events``.

    All of them hang under the logger ``bastproxy``, so handlers and levels can be set
    for one source, for all plugins or for everything, with the tools of
    :mod:`logging`.
    """
    if not source or source == ROOT:
        return logging.getLogger(ROOT)
    return logging.getLogger(f"{ROOT}.{source.removeprefix(ROOT + '.')}")


class LogRecord:
    """A message with its level and its sources; calling it sends it.

    ::

        LogRecord("The dragon sleeps", level="debug", sources=[self.plugin_id])()

    :param message: a line, or several.
    :param level: ``debug``, ``info``, ``warning``, ``error`` or ``critical``.
    :param sources: who speaks, most specific first; a level set for any of them counts.
    :param exc_info: as in :meth:`logging.Logger.log`: True for the exception being
        handled, or the exception.
    :raises ValueError: the level is none of these.
    """

    __slots__ = ("exc_info", "level", "message", "sources")

    def __init__(
        self,
        message: str | Iterable[str],
        level: str = "info",
        sources: Sequence[str] = (),
        exc_info: ExcInfo = None,
    ) -> None:
        number = logging.getLevelNamesMapping().get(level.upper())
        if number is None:
            raise ValueError(
                f"{level!r} is no log level; use debug, info, warning, error or critical"
            )
        self.message = message if isinstance(message, str) else "\n".join(message)
        self.level = number
        self.sources = (sources,) if isinstance(sources, str) else tuple(sources)
        self.exc_info = exc_info

    def __call__(self) -> None:
        """Send the message to the handlers of the first source whose level lets it pass."""
        for source in self.sources or ("",):
            logger = logger_for(source)
            if logger.isEnabledFor(self.level):
                logger.log(
                    self.level,
                    "%s",
                    self.message,
                    exc_info=self.exc_info,
                    extra={"sources": self.sources},
                    stacklevel=2,
                )
                return
