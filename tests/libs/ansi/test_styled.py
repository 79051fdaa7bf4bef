import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyte.screens import Char

from bastproxy.libs.ansi import PLAIN, Sgr, Styled, convert, plain, state_after

COLOURS = [
    "0", "", "1", "22", "3", "23", "4", "24", "5", "25", "7", "27", "9", "29",
    *map(str, [*range(30, 38), 39, *range(40, 48), 49, *range(90, 98), *range(100, 108)]),
    "38;5;208", "48;5;17", "38;2;1;2;3", "48;2;250;128;7", "1;31", "0;4;33;44", "39;49",
]  # fmt: skip
OTHERS = ["\x1b]0;title\x07", "\x1b[?25h"]  # what changes nothing on the screen

sgr = st.sampled_from(COLOURS).map(lambda params: f"\x1b[{params}m")
letters = st.text("ab é.", min_size=1, max_size=5)
coloured = st.lists(st.one_of(letters, letters, sgr, st.sampled_from(OTHERS)), max_size=12).map(
    "".join
)
befores = st.lists(sgr, max_size=3).map("".join)
paints = st.lists(
    st.sampled_from([params for params in COLOURS if params not in ("", "22")]), min_size=1,
    max_size=3,
).map(";".join)  # fmt: skip
replacements = st.lists(st.one_of(letters, sgr), max_size=4).map("".join)


def screen(*texts: str, width: int = 100) -> tuple[list[Char], Char]:
    """Return the characters that a terminal shows in its last line, and what it would go on in."""
    terminal = pyte.Screen(width, 2)
    stream = pyte.Stream(terminal)
    for text in texts:
        stream.feed(text)
    column = terminal.cursor.x
    return [terminal.buffer[terminal.cursor.y][x] for x in range(column)], terminal.cursor.attrs


@st.composite
def cases(draw, *, overlap=False):
    before, text = draw(befores), draw(coloured)
    size = len(plain(text))
    places = st.integers(0, size)
    if overlap:
        spans = draw(st.lists(st.tuples(places, places), max_size=4))
        return before, text, [tuple(sorted(span)) for span in spans]
    edges = sorted(draw(st.lists(places, max_size=8)))
    return before, text, list(zip(edges[::2], edges[1::2], strict=False))


@given(befores, coloured)
def test_what_is_not_touched_stays_byte_for_byte(before, text):
    assert str(Styled(text, state_after(before))) == text
    assert Styled(text).plain == plain(text)


@given(befores, coloured)
def test_states_are_those_of_a_terminal(before, text):
    styled = Styled(text, state_after(before))
    shown, left = screen(before, text)
    assert "".join(char.data for char in shown) == styled.plain
    for index, char in enumerate(shown):
        alone, _ = screen(_sequence(styled.state_at(index)), char.data)
        assert alone == [char]
    _, cursor = screen(_sequence(styled.after))
    assert cursor == left


@given(cases(overlap=True), st.lists(paints, min_size=4, max_size=4))
def test_painting_changes_only_what_is_painted(case, looks):
    before, text, spans = case
    styled = Styled(text, state_after(before))
    todo = [(start, end, look) for (start, end), look in zip(spans, looks, strict=False)]
    painted = styled.paint_all(todo)
    one_by_one = styled
    for span in todo:
        one_by_one = one_by_one.paint(*span)
    old, left = screen(before, text)
    for result in (painted, one_by_one):
        shown, after = screen(before, str(result))
        assert after == left
        assert result.plain == styled.plain
        assert [char.data for char in shown] == [char.data for char in old]
        for index, (was, now) in enumerate(zip(old, shown, strict=True)):
            over = [look for start, end, look in todo if start <= index < end]
            sequences = "".join(f"\x1b[{look}m" for look in over)
            ((want,), _) = screen(_sequence(styled.state_at(index)) + sequences, was.data)
            assert now == (want if over else was)


@given(cases(), st.lists(replacements, min_size=4, max_size=4))
def test_replacing_is_plain_replacing_and_leaves_the_look_of_all_else(case, news):
    before, text, spans = case
    styled = Styled(text, state_after(before))
    todo = [(start, end, new) for (start, end), new in zip(spans, news, strict=False)]
    replaced = styled.replace_all(todo)
    expected: list[Char | None] = []
    want = ""
    old, left = screen(before, text)
    at = 0
    for start, end, new in todo:
        look = old[start : start + 1] or [left]
        inner, _ = screen(_sequence(styled.state_at(start)), new)
        if inner and not new.startswith("\x1b"):
            assert inner[0]._replace(data="") == look[0]._replace(data="")
        expected += [*old[at:start], *inner]
        want += styled.plain[at:start] + plain(new)
        at = end
    expected += old[at:]
    want += styled.plain[at:]
    shown, after = screen(before, str(replaced))
    assert replaced.plain == plain(str(replaced)) == want
    assert shown == expected
    assert after == left
    one_by_one = styled
    for span in reversed(todo):
        one_by_one = one_by_one.replace(*span)
    assert one_by_one.plain == want


@given(cases(), replacements)
def test_other_sequences_are_kept(case, new):
    _, text, spans = case
    replaced = str(Styled(text).replace_all([(*span, new) for span in spans]))
    for other in OTHERS:
        assert replaced.count(other) == text.count(other)


@given(cases())
def test_a_slice_shows_what_it_showed_in_its_place(case):
    before, text, spans = case
    styled = Styled(text, state_after(before))
    old, _ = screen(before, text)
    for start, end in spans:
        shown, left = screen(str(styled.slice(start, end)))
        assert shown == old[start:end]
        assert left == screen("")[1]


def test_only_the_painted_part_gets_sequences():
    styled = Styled("\x1b[32mA goblin hits you.\x1b[0m")
    painted = styled.paint(2, 8, "1;31")
    assert str(painted) == "\x1b[32mA \x1b[1;31mgoblin\x1b[0;32m hits you.\x1b[0m"
    assert str(styled) == "\x1b[32mA goblin hits you.\x1b[0m"


def test_the_colour_of_the_line_before_comes_back():
    carried = state_after("\x1b[35mThe bard sings:")
    painted = Styled("a song of gold", carried).paint(10, 14, "1;33")
    assert str(painted) == "a song of \x1b[1;33mgold\x1b[0;35m"


def test_parts_side_by_side_and_one_inside_the_other():
    styled = Styled("abcdef")
    side = styled.paint_all([(0, 2, "31"), (2, 4, "32")])
    assert str(side) == "\x1b[31mab\x1b[32mcd\x1b[0mef"
    inside = styled.paint_all([(0, 6, "31"), (2, 4, "1")])
    assert str(inside) == "\x1b[31mab\x1b[1mcd\x1b[0;31mef\x1b[0m"


@pytest.mark.parametrize("look", ["\x1b[1;31m", "1;31", "\x1b[1m\x1b[31m"])
def test_a_look_may_be_parameters_or_sequences(look):
    assert str(Styled("orc").paint(0, 3, look)) == "\x1b[1;31morc\x1b[0m"


def test_true_colour_with_colons_survives():
    text = "\x1b[38:2::255:136:0;4:3mflame\x1b[0m"
    assert str(Styled(text).replace(0, 1, "F")) == "\x1b[4:3;38:2::255:136:0mFlame\x1b[0m"
    painted = Styled(text).paint(1, 3, "7")
    assert Styled(str(painted)).state_at(3) == Sgr(underline="4:3", foreground="38:2::255:136:0")


def test_a_link_stays_a_link():
    text = "see \x1b]8;;http://a/\x1b\\the map\x1b]8;;\x1b\\ now"
    assert plain(text) == "see the map now"
    assert (
        str(Styled(text).replace(4, 11, "it")) == "see \x1b]8;;http://a/\x1b\\it\x1b]8;;\x1b\\ now"
    )


def test_a_replacement_has_the_look_of_what_it_replaces_and_its_own_codes():
    styled = Styled("\x1b[32mgreen\x1b[0m rest")
    assert str(styled.replace(0, 5, "x" + convert("@Ry", reset=False))) == (
        "\x1b[32mx\x1b[1;31my\x1b[0m rest"
    )


def test_putting_in_and_taking_out():
    styled = Styled("\x1b[31mab\x1b[0m")
    assert str(styled.replace(1, 1, "-")) == "\x1b[31ma-b\x1b[0m"
    assert str(styled.replace(2, 2, "-")) == "\x1b[31mab\x1b[0m-"
    assert str(styled.replace(0, 2, "")) == ""
    assert len(styled.replace(0, 1, "")) == 1


def test_a_wrong_part_is_refused():
    for start, end in ((0, 4), (-1, 2), (2, 1)):
        with pytest.raises(IndexError, match=f"no part {start}:{end} in a text of 3"):
            Styled("abc").paint(start, end, "1")
    with pytest.raises(ValueError, match="begins before 2"):
        Styled("abc").replace_all([(0, 2, ""), (1, 3, "")])


def test_a_line_with_thousands_of_matches_takes_no_time_to_speak_of():
    styled = Styled("\x1b[31ma\x1b[32mb" * 5000)
    painted = styled.paint_all([(at, at + 1, "1") for at in range(0, 10_000, 2)])
    assert str(painted).count("a") == 5000


def _sequence(state: Sgr) -> str:
    wanted = [params for params in state if params]
    return f"\x1b[{';'.join(wanted)}m" if state != PLAIN else ""
