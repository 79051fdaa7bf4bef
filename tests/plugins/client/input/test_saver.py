import pytest

from bastproxy.plugins.client.input.libs.saver import Saver


def test_what_is_older_comes_too_late(tmp_path):
    saver = Saver(tmp_path / "data" / "history.json")
    first, second, third = (saver.number() for _ in range(3))
    assert saver.write(second, b"two")
    assert not saver.write(first, b"one")
    assert saver.path.read_bytes() == b"two"
    assert saver.write(third, b"three")
    assert saver.path.read_bytes() == b"three"


def test_what_could_not_be_written_may_be_tried_again(tmp_path):
    (tmp_path / "data").write_text("a file")
    saver = Saver(tmp_path / "data" / "history.json")
    number = saver.number()
    with pytest.raises(OSError, match="data"):
        saver.write(number, b"one")
    (tmp_path / "data").unlink()
    assert saver.write(number, b"one")
