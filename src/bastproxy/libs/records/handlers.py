"""Where messages go: a readable console, and rotating files under the home."""

from __future__ import annotations

import contextlib
import logging
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path

from pythonjsonlogger.json import JsonFormatter
from rich.console import Console
from rich.logging import RichHandler
from rich.text import Text

from bastproxy.libs.records.log import ROOT

FILE_NAME = "bastproxy.log"
FILE_BYTES = 5 * 1024 * 1024
FILE_COUNT = 5

FORMS = ("text", "json")

#: Others that speak of what goes on in the proxy: asyncio, of tasks and callbacks that failed.
GUESTS = ("asyncio",)


class _FileHandler(RotatingFileHandler):
    """A rotating file that says on standard error, once, why it cannot be written."""

    _said = ""

    def doRollover(self) -> None:  # noqa: N802 - logging's name
        """Begin a new file, or go on in the old one where that cannot be done."""
        try:
            super().doRollover()
            self.maxBytes = FILE_BYTES
        except OSError as error:
            self._say(error)
            # Each attempt moves the older files up, so there must not be one a message.
            self.maxBytes += FILE_BYTES
            if self.stream is None:
                self.stream = self._open()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Lose the message, and say so when the disk is to blame."""
        error = sys.exc_info()[1]
        if isinstance(error, OSError):
            self._say(error)
        else:
            super().handleError(record)

    def _say(self, error: OSError) -> None:
        reason = error.strerror or str(error)
        if reason != self._said and sys.stderr is not None:
            self._said = reason
            with contextlib.suppress(OSError):
                print(f"the log {self.baseFilename} cannot be written: {reason}", file=sys.stderr)


class _Console(Console):
    """A console that falls silent when nobody reads it any more, and does not exit."""

    def on_broken_pipe(self) -> None:
        self.quiet = True


class _ConsoleHandler(RichHandler):
    """Rich's handler, with the source in front of the message."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the message; one that cannot be formatted is its writer's mistake alone."""
        try:
            super().emit(record)
        except Exception:
            self.handleError(record)

    def render_message(self, record: logging.LogRecord, message: str) -> Text:
        """Return the message in one colour per level, after its source."""
        source = record.name.removeprefix(ROOT + ".")
        text = Text(f"{source}: ", style="cyan")
        text.append(message, style=_STYLES.get(record.levelno, ""))
        return text


_STYLES = {logging.WARNING: "yellow", logging.ERROR: "red", logging.CRITICAL: "bold red"}


class LogOutput:
    """The handlers that one run of the proxy puts on the loggers ``bastproxy`` and ``asyncio``.

    :param directory: where the files go; they rotate at 5 MiB, five are kept.
    :param console: write to standard error too.
    :param form: ``text`` or ``json`` (one JSON object a line), for the files.
    """

    def __init__(self, directory: Path, *, console: bool = True, form: str = "text") -> None:
        self._directory = directory
        self._console = console
        self._handlers: list[logging.Handler] = []
        self._file: logging.Handler | None = None
        self._form = form
        self._levels: dict[str, int] = {}

    @property
    def path(self) -> Path:
        """The file that is written to."""
        return self._directory / FILE_NAME

    def start(self, level: str = "info") -> None:
        """Put the handlers on.

        :raises OSError: the directory or the file cannot be written.
        """
        self._directory.mkdir(parents=True, exist_ok=True)
        self._file = _FileHandler(
            self.path,
            maxBytes=FILE_BYTES,
            backupCount=FILE_COUNT,
            encoding="utf-8",
            errors="backslashreplace",
        )
        self._handlers.append(self._file)
        if self._console:
            self._handlers.append(
                _ConsoleHandler(
                    console=_Console(stderr=True),
                    show_path=False,
                    rich_tracebacks=False,
                    log_time_format="%H:%M:%S",
                    omit_repeated_times=False,
                )
            )
        self.use_form(self._form)
        self._levels = {name: logger.level for name, logger in _loggers().items()}
        logging.getLogger(ROOT).setLevel(level.upper())
        for name in (ROOT, *GUESTS):
            for handler in self._handlers:
                logging.getLogger(name).addHandler(handler)

    def use_form(self, form: str) -> None:
        """Write the files as ``text`` or as ``json`` from now on.

        :raises ValueError: it is neither.
        """
        if form not in FORMS:
            raise ValueError(f"{form!r} is no form of the log; use one of {', '.join(FORMS)}")
        self._form = form
        if self._file is not None:
            self._file.setFormatter(_json() if form == "json" else _text())

    def stop(self) -> None:
        """Take the handlers off and put every level back."""
        if not self._handlers:
            return
        for handler in self._handlers:
            for name in (ROOT, *GUESTS):
                logging.getLogger(name).removeHandler(handler)
            with contextlib.suppress(OSError):  # a full disk, which has been said
                handler.close()
        self._handlers.clear()
        self._file = None
        for name, logger in _loggers().items():
            logger.setLevel(self._levels.get(name, logging.NOTSET))


def _loggers() -> dict[str, logging.Logger]:
    return {ROOT: logging.getLogger(ROOT)} | {
        name: logger
        for name, logger in list(logging.root.manager.loggerDict.items())
        if name.startswith(ROOT + ".") and isinstance(logger, logging.Logger)
    }


def _text() -> logging.Formatter:
    return logging.Formatter("%(asctime)s %(levelname)-8s %(name)s: %(message)s")


def _json() -> logging.Formatter:
    return JsonFormatter(
        "{asctime}{levelname}{name}{message}",
        style="{",
        rename_fields={"asctime": "time", "levelname": "level", "name": "source"},
        datefmt="%Y-%m-%dT%H:%M:%S%z",
    )
