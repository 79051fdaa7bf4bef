import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.plugins.client.input.libs.parse import (
    InputError,
    Repeat,
    Step,
    Syntax,
    parse,
    read_directions,
    walk,
)

SYNTAX = Syntax()
DIRECTIONS = read_directions("n e s w u d o=out")


@pytest.mark.parametrize(
    ("text", "nodes"),
    [
        ("look", ["look"]),
        ("", [""]),
        ("  two  spaces ", ["  two  spaces "]),
        ("look;n;s", ["look", "n", "s"]),
        ("look; n ;;say", ["look", "n ;say"]),
        ("look;", ["look"]),
        ("a; ;b", ["a", "b"]),
        (" ; ", []),
        (";grins;x", [";grins;x"]),
        (";;", [";;"]),
        ("say hi ;;)", ["say hi ;)"]),
        (r"say hi \;)", ["say hi ;)"]),
        (r"say a\b;n", [r"say a\b", "n"]),
        ("#3 look", [Repeat("3", ("look",))]),
        ("#3 look;n", [Repeat("3", ("look",)), "n"]),
        ("#3 {look;n};s", [Repeat("3", ("look", "n")), "s"]),
        ("#3{look}", [Repeat("3", ("look",))]),
        ("n;  #2 {a;#3 {b;c}}", ["n", Repeat("2", ("a", Repeat("3", ("b", "c"))))]),
        ("#2 #3 x", [Repeat("2", (Repeat("3", ("x",)),))]),
        ("#2 {a;b", [Repeat("2", ("{a",)), "b"]),
        ("#2 {a;b} c;d", [Repeat("2", ("{a;b} c",)), "d"]),
        ("#2 {say ;;;look}", [Repeat("2", ("say ;", "look"))]),
        ("#2", ["#2"]),
        ("#2 ", ["#2 "]),
        ("#bp.x", ["#bp.x"]),
        ("#2x", ["#2x"]),
        ("#%1 x", ["#%1 x"]),
        ("say {;)", ["say {", ")"]),
        ("#1 {}", [Repeat("1", ())]),
    ],
)
def test_what_is_typed_is_taken_apart(text, nodes):
    assert parse(text, SYNTAX) == nodes


@pytest.mark.parametrize(
    ("text", "nodes"),
    [
        ("look\nn;s\n", ["look", "n", "s"]),
        ("#%1 {kill %2;loot}", [Repeat("%1", ("kill %2", "loot"))]),
        ("#$n x", [Repeat("$n", ("x",))]),
        ("#${n} x", [Repeat("${n}", ("x",))]),
        ("", []),
    ],
)
def test_a_template_has_lines_and_arguments_for_numbers(text, nodes):
    assert parse(text, SYNTAX, template=True) == nodes


def test_every_mark_may_be_another_or_nothing():
    mudlet = Syntax(separator=";;", repeat="")
    assert parse("a;b;;c;;#2 d", mudlet) == ["a;b", "c", "#2 d"]
    assert parse("a;;;;b", mudlet) == ["a;;b"]
    nothing = Syntax("", "", "")
    for text in ("a;b;;c", "#2 x", r"a\;b", ""):
        assert parse(text, nothing) == [text]
    assert parse("*2 {a|b}|c", Syntax("|", "*")) == [Repeat("2", ("a", "b")), "c"]


def test_repeats_are_not_endlessly_inside_one_another():
    with pytest.raises(InputError, match="more than 20 deep"):
        parse("#1 " * 3000 + "x", SYNTAX)
    with pytest.raises(InputError, match="more than 20 deep"):
        parse("#1 {" * 3000 + "x" + "}" * 3000, SYNTAX)


WORDS = st.text(st.sampled_from("ab ;#3{}\\%1$\n"), max_size=30)


@given(WORDS, st.booleans())
def test_no_text_breaks_it(text, template):
    try:
        nodes = parse(text, SYNTAX, template=template)
    except InputError:
        return
    assert all(isinstance(node, str | Repeat) for node in nodes)


@given(st.lists(st.text(st.sampled_from("ab;\\ x."), min_size=1).filter(str.strip), min_size=2))
def test_escaped_commands_come_out_as_they_were(commands):
    commands = [command.replace("\\", "").strip() or "x" for command in commands]
    commands[0] = "x" + commands[0]
    typed = ";".join(command.replace(";", r"\;") for command in commands)
    assert parse(typed, SYNTAX) == commands


@pytest.mark.parametrize("text", ["#1 {;" * 13000, "#1 {" * 16000, ";" * 65000, "a;" * 32000])
def test_a_long_line_takes_no_long_time(text):
    begun = time.process_time()
    with contextlib.suppress(InputError):
        parse(text, SYNTAX)
    assert time.process_time() - begun < 2


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        (".n", [(1, "n")]),
        (".3n2e", [(3, "n"), (2, "e")]),
        (".3n 2e o", [(3, "n"), (2, "e"), (1, "out")]),
        (".2(ne)(open door)u", [(2, "ne"), (1, "open door"), (1, "u")]),
        (".0n", [(0, "n")]),
        (".", None),
        ("...", None),
        (".nx", None),
        (".3", None),
        (".hello", None),
        (".(", None),
        (".()n", None),
        ("n", None),
    ],
)
def test_a_walk_has_steps(text, steps):
    assert walk(text, ".", DIRECTIONS) == (steps and [Step(*step) for step in steps])


def test_directions_are_letters_with_or_without_a_word():
    assert read_directions("n u o=out") == {"n": "n", "u": "u", "o": "out"}
    for wrong in ("no", "n=", "=n", "1"):
        with pytest.raises(ValueError, match="is no direction"):
            read_directions(f"n {wrong}")
