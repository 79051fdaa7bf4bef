import re
from pathlib import Path

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastproxy.libs.ansi import Styled, plain, state_after
from bastproxy.libs.rules import RuleBook, RuleFile
from bastproxy.plugins.client.substitutes.libs import Substitute, substituted
from bastproxy.plugins.client.substitutes.libs.template import check, parsed


class Nowhere(RuleFile[Substitute]):
    def read(self, known):
        return []

    def write(self, rules):
        pass


def book_of(*rules: Substitute) -> RuleBook[Substitute]:
    book = RuleBook(Nowhere(Path("s.toml"), Substitute, "substitute", str))
    for rule in rules:
        book.add(rule)
    return book


patterns = ["orc", "o(r?)c", "(a)|b", "^.", "c$", "x*", r"(?P<w>\w+) (\w)", "[ab]+", "", " "]
templates = ["", "X", "<$0>", "$1$1", "orc", "$$1", "@Rred@n", "a@gb$0"]
rules = st.builds(
    Substitute,
    pattern=st.sampled_from([pattern for pattern in patterns if pattern]),
    new=st.sampled_from(templates),
    ignore_case=st.booleans(),
    priority=st.integers(0, 2),
)
sgr = st.sampled_from(["0", "1", "31", "44", "38;5;9", "38;2;1;2;3"]).map("\x1b[{}m".format)
lines = st.lists(st.one_of(st.text("orcab ", min_size=1, max_size=4), sgr), max_size=8)


def by_hand(rules: list[Substitute], text: str) -> str:
    """Return what plain replacing makes of a plain text."""
    for rule in sorted(rules, key=lambda rule: rule.priority):
        regex = re.compile(rule.pattern, re.I if rule.ignore_case else 0)
        codes = re.sub("@[Rng]", "", rule.new)
        new = codes.replace("$$", "\0").replace("$0", r"\g<0>").replace("$1", r"\g<1>")
        text = regex.sub(new.replace("\0", "$"), text)
    return text


@given(st.lists(rules, max_size=4, unique_by=lambda rule: rule.pattern), lines.map("".join))
def test_the_plain_text_is_what_plain_replacing_gives(rules, line):
    rules = [rule for rule in rules if "$1" not in rule.new or "(" in rule.pattern]
    assert plain(substituted(book_of(*rules), line)) == by_hand(rules, plain(line))


@given(lines.map("".join), st.lists(sgr, max_size=2).map("".join), st.sampled_from(templates))
def test_what_does_not_match_keeps_its_look(line, before, new):
    new = new.replace("$1", "$0")
    rule = Substitute(pattern="orc|a+", new=new)
    shown, left = screen(before, substituted(book_of(rule), line, state_after(before)))
    old, old_left = screen(before, line)
    assert left == old_left
    text = "".join(char.data for char in old)
    at = size = 0
    expected = plain(new.replace("@R", "").replace("@n", "").replace("@g", ""))
    for match in re.finditer("orc|a+", text):
        kept = match.start() - at
        assert shown[size : size + kept] == old[at : match.start()]
        filled = expected.replace("$$", "\0").replace("$0", match[0]).replace("\0", "$")
        size += kept + len(filled)
        at = match.end()
    assert shown[size:] == old[at:]


@given(lines.map("".join))
def test_a_match_put_back_looks_as_it_did(line):
    new = substituted(book_of(Substitute(pattern="[orcab ]+", new="$0")), line)
    assert screen(new) == screen(line)


def test_a_line_does_not_grow_without_end():
    rules = [Substitute(pattern=f"a|{number}", new="aaaaaaaaaa") for number in range(12)]
    assert len(substituted(book_of(*rules), "a" * 100)) < 200_000


def test_templates():
    assert parsed("a$1b${who}$$ $x $") == ("a", (1,), "b", ("who",), "$ ", ("x",), " $")
    assert parsed("$12$123") == ("", (12,), "", (12,), "3")
    check("$0 $1 $w", re.compile("(?P<w>a)"))
    with pytest.raises(ValueError, match=r"no \$2: the pattern has 1 group;"):
        check("$2", re.compile("(a)"))


def screen(*texts: str):
    terminal = pyte.Screen(300, 1)
    stream = pyte.Stream(terminal)
    for text in texts:
        stream.feed(text)
    return [terminal.buffer[0][x] for x in range(terminal.cursor.x)], terminal.cursor.attrs


def test_the_beginning_of_a_line_in_the_colours_of_the_one_before():
    carried = state_after("\x1b[35m")
    rule = Substitute(pattern="orc", new="@Relf@n and $0")
    new = substituted(book_of(rule), "An orc", carried)
    assert new == "An \x1b[1;31melf\x1b[0;35m and orc"
    assert Styled(new, carried).after == carried
