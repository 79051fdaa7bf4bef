import argparse
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.commands import AddArgument
from bastproxy.libs.commands.parsing import Answer, Parser, build_parser, split_arguments


def parser(*arguments: AddArgument, width: int = 79, **keywords: object) -> Parser:
    return build_parser("#bp.me.do", "Do it.", arguments, keywords, width)


def answer(made: Parser, *words: str) -> Answer:
    with pytest.raises(Answer) as caught:
        made.parse_args(list(words))
    return caught.value


def test_help_is_an_answer(capsys: pytest.CaptureFixture[str]) -> None:
    shown = answer(parser(AddArgument("what", help="which thing")), "-h")
    assert shown.ok
    assert shown.lines[0] == "usage: #bp.me.do [-h] what"
    assert any("which thing" in line for line in shown.lines)
    assert capsys.readouterr() == ("", "")


def test_an_error_shows_the_usage_the_reason_and_where_help_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shown = answer(parser(AddArgument("count", type=int)), "many")
    assert not shown.ok
    assert shown.lines == [
        "usage: #bp.me.do [-h] count",
        "error: argument count: invalid int value: 'many'",
        "'#bp.me.do -h' shows more",
    ]
    assert capsys.readouterr() == ("", "")


def test_a_version_is_an_answer() -> None:
    made = parser(AddArgument("--version", action="version", version="me 3"))
    assert answer(made, "--version").lines == ["me 3"]


def test_one_answer_does_not_leak_into_the_next() -> None:
    made = parser(AddArgument("what"))
    first = answer(made, "-h").lines
    assert answer(made, "-h").lines == first


def test_help_is_as_wide_as_asked_for() -> None:
    text = AddArgument("what", help="word " * 60)
    for width in (40, 79):
        lines = answer(parser(text, width=width), "-h").lines
        assert width - 8 < max(map(len, lines)) <= width


def test_a_formatter_of_the_plugin_is_kept() -> None:
    made = parser(formatter_class=argparse.RawDescriptionHelpFormatter, epilog="a\n  b")
    assert answer(made, "-h").lines[-2:] == ["a", "  b"]


def test_the_arguments_of_the_proxy_itself_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["proxy", "--wrong"])
    assert vars(parser(AddArgument("what", nargs="?")).parse_args([])) == {"what": None}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("a  b", ["a", "b"]),
        ("'a b' c", ["a b", "c"]),
        ('say "don\'t"', ["say", "don't"]),
        ("don\\'t", ["don't"]),
        ("a # b", ["a", "#", "b"]),
    ],
)
def test_words_are_split_as_a_shell_does(text: str, words: list[str]) -> None:
    assert split_arguments(text) == words


def test_an_open_quote_is_explained() -> None:
    with pytest.raises(Answer, match="a quote is not closed"):
        split_arguments("don't")


def test_a_backslash_at_the_end_is_explained() -> None:
    with pytest.raises(Answer, match="ends with a backslash"):
        split_arguments("a \\")


@given(st.text(st.characters()))
def test_any_arguments_are_parsed_or_answered(text: str) -> None:
    made = parser(AddArgument("what", nargs="*"), AddArgument("-n", "--number", type=int))
    try:
        args = vars(made.parse_args(split_arguments(text)))
    except Answer as shown:
        args = {"lines": shown.lines}
    assert set(args) in ({"what", "number"}, {"lines"})
