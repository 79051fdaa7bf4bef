import re

import pytest

from bastproxy.libs.ansi import PLAIN
from bastproxy.plugins.client.sessionlog.libs.forms import FORMS, tags_of
from bastproxy.plugins.client.sessionlog.libs.runs import Run, runs_of

HTML = FORMS["html"]


def html(text):
    return HTML.line(runs_of(text)[0])


@pytest.mark.parametrize(
    ("params", "style"),
    [
        ("31", "color: #cd0000"),
        ("1;31", "color: #ff0000"),  # bold is bright, as MUD clients show it
        ("1;30", "color: #7f7f7f"),
        ("1", "color: #ffffff"),
        ("91", "color: #ff0000"),
        ("38;5;123", "color: #87ffff"),
        ("38:5:123", "color: #87ffff"),
        ("38;2;1;2;3", "color: #010203"),
        ("38:2::1:2:3", "color: #010203"),
        ("44", "background-color: #0000ee"),
        ("48;2;1;2;3", "background-color: #010203"),
        ("7;31;44", "background-color: #cd0000; color: #0000ee"),
        ("4", "text-decoration: underline"),
        ("3", "font-style: italic"),
        ("9", "text-decoration: line-through"),
    ],
)
def test_looks(params, style):
    assert html(f"\x1b[{params}mred\x1b[0m") == f'<span style="{style}">red</span>'


@pytest.mark.parametrize("params", ["", "0", "31;39", "1;22", "53", "58;5;9", "39", "38;5;999"])
def test_what_shows_nothing_has_no_span(params):
    assert html(f"\x1b[{params}mtext") == "text"


def test_text_is_no_markup():
    assert html("<b>&\x1b[31m</span>") == (
        '&lt;b&gt;&amp;<span style="color: #cd0000">&lt;/span&gt;</span>'
    )


def test_letters_that_stand_for_the_place_are_letters():
    assert tags_of(PLAIN) == ("", "")
    assert html("X>X<\x1b[31mX>X<") == 'X&gt;X&lt;<span style="color: #cd0000">X&gt;X&lt;</span>'


def test_what_is_typed_is_marked():
    assert HTML.line([Run("> "), Run("look <", typed=True)]) == "&gt; <i>look &lt;</i>"


def test_a_page_begins_as_one():
    head = HTML.head("mud & 2026")
    assert head.startswith("<!DOCTYPE html>\n")
    assert "<title>mud &amp; 2026</title>" in head
    assert re.search(r"background: #000000; color: #aaaaaa", head)
    assert head.endswith("<pre>\n")
