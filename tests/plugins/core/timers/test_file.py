import errno
from pathlib import Path

import pytest

from bastproxy.libs.work.recurrence import Every
from bastproxy.plugins.core.timers.libs.definition import Definition
from bastproxy.plugins.core.timers.libs.file import TimerFile

TICK = Definition("tick", Every(30), ("look",))
TOCK = Definition("tock", Every(60), ("score",))


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def file(tmp_path: Path, said: list[str]) -> TimerFile:
    return TimerFile(tmp_path / "data" / "timers.toml", said.append)


def test_what_is_written_is_read(file, said):
    assert file.read() == {}
    file.write({"tick": TICK}, {"tick": TICK})
    file.write({"tock": TOCK}, {"tick": TICK, "tock": TOCK})
    assert file.read() == {"tick": TICK, "tock": TOCK}
    file.write({"tick": None}, {"tock": TOCK})
    assert file.read() == {"tock": TOCK}
    assert said == []


def test_comments_and_what_is_no_timer_stay(file, said):
    file.path.parent.mkdir()
    file.path.write_text(
        "# mine\n[tick]  # the first\nevery = '15s' # often\nsend = ['look']\n\n"
        "[odd]\nat = 'noon'\n"
    )
    known = file.read()
    assert list(known) == ["tick"]
    assert said == [
        f"{file.path}: the timer 'odd' is left out: 'noon' is no time of day; "
        "write 18:30 or 18:30:15"
    ]
    file.write({"tick": TICK, "tock": TOCK}, {**known, "tick": TICK, "tock": TOCK})
    text = file.path.read_text()
    assert text.startswith('# mine\n[tick]  # the first\nevery = "30s" # often\n')
    assert "[odd]\nat = 'noon'\n" in text
    assert file.read() == {"tick": TICK, "tock": TOCK}


@pytest.mark.parametrize("content", [b"[tick\n", b"\xff\xfe", b"x = " + b"[" * 5000])
def test_a_broken_file_is_set_aside_and_told(file, said, content):
    file.path.parent.mkdir()
    file.path.write_bytes(content)
    assert file.read() == {}
    aside = file.path.with_name("timers.toml.broken")
    assert aside.read_bytes() == content
    assert len(said) == 1
    assert f"it is kept as {aside}" in said[0]


def test_a_file_that_broke_meanwhile_is_written_anew(file, said):
    file.write({"tick": TICK}, {"tick": TICK})
    file.path.write_text("[tick\n")
    file.write({"tock": TOCK}, {"tick": TICK, "tock": TOCK})
    assert file.read() == {"tick": TICK, "tock": TOCK}
    assert len(said) == 1


def test_a_file_whose_layout_is_odd_is_kept_and_written_anew(file, said):
    file.path.parent.mkdir()
    odd = "tick.every = '15s'\ntick.send = ['look']\na.b.c = 1\n[a.d]\nx = 1\n"
    file.path.write_text(odd)
    file.read()
    file.write({"tick": TICK, "a": TOCK}, {"tick": TICK, "a": TOCK})
    found = file.read()
    assert found["tick"] == TICK
    assert found["a"].rule == TOCK.rule


def test_a_full_disk_is_an_error_and_changes_nothing(file, monkeypatch):
    file.write({"tick": TICK}, {"tick": TICK})
    before = file.path.read_bytes()

    def full(path, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("bastproxy.libs.tablefile.write_whole", full)
    with pytest.raises(OSError, match="No space"):
        file.write({"tock": TOCK}, {"tick": TICK, "tock": TOCK})
    assert file.path.read_bytes() == before
