import asyncio
import errno
import io
import json
import logging
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from bastproxy.libs.records import LogOutput, LogRecord, handlers, logger_for


@pytest.fixture(autouse=True)
def silence() -> Iterator[None]:
    """A failing test leaves no handler behind."""
    root = logging.getLogger("bastproxy")
    before = list(root.handlers)
    yield
    for handler in set(root.handlers) - set(before):
        root.removeHandler(handler)
        handler.close()


@pytest.fixture
def output(tmp_path: Path) -> Iterator[LogOutput]:
    output = LogOutput(tmp_path / "logs", console=False)
    output.start()
    yield output
    output.stop()


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def lines(output: LogOutput) -> list[str]:
    return output.path.read_text().splitlines()


def test_writes_readable_lines(output: LogOutput) -> None:
    LogRecord("The dragon sleeps", level="warning", sources=["plugins.a"])()
    (line,) = lines(output)
    assert line.endswith(" WARNING  bastproxy.plugins.a: The dragon sleeps")
    datetime.fromisoformat(line[:19])


def test_other_peoples_tools_land_in_the_same_file(output: LogOutput) -> None:
    logging.getLogger("bastproxy.plugins.a").info("x %d", 5)
    assert lines(output)[0].endswith("bastproxy.plugins.a: x 5")


async def test_what_asyncio_says_lands_in_the_same_file(output: LogOutput) -> None:
    asyncio.get_running_loop().call_exception_handler({"message": "a transport failed"})
    assert [line[24:] for line in lines(output)] == ["ERROR    asyncio: a transport failed"]
    before = lines(output)
    output.stop()
    logging.getLogger("asyncio").error("after the end")
    assert lines(output) == before


def test_writes_what_no_encoding_knows(output: LogOutput) -> None:
    LogRecord("caf\udce9 日本")()
    assert output.path.read_text(encoding="utf-8").endswith("caf\\udce9 日本\n")


def test_the_json_form_has_one_object_a_line(output: LogOutput) -> None:
    output.use_form("json")
    try:
        raise ValueError("no dragon")
    except ValueError:
        LogRecord(["two", "lines"], level="error", sources=["plugins.a"], exc_info=True)()
    output.use_form("text")
    LogRecord("readable again")()
    first, second = lines(output)
    message = json.loads(first)
    assert message["level"] == "ERROR"
    assert message["source"] == "bastproxy.plugins.a"
    assert message["message"] == "two\nlines"
    assert message["sources"] == ["plugins.a"]
    assert "ValueError: no dragon" in message["exc_info"]
    assert datetime.strptime(message["time"], "%Y-%m-%dT%H:%M:%S%z").tzinfo is not None
    assert second.endswith("readable again")


def test_the_form_can_be_chosen_before_the_start(tmp_path: Path) -> None:
    output = LogOutput(tmp_path, console=False, form="text")
    output.use_form("json")
    output.start()
    LogRecord("x")()
    output.stop()
    assert json.loads(output.path.read_text())["message"] == "x"


def test_another_form_is_refused(output: LogOutput) -> None:
    with pytest.raises(ValueError, match="'xml' is no form of the log; use one of text, json"):
        output.use_form("xml")


def test_only_what_the_level_lets_pass(tmp_path: Path) -> None:
    output = LogOutput(tmp_path, console=False)
    output.start("warning")
    LogRecord("no", level="info")()
    LogRecord("yes", level="warning")()
    logger_for("plugins.a").setLevel(logging.DEBUG)
    LogRecord("this too", level="debug", sources=["plugins.a"])()
    output.stop()
    assert [line.rsplit(": ", 1)[1] for line in lines(output)] == ["yes", "this too"]


def test_files_rotate_and_only_so_many_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handlers, "FILE_BYTES", 200)
    monkeypatch.setattr(handlers, "FILE_COUNT", 2)
    output = LogOutput(tmp_path, console=False)
    output.start()
    for number in range(20):
        LogRecord(f"message {number:03}")()
    output.stop()
    assert names(tmp_path) == ["bastproxy.log", "bastproxy.log.1", "bastproxy.log.2"]
    assert "message 019" in output.path.read_text()
    assert all((tmp_path / name).stat().st_size <= 200 for name in names(tmp_path))


def test_a_file_that_cannot_rotate_goes_on_and_keeps_the_older_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(handlers, "FILE_BYTES", 200)
    output = LogOutput(tmp_path, console=False)
    output.start()
    (tmp_path / "bastproxy.log.1").write_text("older")
    real = os.rename
    attempts: list[str] = []

    def held(source: str, target: str) -> None:
        if str(source) == str(output.path):
            attempts.append(target)
            raise PermissionError(errno.EACCES, "held by another program", source)
        real(source, target)

    monkeypatch.setattr(os, "rename", held)
    for number in range(10):
        LogRecord(f"message {number}")()
    assert 0 < len(attempts) < 5
    text = output.path.read_text()
    assert all(f"message {number}" in text for number in range(10))
    assert any(path.read_text() == "older" for path in tmp_path.iterdir())
    monkeypatch.setattr(os, "rename", real)
    for number in range(10):
        LogRecord(f"message {number}")()
    assert output.path.stat().st_size <= 200
    output.stop()
    assert capsys.readouterr().err.count("held by another program") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_a_full_disk_is_said_once_and_stops_nobody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bastproxy.log").symlink_to("/dev/full")
    output = LogOutput(tmp_path, console=False)
    output.start()
    for number in range(3):
        LogRecord(f"message {number}")()
    output.stop()
    assert capsys.readouterr().err == (
        f"the log {tmp_path / 'bastproxy.log'} cannot be written: No space left on device\n"
    )
    assert logging.getLogger("bastproxy").handlers == []


def test_a_directory_that_cannot_be_made_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "way").write_text("")
    output = LogOutput(tmp_path / "way" / "logs", console=False)
    before = list(logging.getLogger("bastproxy").handlers)
    with pytest.raises(OSError, match="way"):
        output.start()
    output.stop()
    assert logging.getLogger("bastproxy").handlers == before


def test_a_directory_in_the_place_of_the_file_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "bastproxy.log").mkdir()
    with pytest.raises(OSError, match=r"bastproxy\.log"):
        LogOutput(tmp_path, console=False).start()


@pytest.fixture
def forgiving(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the handlers under test see what cannot be formatted; pytest's own raises."""
    monkeypatch.setattr(type(caplog.handler), "handleError", lambda self, record: None)


@pytest.mark.usefixtures("forgiving")
def test_a_wrong_format_is_its_writers_mistake_alone(
    output: LogOutput, capsys: pytest.CaptureFixture[str]
) -> None:
    logging.getLogger("bastproxy.plugins.a").info("%d", "x")
    LogRecord("goes on")()
    assert len(lines(output)) == 1
    assert "TypeError" in capsys.readouterr().err


def test_stopping_leaves_logging_as_it_was(tmp_path: Path) -> None:
    root = logging.getLogger("bastproxy")
    mine = logger_for("test.levels")
    mine.setLevel(logging.ERROR)
    root_level = root.level
    root.setLevel(logging.CRITICAL)
    before = list(root.handlers)
    try:
        output = LogOutput(tmp_path, console=True)
        output.start("debug")
        assert root.level == logging.DEBUG
        assert len(root.handlers) == len(before) + 2
        mine.setLevel(logging.DEBUG)
        logger_for("test.new").setLevel(logging.DEBUG)
        output.stop()
        assert root.handlers == before
        assert root.level == logging.CRITICAL
        assert mine.level == logging.ERROR
        assert logger_for("test.new").level == logging.NOTSET
        mine.setLevel(logging.INFO)
        output.stop()  # a second time it touches nothing
        assert mine.level == logging.INFO
    finally:
        root.setLevel(root_level)
        mine.setLevel(logging.NOTSET)


def test_what_is_written_can_be_deleted_after_stopping(output: LogOutput) -> None:
    LogRecord("x")()
    output.stop()
    LogRecord("not any more", level="error")()
    assert len(lines(output)) == 1


class TestConsole:
    @pytest.fixture(autouse=True)
    def console(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        monkeypatch.setenv("COLUMNS", "200")
        output = LogOutput(tmp_path, console=True)
        output.start()
        yield
        output.stop()

    def test_shows_time_level_source_and_message(self, capsys: pytest.CaptureFixture[str]) -> None:
        LogRecord("The [red]dragon[/red] sleeps :smile:", "error", ["plugins.a"])()
        captured = capsys.readouterr()
        assert captured.out == ""
        time, level, rest = captured.err.split(maxsplit=2)
        datetime.strptime(time.strip("[]"), "%H:%M:%S")
        assert level == "ERROR"
        assert rest.rstrip() == "plugins.a: The [red]dragon[/red] sleeps :smile:"

    def test_shows_the_traceback(self, capsys: pytest.CaptureFixture[str]) -> None:
        LogRecord("it failed", "error", exc_info=ValueError("no dragon"))()
        assert "ValueError: no dragon" in capsys.readouterr().err

    @pytest.mark.usefixtures("forgiving")
    def test_a_wrong_format_is_its_writers_mistake_alone(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        logging.getLogger("bastproxy.plugins.a").info("%d", "x")
        LogRecord("goes on")()
        assert "goes on" in capsys.readouterr().err

    def test_falls_silent_when_nobody_reads_it(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        class Closed(io.StringIO):
            def write(self, text: str) -> int:
                raise BrokenPipeError(errno.EPIPE, "Broken pipe")

        monkeypatch.setattr("sys.stderr", Closed())
        LogRecord("one")()
        LogRecord("two")()
        assert len((tmp_path / "bastproxy.log").read_text().splitlines()) == 2
