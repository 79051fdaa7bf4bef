import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bastproxy.plugins.core.triggers.libs import file, state
from bastproxy.plugins.core.triggers.libs.definition import Definition, check, from_toml

BAD = {
    "[a\n": "cannot be read: ",
    "x = " + "[" * 20_000: "cannot be read: it is nested too deep",
    "\udc80": "cannot be read: it is no UTF-8 at byte 0",
    "[a]\npattern = '('\n": "'(' is no regular expression",
    "[a]\npattern = 'x'\npriority = '5'\n": "priority must be a whole number, not '5'",
    "[a]\npattern = 'x'\npriority = true\n": "priority must be a whole number, not True",
    "[a]\npattern = 'x'\nprority = 5\n": "'prority' is nothing that a trigger has",
    "[a]\nsend = 'x'\n": "it has no pattern",
    "[a]\npattern = 'x'\nsend = 5\n": "send must be text, or a list of texts",
    "[a]\npattern = 'x'\nsend = [\"a\\nb\"]\n": "what is sent is one line",
    "[a]\npattern = 'x'\nsend = [5]\n": "what is sent is one line",
    "a = 5\n": "it is no table",
    "[a]\npattern = 'x'\ngroup = \"\\u0007\"\n": "is no name for a group",
    "[a]\npattern = 'x'\nlimit = -1\n": "a limit is 0, for none, or more",
    "['-a']\npattern = 'x'\n": "'-a' is no name for a trigger",
    "[' ']\npattern = '(a+)+b'\n": "could run away",
}


@pytest.mark.parametrize(("text", "fault"), BAD.items(), ids=range(len(BAD)))
def test_what_is_wrong_with_a_file_is_said_and_the_file_kept(tmp_path, text, fault):
    path = tmp_path / "triggers.toml"
    data = text.encode("utf-8", "surrogateescape")
    path.write_bytes(data)
    contents = file.take(path)
    assert contents.definitions == {}
    assert fault in contents.faults[0]
    assert path.with_name("triggers.toml.broken").read_bytes() == data
    assert not path.exists()


def test_a_huge_file_is_refused(tmp_path):
    path = tmp_path / "triggers.toml"
    with path.open("wb") as huge:
        huge.truncate(file.LARGEST + 1)
    with pytest.raises(ValueError, match="it is larger than 16,777,216 bytes"):
        file.read(path)


def test_what_no_file_can_hold_is_refused():
    with pytest.raises(ValueError, match="no file can hold"):
        check(Definition("a", "\udc80"))


printable = st.characters(categories=["L", "N", "S", "Pd"], include_characters=" '\"\\].#")
lines = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"), max_size=20)
groups = st.text(printable.filter(str.isprintable), max_size=20)
names = st.builds("{}{}".format, st.sampled_from("aß.1'\"]= "), groups)
definitions = st.builds(
    Definition,
    name=names,
    pattern=st.sampled_from(["x", r"^(\w+) 'waves'\.", "\x1b\x7f\t", 'a"b\\\\', "'\n'", "ß\u2028"]),
    send=st.lists(lines, max_size=3).map(tuple),
    group=groups,
    priority=st.integers(-100, 100),
    enabled=st.booleans(),
    gag=st.booleans(),
    lines=st.integers(1, 100),
    limit=st.integers(0, 100),
    ignore_case=st.booleans(),
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(definitions, unique_by=lambda one: one.name, max_size=5))
def test_what_is_written_is_read(tmp_path_factory, definitions):
    path = tmp_path_factory.mktemp("triggers") / "triggers.toml"
    file.write(path, definitions)
    contents = file.read(path)
    assert contents.faults == []
    assert list(contents.definitions.values()) == definitions


def test_one_line_is_enough_for_what_is_sent():
    assert from_toml("a", {"pattern": "x", "send": "y"}).send == ("y",)


def test_switches_are_written_and_read(tmp_path):
    path = tmp_path / "switched.json"
    assert state.read(path) == ([], {})
    switched = {("plugins.a.b", "x"): False, ("plugins.a.b", "y"): True}
    state.write(path, ["b", "a"], switched)
    assert state.read(path) == (["a", "b"], switched)
    for text in ("[]", "{}", "5", '{"groups_off": [], "triggers": [["a"]]}', "x"):
        path.write_text(text)
        with pytest.raises(ValueError, match=r"\w"):
            state.read(path)
