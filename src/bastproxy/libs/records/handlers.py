"""Where messages go: a readable console, and rotating files under the home."""

from __future__ import annotations

import logging
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


class _ConsoleHandler(RichHandler):
    """Rich's handler, with the source in front of the message."""

    def render_message(self, record: logging.LogRecord, message: str) -> Text:
        """Return the message in one colour per level, after its source."""
        source = record.name.removeprefix(ROOT + ".")
        text = Text(f"{source}: ", style="cyan")
        text.append(message, style=_STYLES.get(record.levelno, ""))
        return text


_STYLES = {logging.WARNING: "yellow", logging.ERROR: "red", logging.CRITICAL: "bold red"}


class LogOutput:
    """The handlers that one run of the proxy puts on the logger ``bastproxy``.

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

    @property
    def path(self) -> Path:
        """The file that is written to."""
        return self._directory / FILE_NAME

    def start(self, level: str = "info") -> None:
        """Put the handlers on.

        :raises OSError: the directory or the file cannot be written.
        """
        self._directory.mkdir(parents=True, exist_ok=True)
        self._file = RotatingFileHandler(
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
                    console=Console(stderr=True),
                    show_path=False,
                    rich_tracebacks=False,
                    log_time_format="%H:%M:%S",
                    omit_repeated_times=False,
                )
            )
        self.use_form(self._form)
        root = logging.getLogger(ROOT)
        root.setLevel(level.upper())
        for handler in self._handlers:
            root.addHandler(handler)

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
        root = logging.getLogger(ROOT)
        for handler in self._handlers:
            root.removeHandler(handler)
            handler.close()
        self._handlers.clear()
        self._file = None
        root.setLevel(logging.NOTSET)
        for name, logger in logging.root.manager.loggerDict.items():
            if name.startswith(ROOT + ".") and isinstance(logger, logging.Logger):
                logger.setLevel(logging.NOTSET)


def _text() -> logging.Formatter:
    return logging.Formatter("%(asctime)s %(levelname)-8s %(name)s: %(message)s")


def _json() -> logging.Formatter:
    return JsonFormatter(
        "{asctime}{levelname}{name}{message}",
        style="{",
        rename_fields={"asctime": "time", "levelname": "level", "name": "source"},
        datefmt="%Y-%m-%dT%H:%M:%S%z",
    )
