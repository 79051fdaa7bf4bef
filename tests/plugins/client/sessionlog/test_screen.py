import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.ansi import plain
from bastproxy.plugins.client.sessionlog.libs.forms import FORMS
from bastproxy.plugins.client.sessionlog.libs.screen import Screen

PLAIN = FORMS["plain"].line
ANSI = FORMS["ansi"].line


def texts(*lines):
    return [PLAIN(line) for line in lines]


def test_lines_come_out_one_by_one():
    screen = Screen()
    assert texts(*screen.said("one"), *screen.said(""), *screen.said("two")) == ["one", "", "two"]


def test_an_answer_stands_behind_its_prompt():
    screen = Screen()
    assert screen.said("<30hp> ", is_prompt=True) == []
    assert texts(*screen.typed("look")) == ["<30hp> look"]
    assert texts(*screen.typed("north"), *screen.said("Market")) == ["north", "Market"]


def test_a_prompt_without_an_answer_is_a_line():
    screen = Screen()
    screen.said("<30hp> ", is_prompt=True)
    assert texts(*screen.said("A rat arrives.")) == ["<30hp> ", "A rat arrives."]


def test_fragments_are_joined():
    screen = Screen()
    assert screen.said("A long ", continues=True) == []
    assert screen.said("long ", is_prompt=True, continues=True) == []
    assert texts(*screen.said("line")) == ["A long long line"]


def test_the_proxys_lines_end_what_is_open():
    screen = Screen()
    screen.said("<30hp> ", is_prompt=True)
    assert texts(*screen.told("[bastproxy] hello")) == ["<30hp> ", "[bastproxy] hello"]


def test_half_a_typed_line_waits_for_the_other():
    screen = Screen()
    assert screen.typed("lo", continues=True) == []
    assert texts(*screen.typed("ok")) == ["look"]


def test_what_is_not_to_be_shown_ends_a_prompt_all_the_same():
    screen = Screen()
    screen.said("<30hp> ", is_prompt=True)
    assert texts(*screen.typed("look", show=False)) == ["<30hp> "]
    assert screen.typed("look", show=False) == []


def test_colours_go_on_in_the_next_line_and_each_line_is_complete():
    screen = Screen()
    lines = [*screen.said("\x1b[31mred"), *screen.said("still"), *screen.said("\x1b[mnot")]
    assert [ANSI(line) for line in lines] == ["\x1b[31mred\x1b[0m", "\x1b[31mstill\x1b[0m", "not"]


def test_colours_of_the_proxy_and_of_what_is_typed_do_not_go_on():
    screen = Screen()
    screen.said("\x1b[32m> ", is_prompt=True)
    lines = [*screen.typed("look"), *screen.told("\x1b[35mmine"), *screen.said("green")]
    assert [ANSI(line) for line in lines] == [
        "\x1b[32m> \x1b[0mlook",
        "\x1b[35mmine\x1b[0m",
        "\x1b[32mgreen\x1b[0m",
    ]


def test_colours_go_on_over_an_answer():
    screen = Screen()
    screen.said("\x1b[32mhalf ", continues=True)
    lines = [*screen.typed("x"), *screen.said("a line")]
    assert [ANSI(line) for line in lines] == ["\x1b[32mhalf \x1b[0mx", "\x1b[32ma line\x1b[0m"]


def test_another_connection_begins_without_colours():
    screen = Screen()
    screen.said("\x1b[31mred")
    screen.connected()
    assert ANSI(screen.said("plain")[0]) == "plain"


def test_what_moves_the_cursor_is_not_in_the_log():
    (line,) = Screen().said("\x1b[2J\x1b[Ha\x07b\rc\x1b]0;title\x07d\t\x9be")
    assert ANSI(line) == "abcd\te"


def test_a_line_that_never_ends_does():
    screen = Screen()
    ended = [line for _ in range(1000) for line in screen.said("x" * 1000, continues=True)]
    assert len(ended) == 3


PARTS = ["\x1b[31m", "\x1b[1m", "\x1b[0m", "\x1b[38;5;9m", "\x1b[39m", "\x1b[m", "a", "b "]
TEXTS = st.lists(st.sampled_from(PARTS), max_size=8).map("".join)


@given(st.lists(TEXTS, max_size=5))
def test_each_ansi_line_alone_looks_as_the_whole_does(lines):
    """pyte judges: each line by itself on a fresh terminal, and all of them on one."""
    screen = Screen()
    logged = [ANSI(line) for text in lines for line in screen.said(text)]
    assert [cells([line])[0] for line in logged] == cells(lines)
    assert [plain(line) for line in logged] == [plain(line) for line in lines]


def cells(lines):
    pyte = pytest.importorskip("pyte")
    screen = pyte.Screen(20, max(len(lines), 1))
    pyte.Stream(screen).feed("\r\n".join(lines))
    rows = [[screen.buffer[y][x] for x in range(20)] for y in range(len(lines))]
    return [[cell for cell in row if cell.data in "ab"] for row in rows]
