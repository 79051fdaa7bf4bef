import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.tablefile import TableFile, read_tables, tables_to_toml


@pytest.fixture
def said():
    return []


@pytest.fixture
def file(tmp_path, said):
    return TableFile(tmp_path / "data" / "things.toml", said.append)


def test_what_is_written_is_read_again(file, said):
    assert file.read() == {}
    tables = {"a": {"send": "x"}, 'b "quoted" é\\': {"send": ["x", "y"], "on": True, "number": 5}}
    file.write(tables, tables)
    assert file.read() == tables
    del tables["a"]
    tables["c"] = {"send": ""}
    file.write({"a": None, "c": tables["c"], "unknown": None}, tables)
    assert file.read() == tables
    assert said == []


def test_comments_and_what_is_no_table_stay(file):
    text = '# mine\nversion = 1\n\n[a]  # first\nsend = "x"\nold = 1\n\n# second\n[b]\nsend = "y"\n'
    file.path.parent.mkdir()
    file.path.write_text(text)
    file.write({"a": {"send": "z"}}, {})
    assert file.path.read_text() == text.replace('"x"\nold = 1', '"z"')


def test_a_broken_file_is_set_aside_and_said(file, said):
    file.path.parent.mkdir()
    for number, broken in enumerate((b"[a\n", b"\xff\xfe", b"x = " + b"[" * 5000), 1):
        file.path.write_bytes(broken)
        assert file.read() == {}
        assert len(said) == number
        assert "cannot be read" in said[-1]
        assert "it is kept as" in said[-1]
        assert not file.path.exists()
    assert sorted(path.read_bytes()[:2] for path in file.path.parent.iterdir()) == [
        b"[a",
        b"x ",
        b"\xff\xfe",
    ]


def test_a_file_that_broke_meanwhile_is_written_anew_with_everything(file, said):
    file.path.parent.mkdir()
    file.path.write_text("[a\n")
    file.write({"b": {"send": "y"}}, {"a": {"send": "x"}, "b": {"send": "y"}})
    assert file.read() == {"a": {"send": "x"}, "b": {"send": "y"}}
    assert file.path.with_name("things.toml.broken").read_text() == "[a\n"


def test_a_layout_that_cannot_be_edited_is_kept_beside(file, said):
    file.path.parent.mkdir()
    text = 'a.send = "x"\na.on = true\n'
    file.path.write_text(text)
    known = {"a": {"send": "z"}}
    file.write(known, known)
    assert file.read() == known
    assert not said or file.path.with_name("things.toml.broken").read_text() == text


def test_another_file_is_only_read(tmp_path):
    path = tmp_path / "theirs.toml"
    with pytest.raises(FileNotFoundError):
        read_tables(path)
    path.write_text("[a")
    with pytest.raises(ValueError, match="Expected"):
        read_tables(path)
    path.write_text("x = " + "[" * 5000)
    with pytest.raises(ValueError, match="nested too deep"):
        read_tables(path)
    assert path.exists()


NAMES = st.text(max_size=8)
VALUES = st.one_of(st.text(max_size=8), st.booleans(), st.lists(st.text(max_size=5), max_size=3))
TABLES = st.dictionaries(NAMES, st.dictionaries(st.sampled_from(["send", "on"]), VALUES))


@given(TABLES)
def test_any_tables_can_be_written(tables):
    assert tomllib.loads(tables_to_toml(tables)) == tables
