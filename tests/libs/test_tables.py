import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.tables import WIDTH, table

WORDS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60)


def test_columns_are_aligned() -> None:
    assert table(("name", "count"), [("a", 1), ("longer", 20)]) == [
        "name    count",
        "a       1",
        "longer  20",
    ]


def test_without_rows_there_is_the_head() -> None:
    assert table(("name", "count"), []) == ["name  count"]


@pytest.mark.parametrize("cell", ["[red]x[/red]", ":smile:", "[/]", "1 'a' http://x"])
def test_cells_are_shown_as_they_are(cell: str) -> None:
    assert table(("x",), [(cell,)])[1] == cell


def test_lines_have_no_escapes_even_where_colour_is_forced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "20")
    assert table(("x",), [("a" * 60,)]) == ["x", "a" * 60]


def test_long_cells_are_wrapped() -> None:
    lines = table(("a", "b"), [("x", "word " * 30)], width=30)
    assert len(lines) > 3
    assert "".join(lines[1:]).count("word") == 30


@given(st.lists(st.tuples(WORDS, WORDS, WORDS), max_size=5), st.integers(20, WIDTH))
def test_no_line_is_too_long(rows: list[tuple[str, str, str]], width: int) -> None:
    lines = table(("a", "b", "c"), rows, width)
    assert max(map(len, lines)) <= width
    for row in rows:
        for cell in row:
            assert set(cell.replace(" ", "")) <= set("".join(lines))
