import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.rules import Rule, RuleFile


class Painted(Rule, frozen=True, kw_only=True):
    look: str
    times: int = 1


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def file(tmp_path, said) -> RuleFile[Painted]:
    return RuleFile(tmp_path / "data" / "paints.toml", Painted, "paint", said.append)


def test_there_need_be_no_file(file, said):
    assert file.read({}) == []
    assert said == []


def test_a_person_can_read_it(file):
    file.write([Painted(pattern=r"^You (\w+)", look="red"), Painted(pattern="it's", look="@R")])
    assert file.path.read_text().splitlines()[3:] == [
        "[[paint]]",
        r"pattern = '^You (\w+)'",
        "look = 'red'",
        "",
        "[[paint]]",
        'pattern = "it\'s"',
        "look = '@R'",
    ]


texts = st.text(min_size=1).filter(lambda text: not set(text) & set("\n\r\x00"))


@given(
    st.lists(
        st.builds(
            Painted,
            pattern=texts,
            look=st.text(st.characters(exclude_characters="\n\r\0", exclude_categories=["Cs"])),
            times=st.integers(-9, 9),
            text=st.just(True),
            ignore_case=st.booleans(),
            priority=st.integers(0, 99),
            group=st.sampled_from(["", "fight"]),
            enabled=st.booleans(),
        ),
        max_size=4,
    )
)
def test_what_is_written_is_read_again(tmp_path_factory, rules):
    said: list[str] = []
    path = tmp_path_factory.mktemp("rules") / "paints.toml"
    file = RuleFile(path, Painted, "paint", said.append)
    file.write(rules)
    assert file.read({}) == rules
    assert said == []


@pytest.mark.parametrize(
    "content",
    [b"[[paint]\n", b"\xff\xfe", b"paint = 3\n", b"[[other]]\npattern = 'a'\n", b"= 1", b"\x00"],
)
def test_a_file_that_cannot_be_read_is_set_aside(file, said, content):
    file.path.parent.mkdir()
    file.path.write_bytes(content)
    assert file.read({}) == []
    (message,) = said
    assert f"it is kept as {file.path}.broken" in message
    assert file.path.with_name("paints.toml.broken").read_bytes() == content
    assert not file.path.exists()


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ("look = 'red'", "missing required field `pattern`"),
        ("pattern = 'a'", "missing required field `look`"),
        ("pattern = 5\nlook = 'red'", "Expected `str`"),
        ("pattern = 'a'\nlook = 'red'\ncolor = 'red'", "unknown field `color`"),
        ("pattern = '('\nlook = 'red'", "no regular expression"),
        ("pattern = ''\nlook = 'red'", "empty pattern"),
        ("pattern = 'a'\nlook = 'red'\npriority = [1, {a = 1979-05-27}]", "Expected `int`"),
    ],
)
def test_one_wrong_table_is_left_out_and_not_lost(file, said, table, reason):
    good = "[[paint]]\npattern = 'good'\nlook = 'red'\n"
    file.path.parent.mkdir()
    file.path.write_text(f"{good}[[paint]]\n{table}\n")
    rules = file.read({})
    assert [rule.pattern for rule in rules] == ["good"]
    (message,) = said
    assert "paint number 2 is left out" in message
    assert reason in message
    file.write([*rules, Painted(pattern="new", look="blue")])
    kept = tomllib.loads(file.path.read_text())["paint"]
    assert tomllib.loads(table) in kept
    assert [one.get("pattern") for one in kept][:2] == ["good", "new"]
    again = RuleFile(file.path, Painted, "paint", said.append)
    assert [rule.pattern for rule in again.read({})] == ["good", "new"]


def test_a_byte_order_mark_is_no_trouble(file):
    file.path.parent.mkdir()
    file.path.write_bytes(b"\xef\xbb\xbf[[paint]]\npattern = 'a'\nlook = 'red'\n")
    assert file.read({}) == [Painted(pattern="a", look="red")]
