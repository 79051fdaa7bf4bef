import errno
import os
import threading
import time
from contextlib import closing
from datetime import date, datetime

import pytest

from bastproxy.plugins.client.sessionlog.libs import writer as module
from bastproxy.plugins.client.sessionlog.libs.forms import FORMS
from bastproxy.plugins.client.sessionlog.libs.logfile import LogFile, directory_name
from bastproxy.plugins.client.sessionlog.libs.writer import Options, Writer

NOON = datetime(2026, 11, 23, 12).timestamp()
DAY = 86400


class Rig:
    def __init__(self, directory):
        self.directory = directory
        self.said = []

    def writer(self, form="plain", max_bytes=1 << 20, **options):
        return Writer(Options(self.directory, form, max_bytes, **options), self.said.append)

    def write(self, writer, *lines, when=NOON):
        for line in lines:
            writer.said(when, line, False, False, False)

    def run(self, writer):
        """Write what waits, as the thread does, and end."""
        writer.end()
        writer.run(threading.Event())
        assert writer.ended.is_set()

    def files(self):
        return {path.name: path.read_text("utf-8") for path in sorted(self.directory.iterdir())}


@pytest.fixture
def rig(tmp_path):
    return Rig(tmp_path / "mud")


def test_a_file_a_day(rig):
    writer = rig.writer()
    rig.write(writer, "one", "two")
    rig.write(writer, "three", when=NOON + DAY)
    rig.run(writer)
    assert rig.files() == {"2026-11-23.log": "one\ntwo\n", "2026-11-24.log": "three\n"}
    assert (writer.lines, writer.waiting, writer.lost) == (3, 0, 0)


def test_a_file_has_its_size_and_a_line_is_never_parted(rig):
    writer = rig.writer(max_bytes=25)
    rig.write(writer, *("0123456789",) * 5)
    rig.run(writer)
    one = "0123456789\n"
    assert rig.files() == {
        "2026-11-23.log": one * 2,
        "2026-11-23.2.log": one * 2,
        "2026-11-23.3.log": one,
    }


def test_the_next_start_goes_on_in_the_newest_file(rig):
    for line in ("a" * 30, "b", "c"):
        writer = rig.writer(max_bytes=25)
        rig.write(writer, line)
        rig.run(writer)
    assert rig.files() == {"2026-11-23.log": "a" * 30 + "\n", "2026-11-23.2.log": "b\nc\n"}


def test_times(rig):
    writer = rig.writer(times=True)
    rig.write(writer, "one")
    rig.run(writer)
    assert rig.files() == {"2026-11-23.log": "[12:00:00] one\n"}


def test_an_html_file_has_one_head(rig):
    for line in ("a", "b"):
        writer = rig.writer("html")
        rig.write(writer, line)
        rig.run(writer)
    (text,) = rig.files().values()
    assert text.count("<pre>") == 1
    assert text.endswith("<pre>\na\nb\n")


def test_another_form_is_another_file_from_the_next_line_on(rig):
    writer = rig.writer()
    rig.write(writer, "\x1b[31mone")
    writer.use(Options(rig.directory, "ansi", 1 << 20))
    rig.write(writer, "two")
    rig.run(writer)
    assert rig.files() == {
        "2026-11-23.ans": "\x1b[31mtwo\x1b[0m\n",
        "2026-11-23.log": "one\n",
    }


def test_a_prompt_that_is_open_at_the_end_is_written(rig):
    writer = rig.writer()
    writer.said(NOON, "> ", True, False, False)
    rig.run(writer)
    assert list(rig.files().values()) == ["> \n"]


def test_bytes_that_are_no_text_do_no_harm(rig):
    writer = rig.writer()
    rig.write(writer, "caf\udce9")
    rig.run(writer)
    assert list(rig.files().values()) == ["caf?\n"]


def test_only_the_owner_reads_a_log(rig):
    if os.name != "posix":
        pytest.skip("rights are POSIX's")
    writer = rig.writer()
    rig.write(writer, "one")
    rig.run(writer)
    assert (rig.directory / "2026-11-23.log").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("tail", ["<span sty", "half", "\0\0\0\0"])
def test_half_a_line_that_a_loss_of_power_left_goes(rig, tail):
    with closing(LogFile(rig.directory, date(2026, 11, 23), FORMS["plain"], 1000)) as file:
        file.write(bytearray(b"whole\n" + tail.encode()))
    writer = rig.writer()
    rig.write(writer, "next")
    rig.run(writer)
    assert rig.files() == {"2026-11-23.log": "whole\nnext\n"}


def test_a_full_disk_is_said_once_and_nothing_is_lost_or_written_twice(rig, monkeypatch):
    writer = rig.writer()
    rig.write(writer, "one")
    room = [3]
    real = os.write

    def write(handle, data):
        if not room[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = real(handle, bytes(data)[: room[0]])
        room[0] -= written
        return written

    monkeypatch.setattr(module, "RETRY_SECONDS", 0)
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", write)
        writer._write_items()
        rig.write(writer, "two")
        writer._write_items()
    assert len(rig.said) == 1
    assert "No space left on device" in rig.said[0]
    assert writer.waiting == 2
    rig.run(writer)
    assert rig.files() == {"2026-11-23.log": "one\ntwo\n"}
    assert "written again; 0 lines are missing" in rig.said[1]
    assert (writer.lines, writer.waiting, writer.lost) == (2, 0, 0)


def test_a_directory_that_cannot_be_made_is_said(rig):
    rig.directory.write_text("a file is in its place")
    writer = rig.writer()
    rig.write(writer, "one")
    rig.run(writer)
    assert "cannot be written" in rig.said[0]
    assert writer.lost == 1


def test_what_a_disk_never_takes_is_bounded(rig, monkeypatch):
    monkeypatch.setattr(module, "MOST_UNWRITTEN", 1000)
    monkeypatch.setattr(module, "RETRY_SECONDS", 0)
    rig.directory.write_text("a file is in its place")
    writer = rig.writer()
    for _ in range(100):
        rig.write(writer, "x" * 99)
        writer._write_items()
    assert len(writer._unwritten) <= 1100
    assert writer.lost + writer.waiting == 100


def test_a_thread_that_hangs_does_not_fill_the_memory(rig, monkeypatch):
    monkeypatch.setattr(module, "MOST_WAITING", 10)
    writer = rig.writer()
    rig.write(writer, *"x" * 15)
    assert (writer.waiting, writer.lost, len(rig.said)) == (10, 5, 1)


def test_a_file_that_somebody_takes_away_is_made_anew(rig):
    if os.name != "posix":
        pytest.skip("an open file cannot be taken away")
    writer = rig.writer()
    rig.write(writer, "one")
    writer._write_items()
    (rig.directory / "2026-11-23.log").rename(rig.directory / "mine.log")
    rig.write(writer, "two")
    rig.run(writer)
    assert rig.files() == {"2026-11-23.log": "two\n", "mine.log": "one\n"}


def test_a_line_that_cannot_be_written_takes_no_other_with_it(rig):
    writer = rig.writer()
    rig.write(writer, "one", None, None, "two")
    rig.run(writer)
    assert rig.files() == {"2026-11-23.log": "one\ntwo\n"}
    assert (writer.lost, len(rig.said)) == (2, 1)


def test_it_is_written_soon_without_being_asked(rig):
    writer = rig.writer()
    thread = threading.Thread(target=writer.run, args=(threading.Event(),))
    thread.start()
    rig.write(writer, "one")
    until = time.monotonic() + 10
    while not writer.lines and time.monotonic() < until:
        thread.join(0.01)
    assert rig.files() == {"2026-11-23.log": "one\n"}
    writer.end()
    thread.join(10)
    assert not thread.is_alive()


def test_a_writer_waits_for_the_one_before_it(rig):
    first = rig.writer()
    rig.write(first, "one")
    second = Writer(Options(rig.directory, "plain", 1 << 20), rig.said.append, first)
    rig.write(second, "two")
    second.end()
    thread = threading.Thread(target=second.run, args=(threading.Event(),))
    thread.start()
    rig.run(first)
    thread.join(10)
    assert rig.files() == {"2026-11-23.log": "one\ntwo\n"}


@pytest.mark.parametrize("name", ["", "..", "a/b", "CON", "nul.txt", "mud:4000", "::1", "x" * 300])
def test_directory_names_are_safe(tmp_path, name):
    made = directory_name(name)
    (tmp_path / made).mkdir()
    assert (tmp_path / made).parent == tmp_path
    assert [path.name for path in tmp_path.iterdir()] == [made]


def test_names_that_differ_have_different_directories():
    names = ["a/b", "a_b", "a:b", "a b", "mud.example.org", "osric"]
    assert len({directory_name(name) for name in names}) == len(names)
    assert directory_name("mud.example.org") == "mud.example.org"
