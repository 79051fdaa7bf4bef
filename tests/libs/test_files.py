import errno
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from bastproxy.libs import files
from bastproxy.libs.files import remove_unfinished, set_aside, write_cache, write_whole


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture(params=[OSError(errno.ENOSPC, "No space left on device"), Killed()])
def failure(request: pytest.FixtureRequest) -> BaseException:
    return request.param


def failing(failure: BaseException):
    def fail(*args: object, **keywords: object) -> None:
        raise failure

    return fail


def test_writes_and_makes_the_directories(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "file"
    write_whole(path, b"\x00data\r\n")
    assert path.read_bytes() == b"\x00data\r\n"
    assert names(path.parent) == ["file"]


def test_replaces_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old and longer")
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("step", ["open", "write", "fsync", "replace"])
def test_a_failure_on_the_way_leaves_what_was(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    failure: BaseException,
    step: str,
    there: bool,
) -> None:
    path = tmp_path / "file"
    if there:
        path.write_bytes(b"old")
    if step == "open":
        monkeypatch.setattr(tempfile, "mkstemp", failing(failure))
    elif step == "write":
        real = os.fdopen

        def fdopen(*args: object) -> object:
            file = real(*args)
            return FailingFile(file, failure)

        monkeypatch.setattr(os, "fdopen", fdopen)
    elif step == "fsync":
        monkeypatch.setattr(os, "fsync", failing(failure))
    else:
        monkeypatch.setattr(Path, "replace", failing(failure))
    with pytest.raises(type(failure)):
        write_whole(path, b"new")
    assert names(tmp_path) == (["file"] if there else [])
    if there:
        assert path.read_bytes() == b"old"


class FailingFile:
    """A file on a disk that is full after the first bytes."""

    def __init__(self, file, failure: BaseException) -> None:
        self.file = file
        self.failure = failure

    def __enter__(self) -> "FailingFile":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.file.close()

    def write(self, data: bytes) -> None:
        self.file.write(data[:1])
        raise self.failure


def test_a_failure_after_the_rename_leaves_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    monkeypatch.setattr(files, "_sync_directory", failing(Killed()))
    with pytest.raises(Killed):
        write_whole(path, b"new")
    assert names(tmp_path) == ["file"]
    assert path.read_bytes() == b"new"


def test_the_data_reaches_the_disk_before_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    steps: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def noting_fsync(handle: int) -> None:
        steps.append("fsync" if path.exists() is False else "fsync directory")
        fsync(handle)

    def noting_replace(self: Path, target: Path) -> Path:
        assert self.read_bytes() == b"new"
        steps.append("replace")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", noting_fsync)
    monkeypatch.setattr(Path, "replace", noting_replace)
    write_whole(path, b"new")
    assert steps[:2] == ["fsync", "replace"]


def test_a_directory_that_cannot_be_opened_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    real = os.open

    def no_directories(name, *args, **keywords):
        if Path(name).is_dir():
            raise PermissionError(errno.EACCES, "a directory", name)
        return real(name, *args, **keywords)

    monkeypatch.setattr(os, "open", no_directories)
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"


def test_a_file_in_the_way_of_a_directory_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "way").write_text("file")
    with pytest.raises(OSError, match="way"):
        write_whole(tmp_path / "way" / "file", b"new")
    assert (tmp_path / "way").read_text() == "file"


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "settings.toml"
    write_whole(real, b"old")
    link = tmp_path / "settings.toml"
    try:
        link.symlink_to(real)
    except OSError:
        pytest.skip("no symbolic links here")
    write_whole(link, b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    assert names(real.parent) == ["settings.toml"]


KILLED = """
import os, signal, sys
from pathlib import Path
from bastproxy.libs.files import write_whole
os.fsync = lambda handle: os.kill(os.getpid(), signal.SIGKILL)
write_whole(Path(sys.argv[1]), b"new")
"""


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_what_a_kill_during_a_save_leaves_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "plugins.a.b" / "settings.toml"
    write_whole(path, b"old")
    assert subprocess.run([sys.executable, "-c", KILLED, path], check=False).returncode == -9
    assert path.read_bytes() == b"old"
    (left,) = [other for other in path.parent.iterdir() if other != path]
    assert remove_unfinished(tmp_path) == []  # it is younger than this process
    assert remove_unfinished(tmp_path, time.time() + 1) == [left]
    assert names(path.parent) == ["settings.toml"]


def test_only_what_a_save_leaves_is_removed(tmp_path: Path) -> None:
    theirs = [
        "notes.tmp",
        ".hidden",
        ".x.tmp",
        ".x.short.tmp",
        ".x.TOO_LARGE.tmp",
        "x.abcdefgh.tmp",
    ]
    for name in theirs:
        (tmp_path / name).write_text("mine")
    (tmp_path / ".folder.abcdefgh.tmp").mkdir()
    assert remove_unfinished(tmp_path, time.time() + 1) == []
    assert names(tmp_path) == sorted([*theirs, ".folder.abcdefgh.tmp"])


def test_removing_from_where_nothing_is_does_nothing(tmp_path: Path) -> None:
    assert remove_unfinished(tmp_path / "nowhere") == []


def test_what_cannot_be_removed_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = tmp_path / ".x.abcdefgh.tmp"
    left.write_text("half")
    monkeypatch.setattr(Path, "unlink", failing(PermissionError(errno.EACCES, "no", str(left))))
    assert remove_unfinished(tmp_path, time.time() + 1) == []
    assert left.exists()


def test_setting_aside_numbers_what_is_there_already(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    names = []
    for number in range(3):
        path.write_text(str(number))
        names.append(set_aside(path).name)
        assert not path.exists()
    assert names == [
        "settings.toml.broken",
        "settings.toml.broken-2",
        "settings.toml.broken-3",
    ]
    assert [(tmp_path / name).read_text() for name in names] == ["0", "1", "2"]


def test_setting_aside_what_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        set_aside(tmp_path / "nothing")


def test_a_cache_is_written_whole_and_makes_its_directory(tmp_path: Path) -> None:
    path = tmp_path / "__pycache__" / "x.pyc"
    write_cache(str(path), b"old")
    write_cache(str(path), b"new")
    assert path.read_bytes() == b"new"
    assert names(path.parent) == ["x.pyc"]


def test_a_cache_that_cannot_be_written_leaves_what_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.pyc"
    write_cache(str(path), b"old")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OSError, match="No space"):
        write_cache(str(path), b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["x.pyc"]
