"""The thread that writes the log, away from the lines' path."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from time import monotonic, perf_counter, sleep
from time import time as wall_clock
from typing import Final

from bastproxy.plugins.client.sessionlog.libs.forms import FORMS
from bastproxy.plugins.client.sessionlog.libs.logfile import LogFile
from bastproxy.plugins.client.sessionlog.libs.runs import Run
from bastproxy.plugins.client.sessionlog.libs.screen import Line, Screen

MOST_WAITING: Final = 100_000
"""Lines that wait for the thread; more are lost, and counted."""

MOST_UNWRITTEN: Final = 16 << 20
"""Bytes that wait for a disk that is full."""

SAID, TYPED, NOTE, USE = "said", "typed", "note", "use"

COLLECT_SECONDS: Final = 0.05
RETRY_SECONDS: Final = 5.0
SYNC_SECONDS: Final = 30.0
LOOK_SECONDS: Final = 1.0

WORK_SECONDS: Final = 0.0005
REST_SECONDS: Final = 0.001
"""Python runs one thread at a time: the loop waits no longer than one piece of work takes."""

MANY: Final = 2000
"""For each so many lines that wait, a piece of work is longer by as much again."""

Item = tuple[str, float, str, bool, bool, bool]
"""What it is, when it was, its text, and what else is to be known of it."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to write.

    :ivar directory: of the profile.
    :ivar form: a key of ``FORMS``.
    :ivar max_bytes: of one file.
    :ivar times: whether lines begin with the time of day.
    """

    directory: Path
    form: str
    max_bytes: int
    times: bool = False


class Writer:
    """Takes what passes, on the loop, and writes it in a thread, which :meth:`run` is.

    :param say: told what a player is to know; called in the thread.
    :param before: a writer that must have ended first.
    :ivar ended: set when everything is written.
    :ivar path: the file that is written, once one is.
    :ivar lines: how many lines were written.
    :ivar lost: how many were lost, as the disk did not take them.
    """

    def __init__(
        self, options: Options, say: Callable[[str], object], before: Writer | None = None
    ) -> None:
        self.options = options
        self.ended = threading.Event()
        self.path: Path | None = None
        self.lines = 0
        self.lost = 0
        self._used = options
        self._say = say
        self._before = before
        self._items: deque[Item] = deque()  # of plain values only: they cost the collector nothing
        self._coming: deque[Options] = deque()
        self._wake = threading.Event()
        self._ending = threading.Event()
        self._screen = Screen()
        self._file: LogFile | None = None
        self._day = date.min
        self._unwritten = bytearray()
        self._unwritten_lines = 0
        self._failed_at = 0.0
        self._complaints: set[str] = set()
        self._synced_at = monotonic()

    @property
    def waiting(self) -> int:
        """How many lines are not written yet."""
        return len(self._items) + self._unwritten_lines

    def said(
        self, when: float, text: str, is_prompt: bool, continues: bool, internal: bool
    ) -> None:
        """Take a line that went to the clients.

        :param when: seconds since the epoch.
        """
        self._put((SAID, when, text, is_prompt, continues, internal))

    def typed(self, when: float, text: str, continues: bool, show: bool) -> None:
        """Take a line, or the beginning of one, that went to the MUD."""
        self._put((TYPED, when, text, False, continues, show))

    def note(self, when: float, text: str, *, connected: bool = False) -> None:
        """Write a line of its own.

        :param connected: another connection begins.
        """
        self._put((NOTE, when, text, connected, False, False))

    def use(self, options: Options) -> None:
        """Write otherwise, from the next line on."""
        self.options = options
        self._coming.append(options)
        self._put((USE, 0.0, "", False, False, False))

    def end(self) -> None:
        """Write what there is, and no more."""
        self._ending.set()
        self._wake.set()

    def run(self, stop: threading.Event) -> None:
        """Write until the end."""
        try:
            if self._before is not None:
                self._before.ended.wait(10 * LOOK_SECONDS)
                self._before = None
            while not (self._ending.is_set() or stop.is_set()):
                if self._wake.wait(RETRY_SECONDS if self._unwritten else LOOK_SECONDS):
                    self._wake.clear()
                    self._ending.wait(COLLECT_SECONDS)
                self._write_items()
            self._write_items()
            self._finish()
        finally:
            self.ended.set()

    def _put(self, item: Item) -> None:
        if len(self._items) >= MOST_WAITING and item[0] != USE:
            if not self.lost:
                self._say("the disk is too slow for the session log; lines are missing in it")
            self.lost += 1
            return
        self._items.append(item)
        if not self._wake.is_set():
            self._wake.set()

    def _write_items(self) -> None:
        items = self._items
        until = perf_counter() + WORK_SECONDS
        while items:
            try:
                self._do(*items.popleft())
            except Exception as error:  # the next line is worth logging all the same
                self._lose_line(error)
            if perf_counter() > until:
                self._flush()
                if not self._ending.is_set():
                    sleep(REST_SECONDS)
                until = perf_counter() + WORK_SECONDS * (1 + len(items) // MANY)
        self._flush()
        if self._file is not None and monotonic() - self._synced_at > SYNC_SECONDS:
            self._sync()

    def _do(
        self, what: str, when: float, text: str, mark: bool, continues: bool, other: bool
    ) -> None:
        screen = self._screen
        if what == SAID:
            if other:
                self._add(when, screen.told(text))
            else:
                self._add(when, screen.said(text, is_prompt=mark, continues=continues))
        elif what == TYPED:
            self._add(when, screen.typed(text, show=other, continues=continues))
        elif what == NOTE:
            self._add(when, screen.connected() if mark else screen.end())
            self._add(when, [[Run(text)]])
        else:
            self._close()
            self._lose()  # it is not of this form
            self._used = self._coming.popleft()

    def _add(self, when: float, lines: list[Line]) -> None:
        options = self._used
        form = FORMS[options.form]
        for line in lines:
            moment = datetime.fromtimestamp(when)
            if moment.date() != self._day:
                self._close()
                self._day = moment.date()
            if options.times:
                line = [Run(f"[{moment:%H:%M:%S}] "), *line]
            data = f"{form.line(line)}\n".encode(errors="replace")
            file = self._file
            if (
                file is not None
                and file.size + len(self._unwritten) + len(data) > options.max_bytes
            ):
                self._close()
            self._unwritten += data
            self._unwritten_lines += 1
            if self._file is None and not self._failed_at:
                self._flush()  # it is opened, and its size known

    def _flush(self, *, again: bool = False) -> None:
        """Write what is unwritten; what fails is tried again later.

        :param again: try now.
        """
        if not self._unwritten:
            return
        if self._failed_at and not again and monotonic() - self._failed_at < RETRY_SECONDS:
            return
        try:
            self._open().write(self._unwritten)
        except OSError as error:
            self._fail(error)
            return
        self.lines += self._unwritten_lines
        self._unwritten_lines = 0
        if self._failed_at:
            self._failed_at = 0.0
            self._say(f"the session log is written again; {self.lost} lines are missing in it")

    def _open(self) -> LogFile:
        file, used = self._file, self._used
        if file is not None and not file.path.exists():  # somebody has taken it away
            file.close()
            file = None
        if file is None:
            form, needed = FORMS[used.form], len(self._unwritten)
            file = LogFile(used.directory, self._day, form, used.max_bytes, needed)
            self.path = file.path
        self._file = file
        return file

    def _fail(self, error: OSError) -> None:
        if not self._failed_at:
            where = self.path if self._file is not None else self._used.directory
            self._say(
                f"the session log cannot be written to {where}: {error.strerror or error}; it is "
                f"tried again every {RETRY_SECONDS:g} seconds"
            )
        self._failed_at = monotonic()
        if len(self._unwritten) > MOST_UNWRITTEN:
            self._lose()

    def _lose_line(self, error: Exception) -> None:
        self.lost += 1
        kind = type(error).__name__
        if kind not in self._complaints:  # once for each kind
            self._complaints.add(kind)
            self._say(f"a line cannot be written into the session log: {kind}: {error}")

    def _lose(self) -> None:
        self.lost += self._unwritten_lines
        self._unwritten_lines = 0
        self._unwritten.clear()

    def _sync(self) -> None:
        self._synced_at = monotonic()
        if self._file is not None:
            try:
                self._file.sync()
            except OSError as error:
                self._fail(error)

    def _close(self) -> None:
        """Write what is unwritten, and let the file go, unless a part of a line is in it."""
        self._flush(again=True)
        if self._file is not None and not self._unwritten:
            self._sync()
            self._file.close()
            self._file = None

    def _finish(self) -> None:
        self._add(wall_clock(), self._screen.end())
        self._close()
        self._lose()
        if self._file is not None:
            self._file.close()
            self._file = None
